"""The traps of RELIABILITY 0.4: whatever comes in, a 4xx problem goes out, on every store."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.web.houses import PRODUCT, TOMORROW, Api, problem

REPORT: dict[str, Any] = {
    "source": "calendar",
    "ref": "visit-1",
    "revision": 1,
    "status": "booked",
    "client": {"email": "ana@example.com"},
    "service_id": "reformer",
    "starts_at": TOMORROW,
    "pass": None,
}


def _with(**changes: Any) -> bytes:
    return json.dumps(REPORT | changes).encode()


def _raw(replacement: bytes, marker: bytes = b'"visit-1"') -> bytes:
    return _with().replace(marker, replacement)


JSON_TRAPS: dict[str, tuple[bytes, int, str]] = {
    "nested 100 000 deep": (b"[" * 100_000, 400, "too_deep"),
    "nested deep inside an object": (b'{"a":' * 40 + b"1" + b"}" * 40, 400, "too_deep"),
    "brackets in a text are no depth": (_with(ref="[" * 100, seats=0), 400, "validation"),
    "invalid UTF-8": (_raw(b'"\xff\xfe"'), 400, "validation"),
    "not JSON": (b"{", 400, "validation"),
    "nothing": (b"", 400, "validation"),
    "a list": (b"[]", 400, "validation"),
    "null": (b"null", 400, "validation"),
    "an unknown field": (_with(business_id="other-1"), 400, "validation"),
    "an unknown field further in": (
        _with(client={"email": "a@example.com", "is_admin": True}),
        400,
        "validation",
    ),
    "a name given twice": (_with()[:-1] + b',"revision":99}', 400, "validation"),
    "a name given twice, spelled with an escape": (
        _with()[:-1] + b',"r\\u0065vision":99}',
        400,
        "validation",
    ),
    "a huge whole number": (_with(seats=10**400), 400, "validation"),
    "2 to the 31st": (_with(revision=2**31), 400, "validation"),
    "2 to the 63rd": (_with(seats=2**63), 400, "validation"),
    "a negative number": (_with(seats=-1), 400, "validation"),
    "a float for a whole number": (_with(seats=1.5), 400, "validation"),
    "a whole float": (_with(seats=1.0), 400, "validation"),
    "an exponent": (_raw(b"1e3", b"1,").replace(b"1e3", b"1e3,", 1), 400, "validation"),
    "NaN": (_with(seats=float("nan")), 400, "validation"),
    "infinity": (_with(seats=float("inf")), 400, "validation"),
    "true for a number": (_with(seats=True), 400, "validation"),
    "text for a number": (_with(seats="1"), 400, "validation"),
    "NUL": (_with(ref="a\x00b"), 400, "validation"),
    "a control character": (_with(ref="a\x1bb"), 400, "validation"),
    "a bidirectional override": (_with(ref="a\u202eb"), 400, "validation"),
    "a bidirectional isolate": (_with(source="a\u2066b"), 400, "validation"),
    "a lone surrogate": (_raw(b'"a\\ud800b"'), 400, "validation"),
    "10 kB of text": (_with(ref="x" * 10_000), 400, "validation"),
    "a time without offset": (_with(starts_at="2026-11-23T10:00:00"), 400, "validation"),
    "a day for a time": (_with(starts_at="2026-11-23"), 400, "validation"),
    "a number for a time": (_with(starts_at=1_800_000_000), 400, "validation"),
    "the year 9999": (_with(starts_at="9999-12-31T23:59:59-23:59"), 422, "validation"),
    "the year 1": (_with(starts_at="0001-01-01T00:00:00+23:59"), 422, "validation"),
    "a status that is none": (_with(status="done"), 400, "validation"),
    "no e-mail address": (_with(client={"email": "ana"}), 400, "validation"),
    "two e-mail addresses": (_with(client={"email": "a@b.example,c@d.example"}), 400, "validation"),
    "an encoded word for a header": (
        _with(client={"email": "=?utf-8?q?=0d=0aBcc=3a_x?=@y.example"}),
        422,
        "validation",
    ),
    "a client by two names": (
        _with(client={"email": "a@example.com", "id": "client_1"}),
        422,
        "validation",
    ),
    "no client": (_with(client={}), 422, "validation"),
    "a service that is none": (_with(service_id="nope"), 404, "not_found"),
    "a service with SQL in it": (_with(service_id="'; DROP TABLE passes; --"), 404, "not_found"),
    "too many in a batch": (json.dumps({"reports": [REPORT] * 1001}).encode(), 400, "validation"),
    "an empty batch": (b'{"reports":[]}', 400, "validation"),
    "batch and report mixed": (_with(reports=[REPORT]), 400, "validation"),
}


@pytest.mark.parametrize("name", JSON_TRAPS)
def test_a_wrong_body_is_a_problem(memory_api: Api, name: str) -> None:
    body, status, code = JSON_TRAPS[name]
    answer = memory_api.post(
        "/booking-reports", headers={"Content-Type": "application/json"}, content=body
    )
    problem(answer, status, code)


def test_a_wrong_body_is_the_same_problem_on_every_store(api: Api) -> None:
    for body, status, code in JSON_TRAPS.values():
        answer = api.post(
            "/booking-reports", headers={"Content-Type": "application/json"}, content=body
        )
        problem(answer, status, code)
    assert api.get("/bookings").json()["items"] == []


@pytest.mark.parametrize(
    "media_type", ["text/plain", "", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_json_under_another_name_is_refused(memory_api: Api, media_type: str) -> None:
    answer = memory_api.post(
        "/booking-reports", headers={"Content-Type": media_type}, content=_with()
    )
    problem(answer, 415, "unsupported_media_type")


def test_a_compressed_body_is_refused_unread(memory_api: Api) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = memory_api.post("/booking-reports", headers=headers, content=b"\x1f\x8b")
    problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("path", "size"), [("/services", 300_000), ("/booking-reports", 1_100_000)]
)
def test_a_body_too_large_is_refused(memory_api: Api, path: str, size: int) -> None:
    for announced in (True, False):
        content: Any = b" " * size if announced else iter([b" " * 65_536] * (size // 65_536 + 1))
        answer = memory_api.post(
            path, headers={"Content-Type": "application/json"}, content=content
        )
        problem(answer, 413, "too_large")


def test_a_hundred_thousand_names_are_refused(memory_api: Api) -> None:
    names = {f"n{i}": 0 for i in range(30_000)}
    answer = memory_api.post("/booking-reports", names)
    problem(answer, 413, "too_large")


QUERY_TRAPS = {
    "given twice": "limit=1&limit=2",
    "an exponent": "limit=1e3",
    "a float": "limit=1.0",
    "a sign": "limit=%2B1",
    "a space": "limit=+1",
    "other digits": "limit=%D9%A1",
    "out of bounds": "limit=100000",
    "zero": "limit=0",
    "unknown": "sort=id",
    "unknown beside a known one": "limit=1&order_by=1;DROP",
    "a name of a handler's own": "request=1",
    "NUL": "client_id=%00",
    "not UTF-8": "client_id=%ff%00",
    "empty": "client_id=",
    "a cursor that is none": "cursor=%C3%A9",
}


@pytest.mark.parametrize("name", QUERY_TRAPS)
def test_a_wrong_query_is_a_problem(memory_api: Api, name: str) -> None:
    problem(memory_api.call("GET", f"/bookings?{QUERY_TRAPS[name]}"), 400, "validation")


@pytest.mark.parametrize("cursor", ["x", "0", "-1", "e30", "eyJhIjoxfQ==", "'; --", "9" * 400])
def test_a_made_up_cursor_is_a_problem_or_nothing(api: Api, cursor: str) -> None:
    for path in ("/passes", "/bookings", "/orders", "/clients", "/invoices"):
        answer = api.get(path, cursor=cursor)
        assert answer.status_code in (200, 400, 422), answer.text


@pytest.mark.parametrize(
    "ref",
    ["%00", "a%00b", "%ff", "x" * 201, "%E2%80%AE", "..%2f..%2fetc", ";", "'%20OR%201=1--", "%20"],
)
def test_a_malformed_id_names_nothing(api: Api, ref: str) -> None:
    for noun in ("services", "products", "clients", "orders", "passes", "bookings", "invoices"):
        problem(api.call("GET", f"/{noun}/{ref}"), 404, "not_found")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "FOO"])
def test_a_method_that_is_none_names_those_there_are(memory_api: Api, method: str) -> None:
    answer = memory_api.call(method, "/services")
    found = problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == found["allow"] == "GET, HEAD, OPTIONS, POST"
    assert found["mend"] == "Use one of: GET, HEAD, OPTIONS, POST."


def test_options_names_every_method_of_the_path(memory_api: Api) -> None:
    answer = memory_api.call("OPTIONS", "/services/reformer")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, PATCH"


def test_head_is_get_without_the_body(memory_api: Api) -> None:
    head, get = (memory_api.call(method, "/services") for method in ("HEAD", "GET"))
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]


def test_an_unknown_path_is_a_problem(memory_api: Api) -> None:
    for path in ("/nothing", "/services/x/y/z", "/bookings/a/b"):
        problem(memory_api.get(path), 404, "not_found")


PRODUCT_TRAPS: dict[str, tuple[dict[str, Any], int]] = {
    "a negative price": ({"price": {"amount": "-1", "currency": "EUR"}}, 400),
    "a price as a number": ({"price": {"amount": 120, "currency": "EUR"}}, 400),
    "three decimals of euro": ({"price": {"amount": "1.005", "currency": "EUR"}}, 422),
    "another currency": ({"price": {"amount": "1.00", "currency": "USD"}}, 422),
    "sessions 0": ({"sessions": 0}, 400),
    "sessions 2 to the 31st": ({"sessions": 2**31}, 400),
    "a length of nothing": ({"validity": {"length": "0 days"}}, 400),
    "a length past the year 9999": (
        {"validity": {"length": {"count": 36_500, "unit": "years"}}},
        201,
    ),
    "a range without an end": ({"validity": {"anchor": "fixed_range"}}, 422),
    "a range back in time": (
        {
            "validity": {
                "anchor": "fixed_range",
                "fixed_from": "2027-01-02",
                "fixed_until": "2027-01-01",
            }
        },
        422,
    ),
    "a last day of the world": (
        {
            "validity": {
                "anchor": "fixed_range",
                "fixed_from": "2027-01-02",
                "fixed_until": "9999-12-31",
            }
        },
        422,
    ),
    "a tax of 101 percent": ({"tax_rate": "101"}, 400),
    "tax as a number": ({"tax_rate": 27}, 400),
    "a method twice": ({"methods": ["online", "online"]}, 422),
    "no method": ({"methods": []}, 400),
    "covers nothing known": ({"covers": ["yoga"]}, 422),
    "costs for no service": ({"costs": {"yoga": 2}}, 404),
    "its own id": ({"id": "prod_1"}, 400),
    "its own version": ({"version": 7}, 400),
    "an empty name": ({"name": " "}, 400),
    "a name with an override": ({"name": "a\u202eb"}, 400),
    "a slug with a capital": ({"slug": "Ten"}, 400),
}


@pytest.mark.parametrize("name", PRODUCT_TRAPS)
def test_a_wrong_product_is_a_problem(memory_api: Api, name: str) -> None:
    changes, status = PRODUCT_TRAPS[name]
    answer = memory_api.post("/products", PRODUCT | {"name": "Another"} | changes)
    assert answer.status_code == status, answer.text


def test_a_pass_that_would_end_after_the_year_9999_is_refused(api: Api) -> None:
    long = {"length": {"count": 36_500, "unit": "years"}}
    product = api.made("/products", PRODUCT | {"name": "For ever", "validity": long})
    answer = api.post("/passes", {"product_id": product["id"], "client": "ana@example.com"})
    problem(answer, 422, "validation")
    answer = api.post(
        "/passes",
        {"product_id": "10-x-reformer", "client": "ana@example.com", "last_day": "9999-12-31"},
    )
    problem(answer, 422, "validation")


@pytest.mark.parametrize("delta", [10**9, -(10**9), 2**31, 2**63, 1.5, float("nan"), True, "5", 0])
def test_a_wrong_adjustment_changes_nothing(api: Api, delta: Any) -> None:
    made = api.made("/passes", {"product_id": "10-x-reformer", "client": "ana@example.com"})
    body = json.dumps({"delta": delta, "reason": "gift"}).encode()
    answer = api.post(
        f"/passes/{made['id']}/adjust", headers={"Content-Type": "application/json"}, content=body
    )
    assert answer.status_code in (400, 422), answer.text
    assert api.get(f"/passes/{made['id']}").json()["sessions"]["remaining"] == 10


def test_names_of_every_kind_come_back_as_they_are_on_every_store(api: Api) -> None:
    """X1: what is no control character is kept, in NFC."""
    for number, name in enumerate(
        ("👩\u200d👩\u200d👧", "e\u0301" * 50, "مرحبا", "a\u200bb", "𝒜𝓃𝒶")
    ):
        made = api.made("/clients", {"email": f"n{number}@example.com", "name": name})
        kept = api.get(f"/clients/{made['id']}").json()["name"]
        assert kept == made["name"]
        assert kept in (name, "é" * 50)
