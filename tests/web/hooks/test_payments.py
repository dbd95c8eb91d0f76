"""Payment events: verified first, kept once, answered after; the worker does the rest (2.3)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import attrs
import pytest

from passcore.ports.store import Store
from passcore.relay import Relay
from passweb.house import House
from passweb.worker import Worker
from tests.web.conftest import stocked
from tests.web.gateways import FakeGateway, signed
from tests.web.houses import STUDIO, Api, make_house, problem, served

HOOK = "/hooks/payments/stripe/studio"


class UntouchableStore:
    """Fails the test as soon as somebody opens it."""

    lanes = 0

    def begin(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("the store was opened")

    def registry(self) -> Any:
        raise AssertionError("the store was opened")


@contextmanager
def shop(store: Store | None = None, **changes: Any) -> Iterator[tuple[Api, House, FakeGateway]]:
    gateway = FakeGateway()
    house = make_house(store, gateways={"stripe": gateway})
    house = attrs.evolve(house, **changes)
    with served(house) as api:
        stocked(api)
        yield api, house, gateway


def order(api: Api, **more: Any) -> dict[str, Any]:
    body = {"product_id": "10-x-reformer", "client": "ana@example.com", "method": "online"}
    return api.made("/orders", body, **more)


def send(api: Api, headers: dict[str, str], body: bytes, path: str = HOOK) -> Any:
    return api.http.post(path, headers=headers, content=body)


def waiting(house: House) -> int:
    with house.store.registry() as registry:
        now = house.clock.now()
        return len(registry.claim_events(now, now, 100))


def test_a_paid_order_becomes_a_pass_when_the_worker_has_run(store: Store) -> None:
    with shop(store) as (api, house, _):
        placed = order(api)
        assert placed["checkout_url"] == f"https://pay.example/{placed['id']}"
        assert send(api, *signed("evt_1", placed["id"])).status_code == 204
        assert house.wake.is_set(), "the worker is told at once"
        assert api.get(f"/orders/{placed['id']}").json()["status"] == "awaiting_payment"
        Worker(house).drain()
        paid = api.get(f"/orders/{placed['id']}").json()
        assert paid["status"] == "fulfilled"
        assert api.get(f"/passes/{paid['pass_id']}").json()["sessions"]["remaining"] == 10


def test_an_event_is_kept_once_however_often_it_comes(store: Store) -> None:
    """P2, P5: the same event again, and another event about the same payment."""
    with shop(store) as (api, house, _):
        placed = order(api)
        for event_id in ("evt_1", "evt_1", "evt_2"):
            assert send(api, *signed(event_id, placed["id"])).status_code == 204
        assert waiting(house) == 2
        Worker(house).drain()
        assert send(api, *signed("evt_1", placed["id"])).status_code == 204
        Worker(house).drain()
        assert len(api.get("/passes").json()["items"]) == 1
        assert len(api.get("/invoices").json()["items"]) == 1


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b"evt_1"),
        ({"x-signature": "0" * 64}, b"evt_1"),
        ({"x-signature": signed("evt_1")[0]["x-signature"]}, b"evt_2"),
        ({"x-signature": "é"}, b"evt_1"),
        ({"x-signature": "\xff\xfe"}, b"\xff\xfe"),
        ({}, b""),
    ],
)
def test_a_wrong_signature_is_refused_without_opening_the_store(
    headers: dict[str, str], body: bytes
) -> None:
    """P3, P19."""
    with shop() as (api, house, _):
        blind = attrs.evolve(house, store=UntouchableStore())
        with served(blind) as outside:
            sent = {name: value.encode("latin-1") for name, value in headers.items()}
            answer = outside.http.post(HOOK, headers=sent, content=body)  # type: ignore[arg-type]  # httpx takes bytes too
            problem(answer, 400, "signature_invalid")
        assert waiting(house) == 0
        assert api.key


def test_whatever_breaks_while_reading_an_event_is_a_wrong_signature(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise TypeError("strings with only ASCII characters are supported")

    with shop() as (api, _, _):
        monkeypatch.setattr(FakeGateway, "verify_event", broken)
        problem(send(api, *signed("evt_1")), 400, "signature_invalid")


def test_an_event_for_nobody_is_not_kept() -> None:
    with shop() as (api, house, _):
        headers, body = signed("evt_1")
        problem(send(api, headers, body, "/hooks/payments/stripe/nobody"), 404, "not_found")
        problem(send(api, headers, body, "/hooks/payments/paypal/studio"), 404, "not_found")
        assert waiting(house) == 0


def test_an_event_too_large_is_refused() -> None:
    with shop() as (api, _, _):
        problem(send(api, {}, b"x" * 300_000), 413, "too_large")


def test_the_business_may_be_named_by_id() -> None:
    with shop() as (api, house, _):
        answer = send(api, *signed("evt_1"), path=f"/hooks/payments/stripe/{STUDIO.id}")
        assert answer.status_code == 204
        assert waiting(house) == 1


def test_an_event_that_was_not_kept_is_not_acknowledged(store: Store) -> None:
    """K5: the provider hears no 2xx, sends it again, and the order is fulfilled once."""

    def die(name: str) -> None:
        if name == "K5" and failing:
            raise OSError("the process dies here")

    failing = [True]
    with shop(store) as (api, house, _):
        placed = order(api)
        out = attrs.evolve(house.relay.out, fail_at=die)
        weak = attrs.evolve(house, relay=Relay(house.app, out))
        with served(weak) as dying:
            answer = send(dying, *signed("evt_1", placed["id"]))
            assert answer.status_code >= 500
            assert waiting(house) == 0
            failing.clear()
            assert send(dying, *signed("evt_1", placed["id"])).status_code == 204
        Worker(house).drain()
        assert api.get(f"/orders/{placed['id']}").json()["status"] == "fulfilled"


def test_an_event_of_one_business_does_not_pay_anothers_order() -> None:
    """P6: a good signature, sent to the wrong address."""
    with shop() as (api, house, _):
        placed = order(api)
        headers, body = signed("evt_1", placed["id"])
        assert send(api, headers, body, "/hooks/payments/stripe/other").status_code == 204
        Worker(house).round()
        assert api.get(f"/orders/{placed['id']}").json()["status"] == "awaiting_payment"
