"""The shop window: passes and services of a business, on its own address and inside a frame."""

from __future__ import annotations

from litestar import get
from litestar.params import FromPath

from passweb.pages.house import AnyRequest
from passweb.pages.page import Answer, open_page
from passweb.pages.reading import front


@get("/b/{slug:str}", name="booking page", sync_to_thread=True, include_in_schema=False)
def front_page(request: AnyRequest, slug: FromPath[str]) -> Answer:
    """Show what the business offers."""
    page = open_page(request, slug)
    return page.show("booking/front.html", front=page.read(front, None), shared=True)


@get("/b/{slug:str}/embed", name="booking page in a frame", sync_to_thread=True,
     include_in_schema=False)  # fmt: skip
def embedded(request: AnyRequest, slug: FromPath[str]) -> Answer:
    """Show the same inside another site: links only, since a frame there has no cookies."""
    page = open_page(request, slug)
    page.set_cookies.clear()
    page.visitor = None
    return page.show("booking/embed.html", front=page.read(front, None), shared=True, framed=True)
