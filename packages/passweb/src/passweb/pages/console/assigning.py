"""Giving a client a pass by hand, with or without a recorded payment (S5)."""

from __future__ import annotations

from litestar import get, post
from litestar.params import RawBody

from passcore import (
    AssignPass,
    ClientRef,
    Invalid,
    NotFound,
    PassError,
    PassView,
    PaymentMethod,
    Product,
    Tx,
    assign,
)
from passcore.domain.products import MAX_SESSIONS
from passcore.usecases.call import Call
from passweb.auth import SELL
from passweb.pages.console.door import need_staff
from passweb.pages.forms import Form, filled
from passweb.pages.house import AnyRequest
from passweb.pages.page import Answer, Page, take_form

_PAYMENTS = (PaymentMethod.ON_SITE, PaymentMethod.BANK_TRANSFER)


def assignable(tx: Tx, _command: None, _call: Call) -> tuple[Product, ...]:
    """Return every product that is not retired, shown or hidden."""
    return tuple(p for p in tx.products.all() if not p.retired)


@get("/console/assign", name="console assign", sync_to_thread=True, include_in_schema=False)
def assign_page(request: AnyRequest) -> Answer:
    """Show the form; `email` in the address fills it in."""
    page = need_staff(request, SELL)
    return _show(page, filled({"email": request.query_params.get("email", "")[:254]}))


@post("/console/assign", name="assign a pass", sync_to_thread=True, status_code=303,
      include_in_schema=False)  # fmt: skip
def assign_pass(request: AnyRequest, body: RawBody) -> Answer:
    """Assign a pass and show it."""
    page = need_staff(request, SELL)
    form = take_form(page, body)
    command = _command(page, form)
    if command is None:
        return _show(page, form, status=422)
    try:
        view = page.run_once(assign, command, PassView, form)
    except NotFound:
        form.wrong("product", page._("Choose a pass."))
        return _show(page, form, status=422)
    except Invalid as wrong:
        field = wrong.field if wrong.field in ("starts_on", "last_day") else "form"
        form.wrong(field, " ".join(page.refusal(wrong)))
        return _show(page, form, status=422)
    except PassError as refusal:
        form.wrong("form", " ".join(page.refusal(refusal)))
        return _show(page, form, status=409)
    return page.go(f"/console/passes/{view.state.id}?b={page.business.slug}")


def _command(page: Page, form: Form) -> AssignPass | None:
    product = form.raw("product")[:100]
    if not product:
        form.wrong("product", page._("Choose a pass."))
    email = form.email("email", page._("Write an e-mail address, like name@example.com."))
    name = form.text("name", 200, page._("Write a shorter name."), empty=True)
    sessions = form.whole(
        "sessions", 1, MAX_SESSIONS, page._("Write a whole number from 1 to 10,000.")
    )
    last_day = form.day("last_day", page._("Choose a day."))
    starts_on = form.day("starts_on", page._("Choose a day."))
    reason = form.text("reason", 500, page._("Write a shorter reason."), empty=True)
    paid = form.raw("payment")
    if not form.ok or email is None:
        return None
    return AssignPass(
        product=product,
        client=ClientRef(email=email, name=name or None),
        sessions=sessions,
        last_day=last_day,
        starts_on=starts_on,
        payment=next((method for method in _PAYMENTS if method.value == paid), None),
        reason=reason or None,
        notify="notify" in form.values,
    )


def _show(page: Page, form: Form, *, status: int = 200) -> Answer:
    return page.show(
        "console/assign.html", status=status, form=form, products=page.read(assignable, None),
        payments=_PAYMENTS,
    )  # fmt: skip
