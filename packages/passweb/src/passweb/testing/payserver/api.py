"""The provider's API: one function a call, with authentication, keys and mishaps around it."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from passweb.testing.payserver import returning, selling
from passweb.testing.payserver.forms import Form
from passweb.testing.payserver.keys import Reply
from passweb.testing.payserver.mishaps import Mishap, Script
from passweb.testing.payserver.problem import Json, Problem, server_error
from passweb.testing.payserver.records import Charge, Customer, Intent, Refund, Session
from passweb.testing.payserver.state import PayServer

#: A call: the server, its parameters and the id in its path.
Call = Callable[[PayServer, Form, str], Json]
Asked = Request[Any, Any, Any]

#: The application breaks the connection instead of sending a reply with this header.
BREAK: Final = "x-payserver-break"
_MAX_PAGE: Final = 100


def _create_session(server: PayServer, form: Form, _: str) -> Json:
    return selling.create_session(server.book, form, pages=server.public_url)


def _list_sessions(server: PayServer, form: Form, _: str) -> Json:
    form.only("limit", "expand", "payment_intent", "starting_after")
    wanted = form.text("payment_intent")
    found = server.book.all(Session)
    return _page(
        [one.json() for one in found if wanted in (None, one.payment_intent)], form, "/v1/checkout"
    )


def _expire_session(server: PayServer, _: Form, ref: str) -> Json:
    return selling.expire_session(server.book, ref)


def _create_intent(server: PayServer, form: Form, _: str) -> Json:
    return selling.create_intent(server.book, form)


def _create_refund(server: PayServer, form: Form, _: str) -> Json:
    pending = server.refunds_pending > 0
    answer = returning.create_refund(server.book, form, pending=pending)
    if pending:
        server.refunds_pending -= 1
    return answer


def _list_refunds(server: PayServer, form: Form, _: str) -> Json:
    form.only("limit", "expand", "payment_intent", "charge", "starting_after")
    intent, charge = form.text("payment_intent"), form.text("charge")
    found = server.book.all(Refund)
    return _page(
        [
            one.json()
            for one in found
            if intent in (None, one.payment_intent) and charge in (None, one.charge)
        ],
        form,
        "/v1/refunds",
    )


def _create_customer(server: PayServer, form: Form, _: str) -> Json:
    form.only("email", "name", "metadata", "expand")
    book = server.book
    customer = Customer(
        book.new_id("cus"), book.now(), book.live, form.text("email"), form.texts("metadata")
    )
    return book.add(customer).json()


def _list_events(server: PayServer, form: Form, _: str) -> Json:
    form.only("limit", "type", "expand", "starting_after")
    found = server.book.events(form.text("type"))
    return _page([one.json() for one in found], form, "/v1/events")


def _retrieve(kind: type[Any]) -> Call:
    def call(server: PayServer, form: Form, ref: str) -> Json:
        form.only("expand")
        return dict(server.book.get(kind, ref).json())

    return call


def _retrieve_event(server: PayServer, _: Form, ref: str) -> Json:
    return server.book.event(ref).json()


def _page(found: list[Json], form: Form, url: str) -> Json:
    """Return one page of a list, as the provider pages."""
    limit = min(form.whole("limit"), _MAX_PAGE) if form.text("limit") else 10
    after = form.text("starting_after")
    if after is not None:
        ids = [one["id"] for one in found]
        found = found[ids.index(after) + 1 :] if after in ids else []
    return {"object": "list", "url": url, "has_more": len(found) > limit, "data": found[:limit]}


_CALLS: Final[tuple[tuple[Literal["GET", "POST"], str, Call], ...]] = (
    ("POST", "/v1/checkout/sessions", _create_session),
    ("GET", "/v1/checkout/sessions", _list_sessions),
    ("GET", "/v1/checkout/sessions/{ref:str}", _retrieve(Session)),
    ("POST", "/v1/checkout/sessions/{ref:str}/expire", _expire_session),
    ("POST", "/v1/payment_intents", _create_intent),
    ("GET", "/v1/payment_intents/{ref:str}", _retrieve(Intent)),
    ("GET", "/v1/charges/{ref:str}", _retrieve(Charge)),
    ("POST", "/v1/refunds", _create_refund),
    ("GET", "/v1/refunds", _list_refunds),
    ("GET", "/v1/refunds/{ref:str}", _retrieve(Refund)),
    ("POST", "/v1/customers", _create_customer),
    ("GET", "/v1/customers/{ref:str}", _retrieve(Customer)),
    ("GET", "/v1/events", _list_events),
    ("GET", "/v1/events/{ref:str}", _retrieve_event),
)


def api_handlers(server: PayServer) -> list[HTTPRouteHandler]:
    """Return the API's route handlers for *server*."""
    return [_handler(server, verb, path, call) for verb, path, call in _CALLS]


def _handler(
    server: PayServer, verb: Literal["GET", "POST"], path: str, call: Call
) -> HTTPRouteHandler:
    async def handle(request: Asked) -> Response[bytes]:
        return await _answer(server, request, call)

    register = get if verb == "GET" else post
    return register(path, name=f"payserver {verb} {path}")(handle)


async def _answer(server: PayServer, request: Asked, call: Call) -> Response[bytes]:
    body = await request.body()
    ref = str(request.path_params.get("ref", ""))
    key = request.headers.get("idempotency-key", "") if request.method == "POST" else ""
    try:
        authorize(server, request)
        script = server.mishaps.next(request.url.path)
        await _before(script)
        form, fingerprint = _read(request, body)
        replayed = server.keys.begin(key, fingerprint) if key else None
    except Problem as problem:
        return respond(Reply(problem.status, dump(problem.json())))
    if replayed is not None:
        reply = replayed
    else:
        reply = await _run(server, script, key, lambda: _perform(server, call, form, ref))
    return await _after(server, script, reply, replayed=replayed is not None)


async def _before(script: Script | None) -> None:
    """Run into what prevents a call."""
    match script.mishap if script is not None else None:
        case Mishap.ERROR:
            raise server_error()
        case Mishap.RATE_LIMIT:
            raise Problem("Request rate limit exceeded.", status=429, code="rate_limit")
        case Mishap.RESET:
            raise Problem("broken", status=599)
        case _:
            return


def _read(request: Asked, body: bytes) -> tuple[Form, str]:
    """Return the parameters of a call, and what tells it from another call."""
    query = request.scope["query_string"].decode("latin-1")
    try:
        text = body.decode("utf-8") if request.method == "POST" else query
    except UnicodeDecodeError:
        raise Problem("The request body is not UTF-8.") from None
    mark = hashlib.sha256(f"{request.method} {request.url.path}\n{text}".encode()).hexdigest()
    return Form.parse(text), mark


async def _run(
    server: PayServer, script: Script | None, key: str, perform: Callable[[], tuple[Reply, bool]]
) -> Reply:
    """Do the call under its key."""
    mishap = script.mishap if script is not None else None
    with _in_use(server, key) as finish:
        if script is not None and mishap is Mishap.SLOW:
            await asyncio.to_thread(server.mishaps.wait, script.seconds)
        if mishap is Mishap.ERROR_SAVED:
            reply, began = Reply(500, dump(server_error().json())), True
        else:
            reply, began = perform()
        finish(reply if began else None)
    return reply


@contextmanager
def _in_use(server: PayServer, key: str) -> Iterator[Callable[[Reply | None], None]]:
    """Free *key* when the call ends without an answer to keep."""
    fixed = False

    def finish(reply: Reply | None) -> None:
        nonlocal fixed
        fixed = True
        if key:
            server.keys.finish(key, reply)

    try:
        yield finish
    finally:
        if not fixed:
            finish(None)


def _perform(server: PayServer, call: Call, form: Form, ref: str) -> tuple[Reply, bool]:
    """Return the answer, and whether the call began to run."""
    try:
        with server.book.lock:
            answer = call(server, form, ref)
            for path in form.texts("expand").values():
                _expand(server, answer, path.split("."))
        return Reply(200, dump(answer)), True
    except Problem as problem:
        return Reply(problem.status, dump(problem.json())), problem.saved


async def _after(
    server: PayServer, script: Script | None, reply: Reply, *, replayed: bool
) -> Response[bytes]:
    """Run into what spoils a reply."""
    match script.mishap if script is not None else None:
        case Mishap.RESET_AFTER:
            return respond(Reply(599, b"{}"))
        case Mishap.ERROR_AFTER:
            return respond(Reply(500, dump(server_error().json())))
        case Mishap.SLOW_AFTER if script is not None:
            await asyncio.to_thread(server.mishaps.wait, script.seconds)
        case _:
            pass
    return respond(reply, replayed=replayed)


def _expand(server: PayServer, shown: Json, path: list[str]) -> None:
    """Put whole objects where *path* names ids."""
    if len(path) > 4:
        raise Problem("You cannot expand more than 4 levels of a property.", param="expand")
    key, rest = path[0], path[1:]
    if key not in shown:
        raise Problem(f"This property cannot be expanded ({key[:60]}).", param="expand")
    value = shown[key]
    if isinstance(value, str):
        value = server.book.show(value)
        if value is None:
            raise Problem(f"This property cannot be expanded ({key}).", param="expand")
        shown[key] = value
    if not rest or value is None:
        return
    for inner in value if isinstance(value, list) else [value]:
        _expand(server, inner, rest)


def authorize(server: PayServer, request: Asked) -> None:
    """Want the secret key, as a bearer token or as the user of basic authentication."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode("utf-8").partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            given = ""
    if not given:
        raise Problem("You did not provide an API key.", status=401)
    if not hmac.compare_digest(given.encode(), server.secret_key.encode()):
        raise Problem(f"Invalid API Key provided: {given[:8]}****", status=401)


def dump(answer: Json) -> bytes:
    """Return JSON as the provider writes it."""
    return json.dumps(answer, indent=2).encode()


def respond(reply: Reply, *, replayed: bool = False) -> Response[bytes]:
    """Return an answer; status 599 stands for none at all."""
    headers = {"cache-control": "no-store"}
    if replayed:
        headers["idempotent-replayed"] = "true"
    if reply.status == 599:
        headers[BREAK] = "1"
    return Response(
        reply.body, status_code=reply.status, media_type="application/json", headers=headers
    )
