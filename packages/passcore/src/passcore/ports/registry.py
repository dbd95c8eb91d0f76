"""The registry port: what spans businesses, and how a worker takes what is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from passcore.domain.businesses import ApiKey, Business
from passcore.domain.notices import Message
from passcore.ports.records import InboxEvent


class Registry(Protocol):
    """What spans businesses: finding the tenant, and the work that waits in any of them."""

    def add_business(self, business: Business) -> None:
        """Raises `AlreadyExists` for a slug in use."""
        ...

    def business(self, ref: str) -> Business:
        """Find by id or slug; raises `NotFound`."""
        ...

    def businesses(self) -> Sequence[Business]: ...

    def key(self, digest: str) -> tuple[str, ApiKey] | None:
        """Return the business id and the key whose secret has this digest."""
        ...

    def claim_messages(
        self, now: datetime, lease_until: datetime, limit: int
    ) -> Sequence[tuple[str, Message]]:
        """Take due messages of all businesses: nobody else is given them before *lease_until*."""
        ...

    def claim_events(
        self, now: datetime, lease_until: datetime, limit: int
    ) -> Sequence[tuple[str, InboxEvent]]:
        """The same for provider events that were not acted on yet."""
        ...

    def claim_orders(
        self, now: datetime, lease_until: datetime, limit: int, *, placed_before: datetime
    ) -> Sequence[tuple[str, str]]:
        """The same for ids of online orders that wait for payment since *placed_before*: those due
        longest, since they were placed or since the instant of their last `Orders.ask_again`."""
        ...
