"""What the web's tests share: the API on every store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from passcore.adapters.memory import MemoryStore
from passcore.ports.store import Store
from tests.web.houses import PRODUCT, SERVICE, Api, make_house, served


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """The test runs three times: in memory, on SQLite and on PostgreSQL."""
    if request.param == "memory":
        yield MemoryStore()
        return
    from passstore import open_store

    name = "sqlite_database" if request.param == "sqlite" else "postgres_database"
    opened = open_store(request.getfixturevalue(name))
    yield opened
    opened.close()


@pytest.fixture
def api(store: Store) -> Iterator[Api]:
    """The API of a studio that sells ten reformer classes, on every store."""
    with served(make_house(store)) as found:
        stocked(found)
        yield found


@pytest.fixture(scope="module")
def memory_api() -> Iterator[Api]:
    """The same in memory alone, shared by a module's tests, for what no store takes part in."""
    with served(make_house()) as found:
        stocked(found)
        yield found


def stocked(api: Api) -> None:
    """Give the studio its service and product."""
    api.made("/services", SERVICE)
    api.made("/products", PRODUCT)
