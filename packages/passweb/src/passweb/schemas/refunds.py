"""Refunds on the wire: what a product promises, the quote of a pass, and the refund asked for."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta

from passcore.domain.money import Money as Amount
from passcore.domain.products import Terms
from passcore.domain.refunds import (
    OpenBooking,
    QuoteLine,
    RefundFormula,
    RefundPolicy,
    RefundQuote,
)
from passcore.errors import Invalid
from passcore.usecases.refunds import RefundPass
from passweb.schemas.common import Input, Money, Output, Reason, minor_out, money_in, money_out

FormulaName = Literal["pro_rata", "used_at_list", "none"]
LabelName = Literal[
    "paid", "refunded_before", "used", "used_free", "used_at_list", "used_without_list",
    "days_passed", "held", "lapsed", "taken_away", "tax", "not_refundable", "not_below_zero", "fee",
]  # fmt: skip
CoolingOff = Annotated[int, Meta(ge=0, le=366, description="The day of the sale not counted.")]


class RefundModel(Input, frozen=True):
    """What goes back of a pass: by which formula, less which fee. Within `cooling_off_days` of the
    sale an unused pass goes back in full and a used one less what was used, both without fee."""

    formula: FormulaName = "pro_rata"
    fee: Money | None = None
    cooling_off_days: CoolingOff = 0


class RefundIn(Input, frozen=True):
    """A refund: all that the quote allows where `amount` is left out."""

    reason: Reason
    amount: Money | None = None
    notify: bool = True


class SignedMoney(Output, frozen=True):
    """An amount in major units, negative where it is taken off."""

    amount: Annotated[str, Meta(pattern=r"^-?[0-9]+(\.[0-9]{1,3})?$", examples=["-36.00"])]
    currency: str


class QuoteLineOut(Output, frozen=True):
    """One line of a quote: `count` times `unit`. `rounding` says how the amount came to whole
    minor units where it had to be rounded; the service is that of the visits it is about."""

    label: LabelName
    count: int
    unit: SignedMoney
    amount: SignedMoney
    rounding: Literal["largest_remainder", "half_up"] | None
    service_id: str | None
    service: str | None


class OpenBookingOut(Output, frozen=True):
    """A booking that holds sessions; it has to be cancelled before the refund."""

    booking_id: str
    sessions: int
    starts_at: datetime


class QuoteOut(Output, frozen=True):
    """What goes back of a pass `at` an instant. The `lines` add up to `refundable`;
    `used_at_pack_rate` and `used_at_list_rate` say what was used by either measure."""

    pass_id: str
    at: datetime
    basis: Literal["cooling_off", "pro_rata", "used_at_list", "none"]
    cooling_off_until: date | None
    paid: Money
    refunded_before: Money
    used_at_pack_rate: Money
    used_at_list_rate: Money
    fee: Money
    refundable: Money
    lines: list[QuoteLineOut]
    open_bookings: list[OpenBookingOut]


def policy_in(given: RefundModel, currency: str) -> RefundPolicy:
    """Return the policy; raises `Invalid` for a fee that is not in *currency*."""
    fee = 0
    if given.fee is not None:
        if given.fee.currency != currency:
            raise Invalid(field="refund.fee.currency", problem=f"must be {currency}")
        fee = money_in(given.fee, "refund.fee").minor
    return RefundPolicy(RefundFormula(given.formula), fee, given.cooling_off_days)


def policy_out(terms: Terms) -> RefundModel:
    """Return what *terms* promise."""
    policy = terms.refund
    return RefundModel(
        formula=policy.formula.value,
        fee=minor_out(policy.fee_minor, terms.price.currency),
        cooling_off_days=policy.cooling_off_days,
    )


def refund_in(ref: str, given: RefundIn) -> RefundPass:
    """Return the command."""
    amount = None if given.amount is None else money_in(given.amount, "amount")
    return RefundPass(ref, given.reason, amount, given.notify)


def quote_out(quote: RefundQuote) -> QuoteOut:
    """Return a quote, line by line."""
    currency = quote.paid.currency
    return QuoteOut(
        pass_id=quote.pass_id,
        at=quote.at,
        basis=quote.basis.value,
        cooling_off_until=quote.cooling_off_until,
        paid=money_out(quote.paid),
        refunded_before=money_out(quote.refunded_before),
        used_at_pack_rate=money_out(quote.used_at_pack),
        used_at_list_rate=money_out(quote.used_at_list),
        fee=money_out(quote.fee),
        refundable=money_out(quote.refundable),
        lines=[_line_out(line, currency) for line in quote.lines],
        open_bookings=[_open_out(held) for held in quote.open_bookings],
    )


def _line_out(line: QuoteLine, currency: str) -> QuoteLineOut:
    return QuoteLineOut(
        label=line.label.value,
        count=line.count,
        unit=_signed(line.unit_minor, currency),
        amount=_signed(line.amount_minor, currency),
        rounding=None if line.rounding is None else line.rounding.value,
        service_id=line.service_id,
        service=line.service,
    )


def _signed(minor: int, currency: str) -> SignedMoney:
    return SignedMoney(amount=f"{Amount(minor, currency).amount:f}", currency=currency)


def _open_out(held: OpenBooking) -> OpenBookingOut:
    return OpenBookingOut(
        booking_id=held.booking_id, sessions=held.sessions, starts_at=held.starts_at
    )
