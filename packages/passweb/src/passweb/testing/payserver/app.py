"""The test payment server as an ASGI application, alone or mounted inside another one."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable
from enum import Enum
from typing import Any, Final

import attrs
from litestar import Litestar, Request, Response, post
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from passweb.testing.payserver.api import BREAK, api_handlers, authorize, dump, respond
from passweb.testing.payserver.keys import Reply
from passweb.testing.payserver.pages import page_handlers
from passweb.testing.payserver.problem import Problem
from passweb.testing.payserver.state import Control, PayServer

MAX_BODY: Final = 256 * 1024


def create_payserver(server: PayServer | None = None, *, pages_at: str = "/pay") -> ASGIApp:
    """Return the application for *server* (a new one when None).

    It answers the API under `/v1`, the hosted pages under *pages_at* and the control calls under
    `/_test`. To mount it at `/demo/pay` with pages at `/demo/pay/<session>`, pass `pages_at=""`
    and a server whose `public_url` is that address. The caller starts and stops the server.
    """
    server = server if server is not None else PayServer()
    inner = Litestar(
        route_handlers=[
            *api_handlers(server),
            *page_handlers(server, pages_at.rstrip("/")),
            _control_handler(server),
        ],
        openapi_config=None,
        request_max_body_size=MAX_BODY,
        exception_handlers={HTTPException: _unhappy},
        logging_config=None,
    )
    return _Breaking(inner)


@attrs.frozen
class _Breaking:
    """Breaks the connection where the application says so, instead of sending the reply."""

    inner: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        broken = False

        async def pass_on(message: Message) -> None:
            nonlocal broken
            if message["type"] == "http.response.start":
                names = {name.lower() for name, _ in message["headers"]}
                broken = BREAK.encode() in names
            if not broken:
                await send(message)

        await self.inner(scope, receive, pass_on)
        if broken:
            await _break(send)


async def _break(send: Send) -> None:
    # uvicorn's `send` is bound to the request's cycle, which knows the transport. Elsewhere, a
    # reply that ends before its length has the same effect on the other side.
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if isinstance(transport, asyncio.Transport):
        transport.abort()
        return
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"100000"), (b"content-type", b"application/json")],
        }
    )


def _unhappy(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Answer what no handler took, as the provider does."""
    message = f"Unrecognized request URL ({request.method}: {request.url.path[:200]})."
    if error.status_code != 404:
        message = error.detail
    return respond(Reply(error.status_code, dump(Problem(message).json())))


def _control_handler(server: PayServer) -> HTTPRouteHandler:
    @post("/_test/{name:str}", name="payserver control")
    async def handle(name: FromPath[str], request: Request[Any, Any, Any]) -> Response[bytes]:
        body = await request.body()
        try:
            authorize(server, request)
            call, arguments = _control_call(server.control, name, body)
            # In a thread: some of them wait for what other calls do.
            result = await asyncio.to_thread(lambda: call(**arguments))
        except Problem as problem:
            return respond(Reply(problem.status, dump(problem.json())))
        return respond(Reply(200, dump({"result": _plain(result)})))

    return handle


def _control_call(
    control: Control, name: str, body: bytes
) -> tuple[Callable[..., object], dict[str, Any]]:
    """Return the control method *name* and its arguments, checked against its signature."""
    method = None if name.startswith("_") else getattr(control, name, None)
    if method is None or not callable(method):
        raise Problem(f"There is no control called {name[:60]}.", status=404)
    try:
        arguments = json.loads(body or b"{}")
        inspect.signature(method).bind(**arguments)
    except (ValueError, TypeError, RecursionError):
        raise Problem(f"These are not the arguments of {name}.") from None
    return _guarded(method), arguments


def _guarded(method: Callable[..., object]) -> Callable[..., object]:
    def call(**arguments: object) -> object:
        try:
            return method(**arguments)
        except (ValueError, TypeError, AttributeError) as error:
            raise Problem(f"{type(error).__name__}: {error}") from None

    return call


def _plain(value: Any) -> Any:
    """Return *value* as JSON can say it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if attrs.has(type(value)):
        names = [field.name for field in attrs.fields(type(value))]
        return {name: _plain(getattr(value, name)) for name in names}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    return value
