"""The memory store keeps every promise of the store port."""

from __future__ import annotations

import pytest

from passcore import MemoryStore
from passcore.ports.store import Store
from passcore.testing.store import StoreContract, StoreRaceContract


@pytest.fixture
def _store() -> Store:
    return MemoryStore()


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore()


class TestMemoryStoreRaces(StoreRaceContract):
    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore()
