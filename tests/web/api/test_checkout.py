"""Online orders: the provider's faults leave an order that the same request goes on with (K1, P9)."""

from __future__ import annotations

from passcore.errors import ProviderRefused, ProviderUnavailable
from passcore.ports.store import Store
from passweb.worker import Worker
from tests.web.hooks.test_payments import order, send, shop, signed
from tests.web.houses import problem

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


def test_what_the_provider_refuses_is_told(store: Store) -> None:
    with shop(store) as (api, _, gateway):
        gateway.faults.append(ProviderRefused("stripe", "account closed"))
        problem(api.post("/orders", BODY), 409, "provider_refused")


def test_a_lost_event_is_found_by_asking(store: Store) -> None:
    """K4: nobody ever told us, and still the client gets the pass."""
    with shop(store) as (api, house, _):
        placed = order(api)
        house.relay.reconcile(after=house.clock.now() - house.clock.now())
        assert api.get(f"/orders/{placed['id']}").json()["status"] == "fulfilled"


def test_where_a_payment_leads_back_to_is_an_address() -> None:
    with shop() as (api, _, _):
        for url in ("javascript:alert(1)", "//evil.example", "https:evil", "/\\evil", "ftp://x.y"):
            problem(api.post("/orders", BODY | {"success_url": url}), 400, "validation")
