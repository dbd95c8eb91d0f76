"""Quotes: what goes back of a pass, as text and as `--json` shows it."""

from __future__ import annotations

from typing import Final

from passcli import shapes, texts
from passcore.domain.money import Money
from passcore.domain.refunds import QuoteLabel, QuoteLine, RefundQuote

_WORDS: Final[dict[QuoteLabel, str]] = {
    QuoteLabel.PAID: "paid",
    QuoteLabel.REFUNDED_BEFORE: "refunded before",
    QuoteLabel.USED: "used, at pack rate",
    QuoteLabel.USED_FREE: "used, free of charge",
    QuoteLabel.USED_AT_LIST: "used, at list price",
    QuoteLabel.USED_WITHOUT_LIST: "used, no list price: at pack rate",
    QuoteLabel.DAYS_PASSED: "days passed",
    QuoteLabel.HELD: "held by bookings",
    QuoteLabel.LAPSED: "lapsed",
    QuoteLabel.TAKEN_AWAY: "taken away by hand",
    QuoteLabel.TAX: "tax on these",
    QuoteLabel.NOT_REFUNDABLE: "not refundable",
    QuoteLabel.NOT_BELOW_ZERO: "not below nothing",
    QuoteLabel.FEE: "fee",
}
HEAD: Final = ("WHAT", "COUNT", "EACH", "AMOUNT", "ROUNDED")


def shape(quote: RefundQuote) -> shapes.Shape:
    """Return a quote with the keys of the HTTP interface."""
    currency = quote.paid.currency
    until = quote.cooling_off_until
    return {
        "pass_id": quote.pass_id,
        "at": shapes.instant(quote.at),
        "basis": quote.basis.value,
        "cooling_off_until": shapes.day(until),
        "paid": shapes.money(quote.paid),
        "refunded_before": shapes.money(quote.refunded_before),
        "used_at_pack_rate": shapes.money(quote.used_at_pack),
        "used_at_list_rate": shapes.money(quote.used_at_list),
        "fee": shapes.money(quote.fee),
        "refundable": shapes.money(quote.refundable),
        "lines": [_line(line, currency) for line in quote.lines],
        "open_bookings": [
            {
                "booking_id": held.booking_id,
                "sessions": held.sessions,
                "starts_at": shapes.instant(held.starts_at),
            }
            for held in quote.open_bookings
        ],
    }


def _line(line: QuoteLine, currency: str) -> shapes.Shape:
    return {
        "label": line.label.value,
        "count": line.count,
        "unit": shapes.money(Money(line.unit_minor, currency)),
        "amount": shapes.money(Money(line.amount_minor, currency)),
        "rounding": None if line.rounding is None else line.rounding.value,
        "service_id": line.service_id,
        "service": line.service,
    }


def rows(quote: RefundQuote) -> list[tuple[object, ...]]:
    """Return the lines of a quote and what they add up to."""
    currency = quote.paid.currency
    made: list[tuple[object, ...]] = [
        (
            _WORDS[line.label] + (f" ({line.service})" if line.service else ""),
            line.count,
            Money(line.unit_minor, currency),
            Money(line.amount_minor, currency),
            None if line.rounding is None else line.rounding.value.replace("_", " "),
        )
        for line in quote.lines
    ]
    basis = quote.basis.value.replace("_", " ")
    return [*made, (f"refundable ({basis})", None, None, quote.refundable, None)]


def hints(quote: RefundQuote, zone: str) -> list[str]:
    """Return what stands in the way, and until when the client may change their mind."""
    said = [
        f"Booking {held.booking_id} at {texts.local(held.starts_at, zone)} holds "
        f"{texts.count(held.sessions)}: cancel it first."
        for held in quote.open_bookings
    ]
    if quote.cooling_off_until is not None:
        said.append(f"Last day to change one's mind: {quote.cooling_off_until}.")
    return said
