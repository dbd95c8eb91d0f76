"""The way into the console, and who may do what there."""

from __future__ import annotations

from typing import Final

from passcore import StaffMember
from passweb.auth import RIGHTS
from passweb.pages.halting import Elsewhere, Halt
from passweb.pages.house import AnyRequest
from passweb.pages.page import Page
from passweb.pages.signing_in import STAFF, at_door, handlers_of

handlers: Final = handlers_of(STAFF)


def staff_page(request: AnyRequest) -> Page:
    """Return the page of the business the console is asked for, whoever asks."""
    return at_door(request, STAFF)


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
