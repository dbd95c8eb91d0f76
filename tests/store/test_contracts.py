"""Both stores keep every promise of the store port, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from passcore.ports.store import Store
from passcore.testing.store import StoreContract, StoreRaceContract
from passstore import SessionStore, open_store, prepare_engine
from passstore.engine import SQLITE


class TestSqlStore(StoreContract):
    """The store that owns its transactions."""

    @pytest.fixture
    def store(self, database_url: str) -> Iterator[Store]:
        opened = open_store(database_url)
        yield opened
        opened.close()


class TestSqlStoreRaces(StoreRaceContract):
    """The same, for threads."""

    @pytest.fixture
    def store(self, database_url: str) -> Iterator[Store]:
        opened = open_store(database_url)
        yield opened
        opened.close()


class TestSessionStore(StoreContract):
    """The store inside an embedder's transaction, which is open all the while."""

    @pytest.fixture
    def store(self, database_url: str) -> Iterator[Store]:
        module = {"module": SQLITE} if database_url.startswith("sqlite") else {}
        engine = prepare_engine(create_engine(database_url, **module))
        with Session(engine) as session:
            yield SessionStore(session)
        engine.dispose()
