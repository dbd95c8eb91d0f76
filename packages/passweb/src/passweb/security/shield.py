"""The shield: the outermost layer of the server, around routing itself.

It refuses foreign hosts (X20), puts the security headers on every answer (X4), answers HEAD and
OPTIONS for every path from what GET and a wrong method would be told, gives up on bodies that do
not arrive (X18), and counts and logs each request by its route, without anything personal (X16).
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from passcore.errors import PassError
from passweb.problems import MEDIA_TYPE, Malformed, RequestTimeout, headers_of, problem_of, told
from passweb.security.metrics import Metrics
from passweb.settings import Settings

BODY_SECONDS: Final = 30.0
#: A method no route has: routing answers 405 with every method the path does have.
_PROBE: Final = "PROBE"
_log: Final = logging.getLogger("passweb.requests")


def security_headers(settings: Settings, form_targets: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the headers of every answer. *form_targets* are the payment pages forms lead to."""
    forms = " ".join(("'self'", *form_targets))
    headers = {
        "content-security-policy": (
            "default-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; "
            f"frame-ancestors 'none'; form-action {forms}"
        ),
        "x-content-type-options": "nosniff",
        # Not no-referrer: browsers then send `Origin: null` with forms, and the check fails.
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
    }
    if settings.https:
        headers["strict-transport-security"] = "max-age=31536000"
    return headers


class Shield:
    """Wraps the application's routing; an ASGI application itself."""

    def __init__(
        self, app: ASGIApp, settings: Settings, metrics: Metrics, form_targets: tuple[str, ...]
    ) -> None:
        self._app = app
        self._hosts = settings.hosts
        self._metrics = metrics
        found = security_headers(settings, form_targets)
        self._headers = [(name.encode(), value.encode()) for name, value in found.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand on what is none."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        asked = str(scope["method"])
        if asked == "HEAD":
            scope["method"] = "GET"
        elif asked == "OPTIONS":
            scope["method"] = _PROBE  # type: ignore[typeddict-item]  # no method of HTTP, on purpose
        answer = _Answer(asked, self._headers, str(scope["path"]), send)
        if not self._known_host(scope):
            await _refuse(Malformed("Host", "is not a name of this server"), answer.send)
        else:
            await self._app(scope, _impatient(receive), answer.send)
        seconds = time.perf_counter() - started
        route = str(scope.get("path_template") or "unmatched")
        self._metrics.count(asked, route, answer.status, seconds)
        _log.info("%s %s %d %.1f ms", asked, route, answer.status, seconds * 1000)

    def _known_host(self, scope: HTTPScope) -> bool:
        found = [value for name, value in scope["headers"] if name == b"host"]
        if len(found) != 1:
            return False
        host = found[0].decode("latin-1").lower()
        name, colon, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
        if not colon:
            name = host
        elif not (port.isascii() and port.isdigit() and int(port[:6]) < 65536):
            return False
        return name.strip("[]").removesuffix(".") in self._hosts


class _Answer:
    """One answer on its way out."""

    def __init__(
        self, asked: str, headers: list[tuple[bytes, bytes]], path: str, send: Send
    ) -> None:
        self.status = 500
        self._asked = asked
        self._headers = headers
        self._private = path.startswith("/api/")
        self._send = send

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._begin(message)
        elif message["type"] == "http.response.body" and self._bare:
            message["body"] = b""
        await self._send(message)

    @property
    def _bare(self) -> bool:
        return self._asked == "HEAD" or (self._asked == "OPTIONS" and self.status == 204)

    def _begin(self, message: Message) -> None:
        assert message["type"] == "http.response.start"
        headers = list(message["headers"])
        if message["status"] == 405 and self._asked == "OPTIONS":
            message["status"] = 204
            headers = [h for h in headers if h[0] == b"allow"]
        self.status = message["status"]
        present = {name for name, _ in headers}
        headers.extend(header for header in self._headers if header[0] not in present)
        if self._private and b"cache-control" not in present:
            headers.append((b"cache-control", b"no-store"))
        message["headers"] = headers


def _impatient(receive: Receive) -> Receive:
    """Give up on a body that is not there within `BODY_SECONDS`, or whose sender has gone."""
    deadline = asyncio.get_running_loop().time() + BODY_SECONDS
    whole = False

    async def within_time() -> Message:
        nonlocal whole
        if whole:
            return await receive()  # type: ignore[return-value]  # waits for the client to go away
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise RequestTimeout from None
        if message["type"] == "http.disconnect":
            raise RequestTimeout  # nobody hears it, and it is no fault of ours
        whole = not (message["type"] == "http.request" and message.get("more_body", False))
        return message  # type: ignore[return-value]  # Litestar types the two ways apart

    return within_time  # type: ignore[return-value]  # as above


async def _refuse(error: PassError, send: Send) -> None:
    body = msgspec.json.encode(problem_of(error))
    headers = {"content-type": MEDIA_TYPE, "content-length": str(len(body)), **headers_of(error)}
    await send(
        {
            "type": "http.response.start",
            "status": told(error).status,
            "headers": [(n.lower().encode(), v.encode()) for n, v in headers.items()],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})
