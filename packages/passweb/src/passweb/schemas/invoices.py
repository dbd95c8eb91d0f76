"""Invoices on the wire."""

from __future__ import annotations

from datetime import date, datetime

from passcore.domain.invoices import Invoice, InvoiceLine, Party
from passweb.schemas.common import Money, Output, minor_out, percent_out


class PartyOut(Output, frozen=True):
    """A seller or buyer as written on the document."""

    name: str
    lines: str
    tax_id: str
    email: str


class LineOut(Output, frozen=True):
    """One line."""

    title: str
    quantity: int
    net: Money
    tax_rate: str
    tax: Money
    gross: Money


class InvoiceOut(Output, frozen=True):
    """A document as issued; it never changes. `code` is number and series as people read it."""

    id: str
    code: str
    series: str
    number: int
    order_id: str
    client_id: str
    issued_on: date
    issued_at: datetime
    seller: PartyOut
    buyer: PartyOut
    lines: list[LineOut]
    net: Money
    gross: Money
    paid_by: str


def invoice_out(invoice: Invoice) -> InvoiceOut:
    """Return an invoice."""
    return InvoiceOut(
        id=invoice.id,
        code=invoice.code,
        series=invoice.series,
        number=invoice.number,
        order_id=invoice.order_id,
        client_id=invoice.client_id,
        issued_on=invoice.issued_on,
        issued_at=invoice.issued_at,
        seller=_party(invoice.seller),
        buyer=_party(invoice.buyer),
        lines=[_line(line, invoice.currency) for line in invoice.lines],
        net=minor_out(invoice.net_minor, invoice.currency),
        gross=minor_out(invoice.gross_minor, invoice.currency),
        paid_by=invoice.paid_by,
    )


def _party(party: Party) -> PartyOut:
    return PartyOut(name=party.name, lines=party.lines, tax_id=party.tax_id, email=party.email)


def _line(line: InvoiceLine, currency: str) -> LineOut:
    return LineOut(
        title=line.title,
        quantity=line.quantity,
        net=minor_out(line.net_minor, currency),
        tax_rate=percent_out(line.tax_rate),
        tax=minor_out(line.tax_minor, currency),
        gross=minor_out(line.gross_minor, currency),
    )
