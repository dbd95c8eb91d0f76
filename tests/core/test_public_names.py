"""The public surface: what `passcore` promises by name."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import passcore
from passcore.errors import PassError, Refusal

#: Names of the contract that outside programs rely on; they may be added to, never taken away.
CONTRACT = """
App MemoryStore SystemClock RandomIds Money Business Service Product Terms Validity Coverage Cap
CancelPolicy Pass Entry Booking Order Invoice decide fold explain PassError Refusal
FreezeLimits Redeem Inside
App MemoryStore SystemClock RandomIds Money Business Service Product Terms Validity Coverage
CancelPolicy RefundPolicy RefundQuote Pass Entry Booking Order Invoice decide fold explain
PassError Refusal
Store Tx Registry Clock Ids PaymentGateway Mailer InvoiceRenderer NoticeWriter
""".split()
KINDS = """
Granted Activated Anchored Reserved Captured Released Forfeited Deducted Reversed Adjusted Expired
Reinstated Refunded Cancelled Frozen Unfrozen Extended Suspended Resumed CoverChanged OwnerChanged
""".split()
REFUSALS = """
PassExhausted PassExpired PassNotYetValid PassFrozen PassSuspended PassRefunded PassPending
PassCancelled NotCovered CapReached WrongClient BookingConflict LimitReached InvalidTransition
RefundExceedsRefundable IdempotencyKeyReused IdempotencyKeyMissing Contention ProviderUnavailable
NotFound Invalid NoPass TooEarly AlreadyExists StorageUnavailable ProviderRefused SignatureInvalid
LoginRefused RateLimited LedgerDamaged BookedTooLate BookedTooEarly ShortNotice BookingsInside
""".split()
USE_CASES = """
add_client edit_client add_service edit_service add_product edit_product retire_product add_staff
add_key revoke_key edit_business assign adjust edit show explain_visit sweep_expired book complete
cancel no_show undo report_one report_many place approve decline renew record_checkout settle verify
refund_quote refund
""".split()
COMMANDS = """
AddClient EditClient AddService EditService AddProduct EditProduct RetireProduct AddStaff AddKey
RevokeKey EditBusiness AssignPass AdjustPass EditPass ShowPass ExplainVisit SweepExpired Book
Complete CancelBooking NoShow Undo VisitReport ReportMany PlaceOrder ApproveOrder DeclineOrder
RenewPass RecordCheckout SettlePayment Verify QuoteRefund RefundPass
""".split()


def test_every_promised_name_is_importable_from_the_top() -> None:
    """Values, kinds of entries, refusals, ports, use cases and their commands."""
    promised = CONTRACT + KINDS + REFUSALS + USE_CASES + COMMANDS
    assert [name for name in promised if getattr(passcore, name, None) is None] == []
    assert set(promised) <= set(passcore.__all__)


def test_every_listed_name_leads_somewhere() -> None:
    """`__all__` holds nothing that cannot be imported."""
    assert [name for name in passcore.__all__ if getattr(passcore, name, None) is None] == []
    assert len(set(passcore.__all__)) == len(passcore.__all__)


def test_what_is_not_there_is_no_attribute() -> None:
    """As of any module; and what is there is shown by `dir`."""
    with pytest.raises(AttributeError, match="nothing"):
        passcore.nothing  # type: ignore[attr-defined]  # noqa: B018  # must fail
    assert set(passcore.__all__) <= set(dir(passcore))


def test_every_refusal_is_public() -> None:
    """Whoever calls the library can catch each error by its name."""
    for module in pkgutil.walk_packages(passcore.__path__, "passcore."):
        if "testing" not in module.name:
            importlib.import_module(module.name)
    found = {cls.__name__ for cls in _below(PassError)} - {"Refusal"}
    assert found == set(REFUSALS)
    assert issubclass(passcore.PassExhausted, Refusal)


def _below(cls: type) -> set[type]:
    below: list[type] = cls.__subclasses__()
    found = {c for c in below if c.__module__ == "passcore.errors"}
    return found | {deeper for c in found for deeper in _below(c)}
