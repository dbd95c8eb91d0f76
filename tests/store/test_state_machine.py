"""Every store gives the same answers and holds the same things, whatever happens to a business.

One database serves all runs; each run is another business in it, which is what tenants are for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis.stateful import run_state_machine_as_test

from passcore.adapters.memory import MemoryStore
from passcore.ports.store import Store
from passstore import SqlStore, open_store, upgrade
from tests.core.state_machine.budget import budget
from tests.core.state_machine.reports import ReportMachine


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[SqlStore]:
    """A store in a file, opened as users open it."""
    url = f"sqlite:///{tmp_path / 'passes.sqlite'}"
    upgrade(url)
    store = open_store(url)
    yield store
    store.close()


def machine_with(store: Store) -> type[ReportMachine]:
    """The machine, on memory and on *store*."""

    class BothStores(ReportMachine):
        @staticmethod
        def stores() -> Sequence[Store]:
            return MemoryStore(), store

    return BothStores


@pytest.mark.parametrize("share", [1, 2])
def test_sqlite_agrees_with_model_fold_and_memory(sqlite_store: SqlStore, share: int) -> None:
    """Memory and SQLite answer every command alike and hold the same after every step."""
    run_state_machine_as_test(machine_with(sqlite_store), settings=budget(shares=2))


@pytest.mark.long
def test_sqlite_agrees_with_model_fold_and_memory_long(sqlite_store: SqlStore) -> None:
    """The same, for as many and as long runs as the profile says."""
    run_state_machine_as_test(machine_with(sqlite_store), settings=budget())
