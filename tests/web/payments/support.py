"""What the payment tests share: requests, and an endpoint that takes webhooks."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import attrs
import httpx

from passcore.domain.money import Money
from passcore.ports.payments import ChargeRequest, CheckoutRequest, ProviderPayment

EUR_120 = Money(12000, "EUR")


def checkout_request(
    order: str = "order-1",
    *,
    key: str | None = None,
    amount: Money = EUR_120,
    save_card: bool = False,
    customer: str | None = None,
) -> CheckoutRequest:
    return CheckoutRequest(
        business_id="studio-1",
        order_id=order,
        key=key if key is not None else f"checkout:{order}",
        amount=amount,
        title="10 × Reformer",
        client_email="ana@example.com",
        success_url="http://shop.test/paid?session={CHECKOUT_SESSION_ID}",
        cancel_url="http://shop.test/cancelled",
        save_card=save_card,
        customer_ref=customer,
    )


def charge_request(payment: ProviderPayment, order: str = "order-2") -> ChargeRequest:
    assert payment.customer_ref is not None
    assert payment.card_ref is not None
    return ChargeRequest(
        business_id="studio-1",
        order_id=order,
        key=f"charge:{order}",
        amount=Money(9900, "EUR"),
        title="Renewal",
        customer_ref=payment.customer_ref,
        card_ref=payment.card_ref,
    )


def press(url: str, action: str) -> httpx.Response:
    """Press a button on a hosted page."""
    return httpx.post(url, data={"action": action}, follow_redirects=False)


@attrs.frozen
class Received:
    headers: dict[str, str]
    body: bytes


@attrs.define
class Endpoint:
    """A webhook endpoint that keeps what it got; `answers` are its next statuses, then 200."""

    url: str = ""
    received: list[Received] = attrs.field(factory=list)
    answers: list[int] = attrs.field(factory=list)
    lock: threading.Lock = attrs.field(factory=threading.Lock)

    def take(self, headers: dict[str, str], body: bytes) -> int:
        with self.lock:
            self.received.append(Received(headers, body))
            return self.answers.pop(0) if self.answers else 200


@contextmanager
def running_endpoint() -> Iterator[Endpoint]:
    endpoint = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(endpoint.take(headers, body))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_request(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    endpoint.url = f"http://127.0.0.1:{server.server_address[1]}/hooks/payments/stripe/studio-1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


SESSION = {
    "mode": "payment",
    "line_items[0][quantity]": "1",
    "line_items[0][price_data][currency]": "eur",
    "line_items[0][price_data][unit_amount]": "12000",
    "line_items[0][price_data][product_data][name]": "10 <b>Reformer</b> & more",
    "success_url": "http://shop.test/ok?s={CHECKOUT_SESSION_ID}",
    "cancel_url": "http://shop.test/no",
}


def make(api: httpx.Client, key: str | None = None, **changes: str) -> httpx.Response:
    headers = {"idempotency-key": key} if key is not None else {}
    return api.post("/v1/checkout/sessions", data={**SESSION, **changes}, headers=headers)


def pay(api: httpx.Client) -> dict[str, Any]:
    session: dict[str, Any] = make(api).json()
    press(session["url"], "pay")
    return session


def kinds(endpoint: Endpoint) -> list[str]:
    return [json.loads(found.body)["type"] for found in endpoint.received]
