"""The shield: hosts, headers, documentation from this server alone, counts without names."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from litestar.testing import TestClient

from passweb.security import shield
from passweb.server import create_app
from tests.web.houses import Api, make_house, problem, settings

EVIL = (
    "evil.example",
    "evil.example:443",
    "passes.example.evil.example",
    "passes.example@evil.example",
    "evil.example/passes.example",
    "passes.example:443:80",
    "passes.example:evil",
    "passes.example:65536",
    "passes.example:" + "9" * 5000,
    "xpasses.example",
    "[::1]",
    "",
)


@pytest.mark.parametrize("host", EVIL)
def test_a_foreign_host_is_refused(memory_api: Api, host: str) -> None:
    answer = memory_api.http.get("/health", headers={"Host": host})
    problem(answer, 400, "validation")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("host", ["passes.example", "PASSES.example:443", "passes.example."])
def test_our_own_host_is_known_in_every_spelling(memory_api: Api, host: str) -> None:
    assert memory_api.http.get("/health", headers={"Host": host}).status_code == 200


def test_a_forwarded_host_counts_for_nothing(memory_api: Api) -> None:
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-For": "127.0.0.1"}
    answer = memory_api.http.get("/docs", headers=headers)
    assert answer.status_code == 200
    assert "evil.example" not in answer.text


@pytest.mark.parametrize("path", ["/health", "/docs", "/nowhere", "/api/v1/services", "/metrics"])
def test_every_answer_carries_the_security_headers(memory_api: Api, path: str) -> None:
    headers = memory_api.http.get(path).headers
    policy = headers["content-security-policy"]
    for rule in ("default-src 'self'", "script-src 'self'", "object-src 'none'", "base-uri 'none'"):
        assert rule in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["strict-transport-security"] == "max-age=31536000"


def test_answers_of_the_api_are_never_kept_by_a_cache(memory_api: Api) -> None:
    assert memory_api.get("/services").headers["cache-control"] == "no-store"


def test_plain_http_on_this_machine_asks_for_no_https() -> None:
    found = shield.security_headers(settings(base_url="http://127.0.0.1:8000"))
    assert "strict-transport-security" not in found


def test_forms_may_lead_to_the_payment_page() -> None:
    found = shield.security_headers(settings(), ("https://checkout.stripe.com",))
    assert "form-action 'self' https://checkout.stripe.com" in found["content-security-policy"]


def test_the_documentation_loads_nothing_from_elsewhere(memory_api: Api) -> None:
    page = memory_api.http.get("/docs").text
    assert set(re.findall(r'(?:src|href)="([^"]*)"', page)) == {
        "/docs/style.css",
        "/schema/openapi.json",
    }
    assert "<script" not in page
    assert "style=" not in page
    assert 'id="pass_exhausted"' in page
    assert memory_api.http.get("/docs/style.css").headers["content-type"].startswith("text/css")


def test_counts_name_routes_and_nothing_personal(memory_api: Api) -> None:
    memory_api.get("/clients/ana@example.com")
    memory_api.call("FOO", "/clients")
    text = memory_api.http.get("/metrics").text
    assert 'method="GET",route="/api/v1/clients/{client_id}",status="404"' in text
    assert 'method="OTHER"' in text
    assert "ana" not in text
    assert re.search(r'_bucket\{route="/api/v1/services",le="\+Inf"\} \d', text)


def test_health_and_readiness(memory_api: Api) -> None:
    assert memory_api.http.get("/health").json() == {"status": "ok"}
    assert memory_api.http.get("/ready").json() == {"status": "ready"}


def test_a_server_without_its_database_lives_and_is_not_ready() -> None:
    from passcore.errors import StorageUnavailable

    class Down:
        def begin(self, *_: Any, **__: Any) -> Any:
            raise StorageUnavailable

        registry = begin

    house = make_house()
    object.__setattr__(house, "store", Down())
    with TestClient(create_app(house), raise_server_exceptions=False) as http:
        assert http.get("/health").status_code == 200
        answer = http.get("/ready")
        problem(answer, 503, "storage_unavailable")
        assert answer.headers["retry-after"] == "5"
        refused = http.get("/api/v1/services", headers={"Authorization": "Bearer " + "x" * 43})
        problem(refused, 503, "storage_unavailable")


def test_a_fault_of_ours_tells_nothing_but_an_incident(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from passcore.adapters.memory_tables import Services

    def broken(*_: Any) -> Any:
        raise RuntimeError("the secret of the house")

    house = make_house()
    monkeypatch.setattr(Services, "all", broken)
    with TestClient(create_app(house), raise_server_exceptions=False) as http:
        from passcore.domain.businesses import Role
        from tests.web.houses import STUDIO, secret

        key = secret(STUDIO, Role.OWNER)
        answer = http.get("/api/v1/services", headers={"Authorization": f"Bearer {key}"})
    found = problem(answer, 500, "unexpected")
    assert "secret" not in answer.text
    assert found["incident"] in caplog.text


def test_a_body_that_does_not_arrive_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """X18: one byte a second keeps nothing waiting for long."""
    monkeypatch.setattr(shield, "BODY_SECONDS", 0.05)

    async def nothing_more() -> Any:
        await asyncio.sleep(60)

    answered = _after_a_first_piece(nothing_more)
    assert answered[0]["status"] == 408
    assert b"request_timeout" in answered[1]["body"]


def test_a_client_that_goes_away_is_no_fault_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody can fill the log with incidents by hanging up in the middle of a body."""

    async def gone() -> Any:
        return {"type": "http.disconnect"}

    assert _after_a_first_piece(gone)[0]["status"] == 408
    assert "incident" not in caplog.text


def test_a_form_that_does_not_arrive_is_told_as_that() -> None:
    """As a page, and not as a refusal of a rule."""

    async def gone() -> Any:
        return {"type": "http.disconnect"}

    start, body = _after_a_first_piece(gone, "/b/studio/book")
    assert start["status"] == 408
    assert b"load the page again" in body["body"]


def _after_a_first_piece(
    then: Callable[[], Awaitable[Any]], path: str = "/hooks/payments/stripe/studio"
) -> list[Any]:
    """Send the first piece of a body and what *then* gives; return the answer's messages."""
    app = create_app(make_house(gateways={"stripe": _gateway()}))
    sent: list[Any] = []

    async def receive() -> Any:
        if not sent:
            sent.append("a first piece")
            return {"type": "http.request", "body": b"{", "more_body": True}
        return await then()

    answered: list[Any] = []

    async def send(message: Any) -> None:
        answered.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "https",
        "headers": [(b"host", b"passes.example")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
        "extensions": {},
        "state": {},
    }
    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]  # a scope made by hand
    return answered


def _gateway() -> Any:
    from tests.web.gateways import FakeGateway

    return FakeGateway()
