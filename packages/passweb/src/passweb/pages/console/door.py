"""The way into the console, and who may do what there."""

from __future__ import annotations

from litestar import get, post
from litestar.params import RawBody

from passcore import StaffMember
from passweb.auth import RIGHTS
from passweb.pages.forms import Form
from passweb.pages.halting import Elsewhere, Halt
from passweb.pages.house import AnyRequest
from passweb.pages.page import Answer, Page, asked_business, open_page, take_form
from passweb.pages.signing_in import STAFF, ask, enter, leave


def staff_page(request: AnyRequest) -> Page:
    """Return the page of the business the console is asked for, whoever asks."""
    return open_page(request, asked_business(request, STAFF.audience), audience=STAFF.audience)


def need_staff(request: AnyRequest, right: str) -> Page:
    """Return the page for a member of staff with *right*; sends everybody else to sign in."""
    page = staff_page(request)
    member = page.visitor.staff if page.visitor else None
    if member is None:
        raise Elsewhere(f"/console?b={page.business.slug}")
    if not may(member, right):
        raise Halt(403)
    return page


def may(member: StaffMember, right: str) -> bool:
    """Tell whether the role of *member* has *right*."""
    return right in RIGHTS[member.role]


@post("/console/sign-in", name="staff ask for a code", sync_to_thread=True, status_code=303,
      include_in_schema=False)  # fmt: skip
def ask_for_code(request: AnyRequest, body: RawBody) -> Answer:
    """Send a sign-in code."""
    page = staff_page(request)
    return ask(page, STAFF, take_form(page, body))


@get("/console/code", name="staff code", sync_to_thread=True, include_in_schema=False)
def code_page(request: AnyRequest) -> Answer:
    """Ask for the code that was sent."""
    page = staff_page(request)
    if page.visitor is not None:
        return page.go(STAFF.at(page, "/console"))
    return page.show(STAFF.code_template, form=Form(), renew="")


@post("/console/code", name="staff sign in", sync_to_thread=True, status_code=303,
      include_in_schema=False)  # fmt: skip
def sign_in(request: AnyRequest, body: RawBody) -> Answer:
    """Open a session."""
    page = staff_page(request)
    return enter(page, STAFF, take_form(page, body))


@post("/console/sign-out", name="staff sign out", sync_to_thread=True, status_code=303,
      include_in_schema=False)  # fmt: skip
def sign_out(request: AnyRequest, body: RawBody) -> Answer:
    """End the session."""
    page = staff_page(request)
    take_form(page, body)
    return leave(page, STAFF)
