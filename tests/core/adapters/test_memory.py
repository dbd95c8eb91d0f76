"""The memory store keeps every promise of the store port."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pytest

from passcore import MemoryStore
from passcore.domain.businesses import ApiKey, Role
from passcore.errors import NotFound
from passcore.ports.store import Store
from passcore.testing import builders
from passcore.testing.builders import NOW
from passcore.testing.store import StoreContract, StoreRaceContract
from passcore.testing.store.base import Shop


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore()

    def test_what_was_never_added_is_not_saved(self, shop: Shop) -> None:
        """It is not found."""
        order = shop.order()
        payment = builders.payment(order)
        key = ApiKey("key_1", "K", Role.OWNER, "d" * 64, NOW)
        with shop.tx() as tx:
            never: list[Callable[[], None]] = [
                lambda: tx.payments.save(payment),
                lambda: tx.inbox.save(builders.event()),
                lambda: tx.people.save_key(key),
                lambda: tx.outbox.save(builders.message()),
                lambda: tx.clients.save(builders.client()),
                lambda: tx.orders.save(attrs.evolve(order, id="other")),
            ]
            for save in never:
                with pytest.raises(NotFound):
                    save()


class TestMemoryStoreRaces(StoreRaceContract):
    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore()
