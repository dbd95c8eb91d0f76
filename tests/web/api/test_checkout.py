"""Online orders: a provider's fault leaves an order that the same request goes on with (K1, P9)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from litestar.testing import TestClient

from passcore.adapters.system import FixedClock
from passcore.domain.businesses import Role
from passcore.errors import ProviderRefused, ProviderUnavailable
from passcore.ports.payments import Checkout, CheckoutRequest
from passcore.ports.store import Store
from passweb.server import create_app
from passweb.worker import Worker
from tests.web.conftest import stocked
from tests.web.gateways import FakeGateway, signed
from tests.web.hooks.test_payments import order, send, shop
from tests.web.houses import STUDIO, TOMORROW, Api, make_house, problem, secret, served

BODY = {"product_id": "10-x-reformer", "client": "ana@example.com", "method": "online"}


def test_the_same_key_goes_on_with_an_order_the_provider_did_not_answer(store: Store) -> None:
    with shop(store) as (api, _, gateway):
        gateway.faults.append(ProviderUnavailable("stripe"))
        answer = api.post("/orders", BODY, key="once")
        problem(answer, 503, "provider_unavailable")
        assert int(answer.headers["retry-after"]) > 0
        (waiting,) = api.get("/orders").json()["items"]
        assert (waiting["status"], waiting["checkout_url"]) == ("awaiting_payment", None)
        again = api.post("/orders", BODY, key="once")
        assert (again.status_code, again.json()["id"]) == (201, waiting["id"])
        assert again.json()["checkout_url"]
        assert len(gateway.started) == 1
        assert len(api.get("/orders").json()["items"]) == 1


def test_a_replayed_order_has_the_same_bytes_and_starts_no_second_checkout(store: Store) -> None:
    with shop(store) as (api, house, gateway):
        first = api.post("/orders", BODY, key="once")
        send(api, *signed("evt_1", first.json()["id"]))
        Worker(house).drain()
        again = api.post("/orders", BODY, key="once")
        assert again.content == first.content
        assert again.headers["idempotent-replayed"] == "true"
        assert gateway.calls == 1


def test_an_application_that_was_stopped_can_be_started_again() -> None:
    """Its threads for what may take long are made at each start."""
    house = make_house(gateways={"stripe": FakeGateway()})
    app = create_app(house)
    with TestClient(app) as http:
        stocked(Api(http, secret(STUDIO, Role.OWNER)))
    with TestClient(app) as http:
        assert order(Api(http, secret(STUDIO, Role.OWNER)))["checkout_url"]


def test_what_the_provider_refuses_is_told(store: Store) -> None:
    with shop(store) as (api, _, gateway):
        gateway.faults.append(ProviderRefused("stripe", "account closed"))
        problem(api.post("/orders", BODY), 409, "provider_refused")


def test_a_lost_event_is_found_by_asking(store: Store) -> None:
    """K4: nobody ever told us, and still the client gets the pass."""
    with shop(store) as (api, house, _):
        placed = order(api)
        clock = house.clock
        assert isinstance(clock, FixedClock)
        clock.move(timedelta(minutes=15))
        Worker(house).drain()
        assert api.get(f"/orders/{placed['id']}").json()["status"] == "fulfilled"


def test_a_slow_provider_holds_no_visit_up() -> None:
    """P9: more checkouts hang than there are threads, and visits are completed all the same."""
    hanging, go_on = threading.Semaphore(0), threading.Event()

    class Slow(FakeGateway):
        def start_checkout(self, request: CheckoutRequest) -> Checkout:
            hanging.release()
            assert go_on.wait(30)
            return super().start_checkout(request)

    house = make_house(gateways={"stripe": Slow()}, threads=2)
    with served(house) as api, ThreadPoolExecutor(5) as many:
        stocked(api)
        api.made("/passes", {"product_id": "10-x-reformer", "client": "bo@example.com"})
        orders = [many.submit(api.post, "/orders", BODY, key=f"order-{n}") for n in range(4)]
        for _ in orders:
            assert hanging.acquire(timeout=10)
        visit = {"client": "bo@example.com", "service_id": "reformer", "starts_at": TOMORROW}
        assert api.post("/bookings", visit).status_code == 201
        go_on.set()
        assert {order.result().status_code for order in orders} == {201}


def test_where_a_payment_leads_back_to_is_an_address() -> None:
    with shop() as (api, _, _):
        for url in ("javascript:alert(1)", "//evil.example", "https:evil", "/\\evil", "ftp://x.y"):
            problem(api.post("/orders", BODY | {"success_url": url}), 400, "validation")
