"""Threads that finish together share a transaction, and nobody pays for another's mistake."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from passcore.errors import Contention
from passcore.ports.store import Receipt, Tx
from passstore import SqlStore, committing
from tests.store import building as make
from tests.store.building import NOW

THREADS = 8


@pytest.fixture(autouse=True)
def one_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL shares a transaction only among more threads than these: let it begin at two."""
    monkeypatch.setattr("passstore.store.LANES", {"sqlite": 1, "postgresql": 1})


@contextmanager
def held_up(monkeypatch: pytest.MonkeyPatch, waiting: int) -> Iterator[list[int]]:
    """Make the first writer wait until *waiting* others stand behind it; tell the groups' sizes."""
    sizes: list[int] = []
    plain = committing._write
    committers: list[Any] = []
    known = committing.Committer._gather

    def gather(self: Any, own: Any) -> Any:
        if not committers:
            committers.append(self)
            deadline = threading.Event()
            while len(self._waiting) < waiting and not deadline.wait(0.001):
                pass
            taken, self._waiting = self._waiting, []
            group = known(self, own)
            self._waiting = taken
            return group
        return known(self, own)

    def write(group: Any, link: Any) -> None:
        sizes.append(len(group))
        plain(group, link)

    monkeypatch.setattr(committing.Committer, "_gather", gather)
    monkeypatch.setattr(committing, "_write", write)
    yield sizes


def together(store: SqlStore, work: Any) -> dict[int, BaseException | None]:
    """Run `work(tx, number)` in a block of its own in every thread; return what each came to."""
    outcome: dict[int, BaseException | None] = {}

    def run(number: int) -> None:
        try:
            with store.begin("b1") as tx:
                work(tx, number)
        except Exception as error:  # noqa: BLE001  # counted below
            outcome[number] = error
        else:
            outcome[number] = None

    threads = [threading.Thread(target=run, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcome


@pytest.fixture
def many(store: SqlStore) -> SqlStore:
    """Eight passes, one for each thread."""
    with store.begin("b1") as tx:
        for number in range(THREADS):
            tx.passes.add(*make.new_pass(f"t{number}"))
    return store


def deduct(tx: Tx, number: int) -> None:
    tx.passes.append([make.deduction(tx.passes.get(f"pass_t{number}"), f"bk_{number}")])
    tx.bookings.put([make.booking(f"bk_{number}")])
    tx.receipts.add(Receipt(f"key_{number}", "f", "{}", NOW))


def test_who_finishes_meanwhile_is_written_together(
    many: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with held_up(monkeypatch, THREADS - 1) as sizes:
        outcome = together(many, deduct)
    assert set(outcome.values()) == {None}
    assert sizes == [1, THREADS - 1]
    with many.begin("b1", write=False) as tx:
        assert len(tx.bookings.page().items) == THREADS
        for number in range(THREADS):
            assert len(tx.passes.ledger(f"pass_t{number}")) == 2
            assert tx.receipts.find(f"key_{number}") is not None


def test_one_that_is_refused_costs_the_others_nothing(
    many: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thread 3 writes over a version that is gone: it alone is told, and leaves nothing."""
    with many.begin("b1") as tx:
        stale = tx.passes.get("pass_t3")
        tx.passes.append([make.deduction(stale, "bk_before")])

    def work(tx: Tx, number: int) -> None:
        if number != 3:
            deduct(tx, number)
            return
        tx.passes.append([make.deduction(stale, "bk_3")])
        tx.bookings.put([make.booking("bk_3")])

    with held_up(monkeypatch, THREADS - 1):
        outcome = together(many, work)
    assert type(outcome.pop(3)) is Contention
    assert set(outcome.values()) == {None}
    with many.begin("b1", write=False) as tx:
        assert len(tx.bookings.page().items) == THREADS - 1
        assert len(tx.passes.ledger("pass_t3")) == 2


def test_two_of_the_same_pass_are_never_written_together(
    many: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with many.begin("b1", write=False) as tx:
        read = tx.passes.get("pass_t0")

    def work(tx: Tx, number: int) -> None:
        tx.passes.append([make.deduction(read, f"bk_{number}")])

    with held_up(monkeypatch, THREADS - 1) as sizes:
        outcome = together(many, work)
    assert sizes == [1] * THREADS
    assert [type(e) for e in outcome.values()].count(Contention) == THREADS - 1


def test_a_database_that_is_gone_is_told_to_all_and_nothing_is_tried_again(
    many: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the group was stored is not known then."""
    tries: list[int] = []

    def gone(group: Any, link: Any) -> None:
        tries.append(len(group))
        raise many.engine.dialect.loaded_dbapi.OperationalError("disk I/O error")

    monkeypatch.setattr(committing, "_transact", gone)
    with held_up(monkeypatch, THREADS - 1):
        outcome = together(many, deduct)
    assert None not in outcome.values()
    assert tries == [1, THREADS - 1]
    monkeypatch.undo()
    with many.begin("b1") as tx:
        deduct(tx, 0)
