"""Buying a pass: one product, who buys it and how it is paid (S1, S2, S10)."""

from __future__ import annotations

from datetime import date, timedelta

import attrs
from litestar import get, post
from litestar.params import FromPath, RawBody

from passcore import (
    AddClient,
    Client,
    ClientRef,
    NotFound,
    Order,
    OrderStatus,
    PassError,
    PaymentMethod,
    PlaceOrder,
    Product,
    Service,
    Tx,
    add_client,
    place,
)
from passcore.domain.validity import Anchor
from passcore.usecases.call import Call
from passweb.pages.forms import Form
from passweb.pages.halting import Halt
from passweb.pages.house import AnyRequest
from passweb.pages.page import Answer, Page, known_ref, open_page, take_form


@attrs.frozen
class Offer:
    """A product with the services its cover is worded by."""

    product: Product
    services: tuple[Service, ...]


@attrs.frozen
class Purchase:
    """An order together with the language a new client is written to in."""

    order: PlaceOrder
    language: str


def offer(tx: Tx, ref: str, _call: Call) -> Offer:
    """Return a product on sale, shown or by its private address (S7); `NotFound` else."""
    product = tx.products.get(ref)
    if product.retired:
        raise NotFound("product", ref)
    return Offer(product, tuple(s for s in tx.services.all() if s.active))


def purchase(tx: Tx, command: Purchase, call: Call) -> Order:
    """Place an order; a client not yet known is made with the language of the page."""
    ref = command.order.client
    if ref.id is None and ref.email is not None and tx.clients.by_email(ref.email) is None:
        client: Client = add_client(
            tx, AddClient(ref.email, ref.name or "", command.language), call
        )
        ref = ClientRef(id=client.id)
    return place(tx, attrs.evolve(command.order, client=ref), call)


@get("/b/{slug:str}/passes/{product:str}", name="product page", sync_to_thread=True,
     include_in_schema=False)  # fmt: skip
def product_page(request: AnyRequest, slug: FromPath[str], product: FromPath[str]) -> Answer:
    """Show one product with its buy form."""
    page = open_page(request, slug)
    return _form_page(page, _offer(page, product), Form())


@post("/b/{slug:str}/passes/{product:str}", name="buy", sync_to_thread=True, status_code=303,
      include_in_schema=False)  # fmt: skip
def buy(request: AnyRequest, slug: FromPath[str], product: FromPath[str], body: RawBody) -> Answer:
    """Place the order, then lead to the payment or say what happens next."""
    page = open_page(request, slug)
    form = take_form(page, body)
    chosen = _offer(page, product)
    command = _command(page, form, chosen.product)
    if command is None:
        return _form_page(page, chosen, form, status=422)
    try:
        order = page.run_once(purchase, Purchase(command, page.language), Order, form)
    except PassError as refusal:
        return _form_page(page, chosen, form, status=409, refusal=refusal)
    page.remember(order.id)
    return to_payment(page, order)


def to_payment(page: Page, order: Order) -> Answer:
    """Lead an order that waits for an online payment to its checkout, others to their page."""
    own_page = f"/b/{page.business.slug}/orders/{order.id}"
    if order.status is not OrderStatus.AWAITING_PAYMENT:
        return page.go(own_page)
    try:
        order = page.house.relay.start_checkout(page.business.id, order.id)
    except PassError:
        return page.go(own_page)  # it says that nothing was paid and offers another try
    # A form sent again brings the order as it was then; it may be paid by now.
    waits = order.status is OrderStatus.AWAITING_PAYMENT
    return page.go_out(order.checkout_url) if waits and order.checkout_url else page.go(own_page)


def _offer(page: Page, product: str) -> Offer:
    try:
        return page.read(offer, known_ref(product))
    except NotFound:
        raise Halt(404) from None


def _command(page: Page, form: Form, product: Product) -> PlaceOrder | None:
    """Return the order the form asks for, None where something in it is not right."""
    client = buyer(page, form)
    method = _method(form, product, page)
    starts_on: date | None = None
    if product.terms.validity.anchor is Anchor.CHOSEN_DATE:
        starts_on = form.day("starts_on", page._("Choose the first day."))
        if starts_on is None:
            form.wrong("starts_on", page._("Choose the first day."))
        elif not page.today <= starts_on <= page.today + timedelta(days=366):
            form.wrong("starts_on", page._("Choose a day from today on, within a year."))
    if not form.ok or client is None or method is None:
        return None
    online = method is PaymentMethod.ONLINE
    return PlaceOrder(
        product=product.id,
        client=client,
        method=method,
        starts_on=starts_on,
        provider=page.house.provider if online else None,
    )


def buyer(page: Page, form: Form) -> ClientRef | None:
    """Return who the form is about: the client signed in, else the name and address typed."""
    if page.visitor is not None and page.visitor.client is not None:
        return ClientRef(id=page.visitor.client.id)
    name = form.text("name", 200, page._("Write your name, at most 200 characters."))
    email = form.email("email", page._("Write your e-mail address, like name@example.com."))
    if name is None or email is None:
        return None
    return ClientRef(email=email, name=name)


def _method(form: Form, product: Product, page: Page) -> PaymentMethod | None:
    typed = form.raw("method")
    if not typed and len(product.methods) == 1:
        return product.methods[0]
    found = next((m for m in product.methods if m.value == typed), None)
    if found is None:
        form.wrong("method", page._("Choose how you want to pay."))
    return found


def _form_page(
    page: Page,
    chosen: Offer,
    form: Form,
    *,
    status: int = 200,
    refusal: PassError | None = None,
) -> Answer:
    return page.show(
        "booking/product.html",
        status=status,
        product=chosen.product,
        services=chosen.services,
        form=form,
        refused=page.refusal(refusal) if refusal else None,
        ask_day=chosen.product.terms.validity.anchor is Anchor.CHOSEN_DATE,
    )
