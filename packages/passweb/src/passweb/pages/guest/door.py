"""The way into the guest app and out of it."""

from __future__ import annotations

from typing import Final

from passweb.pages.house import AnyRequest
from passweb.pages.page import Page
from passweb.pages.signing_in import GUESTS, at_door, handlers_of

handlers: Final = handlers_of(GUESTS)


def guest_page(request: AnyRequest) -> Page:
    """Return the page of the business the guest app is asked for."""
    return at_door(request, GUESTS)
