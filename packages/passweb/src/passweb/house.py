"""The house: everything one installation is made of, as handlers and worker see it."""

from __future__ import annotations

import threading

import attrs

from passcore.app import App
from passcore.ports.clock import Clock
from passcore.ports.payments import PaymentGateway
from passcore.ports.store import Store
from passcore.relay import Relay
from passweb.settings import Settings


@attrs.frozen
class House:
    """One installation, put together. `providers` are the payment providers that are set up, the
    preferred first; setting `wake` makes the worker look for work at once."""

    settings: Settings
    store: Store
    app: App
    relay: Relay
    providers: tuple[str, ...]
    wake: threading.Event = attrs.field(factory=threading.Event)

    @property
    def clock(self) -> Clock:
        """Where the time comes from."""
        return self.app.clock

    @property
    def provider(self) -> str | None:
        """The provider a new online order is paid with, None where none is set up."""
        return self.providers[0] if self.providers else None

    def gateway(self, business_id: str, provider: str) -> PaymentGateway:
        """Return a business's account at *provider*; `NotFound` where it has none. No I/O."""
        return self.relay.out.gateways(business_id, provider)
