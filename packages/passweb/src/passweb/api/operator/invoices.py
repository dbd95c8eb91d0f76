"""Invoices: GET, and the document itself."""

from __future__ import annotations

from typing import Final

import attrs
from litestar import Response, Router

from passcore.domain.invoices import Invoice
from passcore.ports.store import Page, Tx
from passcore.usecases.call import Call
from passweb.api.operator.routes import Cursor, Limit, PathRef, Text, reading
from passweb.auth import ApiRequest
from passweb.schemas import invoices as shape
from passweb.schemas.common import Listed

PDF: Final = "application/pdf"


@attrs.frozen
class Filter:
    """A page of invoices, newest first."""

    client_id: str | None
    cursor: str | None
    limit: int


@reading("/invoices", "list_invoices")
def some(
    request: ApiRequest, client_id: Text = None, cursor: Cursor = None, limit: Limit = 50
) -> Listed[shape.InvoiceOut]:
    """List invoices, newest first."""
    page = request.auth.read(_page, Filter(client_id, cursor, limit))
    return Listed([shape.invoice_out(invoice) for invoice in page.items], page.next_cursor)


@reading("/invoices/{invoice_id:str}", "get_invoice")
def one(request: ApiRequest, invoice_id: PathRef) -> shape.InvoiceOut:
    """Get an invoice."""
    return shape.invoice_out(request.auth.read(_get, invoice_id))


@reading("/invoices/{invoice_id:str}/pdf", "get_invoice_pdf", media_type=PDF)
def pdf(request: ApiRequest, invoice_id: PathRef) -> Response[bytes]:
    """Get an invoice as PDF: the same bytes each time."""
    caller = request.auth
    name, content = caller.house.relay.invoice_pdf(caller.business_id, invoice_id)
    safe = "".join(char if char.isascii() and char.isalnum() else "-" for char in name[:-4])
    headers = {"Content-Disposition": f'attachment; filename="{safe}.pdf"'}
    return Response(content, media_type=PDF, headers=headers)


def _page(tx: Tx, command: Filter, _call: Call) -> Page[Invoice]:
    return tx.invoices.page(client_id=command.client_id, cursor=command.cursor, limit=command.limit)


def _get(tx: Tx, invoice_id: str, _call: Call) -> Invoice:
    return tx.invoices.get(invoice_id)


ROUTES: Final = (some, one, pdf)


def router() -> Router:
    """Return the routes of invoices."""
    return Router("/", route_handlers=ROUTES, tags=["invoices"])
