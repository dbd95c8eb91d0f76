"""Sessionpass core: passes that count right, as pure values and decisions with ports around them.

The names below are the public surface; `tests/core/test_public_names.py` pins them. Everything else
may change between minor versions. A name's module is loaded when the name is first used, so that a
program pays only for what it needs; `__init__.pyi` tells type checkers the same.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

__version__ = "0.1.0"

#: Which module each public name lives in.
_HOMES: Final[dict[str, tuple[str, ...]]] = {
    "adapters.memory": ("MemoryStore",),
    "adapters.system": (
        "FixedClock",
        "RandomIds",
        "SeededIds",
        "SystemClock",
    ),
    "app": ("App",),
    "domain.bookings": (
        "Booking",
        "BookingStatus",
        "CancelledBy",
        "Report",
    ),
    "domain.businesses": (
        "ApiKey",
        "Business",
        "Role",
        "StaffMember",
    ),
    "domain.cancellation": (
        "CancelPolicy",
        "CancelTier",
    ),
    "domain.caps": (
        "Cap",
        "CapWindow",
        "Counted",
    ),
    "domain.choice": (
        "Verdict",
        "explain",
        "rank",
    ),
    "domain.clients": (
        "Client",
        "ClientRef",
    ),
    "domain.commands": (
        "Activate",
        "Adjust",
        "Cancel",
        "Capture",
        "ChangeCover",
        "ChangeOwner",
        "Command",
        "Deduct",
        "Expire",
        "Extend",
        "Forfeit",
        "Freeze",
        "Inside",
        "Issue",
        "Refund",
        "Release",
        "Reserve",
        "Resume",
        "Reverse",
        "Suspend",
        "Unfreeze",
    ),
    "domain.coverage": (
        "Coverage",
        "Hours",
        "Visit",
    ),
    "domain.decisions": (
        "decide",
        "decide_and_apply",
        "issue",
    ),
    "domain.folding": (
        "apply",
        "fold",
    ),
    "domain.freezes": ("FreezeLimits",),
    "domain.invoices": ("Invoice",),
    "domain.ledger": (
        "Activated",
        "Adjusted",
        "Anchored",
        "Cancelled",
        "Captured",
        "CoverChanged",
        "Deducted",
        "Entry",
        "Expired",
        "Extended",
        "Fact",
        "Forfeited",
        "Frozen",
        "Granted",
        "Line",
        "Origin",
        "OwnerChanged",
        "Refunded",
        "Reinstated",
        "Released",
        "Reserved",
        "Resumed",
        "Reversed",
        "Suspended",
        "Unfrozen",
    ),
    "domain.messages": ("wording",),
    "domain.money": ("Money",),
    "domain.notices": (
        "Message",
        "Notice",
        "NoticeKind",
    ),
    "domain.orders": (
        "Order",
        "OrderStatus",
    ),
    "domain.passes": (
        "Balance",
        "Hold",
        "Pass",
        "Status",
    ),
    "domain.payments": ("Payment",),
    "domain.products": (
        "PaymentMethod",
        "Product",
        "Terms",
    ),
    "domain.quoting": ("quote",),
    "domain.refunds": (
        "ListRate",
        "OpenBooking",
        "QuoteLabel",
        "QuoteLine",
        "RefundBasis",
        "RefundFormula",
        "RefundPolicy",
        "RefundQuote",
        "Rounding",
    ),
    "domain.services": (
        "Service",
        "ServiceKind",
    ),
    "domain.time": ("Length",),
    "domain.validity": (
        "Anchor",
        "Counting",
        "Redeem",
        "Validity",
        "Window",
    ),
    "errors": (
        "AlreadyExists",
        "BookedTooEarly",
        "BookedTooLate",
        "BookingConflict",
        "BookingsInside",
        "CapReached",
        "Contention",
        "IdempotencyKeyMissing",
        "IdempotencyKeyReused",
        "Invalid",
        "InvalidTransition",
        "LedgerDamaged",
        "LimitReached",
        "LoginRefused",
        "NoPass",
        "NotCovered",
        "NotFound",
        "PassCancelled",
        "PassError",
        "PassExhausted",
        "PassExpired",
        "PassFrozen",
        "PassNotYetValid",
        "PassPending",
        "PassRefunded",
        "PassSuspended",
        "ProviderRefused",
        "ProviderUnavailable",
        "RateLimited",
        "RefundExceedsRefundable",
        "Refusal",
        "ShortNotice",
        "SignatureInvalid",
        "StorageUnavailable",
        "TooEarly",
        "WrongClient",
    ),
    "gathering": (
        "Answer",
        "Once",
    ),
    "ports.clock": ("Clock",),
    "ports.documents": (
        "InvoiceRenderer",
        "NoticeWriter",
        "Written",
    ),
    "ports.ids": ("Ids",),
    "ports.mail": (
        "Attachment",
        "Mail",
        "MailRefused",
        "Mailer",
    ),
    "ports.payments": ("PaymentGateway",),
    "ports.store": (
        "Page",
        "PassChange",
        "Registry",
        "Store",
        "StoredPass",
        "Tx",
    ),
    "relay": (
        "Outward",
        "Relay",
        "Worked",
    ),
    "usecases.assignment": (
        "AssignPass",
        "assign",
    ),
    "usecases.bookings": (
        "Book",
        "CancelBooking",
        "Complete",
        "NoShow",
        "Undo",
        "book",
        "cancel",
        "complete",
        "no_show",
        "undo",
    ),
    "usecases.businesses": (
        "AddKey",
        "AddStaff",
        "EditBusiness",
        "RevokeKey",
        "add_key",
        "add_staff",
        "edit_business",
        "revoke_key",
    ),
    "usecases.call": ("Call",),
    "usecases.catalogue": (
        "AddProduct",
        "AddService",
        "EditProduct",
        "EditService",
        "RetireProduct",
        "add_product",
        "add_service",
        "edit_product",
        "edit_service",
        "retire_product",
    ),
    "usecases.clients": (
        "AddClient",
        "EditClient",
        "add_client",
        "edit_client",
    ),
    "usecases.intake": (
        "ReportMany",
        "Reported",
        "VisitReport",
        "report_many",
        "report_one",
    ),
    "usecases.orders": (
        "ApproveOrder",
        "DeclineOrder",
        "PlaceOrder",
        "RecordCheckout",
        "RenewPass",
        "approve",
        "decline",
        "place",
        "record_checkout",
        "renew",
    ),
    "usecases.passes": (
        "AdjustPass",
        "EditPass",
        "ExplainVisit",
        "Explanation",
        "ShowPass",
        "SweepExpired",
        "adjust",
        "edit",
        "explain_visit",
        "show",
        "sweep_expired",
    ),
    "usecases.refunds": (
        "QuoteRefund",
        "RefundPass",
        "refund",
        "refund_quote",
    ),
    "usecases.sales": (
        "SettlePayment",
        "Settled",
        "settle",
    ),
    "usecases.verification": (
        "Damage",
        "Verified",
        "Verify",
        "verify",
    ),
    "usecases.views": (
        "BookingView",
        "PassView",
    ),
}
_HOME: Final = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)  # noqa: PLE0605  # a list, made from the table above


def __getattr__(name: str) -> object:
    module = _HOME.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
