"""The state machine on SQLite beside the memory store: they answer and keep everything alike."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from passcore import MemoryStore
from passcore.ports.store import Store
from passstore import open_store, upgrade
from tests.core.pass_machine.machine import PassMachine

RUNS, STEPS = 500, 50


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Store]:
    """One SQLite database for all runs: each has a business of its own in it."""
    url = f"sqlite:///{tmp_path / 'machine.sqlite'}"
    upgrade(url)
    store = open_store(url)
    yield store
    store.close()


def _on(database: Store) -> type[PassMachine]:
    class OnBoth(PassMachine):
        @staticmethod
        def make_stores() -> list[Store]:
            return [MemoryStore(), database]

    return OnBoth


def test_state_machine_of_passes_on_sqlite(database: Store) -> None:
    """Five hundred runs of fifty steps."""
    runs = 20 if os.environ.get("SESSIONPASS_HYPOTHESIS") == "quick" else RUNS
    found = settings(max_examples=runs, stateful_step_count=STEPS, deadline=None)
    run_state_machine_as_test(_on(database), settings=found)


@pytest.mark.long
def test_state_machine_of_passes_on_sqlite_long(database: Store) -> None:
    """As many runs as the profile says."""
    run_state_machine_as_test(_on(database), settings=settings.get_profile("long"))
