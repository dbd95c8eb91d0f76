"""Stores for the store's tests: each test runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from passstore import SqlStore, open_store
from tests.store.building import open_business


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    """An open store with the business `b1`, one client, service, product and pass."""
    opened = open_store(database_url)
    open_business(opened)
    yield opened
    opened.close()
