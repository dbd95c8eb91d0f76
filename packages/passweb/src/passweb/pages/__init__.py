"""Pages for people: booking page, guest app, console, desk, and the demo's mail viewer.

Rendered on the server, whole without JavaScript. A handler opens a `Page` (business, language,
visitor), reads or runs use cases through it, and answers with a template or another address.
"""

from __future__ import annotations

from litestar import Router

from passweb.pages import booking, console, demo, desk, guest
from passweb.pages.lobby import handlers as lobby
from passweb.pages.problems import HANDLERS

_ALL = (lobby, booking.handlers, guest.handlers, console.handlers, desk.handlers, demo.handlers)

route_handlers: list[Router] = [
    Router(
        path="/",
        route_handlers=[handler for handlers in _ALL for handler in handlers],
        exception_handlers=HANDLERS,
        include_in_schema=False,
    )
]

__all__ = ["route_handlers"]
