"""Negative controls: with a bug sown in the store, the machine fails, and soon."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import attrs
import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from passcore.adapters import memory_tables as rows
from passcore.adapters.memory import MemoryStore, MemoryTx
from passcore.adapters.memory_data import Data
from passcore.domain.bookings import Booking
from passcore.errors import LedgerDamaged
from passcore.ports.store import Intake, IntakeKey, PassChange, Store, StoredPass, Tx
from tests.core.state_machine.reports import ReportMachine

RUNS = 100


class Forgetful(MemoryStore):
    """Reads a report without what is known of its visit, so a repeated one deducts again."""

    def sow(self, tx: MemoryTx) -> None:
        read = tx.intake
        tx.bookings = Overwriting(tx._data)

        def forgetting(keys: Sequence[IntakeKey]) -> Intake:
            return attrs.evolve(read(keys), bookings={})

        tx.intake = forgetting  # type: ignore[method-assign]  # breaks the store on purpose

    @contextmanager
    def begin(self, business_id: str, *, write: bool = True, attempt: int = 1) -> Iterator[Tx]:
        """Sow the bug into every transaction."""
        with super().begin(business_id, write=write, attempt=attempt) as tx:
            assert isinstance(tx, MemoryTx)
            self.sow(tx)
            yield tx


class Overwriting(rows.Bookings):
    """Puts bookings without the guard that source and reference are there once."""

    def put(self, bookings: Sequence[Booking]) -> None:
        for booking in bookings:
            self._data.bookings.put(booking.id, booking)


class Racing(Forgetful):
    """Reads passes as they were one change ago and writes them without the version guard, which is
    what two requests at once come to where nothing holds them apart."""

    def __init__(self) -> None:
        super().__init__()
        self.before: dict[str, StoredPass] = {}

    def sow(self, tx: MemoryTx) -> None:
        tx.passes = Unguarded(tx._data, self.before)
        read, before = tx.intake, self.before

        def stale(keys: Sequence[IntakeKey]) -> Intake:
            found = read(keys)
            old = [before.get(p.code, p) for p in found.passes]
            return attrs.evolve(found, passes=old)

        tx.intake = stale  # type: ignore[method-assign]  # breaks the store on purpose


class Unguarded(rows.Passes):
    """Appends whatever the version."""

    def __init__(self, data: Data, before: dict[str, StoredPass]) -> None:
        super().__init__(data)
        self.before = before

    def append(self, changes: Sequence[PassChange]) -> None:
        for change in changes:
            now = self.get(change.before.state.id)
            self.before[now.code] = now
            unguarded = attrs.evolve(change, before=now)
            super().append([unguarded])


class Miscounting(Forgetful):
    """Keeps a pass row in which a used session is still free."""

    def sow(self, tx: MemoryTx) -> None:
        tx.passes = Generous(tx._data)


class Generous(rows.Passes):
    """Writes one session too many into the row."""

    def append(self, changes: Sequence[PassChange]) -> None:
        for change in changes:
            after, balance = change.after, change.after.balance
            if balance.used and not after.unlimited:
                balance = attrs.evolve(balance, available=balance.available + 1)
            super().append([attrs.evolve(change, after=attrs.evolve(after, balance=balance))])


class Idle(Forgetful):
    """Never tells of a pass that is over."""

    def sow(self, tx: MemoryTx) -> None:
        tx.passes = Blind(tx._data)


class Blind(rows.Passes):
    """Finds no pass that is due."""

    def due(self, at: datetime, limit: int) -> Sequence[StoredPass]:
        del at, limit
        return []


def found_in(store: type[MemoryStore]) -> bool:
    """Tell whether the machine, run on *store* alone, finds anything within `RUNS` runs."""

    class Sown(ReportMachine):
        @staticmethod
        def stores() -> Sequence[Store]:
            return (store(),)

    bounded = settings(
        max_examples=RUNS,
        stateful_step_count=30,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
    )
    try:
        run_state_machine_as_test(Sown, settings=bounded)
    except (AssertionError, LedgerDamaged):
        return True
    return False


@pytest.mark.parametrize("store", [Forgetful, Racing, Miscounting, Idle])
def test_a_sown_bug_is_found(store: type[MemoryStore]) -> None:
    """The machine sees what it is for: double deductions, lost updates, wrong rows, no lapsing."""
    assert found_in(store)


def test_without_a_bug_nothing_is_found() -> None:
    """The same bounded run finds nothing in the store as it is."""
    assert not found_in(MemoryStore)
