"""The test payment server keeps the provider's rules, misbehaves on demand and can be mounted."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime

import httpx
import pytest
from litestar import Litestar, asgi
from litestar.testing import TestClient
from litestar.types import Receive, Scope, Send

from passcore.adapters.system import FixedClock
from passweb.testing.payserver import (
    TEST_SECRET_KEY,
    Mishap,
    PayServer,
    RunningPayServer,
    create_payserver,
    running_payserver,
)
from tests.web.payments.support import SESSION, Endpoint, make, pay, press


@pytest.mark.parametrize("how", [None, "Bearer", "Bearer sk_test_wrong", "Basic !!", "Basic w6k="])
def test_calls_want_the_secret_key(payserver: RunningPayServer, how: str | None) -> None:
    headers = {"authorization": how} if how is not None else {}
    for path in ("/v1/events", "/v1/checkout/sessions/cs_1"):
        answer = httpx.get(payserver.url + path, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["error"]["type"] == "invalid_request_error"
    assert httpx.post(f"{payserver.url}/_test/sessions", headers=headers).status_code == 401


def test_basic_authentication_is_taken_too(payserver: RunningPayServer) -> None:
    answer = httpx.get(f"{payserver.url}/v1/events", auth=(TEST_SECRET_KEY, ""))
    assert answer.json()["data"] == []


def test_unknown_addresses_and_methods_answer_in_the_providers_shape(api: httpx.Client) -> None:
    assert "Unrecognized request URL" in api.get("/v1/nothing").json()["error"]["message"]
    assert api.get("/v1/nothing").status_code == 404
    assert api.delete("/v1/events").status_code == 405
    assert api.delete("/v1/events").json()["error"]["message"]


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"mode": ""}, "mode"),
        ({"colour": "blue"}, "colour"),
        ({"payment_intent_data[colour]": "blue"}, "payment_intent_data[colour]"),
        (
            {"line_items[0][price_data][unit_amount]": "12.5"},
            "line_items[0][price_data][unit_amount]",
        ),
        ({"line_items[0][price_data][unit_amount]": "0"}, "line_items[0][price_data][unit_amount]"),
        ({"line_items[0][price_data][currency]": "EUR"}, "line_items[0][price_data][currency]"),
        ({"success_url": "/ok"}, "success_url"),
        ({"customer": "cus_nobody"}, "customer"),
    ],
)
def test_wrong_parameters_are_named(api: httpx.Client, changes: dict[str, str], param: str) -> None:
    answer = make(api, **changes)
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]["param"] == param


@pytest.mark.parametrize(
    "body",
    [
        "a[b]=1&a=2",
        "a=1&a[b]=2",
        "[=1",
        "a[b][c][d][e][f][g]=1",
        "&".join("a=1" for _ in range(600)),
        "a\xff",
    ],
)
def test_odd_bodies_are_refused(api: httpx.Client, body: str) -> None:
    answer = api.post("/v1/customers", content=body.encode("latin-1"))
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_a_body_too_large_is_refused(api: httpx.Client) -> None:
    assert api.post("/v1/customers", content=b"a" * 300_000).status_code == 413


@pytest.mark.parametrize(
    ("currency", "amount", "fine"),
    [("isk", "150", False), ("isk", "100", True), ("kwd", "1005", False), ("kwd", "1010", True)],
)
def test_last_digits_are_the_providers(
    api: httpx.Client, currency: str, amount: str, fine: bool
) -> None:
    answer = make(
        api,
        **{
            "line_items[0][price_data][currency]": currency,
            "line_items[0][price_data][unit_amount]": amount,
        },
    )
    assert (answer.status_code == 200) is fine


def test_a_key_replays_status_and_body(api: httpx.Client) -> None:
    first, again = make(api, "k1"), make(api, "k1")
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert (again.status_code, again.content) == (200, first.content)
    other = make(api, "k1", success_url="http://shop.test/else")
    assert other.status_code == 400
    assert other.json()["error"]["type"] == "idempotency_error"
    elsewhere = api.post("/v1/customers", headers={"idempotency-key": "k1"})
    assert elsewhere.json()["error"]["type"] == "idempotency_error"


def test_what_failed_validation_leaves_its_key_free(api: httpx.Client) -> None:
    assert make(api, "k1", mode="setup").status_code == 400
    assert make(api, "k1").status_code == 200


def test_objects_expand(api: httpx.Client, payserver: RunningPayServer) -> None:
    session = make(api).json()
    press(session["url"], "pay")
    path = f"/v1/checkout/sessions/{session['id']}"
    shut = api.get(path).json()
    assert shut["payment_intent"].startswith("pi_")
    assert shut["url"] is None
    full = api.get(path, params={"expand[0]": "payment_intent.latest_charge"}).json()
    assert full["payment_intent"]["latest_charge"]["amount_refunded"] == 0
    listed = api.get(
        "/v1/checkout/sessions",
        params={"expand[]": "data.payment_intent", "payment_intent": shut["payment_intent"]},
    ).json()
    assert listed["data"][0]["payment_intent"]["status"] == "succeeded"
    wrong = api.get(path, params={"expand[0]": "colour"})
    assert wrong.json()["error"]["param"] == "expand"


def test_lists_page(api: httpx.Client) -> None:
    made = [make(api).json()["id"] for _ in range(3)]
    first = api.get("/v1/checkout/sessions", params={"limit": "2"}).json()
    assert ([one["id"] for one in first["data"]], first["has_more"]) == (made[:0:-1], True)
    rest = api.get("/v1/checkout/sessions", params={"starting_after": made[1]}).json()
    assert ([one["id"] for one in rest["data"]], rest["has_more"]) == ([made[0]], False)


def test_events_are_listed_newest_first(api: httpx.Client) -> None:
    press(make(api).json()["url"], "pay")
    kinds = [event["type"] for event in api.get("/v1/events").json()["data"]]
    assert kinds == ["checkout.session.completed", "payment_intent.succeeded", "charge.succeeded"]
    only = api.get("/v1/events", params={"type": "charge.*"}).json()["data"]
    assert [event["type"] for event in only] == ["charge.succeeded"]
    assert api.get(f"/v1/events/{only[0]['id']}").json() == only[0]


# --- the hosted page ------------------------------------------------------------------------------


def test_the_page_shows_what_is_paid_and_escapes_it(api: httpx.Client) -> None:
    page = httpx.get(make(api).json()["url"])
    assert page.status_code == 200
    assert "10 &lt;b&gt;Reformer&lt;/b&gt; &amp; more" in page.text
    assert "120.00 EUR" in page.text
    assert "script" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    style = httpx.get(str(page.url.join("pay.css")))
    assert style.headers["content-type"].startswith("text/css")


def test_buttons_lead_back(api: httpx.Client) -> None:
    session = make(api).json()
    assert press(session["url"], "abandon").headers["location"] == "http://shop.test/no"
    assert press(session["url"], "nonsense").status_code == 400
    paid = press(session["url"], "pay")
    assert paid.headers["location"] == f"http://shop.test/ok?s={session['id']}"
    # A second press, from another tab, pays nothing again.
    assert press(session["url"], "pay").headers["location"] == paid.headers["location"]
    assert "This is paid." in httpx.get(session["url"]).text


def test_finished_and_unknown_sessions_have_a_page(
    api: httpx.Client, payserver: RunningPayServer
) -> None:
    session = make(api).json()
    assert api.post(f"/v1/checkout/sessions/{session['id']}/expire").json()["status"] == "expired"
    assert "has expired" in httpx.get(session["url"]).text
    assert "has expired" in press(session["url"], "pay").text
    assert api.post(f"/v1/checkout/sessions/{session['id']}/expire").status_code == 400
    unknown = httpx.get(f"{payserver.url}/pay/cs_test_nothing")
    assert unknown.status_code == 404
    assert "no such payment" in unknown.text


# --- control, clock, seed, mounting, process ------------------------------------------------------


def test_the_controls_are_reachable_over_http(api: httpx.Client) -> None:
    session = make(api).json()
    done = api.post("/_test/act", json={"session": session["id"], "how": "pay_delayed"})
    assert done.json() == {"result": "complete"}
    assert api.post("/_test/settle_delayed", json={"session": session["id"]}).status_code == 200
    assert (
        api.post("/_test/mishap", json={"mishap": "error", "path": "/refunds"}).status_code == 200
    )
    assert api.get("/v1/refunds").status_code == 500
    listed = api.post("/_test/sessions").json()["result"]
    assert [one["payment_status"] for one in listed] == ["paid"]
    assert api.post("/_test/deliveries").json()["result"][0]["kind"] == "payment_intent.processing"


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("nothing", b"{}", 404),
        ("_rule", b"{}", 404),
        ("_server", b"{}", 404),
        ("__init__", b"{}", 404),
        ("act", b"{", 400),
        ("act", b"[]", 400),
        ("act", b'{"session": "cs_1"}', 400),
        ("mishap", b'{"mishap": "flood"}', 400),
        ("mishap", b'{"mishap": "error", "times": 100000}', 400),
        ("duplicate", b'{"copies": 100000}', 400),
        ("expire", b'{"session": "cs_1"}', 404),
    ],
)
def test_wrong_controls_are_refused(api: httpx.Client, name: str, body: bytes, status: int) -> None:
    assert api.post(f"/_test/{name}", content=body).status_code == status


def test_a_seed_makes_the_ids_repeatable() -> None:
    def ids() -> list[str]:
        with running_payserver(seed=7) as server:
            headers = {"authorization": f"Bearer {TEST_SECRET_KEY}"}
            with httpx.Client(base_url=server.url, headers=headers) as api:
                pay(api)
            return [event.id for event in server.control.events()]

    assert ids() == ids()


def test_events_are_dated_by_the_given_clock(endpoint: Endpoint) -> None:
    now = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
    headers = {"authorization": f"Bearer {TEST_SECRET_KEY}"}
    with (
        running_payserver(webhook_url=endpoint.url, clock=FixedClock(now)) as server,
        httpx.Client(base_url=server.url, headers=headers) as api,
    ):
        pay(api)
        assert server.control.wait_idle()
    signature = endpoint.received[0].headers["stripe-signature"]
    assert signature.startswith(f"t={int(now.timestamp())},")


def test_it_mounts_inside_another_application() -> None:
    """The demo serves pages at /demo/pay/<session> and the API below /demo/pay/v1."""
    server = PayServer(public_url="http://127.0.0.1:8000/demo/pay")
    inner = create_payserver(server, pages_at="")

    @asgi("/demo/pay", is_mount=True, copy_scope=True)
    async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
        await inner(scope, receive, send)

    headers = {"authorization": f"Bearer {TEST_SECRET_KEY}"}
    with TestClient(Litestar([mounted])) as client:
        made = client.post("/demo/pay/v1/checkout/sessions", data=SESSION, headers=headers)
        assert made.status_code == 200
        url = made.json()["url"]
        assert url == f"http://127.0.0.1:8000/demo/pay/{made.json()['id']}"
        page = client.get(httpx.URL(url).path)
        assert "Pay 120.00 EUR" in page.text
        assert client.get("/demo/pay/pay.css").status_code == 200
        done = client.post(httpx.URL(url).path, data={"action": "pay"}, follow_redirects=False)
        assert done.status_code == 303
        assert client.post("/demo/pay/_test/sessions", headers=headers).status_code == 200
    assert server.control.sessions()[0].status == "complete"


def test_it_runs_as_a_process() -> None:
    command = [sys.executable, "-m", "passweb.testing.payserver", "--port", "0", "--seed", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            answer = httpx.get(f"{url}/v1/events", auth=(TEST_SECRET_KEY, ""))
            assert answer.status_code == 200
        finally:
            process.terminate()


def test_it_stops_with_calls_still_held() -> None:
    begun = time.monotonic()
    with running_payserver() as server:
        server.control.mishap(Mishap.SLOW_AFTER)
        with pytest.raises(httpx.TimeoutException):
            httpx.get(f"{server.url}/v1/events", auth=(TEST_SECRET_KEY, ""), timeout=0.2)
    assert time.monotonic() - begun < 8
