"""Idempotency: the same key takes effect once, for one API key of one business (rule 17)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from passcore.domain.businesses import Role
from tests.web.conftest import stocked
from tests.web.houses import OTHER, STUDIO, TOMORROW, Api, problem

PASS: dict[str, Any] = {"product_id": "10-x-reformer", "client": {"email": "ana@example.com"}}
VISIT = {"client": "ana@example.com", "service_id": "reformer", "starts_at": TOMORROW}


def test_a_repeated_request_is_answered_with_the_same_bytes(api: Api) -> None:
    first = api.post("/passes", PASS, key="once")
    again = api.post("/passes", PASS, key="once")
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert len(api.get("/passes").json()["items"]) == 1


def test_a_replay_is_the_answer_of_then_whatever_happened_since(api: Api) -> None:
    first = api.post("/passes", PASS, key="once")
    api.made(f"/passes/{first.json()['id']}/cancel", {"reason": "mistake"})
    assert api.post("/passes", PASS, key="once").content == first.content


def test_a_key_used_for_something_else_is_refused_and_changes_nothing(api: Api) -> None:
    """R4, by another body, another path, another spelling of the same."""
    api.made("/passes", PASS, key="once")
    reused = [
        api.post("/passes", PASS | {"sessions": 5}, key="once"),
        api.post("/bookings", VISIT, key="once"),
        api.call(
            "POST",
            "/passes",
            key="once",
            headers={"Content-Type": "application/json"},
            content=b'{ "product_id": "10-x-reformer", "client": {"email": "ana@example.com"}}',
        ),
    ]
    for answer in reused:
        assert problem(answer, 422, "idempotency_key_reused")["key"] == "once"
    assert len(api.get("/passes").json()["items"]) == 1
    assert api.get("/bookings").json()["items"] == []


def test_a_refusal_leaves_the_key_free(api: Api) -> None:
    problem(api.post("/bookings", VISIT, key="once"), 409, "no_pass")
    api.made("/passes", PASS)
    assert api.post("/bookings", VISIT, key="once").status_code == 201


def test_keys_of_other_businesses_and_other_programs_are_their_own(api: Api) -> None:
    """R5: nobody is given somebody else's answer."""
    first = api.made("/passes", PASS, key="once")
    manager = api.of(STUDIO, Role.MANAGER).post("/passes", PASS, key="once")
    assert manager.status_code == 201
    assert manager.json()["id"] != first["id"]
    other = api.of(OTHER)
    stocked(other)
    foreign = other.post("/passes", PASS, key="once")
    assert foreign.status_code == 201
    assert "idempotent-replayed" not in foreign.headers


@pytest.mark.parametrize("path", ["/passes", "/orders", "/bookings", "/booking-reports"])
def test_what_moves_value_needs_a_key(memory_api: Api, path: str) -> None:
    problem(memory_api.post(path, {}, key=None), 400, "idempotency_key_missing")


@pytest.mark.parametrize("key", ["a b", "x" * 256, "é", "\t"])
def test_a_key_that_is_none_is_refused(memory_api: Api, key: str) -> None:
    headers = [
        (b"Authorization", f"Bearer {memory_api.key}".encode()),
        (b"Idempotency-Key", key.encode()),
    ]
    answer = memory_api.http.post("/api/v1/passes", json=PASS, headers=headers)
    problem(answer, 400, "validation")


def test_ten_at_once_with_one_key_are_one(api: Api) -> None:
    """R3: ten times 2xx, one effect, ten times the same answer."""
    made = api.made("/passes", PASS)
    report = {**VISIT, "source": "cal", "ref": "r-1", "revision": 1, "status": "completed"}
    with ThreadPoolExecutor(10) as many:
        answers = list(
            many.map(lambda _: api.post("/booking-reports", report, key="once"), range(10))
        )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 9
    assert api.get(f"/passes/{made['id']}").json()["sessions"]["used"] == 1


def test_ten_at_once_with_ten_keys_take_one_session(api: Api) -> None:
    """R2: the booking is deducted once, however it is reported."""
    made = api.made("/passes", PASS)
    report = {**VISIT, "source": "cal", "ref": "r-1", "revision": 1, "status": "completed"}
    with ThreadPoolExecutor(10) as many:
        answers = list(many.map(lambda _: api.post("/booking-reports", report), range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert sum(answer.json()["applied"] for answer in answers) == 1
    assert api.get(f"/passes/{made['id']}").json()["sessions"]["used"] == 1
