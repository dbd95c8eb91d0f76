"""Renewing a pass: one tap with a saved card, else a checkout filled in already (S8)."""

from __future__ import annotations

import attrs
from litestar import get, post
from litestar.params import FromPath, RawBody

from passcore import (
    NotFound,
    Order,
    OrderStatus,
    PassError,
    PaymentMethod,
    Product,
    ProviderUnavailable,
    RenewPass,
    renew,
)
from passweb.pages.booking.selling import to_payment
from passweb.pages.cards import card_of
from passweb.pages.forms import Form
from passweb.pages.guest.door import guest_page
from passweb.pages.guest.passes import Opened, opened
from passweb.pages.halting import Elsewhere, Halt
from passweb.pages.house import AnyRequest
from passweb.pages.page import Answer, Page, known_ref, take_form


@attrs.frozen
class _Renewal:
    page: Page
    found: Opened
    product: Product
    saved_card: bool


@get("/my/passes/{pass_id:str}/renew", name="renew", sync_to_thread=True, include_in_schema=False)
def renew_page(request: AnyRequest, pass_id: FromPath[str]) -> Answer:
    """Say what a renewal costs and gives."""
    return _show(_renewal(guest_page(request), pass_id), Form())


@post("/my/passes/{pass_id:str}/renew", name="renew now", sync_to_thread=True, status_code=303,
      include_in_schema=False)  # fmt: skip
def renew_pass(request: AnyRequest, pass_id: FromPath[str], body: RawBody) -> Answer:
    """Order the same pass again and pay it with the saved card, or lead to the payment."""
    page = guest_page(request)
    form = take_form(page, body)
    renewal = _renewal(page, pass_id)
    typed = form.raw("method") or renewal.product.methods[0].value
    method = next((m for m in renewal.product.methods if m.value == typed), None)
    if method is None:
        form.wrong("method", page._("Choose how you want to pay."))
        return _show(renewal, form, status=422)
    online = method is PaymentMethod.ONLINE
    command = RenewPass(
        renewal.found.stored.state.id, method, provider=page.house.provider if online else None
    )
    try:
        order = page.run_once(renew, command, Order, form)
    except PassError as refusal:
        form.wrong("form", " ".join(page.refusal(refusal)))
        return _show(renewal, form, status=409)
    page.remember(order.id)
    if online and renewal.saved_card and "other_card" not in form.values:
        return _charge(page, renewal, order, form)
    return to_payment(page, order)


def _charge(page: Page, renewal: _Renewal, order: Order, form: Form) -> Answer:
    """Pay with the saved card; a card that is declined leaves the checkout as the way on."""
    own_page = f"/b/{page.business.slug}/orders/{order.id}"
    if order.status is not OrderStatus.AWAITING_PAYMENT:
        return page.go(own_page)
    try:
        settled = page.house.relay.charge_saved_card(page.business.id, order.id)
    except ProviderUnavailable:
        return page.go(f"{own_page}/return")  # unknown: the page looks again by itself
    except PassError as refusal:
        form.wrong("form", " ".join(page.refusal(refusal)))
        return _show(renewal, form, status=409, declined=True)
    page.house.wake.set()
    return to_payment(page, order) if settled is None else page.go(own_page)


def _renewal(page: Page, pass_id: str) -> _Renewal:
    ref = known_ref(pass_id)
    client = page.visitor.client if page.visitor else None
    if client is None:
        raise Elsewhere(f"/my?b={page.business.slug}&renew={ref}")
    try:
        found = page.read(opened, (ref, client.id))
    except NotFound:
        raise Halt(404) from None
    if found.product is None:
        raise Elsewhere(f"/b/{page.business.slug}")
    saved = client.customer_ref is not None and client.card_ref is not None
    return _Renewal(page, found, found.product, saved)


def _show(renewal: _Renewal, form: Form, *, status: int = 200, declined: bool = False) -> Answer:
    page, stored = renewal.page, renewal.found.stored
    return page.show(
        "guest/renew.html",
        status=status,
        card=card_of(stored.state, stored.code, renewal.found.services, page.say, page.now),
        product=renewal.product,
        services=renewal.found.services,
        saved_card=renewal.saved_card and PaymentMethod.ONLINE in renewal.product.methods,
        declined=declined,
        form=form,
    )
