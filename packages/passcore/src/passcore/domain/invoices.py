"""Invoices: the frozen snapshot a payment leaves, numbered without a gap (I1)."""

from __future__ import annotations

from datetime import date, datetime

import attrs

from passcore.domain.businesses import Business
from passcore.domain.clients import Client
from passcore.domain.orders import Order


@attrs.frozen
class Party:
    """A seller or buyer as written on the document."""

    name: str
    lines: str
    tax_id: str
    email: str


@attrs.frozen
class InvoiceLine:
    """One line: all amounts in minor units of the invoice's currency, `tax_rate` in hundredths of
    a percent."""

    title: str
    quantity: int
    net_minor: int
    tax_rate: int
    tax_minor: int
    gross_minor: int


@attrs.frozen
class Invoice:
    """A document as issued. It is never edited; `number` counts 1 to n within `series`.

    `code` is number and series as people read it.
    """

    id: str
    series: str
    number: int
    code: str
    order_id: str
    client_id: str
    issued_on: date
    issued_at: datetime
    currency: str
    language: str
    seller: Party
    buyer: Party
    lines: tuple[InvoiceLine, ...]
    paid_by: str

    @property
    def gross_minor(self) -> int:
        """What was to be paid, in minor units."""
        return sum(line.gross_minor for line in self.lines)

    @property
    def net_minor(self) -> int:
        """The total without tax, in minor units."""
        return sum(line.net_minor for line in self.lines)


def series_of(business: Business, issued_on: date) -> str:
    """Return the series an invoice of that day belongs to: one a year, after the prefix."""
    return f"{business.invoice_prefix}{issued_on.year}"


def invoice_for(
    order: Order,
    business: Business,
    client: Client,
    *,
    invoice_id: str,
    number: int,
    issued_at: datetime,
    issued_on: date,
    paid_by: str,
) -> Invoice:
    """Return the invoice of a paid order; prices include tax or not as its terms say."""
    terms = order.terms
    net = terms.net_minor
    gross = order.price.minor
    line = InvoiceLine(terms.name, 1, net, terms.tax_rate, gross - net, gross)
    series = series_of(business, issued_on)
    return Invoice(
        id=invoice_id,
        series=series,
        number=number,
        code=f"{series}-{number:05d}",
        order_id=order.id,
        client_id=client.id,
        issued_on=issued_on,
        issued_at=issued_at,
        currency=order.price.currency,
        language=client.language or business.language,
        seller=Party(business.name, business.seller, business.tax_id, business.email or ""),
        buyer=Party(client.name or client.email, "", "", client.email),
        lines=(line,),
        paid_by=paid_by,
    )
