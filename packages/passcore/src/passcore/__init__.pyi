"""The public names of `passcore`, for type checkers; `__init__.py` loads them on first use."""

from passcore.adapters.memory import MemoryStore as MemoryStore
from passcore.adapters.system import (
    FixedClock as FixedClock,
    RandomIds as RandomIds,
    SeededIds as SeededIds,
    SystemClock as SystemClock,
)
from passcore.app import App as App
from passcore.domain.bookings import (
    Booking as Booking,
    BookingStatus as BookingStatus,
    CancelledBy as CancelledBy,
    Report as Report,
)
from passcore.domain.businesses import (
    ApiKey as ApiKey,
    Business as Business,
    Role as Role,
    StaffMember as StaffMember,
)
from passcore.domain.cancellation import CancelPolicy as CancelPolicy, CancelTier as CancelTier
from passcore.domain.caps import Cap as Cap, CapWindow as CapWindow, Counted as Counted
from passcore.domain.choice import Verdict as Verdict, explain as explain, rank as rank
from passcore.domain.clients import Client as Client, ClientRef as ClientRef
from passcore.domain.commands import (
    Activate as Activate,
    Adjust as Adjust,
    Cancel as Cancel,
    Capture as Capture,
    ChangeCover as ChangeCover,
    ChangeOwner as ChangeOwner,
    Command as Command,
    Deduct as Deduct,
    Expire as Expire,
    Extend as Extend,
    Forfeit as Forfeit,
    Freeze as Freeze,
    Inside as Inside,
    Issue as Issue,
    Refund as Refund,
    Release as Release,
    Reserve as Reserve,
    Resume as Resume,
    Reverse as Reverse,
    Suspend as Suspend,
    Unfreeze as Unfreeze,
)
from passcore.domain.coverage import Coverage as Coverage, Hours as Hours, Visit as Visit
from passcore.domain.decisions import (
    decide as decide,
    decide_and_apply as decide_and_apply,
    issue as issue,
)
from passcore.domain.folding import apply as apply, fold as fold
from passcore.domain.freezes import FreezeLimits as FreezeLimits
from passcore.domain.invoices import Invoice as Invoice
from passcore.domain.ledger import (
    Activated as Activated,
    Adjusted as Adjusted,
    Anchored as Anchored,
    Cancelled as Cancelled,
    Captured as Captured,
    CoverChanged as CoverChanged,
    Deducted as Deducted,
    Entry as Entry,
    Expired as Expired,
    Extended as Extended,
    Fact as Fact,
    Forfeited as Forfeited,
    Frozen as Frozen,
    Granted as Granted,
    Line as Line,
    Origin as Origin,
    OwnerChanged as OwnerChanged,
    Refunded as Refunded,
    Reinstated as Reinstated,
    Released as Released,
    Reserved as Reserved,
    Resumed as Resumed,
    Reversed as Reversed,
    Suspended as Suspended,
    Unfrozen as Unfrozen,
)
from passcore.domain.messages import wording as wording
from passcore.domain.money import Money as Money
from passcore.domain.notices import Message as Message, Notice as Notice, NoticeKind as NoticeKind
from passcore.domain.orders import Order as Order, OrderStatus as OrderStatus
from passcore.domain.passes import Balance as Balance, Hold as Hold, Pass as Pass, Status as Status
from passcore.domain.payments import Payment as Payment
from passcore.domain.products import (
    PaymentMethod as PaymentMethod,
    Product as Product,
    Terms as Terms,
)
from passcore.domain.quoting import quote as quote
from passcore.domain.refunds import (
    ListRate as ListRate,
    OpenBooking as OpenBooking,
    QuoteLabel as QuoteLabel,
    QuoteLine as QuoteLine,
    RefundBasis as RefundBasis,
    RefundFormula as RefundFormula,
    RefundPolicy as RefundPolicy,
    RefundQuote as RefundQuote,
    Rounding as Rounding,
)
from passcore.domain.services import Service as Service, ServiceKind as ServiceKind
from passcore.domain.time import Length as Length
from passcore.domain.validity import (
    Anchor as Anchor,
    Counting as Counting,
    Redeem as Redeem,
    Validity as Validity,
    Window as Window,
)
from passcore.errors import (
    AlreadyExists as AlreadyExists,
    BookedTooEarly as BookedTooEarly,
    BookedTooLate as BookedTooLate,
    BookingConflict as BookingConflict,
    BookingsInside as BookingsInside,
    CapReached as CapReached,
    Contention as Contention,
    IdempotencyKeyMissing as IdempotencyKeyMissing,
    IdempotencyKeyReused as IdempotencyKeyReused,
    Invalid as Invalid,
    InvalidTransition as InvalidTransition,
    LedgerDamaged as LedgerDamaged,
    LimitReached as LimitReached,
    LoginRefused as LoginRefused,
    NoPass as NoPass,
    NotCovered as NotCovered,
    NotFound as NotFound,
    PassCancelled as PassCancelled,
    PassError as PassError,
    PassExhausted as PassExhausted,
    PassExpired as PassExpired,
    PassFrozen as PassFrozen,
    PassNotYetValid as PassNotYetValid,
    PassPending as PassPending,
    PassRefunded as PassRefunded,
    PassSuspended as PassSuspended,
    ProviderRefused as ProviderRefused,
    ProviderUnavailable as ProviderUnavailable,
    RateLimited as RateLimited,
    RefundExceedsRefundable as RefundExceedsRefundable,
    Refusal as Refusal,
    ShortNotice as ShortNotice,
    SignatureInvalid as SignatureInvalid,
    StorageUnavailable as StorageUnavailable,
    TooEarly as TooEarly,
    WrongClient as WrongClient,
)
from passcore.gathering import Answer as Answer, Once as Once
from passcore.ports.clock import Clock as Clock
from passcore.ports.documents import (
    InvoiceRenderer as InvoiceRenderer,
    NoticeWriter as NoticeWriter,
    Written as Written,
)
from passcore.ports.ids import Ids as Ids
from passcore.ports.mail import (
    Attachment as Attachment,
    Mail as Mail,
    Mailer as Mailer,
    MailRefused as MailRefused,
)
from passcore.ports.payments import PaymentGateway as PaymentGateway
from passcore.ports.store import (
    Page as Page,
    PassChange as PassChange,
    Registry as Registry,
    Store as Store,
    StoredPass as StoredPass,
    Tx as Tx,
)
from passcore.relay import Outward as Outward, Relay as Relay, Worked as Worked
from passcore.usecases.assignment import AssignPass as AssignPass, assign as assign
from passcore.usecases.bookings import (
    Book as Book,
    CancelBooking as CancelBooking,
    Complete as Complete,
    NoShow as NoShow,
    Undo as Undo,
    book as book,
    cancel as cancel,
    complete as complete,
    no_show as no_show,
    undo as undo,
)
from passcore.usecases.businesses import (
    AddKey as AddKey,
    AddStaff as AddStaff,
    EditBusiness as EditBusiness,
    RevokeKey as RevokeKey,
    add_key as add_key,
    add_staff as add_staff,
    edit_business as edit_business,
    revoke_key as revoke_key,
)
from passcore.usecases.call import Call as Call
from passcore.usecases.catalogue import (
    AddProduct as AddProduct,
    AddService as AddService,
    EditProduct as EditProduct,
    EditService as EditService,
    RetireProduct as RetireProduct,
    add_product as add_product,
    add_service as add_service,
    edit_product as edit_product,
    edit_service as edit_service,
    retire_product as retire_product,
)
from passcore.usecases.clients import (
    AddClient as AddClient,
    EditClient as EditClient,
    add_client as add_client,
    edit_client as edit_client,
)
from passcore.usecases.intake import (
    Reported as Reported,
    ReportMany as ReportMany,
    VisitReport as VisitReport,
    report_many as report_many,
    report_one as report_one,
)
from passcore.usecases.orders import (
    ApproveOrder as ApproveOrder,
    DeclineOrder as DeclineOrder,
    PlaceOrder as PlaceOrder,
    RecordCheckout as RecordCheckout,
    RenewPass as RenewPass,
    approve as approve,
    decline as decline,
    place as place,
    record_checkout as record_checkout,
    renew as renew,
)
from passcore.usecases.passes import (
    AdjustPass as AdjustPass,
    EditPass as EditPass,
    ExplainVisit as ExplainVisit,
    Explanation as Explanation,
    ShowPass as ShowPass,
    SweepExpired as SweepExpired,
    adjust as adjust,
    edit as edit,
    explain_visit as explain_visit,
    show as show,
    sweep_expired as sweep_expired,
)
from passcore.usecases.refunds import (
    QuoteRefund as QuoteRefund,
    RefundPass as RefundPass,
    refund as refund,
    refund_quote as refund_quote,
)
from passcore.usecases.sales import (
    Settled as Settled,
    SettlePayment as SettlePayment,
    settle as settle,
)
from passcore.usecases.verification import (
    Damage as Damage,
    Verified as Verified,
    Verify as Verify,
    verify as verify,
)
from passcore.usecases.views import BookingView as BookingView, PassView as PassView

__version__: str
__all__ = [
    "Activate", "Activated", "AddClient", "AddKey", "AddProduct", "AddService", "AddStaff",
    "Adjust", "AdjustPass", "Adjusted", "AlreadyExists", "Anchor", "Anchored", "Answer",
    "ApiKey", "App", "ApproveOrder", "AssignPass", "Attachment", "Balance", "Book",
    "BookedTooEarly", "BookedTooLate", "Booking", "BookingConflict", "BookingStatus",
    "BookingView", "BookingsInside", "Business", "Call", "Cancel", "CancelBooking",
    "CancelPolicy", "CancelTier", "Cancelled", "CancelledBy", "Cap", "CapReached", "CapWindow",
    "Capture", "Captured", "ChangeCover", "ChangeOwner", "Client", "ClientRef", "Clock",
    "Command", "Complete", "Contention", "Counted", "Counting", "CoverChanged", "Coverage",
    "Damage", "DeclineOrder", "Deduct", "Deducted", "EditBusiness", "EditClient", "EditPass",
    "EditProduct", "EditService", "Entry", "Expire", "Expired", "ExplainVisit", "Explanation",
    "Extend", "Extended", "Fact", "FixedClock", "Forfeit", "Forfeited", "Freeze",
    "FreezeLimits", "Frozen", "Granted", "Hold", "Hours", "IdempotencyKeyMissing",
    "IdempotencyKeyReused", "Ids", "Inside", "Invalid", "InvalidTransition", "Invoice",
    "InvoiceRenderer", "Issue", "LedgerDamaged", "Length", "LimitReached", "Line", "ListRate",
    "LoginRefused", "Mail", "MailRefused", "Mailer", "MemoryStore", "Message", "Money",
    "NoPass", "NoShow", "NotCovered", "NotFound", "Notice", "NoticeKind", "NoticeWriter",
    "Once", "OpenBooking", "Order", "OrderStatus", "Origin", "Outward", "OwnerChanged", "Page",
    "Pass", "PassCancelled", "PassChange", "PassError", "PassExhausted", "PassExpired",
    "PassFrozen", "PassNotYetValid", "PassPending", "PassRefunded", "PassSuspended", "PassView",
    "Payment", "PaymentGateway", "PaymentMethod", "PlaceOrder", "Product", "ProviderRefused",
    "ProviderUnavailable", "QuoteLabel", "QuoteLine", "QuoteRefund", "RandomIds", "RateLimited",
    "RecordCheckout", "Redeem", "Refund", "RefundBasis", "RefundExceedsRefundable",
    "RefundFormula", "RefundPass", "RefundPolicy", "RefundQuote", "Refunded", "Refusal",
    "Registry", "Reinstated", "Relay", "Release", "Released", "RenewPass", "Report",
    "ReportMany", "Reported", "Reserve", "Reserved", "Resume", "Resumed", "RetireProduct",
    "Reverse", "Reversed", "RevokeKey", "Role", "Rounding", "SeededIds", "Service",
    "ServiceKind", "SettlePayment", "Settled", "ShortNotice", "ShowPass", "SignatureInvalid",
    "StaffMember", "Status", "StorageUnavailable", "Store", "StoredPass", "Suspend",
    "Suspended", "SweepExpired", "SystemClock", "Terms", "TooEarly", "Tx", "Undo", "Unfreeze",
    "Unfrozen", "Validity", "Verdict", "Verified", "Verify", "Visit", "VisitReport", "Window",
    "Worked", "Written", "WrongClient", "add_client", "add_key", "add_product", "add_service",
    "add_staff", "adjust", "apply", "approve", "assign", "book", "cancel", "complete", "decide",
    "decide_and_apply", "decline", "edit", "edit_business", "edit_client", "edit_product",
    "edit_service", "explain", "explain_visit", "fold", "issue", "no_show", "place", "quote",
    "rank", "record_checkout", "refund", "refund_quote", "renew", "report_many", "report_one",
    "retire_product", "revoke_key", "settle", "show", "sweep_expired", "undo", "verify",
    "wording",
]  # fmt: skip
