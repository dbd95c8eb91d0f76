"""Signing in by a one-time code, for clients and for staff, and signing out (X11, X12, X15).

Asking for a code always answers alike. The code counts only in the browser that asked, together
with the login's id, both kept in cookies; a new session's secret is made at every sign-in, and
signing out ends the session on the server.
"""

from __future__ import annotations

import re
import secrets
from typing import Final

import attrs
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import RawBody

from passcore import LoginRefused
from passcore.usecases.logins import AskCode, Confirm, ask_code, confirm, sign_out as end_session
from passweb.pages import cookies
from passweb.pages.forms import Form
from passweb.pages.halting import Halt
from passweb.pages.house import AnyRequest
from passweb.pages.page import Answer, Page, asked_business, open_page, take_form

_PASS: Final = re.compile(r"pass_[0-9a-z]{10,60}")


@attrs.frozen
class Door:
    """Where one audience signs in: its cookie and its addresses."""

    audience: str
    cookie: str
    home: str
    code_page: str
    template: str
    code_template: str

    def at(self, page: Page, path: str, renew: str = "") -> str:
        """Return an address of this door for the page's business."""
        more = f"&renew={renew}" if renew else ""
        return f"{path}?b={page.business.slug}{more}"


GUESTS: Final = Door(
    "guest", cookies.GUEST, "/my", "/my/code", "guest/sign_in.html", "guest/code.html"
)
STAFF: Final = Door(
    "staff", cookies.STAFF, "/console", "/console/code", "console/sign_in.html",
    "console/code.html",
)  # fmt: skip


def renewing(page: Page, form: Form | None = None) -> str:
    """Return the pass the visitor came to renew, as an id or empty: never an address (X14)."""
    asked = page.request.query_params.get("renew", "") if form is None else form.raw("renew")
    return asked if _PASS.fullmatch(asked) else ""


def show_sign_in(page: Page, door: Door, form: Form, *, renew: str, status: int = 200) -> Answer:
    """Show the form that asks for an e-mail address."""
    return page.show(door.template, form=form, status=status, renew=renew)


def ask(page: Page, door: Door, form: Form) -> Answer:
    """Send a code where the address is known, and answer alike where it is not."""
    renew = renewing(page, form)
    email = form.email("email", page._("Write your e-mail address, like name@example.com."))
    if email is None:
        return show_sign_in(page, door, form, renew=renew, status=422)
    throttles = page.throttles
    wait = max(throttles.asking.wait(page.source), throttles.addresses.wait(email))
    if wait:
        raise Halt(429, retry_after=wait)
    throttles.asking.fail(page.source)
    throttles.addresses.fail(email)
    code = f"{secrets.randbelow(10**8):08d}"
    login_id = page.run(ask_code, AskCode(door.audience, email, code, page.browser))
    page.set_cookies.append(cookies.made(page.house, cookies.LOGIN, login_id))
    return page.go(door.at(page, door.code_page, renew))


def enter(page: Page, door: Door, form: Form) -> Answer:
    """Turn a code into a session."""
    renew = renewing(page, form)
    throttle = page.throttles.sign_ins
    wait = throttle.wait(page.source)
    if wait:
        raise Halt(429, retry_after=wait)
    token = cookies.new_secret()
    login_id = cookies.read(page.request, page.house, cookies.LOGIN)
    code = "".join(c for c in form.raw("code")[:40] if c.isascii() and c.isdigit())
    entered = page.run(confirm, Confirm(login_id, code, page.browser, token))
    if isinstance(entered, LoginRefused) or entered.login.audience != door.audience:
        throttle.fail(page.source)
        form.wrong("code", " ".join(page.refusal(LoginRefused())))
        return page.show(door.code_template, status=422, form=form, renew=renew)
    house = page.house
    page.set_cookies = [
        cookies.made(house, door.cookie, f"{page.business.slug}~{token}"),
        cookies.made(house, cookies.BROWSER, cookies.new_secret()),
        cookies.dropped(house, cookies.LOGIN),
    ]
    if renew:
        return page.go(door.at(page, f"/my/passes/{renew}/renew"))
    return page.go(door.at(page, door.home))


def leave(page: Page, door: Door) -> Answer:
    """End the session on the server and in the browser."""
    if page.session:
        page.run(end_session, page.session)
    page.set_cookies = [
        cookies.dropped(page.house, door.cookie),
        cookies.made(page.house, cookies.BROWSER, cookies.new_secret()),
    ]
    return page.go(f"/b/{page.business.slug}" if door is GUESTS else door.at(page, door.home))


def at_door(request: AnyRequest, door: Door) -> Page:
    """Return the page of the business that somebody at *door* asks for, whoever it is."""
    return open_page(request, asked_business(request, door.audience), audience=door.audience)


def handlers_of(door: Door) -> list[HTTPRouteHandler]:
    """Return the handlers of a door: ask for a code, type it, come in, go out."""
    who = door.audience

    @post(f"{door.home}/sign-in", name=f"{who} asks for a code", sync_to_thread=True,
          status_code=303, include_in_schema=False)  # fmt: skip
    def ask_for_code(request: AnyRequest, body: RawBody) -> Answer:
        """Send a sign-in code."""
        page = at_door(request, door)
        return ask(page, door, take_form(page, body))

    @get(door.code_page, name=f"{who} code", sync_to_thread=True, include_in_schema=False)
    def code_page(request: AnyRequest) -> Answer:
        """Ask for the code that was sent."""
        page = at_door(request, door)
        if page.visitor is not None:
            return page.go(door.at(page, door.home))
        return page.show(door.code_template, form=Form(), renew=renewing(page))

    @post(door.code_page, name=f"{who} signs in", sync_to_thread=True, status_code=303,
          include_in_schema=False)  # fmt: skip
    def sign_in(request: AnyRequest, body: RawBody) -> Answer:
        """Open a session."""
        page = at_door(request, door)
        return enter(page, door, take_form(page, body))

    @post(f"{door.home}/sign-out", name=f"{who} signs out", sync_to_thread=True, status_code=303,
          include_in_schema=False)  # fmt: skip
    def sign_out(request: AnyRequest, body: RawBody) -> Answer:
        """End the session."""
        page = at_door(request, door)
        take_form(page, body)
        return leave(page, door)

    return [ask_for_code, code_page, sign_in, sign_out]
