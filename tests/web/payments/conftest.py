"""A payment server, a gateway to it and a webhook endpoint, anew for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from passcore.ports.payments import PaymentGateway
from passweb.payments.stripe import provider
from passweb.testing.payserver import RunningPayServer, running_payserver
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
