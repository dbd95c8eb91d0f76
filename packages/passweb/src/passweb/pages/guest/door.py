"""The way into the guest app and out of it."""

from __future__ import annotations

from litestar import get, post
from litestar.params import RawBody

from passweb.pages.forms import Form
from passweb.pages.house import AnyRequest
from passweb.pages.page import Answer, Page, asked_business, open_page, take_form
from passweb.pages.signing_in import GUESTS, ask, enter, leave, renewing


def guest_page(request: AnyRequest) -> Page:
    """Return the page of the business the guest app is asked for."""
    return open_page(request, asked_business(request, GUESTS.audience))


@post("/my/sign-in", name="guest asks for a code", sync_to_thread=True, status_code=303,
      include_in_schema=False)  # fmt: skip
def ask_for_code(request: AnyRequest, body: RawBody) -> Answer:
    """Send a sign-in code."""
    page = guest_page(request)
    return ask(page, GUESTS, take_form(page, body))


@get("/my/code", name="guest code", sync_to_thread=True, include_in_schema=False)
def code_page(request: AnyRequest) -> Answer:
    """Ask for the code that was sent."""
    page = guest_page(request)
    if page.visitor is not None:
        return page.go(GUESTS.at(page, "/my"))
    return page.show(GUESTS.code_template, form=Form(), renew=renewing(page))


@post("/my/code", name="guest signs in", sync_to_thread=True, status_code=303,
      include_in_schema=False)  # fmt: skip
def sign_in(request: AnyRequest, body: RawBody) -> Answer:
    """Open a session."""
    page = guest_page(request)
    return enter(page, GUESTS, take_form(page, body))


@post("/my/sign-out", name="guest signs out", sync_to_thread=True, status_code=303,
      include_in_schema=False)  # fmt: skip
def sign_out(request: AnyRequest, body: RawBody) -> Answer:
    """End the session."""
    page = guest_page(request)
    take_form(page, body)
    return leave(page, GUESTS)
