"""The hosted page a client pays on: plain HTML without a script, for phones and keyboards."""

from __future__ import annotations

from functools import cache
from typing import Any, Final
from urllib.parse import parse_qs

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import MediaType, Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from passweb.testing.payserver import selling
from passweb.testing.payserver.problem import Problem
from passweb.testing.payserver.records import Session, in_words
from passweb.testing.payserver.state import PayServer

_HEADERS: Final = {
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_ACTS: Final[dict[str, selling.Act]] = {
    "pay": "pay",
    "pay_delayed": "pay_delayed",
    "decline": "decline",
    "abandon": "abandon",
}


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("passweb.testing.payserver", "assets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page_handlers(server: PayServer, at: str = "/pay") -> list[HTTPRouteHandler]:
    """Return the page's route handlers for *server*, under the path *at*.

    The page's own addresses are relative, so it works wherever it is mounted.
    """

    @get(f"{at}/pay.css", name=f"payserver style {at}", sync_to_thread=False)
    def style() -> Response[str]:
        text = _source("pay.css")
        return Response(text, media_type=MediaType.CSS, headers={"cache-control": "max-age=3600"})

    @get(f"{at}/{{ref:str}}", name=f"payserver page {at}", sync_to_thread=False)
    def show(ref: FromPath[str]) -> Response[str]:
        try:
            return _page(server.book.get(Session, ref))
        except Problem as problem:
            return _nothing(problem)

    @post(f"{at}/{{ref:str}}", name=f"payserver act {at}", status_code=303)
    async def act(ref: FromPath[str], request: Request[Any, Any, Any]) -> Response[str]:
        body = (await request.body()).decode("utf-8", "replace")
        try:
            return _acted(server, ref, parse_qs(body).get("action", [""])[-1])
        except Problem as problem:
            return _nothing(problem)

    return [style, show, act]


def _source(name: str) -> str:
    environment = _environment()
    loader = environment.loader
    if loader is None:
        raise RuntimeError("the pages have no loader")
    return loader.get_source(environment, name)[0]


def _acted(server: PayServer, ref: str, action: str) -> Response[str]:
    how = _ACTS.get(action)
    if how is None:
        return _page(server.book.get(Session, ref), status=400, trouble="Please choose a button.")
    session = selling.act(server.book, ref, how)
    if session.status == "open" and how == "decline":
        return _page(
            session, status=402, trouble="Your card was declined. Nothing was paid; try again."
        )
    if session.status == "open" and session.cancel_url is not None:
        return _go(session.cancel_url)
    return _go(session.return_url) if session.status == "complete" else _page(session)


def _go(address: str) -> Response[str]:
    return Response("", status_code=303, headers={**_HEADERS, "location": address})


def _page(session: Session, *, status: int = 200, trouble: str | None = None) -> Response[str]:
    text = (
        _environment()
        .get_template("pay.html")
        .render(session=session, amount=in_words(session.amount, session.currency), trouble=trouble)
    )
    return Response(text, status_code=status, media_type=MediaType.HTML, headers=_HEADERS)


def _nothing(problem: Problem) -> Response[str]:
    text = (
        _environment()
        .get_template("pay.html")
        .render(
            session=None, amount="", trouble="There is no such payment. Go back and start again."
        )
    )
    return Response(text, status_code=problem.status, media_type=MediaType.HTML, headers=_HEADERS)
