"""A payment server, a gateway to it and a webhook endpoint, anew for each test."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from passcore.ports.payments import PaymentGateway
from passweb.payments.stripe import provider
from passweb.testing.payserver import TEST_SECRET_KEY, RunningPayServer, running_payserver
from tests.web.payments.support import Endpoint, running_endpoint


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with running_endpoint() as found:
        yield found


@pytest.fixture
def payserver(endpoint: Endpoint) -> Iterator[RunningPayServer]:
    with running_payserver(webhook_url=endpoint.url) as server:
        yield server


@pytest.fixture
def gateway(payserver: RunningPayServer) -> PaymentGateway:
    return provider(payserver.config)


@pytest.fixture
def api(payserver: RunningPayServer) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {TEST_SECRET_KEY}"}
    with httpx.Client(base_url=payserver.url, headers=headers) as client:
        yield client
