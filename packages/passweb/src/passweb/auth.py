"""Who calls the API: bearer keys, the rights of their roles, and what a request must look like.

A key belongs to one business. It is looked up by its SHA-256 and remembered for `REMEMBERED`
seconds, so a revoked key stops working at the latest that long after its revocation. Cookies are
not looked at: a page of another site cannot make a browser call the API (X13).
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeVar

import attrs
import msgspec
from litestar import Request, Response
from litestar.concurrency import sync_to_thread
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from passcore.app import UseCase
from passcore.domain.businesses import Role
from passcore.domain.ledger import Origin
from passcore.errors import IdempotencyKeyMissing, IdempotencyKeyReused, NotFound
from passcore.gathering import Answer, Asked, Kind, Once
from passcore.ports.store import Store, Tx
from passcore.usecases.businesses import digest
from passcore.usecases.call import Call
from passcore.usecases.gathered import Gathered
from passweb.gathering import Gathering
from passweb.house import House
from passweb.problems import Forbidden, Malformed, Unauthorized, UnsupportedMediaType

C = TypeVar("C")
R = TypeVar("R")

REMEMBERED: Final = 5.0
_MOST_REMEMBERED: Final = 10_000
_KEY: Final = re.compile(r"[!-~]{1,255}")
#: What may name a thing in a path: printable, no slash. Anything else names nothing.
_REF: Final = re.compile(r"[^\x00-\x1f\x7f-\x9f/\u2028-\u202e\u2066-\u2069\ud800-\udfff]{1,200}")
_WHOLE: Final = re.compile(r"[0-9]{1,9}")
_WHOLE_NAMES: Final = ("limit", "seats")

READ, VISITS, CLIENTS, SELL, PASSES, CATALOGUE = (
    "read", "visits", "clients", "sell", "passes", "catalogue",
)  # fmt: skip

#: What each role may do. Desk staff sell and check in; changing a pass by hand takes a manager.
RIGHTS: Final[dict[Role, frozenset[str]]] = {
    Role.OWNER: frozenset({READ, VISITS, CLIENTS, SELL, PASSES, CATALOGUE}),
    Role.MANAGER: frozenset({READ, VISITS, CLIENTS, SELL, PASSES, CATALOGUE}),
    Role.DESK: frozenset({READ, VISITS, CLIENTS, SELL}),
    Role.ACCOUNTANT: frozenset({READ}),
    Role.READ_ONLY: frozenset({READ}),
}


@attrs.frozen
class Principal:
    """A key that was found good."""

    business_id: str
    key_id: str
    role: Role
    origin: Origin


class KeyRing:
    """Finds keys by their secret, remembering good ones for `REMEMBERED` seconds."""

    def __init__(self, store: Store, *, remembered: float = REMEMBERED) -> None:
        self._store = store
        self._remembered = remembered
        self._known: dict[str, tuple[float, Principal]] = {}

    def recall(self, secret: str) -> Principal | None:
        """Return the key if it was found good just now; needs no store."""
        found = self._known.get(digest(secret))
        return found[1] if found is not None and found[0] > time.monotonic() else None

    def find(self, secret: str) -> Principal:
        """Look the key up; raises `Unauthorized` for one that is unknown or ended."""
        hashed = digest(secret)
        with self._store.registry() as registry:
            found = registry.key(hashed)
        if found is None or found[1].revoked_at is not None:
            self._known.pop(hashed, None)
            raise Unauthorized
        business_id, key = found
        origin = Origin(f"integration:{key.label}", "api")
        principal = Principal(business_id, key.id, key.role, origin)
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known[hashed] = (time.monotonic() + self._remembered, principal)
        return principal


@attrs.frozen
class Reply:
    """An answer as it is kept for a repeated request: the very same bytes."""

    status: int
    body: str


@attrs.frozen
class Caller:
    """One request of a key; `fingerprint` is of what a request that moves value asks for."""

    house: House
    principal: Principal
    fingerprint: str = ""

    @property
    def business_id(self) -> str:
        """The business the key belongs to."""
        return self.principal.business_id

    def read(self, use_case: UseCase[C, R], command: C) -> R:
        """Run a use case that only reads."""
        return self.house.app.read(self.business_id, use_case, command, by=self.principal.origin)

    def run(self, use_case: UseCase[C, R], command: C) -> R:
        """Run a use case that may be repeated as often as one likes."""
        result = self.house.app.run(self.business_id, use_case, command, by=self.principal.origin)
        self.house.wake.set()
        return result

    def once(self, key: str, use_case: UseCase[C, Reply], command: C) -> tuple[Reply, bool]:
        """Run a use case once for the idempotency *key*; True with a reply that was kept before.

        The key counts for this business and this API key alone (rule 17): another one's answer
        cannot be fetched by guessing its keys.
        """
        by = self.principal.origin
        try:
            answer = self.house.app.run_once(
                self.business_id, use_case, command, self._once(key), by=by
            )
        except IdempotencyKeyReused:
            raise IdempotencyKeyReused(key) from None
        return self._told(answer)

    def answer(self, key: str, use_case: UseCase[C, Reply], command: C) -> Response[Any]:
        """Run a use case once and return its reply as the response."""
        reply, replayed = self.once(key, use_case, command)
        return respond(reply, replayed=replayed)

    async def gathered(
        self, gathering: Gathering, key: str, use_case: Gathered[C, Reply], command: C
    ) -> Response[Any]:
        """The same, together with what other requests wait for."""
        asked = Asked(command, self._once(key))
        await gathering.ask(Kind(self.business_id, use_case, self.principal.origin), asked)
        try:
            answer = asked.result()
        except IdempotencyKeyReused:
            raise IdempotencyKeyReused(key) from None
        reply, replayed = self._told(answer)
        return respond(reply, replayed=replayed)

    def _once(self, key: str) -> Once[Reply]:
        scoped = hashlib.sha256(f"{self.principal.key_id}\n{key}".encode()).hexdigest()
        return Once(f"api:{scoped}", self.fingerprint, Reply)

    def _told(self, answer: Answer[Reply]) -> tuple[Reply, bool]:
        if not answer.replayed:
            self.house.wake.set()
        return answer.result, answer.replayed


ApiRequest = Request[Any, Caller, Any]


def respond(reply: Reply, *, replayed: bool) -> Response[Any]:
    """Return *reply* as a response; a replay says so."""
    headers = {"Idempotent-Replayed": "true"} if replayed else None
    return Response(
        reply.body.encode(),
        status_code=reply.status,
        media_type="application/json",
        headers=headers,
    )


def replying(
    use_case: UseCase[C, R], shape: Callable[[R, datetime], Any], status: int = 200
) -> UseCase[C, Reply]:
    """Return *use_case* answering its result in the wire's *shape*, as it was at that moment.

    What is kept is the text that was sent, so a replay is the same to the byte, whatever the code
    has become since.
    """

    def run(tx: Tx, command: C, call: Call) -> Reply:
        return _kept(status, shape(use_case(tx, command, call), call.now))

    return run


def replying_each(
    use_case: Gathered[C, R], shape: Callable[[R, datetime], Any], status: int = 200
) -> Gathered[C, Reply]:
    """The same for a use case that takes several commands."""
    return use_case.then(lambda result, call: _kept(status, shape(result, call.now)))


def _kept(status: int, made: Any) -> Reply:
    return Reply(status, msgspec.json.encode(made).decode())


# --- the guard of every API route -----------------------------------------------------------------


async def admit(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let the request in, or raise; afterwards `request.auth` is its `Caller`."""
    house: House = connection.app.state.house
    principal = await _authenticated(connection)
    right = handler.opt["right"]
    if right not in RIGHTS[principal.role]:
        raise Forbidden(principal.role.value, right)
    _check_path(connection)
    _check_query(connection, handler)
    assert isinstance(connection, Request)
    caller = Caller(house, principal)
    if connection.method in ("POST", "PATCH"):
        caller = await _with_body(connection, handler, caller)
    connection.scope["auth"] = caller


async def _authenticated(connection: ASGIConnection[Any, Any, Any, Any]) -> Principal:
    given = connection.headers.getall("authorization", [])
    scheme, _, secret = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not 1 <= len(secret) <= 500 or not secret.isascii():
        raise Unauthorized
    ring: KeyRing = connection.app.state.key_ring
    known = ring.recall(secret)
    return known if known is not None else await sync_to_thread(ring.find, secret)


def _check_path(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    for name, value in connection.path_params.items():
        if not _REF.fullmatch(value):
            raise NotFound(name.removesuffix("_id"), "")


def _check_query(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Refuse parameters that are unknown, given twice, or no plain whole numbers (0.4)."""
    if not connection.scope["query_string"]:
        return
    known = handler.parsed_fn_signature.parameters.keys() - connection.path_params.keys()
    given = connection.query_params
    for name in given:
        values = given.getall(name)
        if name not in known or name in ("request", "data", "idempotency_key"):
            raise Malformed(_shown(name), "is not a known parameter")
        if len(values) > 1:
            raise Malformed(name, "is given more than once")
        if name in _WHOLE_NAMES and not _WHOLE.fullmatch(values[0]):
            raise Malformed(name, "is not a whole number")


def _shown(name: str) -> str:
    return name.encode("utf-8", "replace").decode()[:100] or "query"


async def _with_body(
    request: Request[Any, Any, Any], handler: BaseRouteHandler, caller: Caller
) -> Caller:
    """Check what the body claims to be and, where value moves, take the idempotency key."""
    if "data" in handler.parsed_fn_signature.parameters:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        encoding = request.headers.get("content-encoding", "identity").lower()
        if media_type != "application/json" or encoding != "identity":
            raise UnsupportedMediaType
    keys = request.headers.getall("idempotency-key", [])
    if not keys:
        if handler.opt.get("once"):
            raise IdempotencyKeyMissing
        return caller
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        problem = "is not one key of 1 to 255 printable ASCII characters without spaces"
        raise Malformed("Idempotency-Key", problem)
    seen = hashlib.sha256(f"{request.method}\n{request.scope['path']}\n".encode())
    seen.update(await request.body())
    return attrs.evolve(caller, fingerprint=seen.hexdigest())
