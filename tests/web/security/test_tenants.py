"""Tenants: another business's object is as good as none, for every call that takes an id (X9).

The calls come from the OpenAPI document, so a new one is in the matrix before anybody thinks of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from passcore.ports.store import Store
from tests.web.conftest import stocked
from tests.web.houses import OTHER, TOMORROW, Api, make_house, problem, served

CLIENT = {"email": "ana@example.com", "name": "Ana"}
VISIT = {"client": CLIENT, "service_id": "reformer", "starts_at": TOMORROW}
#: A body each call would take, were the id its own.
BODIES: dict[str, dict[str, Any]] = {
    "edit_service": {"name": "Mine now"},
    "edit_product": {"name": "Mine now"},
    "edit_client": {"name": "Mine now"},
    "decline_order": {},
    "adjust_pass": {"delta": 1, "reason": "mine"},
    "extend_pass": {"last_day": "2027-12-31", "reason": "mine"},
    "freeze_pass": {"reason": "mine"},
    "unfreeze_pass": {"reason": "mine"},
    "refund_pass": {"reason": "mine"},
    "transfer_pass": {"client": CLIENT, "reason": "mine"},
    "cancel_pass": {"reason": "mine"},
    "cancel_booking": {},
}


def _calls(api: Api) -> Iterator[tuple[str, str, str]]:
    """Every call with something in its path: name, method, path."""
    document = api.http.get("/schema/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if "{" in path and path.startswith("/api/v1"):
                yield operation["operationId"], method.upper(), path.removeprefix("/api/v1")


def _owned(api: Api) -> dict[str, str]:
    """One id of each kind, of the business whose key *api* has."""
    stocked(api)
    held = api.made("/passes", {"product_id": "10-x-reformer", "client": CLIENT})
    order = api.made(
        "/orders", {"product_id": "10-x-reformer", "client": CLIENT, "method": "on_site"}
    )
    paid = api.made(
        "/orders", {"product_id": "10-x-reformer", "client": CLIENT, "method": "on_site"}
    )
    api.made(f"/orders/{paid['id']}/approve")
    return {
        "service_id": api.get("/services").json()["items"][0]["id"],
        "product_id": held["product"]["id"],
        "client_id": held["client"]["id"],
        "order_id": order["id"],
        "pass_id": held["id"],
        "booking_id": api.made("/bookings", VISIT | {"external_id": "visit-1"})["id"],
        "invoice_id": api.get("/invoices").json()["items"][0]["id"],
        "code": held["code"],
    }


def test_no_call_reaches_another_business(store: Store) -> None:
    with served(make_house(store)) as api:
        mine = _owned(api)
        foreign = api.of(OTHER)
        before = _everything(api)
        seen = 0
        for name, method, path in _calls(api):
            parameter = path[path.index("{") + 1 : path.index("}")]
            unknown = path.replace(f"{{{parameter}}}", "no_such_thing")
            theirs = path.replace(f"{{{parameter}}}", mine[parameter])
            answers = [foreign.call(method, p, BODIES.get(name)) for p in (theirs, unknown)]
            for answer, ref in zip(answers, (mine[parameter], "no_such_thing"), strict=True):
                found = problem(answer, 404, "not_found")
                assert found.pop("ref") == ref
                found.pop("detail")
            first, second = (a.json() | {"ref": "", "detail": ""} for a in answers)
            assert first == second, f"{name} tells another's object from none"
            seen += 1
        assert seen >= 20
        assert _everything(api) == before


def test_the_matrix_would_see_a_leak(store: Store) -> None:
    """The negative control: with the owner's own key each of the calls finds its object."""
    with served(make_house(store)) as api:
        mine = _owned(api)
        for name, method, path in _calls(api):
            parameter = path[path.index("{") + 1 : path.index("}")]
            answer = api.call(
                method, path.replace(f"{{{parameter}}}", mine[parameter]), BODIES.get(name)
            )
            assert answer.status_code != 404, f"{name}: {answer.text}"


@pytest.mark.parametrize("name", ["client_id", "email", "code", "product_id"])
def test_no_filter_finds_another_businesss_pass(store: Store, name: str) -> None:
    with served(make_house(store)) as api:
        mine = _owned(api) | {"email": CLIENT["email"]}
        assert api.get("/passes", **{name: mine[name]}).json()["items"]
        assert api.of(OTHER).get("/passes", **{name: mine[name]}).json()["items"] == []


def test_no_body_names_another_businesss_things(store: Store) -> None:
    with served(make_house(store)) as api:
        mine = _owned(api)
        foreign = api.of(OTHER)
        stocked(foreign)
        own = {"client": CLIENT, "service_id": "reformer", "starts_at": TOMORROW}
        tries = [
            ("/passes", {"product_id": mine["product_id"], "client": CLIENT}),
            ("/passes", {"product_id": "10-x-reformer", "client": {"id": mine["client_id"]}}),
            ("/orders", {"product_id": mine["product_id"], "client": CLIENT, "method": "on_site"}),
            ("/bookings", own | {"service_id": mine["service_id"]}),
            ("/bookings", own | {"client": mine["client_id"]}),
            ("/bookings", own | {"pass": mine["pass_id"]}),
            ("/bookings", own | {"pass": mine["code"]}),
        ]
        for path, body in tries:
            problem(foreign.post(path, body), 404, "not_found")


def _everything(api: Api) -> dict[str, Any]:
    nouns = ("services", "products", "clients", "orders", "passes", "bookings", "invoices")
    return {noun: api.get(f"/{noun}").json() for noun in nouns}
