"""The main job by HTTP alone: bought online, paid, booked, completed, nine left."""

from __future__ import annotations

from typing import Any

import httpx

from passcore.adapters.system import SystemClock
from passcore.ports.store import Store
from passweb.payments.stripe import provider
from passweb.testing.payserver import RunningPayServer, running_payserver
from passweb.worker import Worker
from tests.web.conftest import stocked
from tests.web.houses import Api, KeptMail, make_house, served

ANA = {"email": "ana@example.com", "name": "Ana"}


def _pay(bank: RunningPayServer, api: Api, order: dict[str, Any]) -> None:
    """Press Pay on the provider's page, and hand its event over as the provider would."""
    assert httpx.post(order["checkout_url"], data={"action": "pay"}).status_code == 303
    for event in reversed(bank.control.events()):
        headers, body = bank.control.signed(event.id)
        answer = api.http.post("/hooks/payments/stripe/studio", headers=headers, content=body)
        assert answer.status_code == 204, answer.text


def test_ten_sessions_are_bought_online_one_is_used_and_nine_are_left(store: Store) -> None:
    clock: Any = SystemClock()
    with running_payserver() as bank:
        house = make_house(store, gateways={"stripe": provider(bank.config)}, clock=clock)
        with served(house) as api:
            stocked(api)
            body = {"product_id": "10-x-reformer", "client": ANA, "method": "online"}
            order = api.made("/orders", body)
            assert order["status"] == "awaiting_payment"
            _pay(bank, api, order)
            Worker(house).drain()
            order = api.get(f"/orders/{order['id']}").json()
            assert order["status"] == "fulfilled"
            held = api.get(f"/passes/{order['pass_id']}").json()
            soon = house.clock.now().isoformat()
            visit = {"client": ANA, "service_id": "reformer", "starts_at": soon}
            booking = api.made("/bookings", visit | {"pass": held["code"]})
            assert booking["payments"][0]["remaining_after"] == 9
            assert api.made(f"/bookings/{booking['id']}/complete")["status"] == "completed"
            counts = api.get(f"/passes/{held['code']}").json()["sessions"]
            assert (counts["used"], counts["remaining"]) == (1, 9)
            Worker(house).drain()
            mailer = house.relay.out.mailer
            assert isinstance(mailer, KeptMail)
            purchase = mailer.sent[0]
            assert purchase.to == "ana@example.com"
            assert held["code"] in purchase.text
            assert purchase.attachments[0].media_type == "application/pdf"
