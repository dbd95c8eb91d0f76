"""Houses for tests: a studio with a service, a product and a key, and a client that speaks HTTP."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import attrs
import httpx
from litestar import Litestar
from litestar.testing import TestClient

from passcore.adapters.memory import MemoryStore
from passcore.adapters.system import FixedClock, SeededIds
from passcore.domain.businesses import Business, Role
from passcore.ports.mail import Mail
from passcore.ports.payments import PaymentGateway
from passcore.ports.store import Store
from passcore.usecases.businesses import AddKey, add_key
from passweb.house import House
from passweb.server import create_app
from passweb.settings import Settings
from passweb.wiring import wire

NOW: Final = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TOMORROW: Final = "2026-11-23T10:00:00+01:00"
STUDIO: Final = Business(
    id="studio-1", slug="studio", name="Studio", time_zone="Europe/Budapest", currency="EUR"
)
OTHER: Final = Business(
    id="other-1", slug="other", name="Other", time_zone="Europe/Berlin", currency="EUR"
)
SERVICE: Final = {"name": "Reformer"}
PRODUCT: Final = {
    "name": "10 x Reformer",
    "sessions": 10,
    "price": {"amount": "120.00", "currency": "EUR"},
    "covers": ["reformer"],
    "validity": {"length": "6 months"},
    "methods": ["online", "on_site", "bank_transfer"],
}


@attrs.define
class KeptMail:
    """A mailer that keeps what it is given."""

    sent: list[Mail] = attrs.field(factory=list)

    def send(self, mail: Mail) -> None:
        self.sent.append(mail)


def settings(**changes: Any) -> Settings:
    """Settings of a house that is never reached from outside."""
    chosen: dict[str, Any] = {
        "database_url": "",
        "base_url": "https://passes.example",
        "secret_key": bytes(range(32)),
        "trusted_hosts": ("testserver.local",),
        "worker_in_process": False,
    }
    return Settings(**(chosen | changes))


def make_house(
    store: Store | None = None,
    *,
    gateways: Mapping[str, PaymentGateway] | None = None,
    clock: FixedClock | None = None,
    **changes: Any,
) -> House:
    """A house of two businesses; each has one key of every role."""
    house = wire(
        settings(**changes),
        store=store or MemoryStore(),
        clock=clock or FixedClock(NOW),
        ids=SeededIds(7),
        mailer=KeptMail(),
        gateways=gateways or {},
    )
    for business in (STUDIO, OTHER):
        house.app.add_business(business)
        for role in Role:
            command = AddKey(f"{role.value} of {business.slug}", role, secret(business, role))
            house.app.run(business.id, add_key, command)
    return house


def secret(business: Business, role: Role) -> str:
    """The key of a role; never anything but this in tests."""
    return f"key-{business.slug}-{role.value}-".ljust(43, "x")


@attrs.frozen
class Api:
    """The API as one key sees it."""

    http: httpx.Client
    key: str
    _count: Iterator[int] = attrs.field(factory=lambda: itertools.count(1))

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = "",
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> httpx.Response:
        """Call `/api/v1` + *path*; a POST gets a new idempotency key unless *key* is given."""
        sent = {"Authorization": f"Bearer {self.key}"}
        if method == "POST" and key is not None:
            sent["Idempotency-Key"] = key or f"k-{next(self._count)}-{id(self._count)}"
        if body is not None:
            more["json"] = body
        return self.http.request(
            method, f"/api/v1{path}", headers=sent | dict(headers or {}), **more
        )

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.call("GET", path, params=params or None)

    def post(self, path: str, body: object = None, **more: Any) -> httpx.Response:
        return self.call("POST", path, body, **more)

    def made(self, path: str, body: object = None, **more: Any) -> dict[str, Any]:
        """POST and return what was made; anything but a 2xx fails the test."""
        answer = self.post(path, body, **more)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def of(self, business: Business, role: Role = Role.OWNER) -> Api:
        """The same server as another key sees it."""
        return Api(self.http, secret(business, role))


@contextmanager
def served(house: House) -> Iterator[Api]:
    """Serve *house* and give the API as its studio's owner sees it."""
    app: Litestar = create_app(house)
    with TestClient(app, raise_server_exceptions=False) as http:
        yield Api(http, secret(STUDIO, Role.OWNER))


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Assert that *answer* is a whole problem document of that status and code; return it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert (found["status"], found["code"]) == (status, code), found
    assert {"type", "title", "detail", "errors", "mend"} <= found.keys()
    return found
