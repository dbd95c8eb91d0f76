"""Refunds over HTTP: the quote of a pass, the refund, and what a product says of both (S12)."""

from __future__ import annotations

from typing import Any

import httpx

from passcore.adapters.system import SystemClock
from passcore.domain.businesses import Role
from passcore.ports.store import Store
from passweb.payments.stripe import provider
from passweb.testing.payserver import RunningPayServer, running_payserver
from passweb.worker import Worker
from tests.web.conftest import stocked
from tests.web.houses import (
    OTHER,
    PRODUCT,
    STUDIO,
    TOMORROW,
    Api,
    KeptMail,
    make_house,
    problem,
    served,
)

ANA = {"email": "ana@example.com", "name": "Ana"}


def eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def sold(api: Api, **product: Any) -> dict[str, Any]:
    """A pass of seven sessions for 100.00, paid over the counter."""
    made = api.made(
        "/products",
        PRODUCT | {"name": "Seven", "slug": "seven", "sessions": 7, "price": eur("100")} | product,
    )
    body = {"product_id": made["id"], "client": ANA, "payment": "on_site"}
    return api.made("/passes", body)


def test_a_product_keeps_its_refund_policy(api: Api) -> None:
    policy = {"formula": "used_at_list", "fee": eur("5.00"), "cooling_off_days": 14}
    product = sold(api, refund=policy)["product"]["id"]
    assert api.get(f"/products/{product}").json()["refund"] == policy
    changed = api.call("PATCH", f"/products/{product}", {"refund": {"formula": "none"}}).json()
    assert changed["refund"] == {
        "formula": "none",
        "fee": eur("0.00"),
        "cooling_off_days": 0,
    }
    assert changed["version"] == 2
    huf = {"amount": "5", "currency": "HUF"}
    answer = api.call("PATCH", f"/products/{product}", {"refund": {"fee": huf}})
    assert problem(answer, 422, "validation")["errors"][0]["field"] == "refund.fee.currency"
    finer = {"refund": {"fee": eur("5.001")}}
    problem(api.call("PATCH", f"/products/{product}", finer), 422, "validation")
    longer = {"refund": {"cooling_off_days": 367}}
    problem(api.call("PATCH", f"/products/{product}", longer), 400, "validation")


def test_a_quote_is_a_list_of_lines_that_add_up(api: Api) -> None:
    made = sold(api)
    body = {"client": ANA, "service_id": "reformer", "starts_at": TOMORROW, "pass": made["id"]}
    booking = api.made("/bookings", body)
    held = api.get(f"/passes/{made['id']}/refund-quote").json()
    assert [b["booking_id"] for b in held["open_bookings"]] == [booking["id"]]
    assert held["refundable"] == eur("85.71")
    assert held["lines"][1] == {
        "label": "held",
        "count": 1,
        "unit": eur("14.29"),
        "amount": eur("-14.29"),
        "rounding": "largest_remainder",
        "service_id": None,
        "service": None,
    }
    refused = api.post(f"/passes/{made['id']}/refund", {"reason": "moves"})
    assert problem(refused, 409, "invalid_transition")["state"] == "held by bookings"
    api.made(f"/bookings/{booking['id']}/cancel", {"by": "client"})
    assert api.get(f"/passes/{made['code']}/refund-quote").json()["refundable"] == eur("100.00")


def test_a_refund_is_at_most_the_quote_and_once(api: Api) -> None:
    made = sold(api)
    path = f"/passes/{made['id']}/refund"
    much = api.post(path, {"reason": "moves", "amount": eur("100.01")})
    told = problem(much, 409, "refund_exceeds_refundable")
    assert (told["refundable"], told["requested"]) == ("100.00", "100.01")
    first = api.post(path, {"reason": "moves", "amount": eur("60.00")}, key="r-1")
    again = api.post(path, {"reason": "moves", "amount": eur("60.00")}, key="r-1")
    assert first.json()["status"] == "refunded"
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    problem(api.post(path, {"reason": "moves"}), 409, "pass_refunded")
    problem(api.get(f"/passes/{made['id']}/refund-quote"), 409, "pass_refunded")
    (order,) = api.get("/orders").json()["items"]
    assert order["status"] == "part_refunded"


def test_what_is_no_refund_is_refused_by_its_field(api: Api) -> None:
    made = sold(api)
    path = f"/passes/{made['id']}/refund"
    problem(api.post(path, {}), 400, "validation")
    problem(api.post(path, {"reason": "x", "amount": eur("0.00")}), 422, "validation")
    huf = {"amount": "10", "currency": "HUF"}
    problem(api.post(path, {"reason": "x", "amount": huf}), 422, "validation")
    problem(api.post(path, {"reason": "x"}, key=None), 400, "idempotency_key_missing")


def test_only_who_may_change_passes_may_refund_them(api: Api) -> None:
    made = sold(api)
    for role in (Role.DESK, Role.ACCOUNTANT, Role.READ_ONLY):
        caller = api.of(STUDIO, role)
        problem(caller.post(f"/passes/{made['id']}/refund", {"reason": "x"}), 403, "forbidden")
        assert caller.get(f"/passes/{made['id']}/refund-quote").status_code == 200
    problem(api.of(OTHER).get(f"/passes/{made['id']}/refund-quote"), 404, "not_found")


def test_money_paid_at_stripe_goes_back_there_once(store: Store) -> None:
    """The whole way by HTTP: bought, part refunded, the provider's news handed over twice."""
    clock: Any = SystemClock()
    with running_payserver() as bank:
        house = make_house(store, gateways={"stripe": provider(bank.config)}, clock=clock)
        with served(house) as api:
            stocked(api)
            body = {"product_id": "10-x-reformer", "client": ANA, "method": "online"}
            order = api.made("/orders", body)
            assert httpx.post(order["checkout_url"], data={"action": "pay"}).status_code == 303
            _news(bank, api)
            Worker(house).drain()
            pass_id = api.get(f"/orders/{order['id']}").json()["pass_id"]
            asked = {"reason": "moves", "amount": eur("50.00")}
            placed = api.made(f"/passes/{pass_id}/refund", asked)
            assert placed["status"] == "suspended"
            Worker(house).drain()
            assert api.get(f"/passes/{pass_id}").json()["status"] == "refunded"
            _news(bank, api)
            Worker(house).drain()
            entries = api.get(f"/passes/{pass_id}/ledger").json()["items"]
            kinds = [entry["kind"] for entry in entries]
            assert kinds == ["granted/1", "suspended/1", "refunded/1"]
            assert entries[-1]["fact"]["amount_minor"] == 5_000
            assert api.get(f"/orders/{order['id']}").json()["status"] == "part_refunded"
            mailer = house.relay.out.mailer
            assert isinstance(mailer, KeptMail)
            assert sum("refunded" in mail.subject for mail in mailer.sent) == 1
            problem(api.post(f"/passes/{pass_id}/refund", asked), 409, "pass_refunded")


def _news(bank: RunningPayServer, api: Api) -> None:
    """Hand over every event of the provider, the latest first."""
    for event in reversed(bank.control.events()):
        headers, body = bank.control.signed(event.id)
        answer = api.http.post("/hooks/payments/stripe/studio", headers=headers, content=body)
        assert answer.status_code == 204, answer.text
