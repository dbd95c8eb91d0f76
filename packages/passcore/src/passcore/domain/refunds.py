"""Refunds: what a product promises to give back, and the quote that says how much that is (S12).

Theory of operation. A quote is a list of lines that add up to `refundable`: what was paid, less
what went back before, less what was used, is held, has lapsed or was taken away, less the fee. What
a session is worth is never computed anew: it carries the value fixed at its sale (I3), so the lines
count units as they stand in the ledger. Where an amount has to be rounded, its line says how.
`passcore.domain.quoting` makes the quote of a pass; here is what it consists of.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import Final

import attrs

from passcore.domain.checks import bounded
from passcore.domain.money import MAX_MINOR, Money

#: The longest time to change one's mind that a product may grant, in days.
MAX_COOLING_OFF: Final = 366


class RefundFormula(str, Enum):
    """How much of a pass goes back once the time to change one's mind is over."""

    PRO_RATA = "pro_rata"  # less what was used, at what each session was worth in the pack
    USED_AT_LIST = "used_at_list"  # less what the visits cost without a pass
    NONE = "none"  # nothing


@attrs.frozen
class RefundPolicy:
    """What goes back of a pass (S12).

    `fee_minor` is kept of a refund. Within `cooling_off_days` of the sale an unused pass goes back
    in full and a used one less what was used at pack rate, both without fee: the day of the sale is
    not counted, the last day is still in time, told by the pass's zone. 0 grants no such time.
    """

    formula: RefundFormula = RefundFormula.PRO_RATA
    fee_minor: int = attrs.field(default=0, validator=bounded("refund.fee", 0, MAX_MINOR))
    cooling_off_days: int = attrs.field(
        default=0, validator=bounded("refund.cooling_off_days", 0, MAX_COOLING_OFF)
    )


class RefundBasis(str, Enum):
    """By which rule a quote was made: a formula, or the time to change one's mind."""

    COOLING_OFF = "cooling_off"
    PRO_RATA = "pro_rata"
    USED_AT_LIST = "used_at_list"
    NONE = "none"


class QuoteLabel(str, Enum):
    """What a line of a quote is about."""

    PAID = "paid"
    REFUNDED_BEFORE = "refunded_before"
    USED = "used"  # sessions used, at pack rate
    USED_FREE = "used_free"  # used sessions that were free cost nothing
    USED_AT_LIST = "used_at_list"  # visits, at the list price of their service
    USED_WITHOUT_LIST = "used_without_list"  # no list price is known: at pack rate
    DAYS_PASSED = "days_passed"  # a pass without a number earns by day
    HELD = "held"  # not to be refunded until the bookings are released
    LAPSED = "lapsed"
    TAKEN_AWAY = "taken_away"  # by hand
    TAX = "tax"  # on the sessions and days above, whose values are without it
    NOT_REFUNDABLE = "not_refundable"  # the product gives nothing back
    NOT_BELOW_ZERO = "not_below_zero"  # nobody owes more than was paid
    FEE = "fee"


#: The labels of amounts that are added; all others are taken off.
ADDED: Final = (QuoteLabel.PAID, QuoteLabel.NOT_BELOW_ZERO)


class Rounding(str, Enum):
    """How an amount came to whole minor units."""

    LARGEST_REMAINDER = "largest_remainder"  # a unit's value, as the sale has split the price
    HALF_UP = "half_up"


@attrs.frozen
class QuoteLine:
    """One line: `count` times `unit_minor` gives `amount_minor`, which is negative where it is
    taken off. `service` names the service a line of visits is about."""

    label: QuoteLabel
    count: int
    unit_minor: int
    amount_minor: int
    rounding: Rounding | None = None
    service_id: str | None = None
    service: str | None = None

    @classmethod
    def of(
        cls,
        label: QuoteLabel,
        count: int,
        unit_minor: int,
        rounding: Rounding | None = None,
        rate: ListRate | None = None,
    ) -> QuoteLine:
        """Return the line of *count* times *unit_minor*, with the sign its label has."""
        amount = count * unit_minor if label in ADDED else -count * unit_minor
        service_id, name = (None, None) if rate is None else (rate.service_id, rate.service)
        return cls(label, count, unit_minor, amount, rounding, service_id, name)


@attrs.frozen
class ListRate:
    """What a visit would have cost without a pass: `minor` for all its seats, None where its
    service has no list price."""

    service_id: str
    service: str
    minor: int | None


@attrs.frozen
class OpenBooking:
    """A booking that holds sessions of the pass; it has to be released before a refund."""

    booking_id: str
    sessions: int
    starts_at: datetime


@attrs.frozen
class RefundQuote:
    """What goes back of a pass at the instant `at`, and why: `lines` add up to `refundable`.

    `used_at_pack` and `used_at_list` say what was used by either measure, whichever counts;
    `cooling_off_until` is the last day to change one's mind, None where none is granted.
    """

    pass_id: str
    at: datetime
    basis: RefundBasis
    cooling_off_until: date | None
    paid: Money
    refunded_before: Money
    used_at_pack: Money
    used_at_list: Money
    fee: Money
    refundable: Money
    lines: tuple[QuoteLine, ...]
    open_bookings: tuple[OpenBooking, ...]
