"""Everything the core can answer instead of a result: typed, with a stable `code` and plain fields.

No HTTP status and no sentence for people stands here: `passcore.domain.messages` words an error,
the web and the command line each map `code` in one table of their own.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

import attrs


@attrs.define(eq=False)
class PassError(Exception):
    """Base of every error a caller can cause or must expect.

    Two are equal that are of one class and have the same fields, so that what holds them can be
    compared; what Python adds to one that was raised (traceback, cause, notes) does not count.
    """

    code: ClassVar[str] = "error"

    def fields(self) -> dict[str, object]:
        """Return the error's own fields by name, without those that are None."""
        found = ((a.name, getattr(self, a.name)) for a in attrs.fields(type(self)))
        return {name: value for name, value in found if value is not None}

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.fields() == other.fields()

    def __hash__(self) -> int:
        return hash((type(self), *self.fields().items()))


@attrs.define(eq=False)
class Invalid(PassError):
    """Input that can never be right, whatever the state: *field* (dotted path) has *problem*."""

    code: ClassVar[str] = "validation"
    field: str
    problem: str


@attrs.define(eq=False)
class NotFound(PassError):
    """Nothing of that name, or it belongs to another business: the two are not told apart."""

    code: ClassVar[str] = "not_found"
    what: str
    ref: str


@attrs.define(eq=False)
class Refusal(PassError):
    """A rule says no. Nothing was changed; `passcore.domain.messages` says what would mend it."""

    code: ClassVar[str] = "refused"


@attrs.define(eq=False)
class PassExhausted(Refusal):
    code: ClassVar[str] = "pass_exhausted"
    pass_id: str
    available: int
    needed: int


@attrs.define(eq=False)
class PassExpired(Refusal):
    code: ClassVar[str] = "pass_expired"
    pass_id: str
    last_day: date | None = None


@attrs.define(eq=False)
class BookedTooLate(PassExpired):
    """Bookings have to be made while the pass runs, and this one was made after (V6)."""


@attrs.define(eq=False)
class PassNotYetValid(Refusal):
    code: ClassVar[str] = "pass_not_yet_valid"
    pass_id: str
    first_day: date | None = None


@attrs.define(eq=False)
class BookedTooEarly(PassNotYetValid):
    """Bookings have to be made while the pass runs, and this one was made before (V6)."""


@attrs.define(eq=False)
class PassFrozen(Refusal):
    code: ClassVar[str] = "pass_frozen"
    pass_id: str
    first_day: date
    last_day: date | None = None


@attrs.define(eq=False)
class PassSuspended(Refusal):
    code: ClassVar[str] = "pass_suspended"
    pass_id: str


@attrs.define(eq=False)
class PassRefunded(Refusal):
    code: ClassVar[str] = "pass_refunded"
    pass_id: str


@attrs.define(eq=False)
class PassPending(Refusal):
    code: ClassVar[str] = "pass_pending"
    pass_id: str


@attrs.define(eq=False)
class PassCancelled(Refusal):
    code: ClassVar[str] = "pass_cancelled"
    pass_id: str


@attrs.define(eq=False)
class NotCovered(Refusal):
    """The pass does not pay for this; *why*: ``service``, ``location``, ``weekday``, ``time``."""

    code: ClassVar[str] = "not_covered"
    pass_id: str
    service_id: str
    why: str


@attrs.define(eq=False)
class CapReached(Refusal):
    """*used* visits count already where the pass pays for *most* a *window* (C3); *per* is that
    window in words, *days* its length where it is ``rolling``. *services* and *categories* are
    those the cap is about, None where it is about all. From the local day *free_from* on a visit is
    in time again; None where the pass is over by then."""

    code: ClassVar[str] = "cap_reached"
    pass_id: str
    most: int
    window: str
    per: str
    used: int
    days: int | None = None
    services: tuple[str, ...] | None = None
    categories: tuple[str, ...] | None = None
    free_from: date | None = None


@attrs.define(eq=False)
class NoPass(Refusal):
    """The client holds no pass at all, so there is nothing to choose from."""

    code: ClassVar[str] = "no_pass"
    client_id: str


@attrs.define(eq=False)
class WrongClient(Refusal):
    code: ClassVar[str] = "wrong_client"
    pass_id: str


@attrs.define(eq=False)
class BookingConflict(Refusal):
    """Two different reports carry one booking's *ref* and *revision*."""

    code: ClassVar[str] = "booking_conflict"
    source: str
    ref: str
    revision: int


@attrs.define(eq=False)
class LimitReached(Refusal):
    code: ClassVar[str] = "limit_reached"
    what: str
    limit: int


@attrs.define(eq=False)
class ShortNotice(Refusal):
    """The terms want *limit* days of notice: *earliest* is the first day that can be had."""

    code: ClassVar[str] = "limit_reached"
    what: str
    limit: int
    earliest: date


@attrs.define(eq=False)
class BookingsInside(Refusal):
    """A freeze has days on which the pass pays for *bookings*: keep them or release them (V7)."""

    code: ClassVar[str] = "bookings_inside"
    pass_id: str
    first_day: date
    last_day: date | None
    bookings: tuple[str, ...]


@attrs.define(eq=False)
class InvalidTransition(Refusal):
    """*what* stands at *state*, from where *attempt* does not lead on."""

    code: ClassVar[str] = "invalid_transition"
    what: str
    state: str
    attempt: str


@attrs.define(eq=False)
class TooEarly(Refusal):
    """A visit can be completed from *not_before* on, told by the business's clock."""

    code: ClassVar[str] = "invalid_transition"
    what: str
    not_before: datetime


@attrs.define(eq=False)
class RefundExceedsRefundable(Refusal):
    """More was asked back than the quote gives; both amounts in major units of *currency*."""

    code: ClassVar[str] = "refund_exceeds_refundable"
    refundable: str
    requested: str
    currency: str


@attrs.define(eq=False)
class IdempotencyKeyReused(PassError):
    """The key was used before for something else."""

    code: ClassVar[str] = "idempotency_key_reused"
    key: str


@attrs.define(eq=False)
class IdempotencyKeyMissing(PassError):
    code: ClassVar[str] = "idempotency_key_missing"


@attrs.define(eq=False)
class AlreadyExists(Refusal):
    """Another *what* has this *field* already; it must be its own."""

    code: ClassVar[str] = "already_exists"
    what: str
    field: str
    value: str


@attrs.define(eq=False)
class Contention(PassError):
    """Others changed the same rows at the same moment, more often than was worth retrying."""

    code: ClassVar[str] = "contention"
    what: str = "rows"


@attrs.define(eq=False)
class StorageUnavailable(PassError):
    """The database cannot be reached or written (down, full, read-only)."""

    code: ClassVar[str] = "storage_unavailable"
    detail: str = ""


@attrs.define(eq=False)
class ProviderUnavailable(PassError):
    """The provider did not answer: the outcome is unknown, the same key may be tried again."""

    code: ClassVar[str] = "provider_unavailable"
    provider: str
    detail: str = ""


@attrs.define(eq=False)
class ProviderRefused(PassError):
    """The provider answered no: declined card, closed account, wrong settings."""

    code: ClassVar[str] = "provider_refused"
    provider: str
    detail: str = ""


@attrs.define(eq=False)
class SignatureInvalid(PassError):
    """An event that is not freshly and rightly signed; *detail* never quotes the input."""

    code: ClassVar[str] = "signature_invalid"
    detail: str = ""


@attrs.define(eq=False)
class LoginRefused(PassError):
    """The sign-in code is wrong, used or too old; which of them is not told."""

    code: ClassVar[str] = "login_refused"


@attrs.define(eq=False)
class RateLimited(PassError):
    code: ClassVar[str] = "rate_limited"
    retry_after: int


@attrs.define(eq=False)
class LedgerDamaged(PassError):
    """Entries that cannot have come from this product: *problem* at entry *seq* of *pass_id*."""

    code: ClassVar[str] = "ledger_damaged"
    pass_id: str
    seq: int
    problem: str
