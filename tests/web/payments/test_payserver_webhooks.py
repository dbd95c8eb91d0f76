"""Events of the test payment server: signed, repeated until taken, and scripted."""

from __future__ import annotations

import json
import socket
import time
from datetime import UTC, datetime

import httpx
import stripe

from passcore.ports.payments import PaymentGateway
from passweb.testing.payserver import RunningPayServer
from tests.web.payments.support import Endpoint, checkout_request, kinds, pay

ALL = ["charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"]


def test_the_official_library_takes_our_signatures(
    api: httpx.Client, payserver: RunningPayServer, endpoint: Endpoint
) -> None:
    """Cross-check: the signatures our own verification is tested with are the provider's."""
    pay(api)
    assert payserver.control.wait_idle()
    secret = payserver.config["webhook_secrets"]
    for found in endpoint.received:
        stripe.Webhook.construct_event(found.body, found.headers["stripe-signature"], secret)
    assert kinds(endpoint) == ALL


def test_events_are_repeated_until_they_are_taken(
    api: httpx.Client, payserver: RunningPayServer, endpoint: Endpoint
) -> None:
    endpoint.answers += [500, 301, 404]
    pay(api)
    assert payserver.control.wait_delivered("charge.succeeded")
    assert payserver.control.wait_idle()
    first = payserver.control.deliveries()[0]
    assert first.stage.value == "delivered"
    statuses = [
        attempt.status
        for delivery in payserver.control.deliveries()
        for attempt in delivery.attempts
    ]
    assert sorted(filter(None, statuses)) == [200, 200, 200, 301, 404, 500]


def test_an_endpoint_that_is_down_is_tried_again(
    api: httpx.Client, payserver: RunningPayServer, endpoint: Endpoint
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = f"http://127.0.0.1:{listener.getsockname()[1]}/hook"
    payserver.control.point_webhooks_at(nobody)
    pay(api)
    payserver.control.point_webhooks_at(endpoint.url)
    assert payserver.control.wait_delivered("charge.succeeded")
    assert payserver.control.wait_idle()
    assert sorted(kinds(endpoint)) == sorted(ALL)


def test_events_are_duplicated(
    api: httpx.Client, payserver: RunningPayServer, endpoint: Endpoint
) -> None:
    payserver.control.duplicate(3, "payment_intent.succeeded")
    pay(api)
    assert payserver.control.wait_idle()
    assert kinds(endpoint) == [ALL[0], ALL[1], ALL[1], ALL[1], ALL[2]]
    assert len({json.loads(found.body)["id"] for found in endpoint.received}) == 3


def test_events_are_dropped(
    api: httpx.Client, payserver: RunningPayServer, endpoint: Endpoint
) -> None:
    payserver.control.drop("checkout.session.*")
    pay(api)
    assert payserver.control.wait_idle()
    assert kinds(endpoint) == ALL[:2]
    lost = payserver.control.events("checkout.session.completed")[0]
    payserver.control.resend(lost.id, copies=2)
    assert payserver.control.wait_delivered("checkout.session.completed", count=2)
    assert kinds(endpoint)[2:] == [ALL[2]] * 2


def test_events_are_held_until_released(
    api: httpx.Client, payserver: RunningPayServer, endpoint: Endpoint
) -> None:
    payserver.control.hold()
    pay(api)
    assert payserver.control.wait_idle()
    assert endpoint.received == []
    assert payserver.control.release_events() == 3
    assert payserver.control.wait_idle()
    assert kinds(endpoint) == ALL


def test_events_are_turned_around(
    api: httpx.Client, payserver: RunningPayServer, endpoint: Endpoint
) -> None:
    payserver.control.reorder(3)
    pay(api)
    assert payserver.control.wait_idle()
    assert kinds(endpoint) == ALL[::-1]


def test_events_are_delayed(
    api: httpx.Client, payserver: RunningPayServer, endpoint: Endpoint
) -> None:
    payserver.control.delay(0.2, "charge.succeeded")
    begun = time.monotonic()
    pay(api)
    assert payserver.control.wait_delivered("charge.succeeded")
    assert time.monotonic() - begun >= 0.2
    assert kinds(endpoint) == [ALL[1], ALL[2], ALL[0]]


def test_a_signed_event_can_be_sent_by_the_test_itself(
    gateway: PaymentGateway, payserver: RunningPayServer
) -> None:
    checkout = gateway.start_checkout(checkout_request())
    payserver.control.act(checkout.ref, "pay")
    event = payserver.control.events("checkout.session.completed")[0]
    at = datetime(2027, 1, 1, tzinfo=UTC)
    headers, body = payserver.control.signed(event.id, at=int(at.timestamp()))
    assert gateway.verify_event(headers, body, now=at).checkout_ref == checkout.ref
