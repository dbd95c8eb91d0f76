"""One pass of the client signed in: punch card, QR, history; and the invoices."""

from __future__ import annotations

import re

import attrs
from litestar import Response, get
from litestar.params import FromPath

from passcore import Entry, Invoice, NotFound, Product, Service, StoredPass, Tx
from passcore.usecases.call import Call
from passweb.pages.cards import card_of
from passweb.pages.guest.door import guest_page
from passweb.pages.halting import Halt
from passweb.pages.house import AnyRequest
from passweb.pages.page import Answer, known_ref, need_guest
from passweb.pages.rendering import headers

#: The newest so many entries are shown; the business's console and the export have all of them.
_MOST_ENTRIES = 200


@attrs.frozen
class Opened:
    """A pass with its history, newest first, and the product it can be renewed by."""

    stored: StoredPass
    entries: tuple[Entry, ...]
    services: tuple[Service, ...]
    product: Product | None


def opened(tx: Tx, command: tuple[str, str], _call: Call) -> Opened:
    """Return the pass *command* names by id, where it belongs to the client it names."""
    pass_id, client_id = command
    stored = tx.passes.get(pass_id)
    if stored.state.client_id != client_id:
        raise NotFound("pass", pass_id)
    entries = tuple(reversed(tx.passes.ledger(pass_id)))[:_MOST_ENTRIES]
    try:
        product = tx.products.get(stored.state.terms.product_id)
    except NotFound:
        product = None
    on_sale = product if product is not None and not product.retired else None
    return Opened(stored, entries, tuple(tx.services.all()), on_sale)


def own_invoice(tx: Tx, command: tuple[str, str], _call: Call) -> Invoice:
    """Return an invoice by id, where it belongs to the client named."""
    invoice = tx.invoices.get(command[0])
    if invoice.client_id != command[1]:
        raise NotFound("invoice", command[0])
    return invoice


@get("/my/passes/{pass_id:str}", name="guest pass", sync_to_thread=True, include_in_schema=False)
def pass_page(request: AnyRequest, pass_id: FromPath[str]) -> Answer:
    """Show one pass."""
    page = guest_page(request)
    client = need_guest(page).client
    assert client is not None
    try:
        found = page.read(opened, (known_ref(pass_id), client.id))
    except NotFound:
        raise Halt(404) from None
    state = found.stored.state
    return page.show(
        "guest/pass.html",
        card=card_of(state, found.stored.code, found.services, page.say, page.now),
        history=[
            (e.at, page.say.entry(e, state.zone), e.reason if e.origin.actor != "client" else None)
            for e in found.entries
        ],
        renewable=found.product is not None,
    )


@get("/my/invoices/{invoice_id:str}", name="guest invoice", sync_to_thread=True,
     include_in_schema=False)  # fmt: skip
def invoice_file(request: AnyRequest, invoice_id: FromPath[str]) -> Answer:
    """Send an invoice as PDF."""
    page = guest_page(request)
    client = need_guest(page).client
    assert client is not None
    try:
        invoice = page.read(own_invoice, (known_ref(invoice_id), client.id))
    except NotFound:
        raise Halt(404) from None
    name, content = page.house.relay.invoice_pdf(page.business.id, invoice.id)
    return download(name, "application/pdf", content)


def download(name: str, media_type: str, content: bytes) -> Answer:
    """Return a file to keep; its name is cut down to what every system takes."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:100] or "file"
    more = {"content-disposition": f'attachment; filename="{plain}"'}
    return Response(content, media_type=media_type, headers={**headers(), **more})
