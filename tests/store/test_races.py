"""Many at once: sums stay exact, guards hold, leases are given to one. Each with its control."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

from passcore import App, ClientRef, FixedClock, RandomIds
from passcore.domain.bookings import BookingStatus
from passcore.domain.passes import Pass
from passcore.errors import Contention, PassError
from passcore.usecases.intake import Reported, VisitReport, report_one
from passcore.usecases.verification import Verify, verify
from passstore import SqlStore
from tests.store import building as make
from tests.store.building import HOUR, NOW

THREADS = 8


def together(work: Callable[[int], None]) -> list[Exception]:
    """Run *work* in all threads at once; return what it raised."""
    start = threading.Barrier(THREADS)
    raised: list[Exception] = []

    def run(number: int) -> None:
        start.wait()
        try:
            work(number)
        except Exception as error:  # noqa: BLE001  # counted below
            raised.append(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def state_of(store: SqlStore) -> Pass:
    with store.begin("b1", write=False) as tx:
        return tx.passes.get("pass_p1").state


def report(app: App, ref: str) -> Reported:
    visit = VisitReport(
        "mindbody", ref, 1, BookingStatus.COMPLETED, ClientRef(email="ann@x.example"), "yoga", NOW
    )
    return app.run("b1", report_one, visit)


def test_the_last_sessions_are_given_once_and_nothing_is_lost(store: SqlStore) -> None:
    """Eight callers want four visits each from a pass of ten: ten visits are had, 22 refused."""
    app = App(store, FixedClock(NOW), RandomIds())
    outcome: Counter[str] = Counter()

    def work(number: int) -> None:
        for visit in range(4):
            try:
                report(app, f"{number}-{visit}")
            except PassError as refused:
                outcome[refused.code] += 1
            else:
                outcome["done"] += 1

    assert together(work) == []
    assert outcome == {"done": 10, "pass_exhausted": 22}
    balance = state_of(store).balance
    assert (balance.used, balance.available) == (10, 0)
    assert app.read("b1", verify, Verify()).damage == ()


def test_one_visit_reported_by_all_is_deducted_once(store: SqlStore) -> None:
    app = App(store, FixedClock(NOW), RandomIds())
    applied: list[bool] = []
    assert together(lambda _: applied.append(report(app, "same").applied)) == []
    assert sorted(applied) == [False] * (THREADS - 1) + [True]
    assert state_of(store).balance.used == 1


def test_a_new_client_named_by_all_is_made_once(store: SqlStore) -> None:
    app = App(store, FixedClock(NOW), RandomIds())

    def work(number: int) -> None:
        visit = VisitReport(
            "mindbody", f"{number}", 1, BookingStatus.COMPLETED,
            ClientRef(email="new@x.example"), "yoga", NOW, choice=None,
        )  # fmt: skip
        app.run("b1", report_one, visit)

    assert together(work) == []
    with store.begin("b1", write=False) as tx:
        assert len(tx.clients.page(search="new@").items) == 1
        assert len(tx.bookings.page().items) == THREADS


def test_of_all_who_read_one_version_one_writes(store: SqlStore) -> None:
    """The guard alone, without App's second try: seven are told that somebody was faster."""
    read = threading.Barrier(THREADS)

    def work(number: int) -> None:
        with store.begin("b1") as tx:
            stored = tx.passes.get("pass_p1")
            read.wait()
            tx.passes.append([make.deduction(stored, f"bk_{number}")])
            tx.outbox.add([make.message(f"msg_{number}")])

    raised = together(work)
    assert [type(error) for error in raised] == [Contention] * (THREADS - 1)
    assert state_of(store).balance.used == 1
    with store.begin("b1", write=False) as tx:
        assert len(tx.passes.ledger("pass_p1")) == 2
        assert len(tx.outbox.page().items) == 1, "the losers left nothing behind"


def test_without_the_guard_visits_are_lost(store: SqlStore) -> None:
    """Negative control: read, count in Python, write back. All say it worked; seven are wrong."""
    read = threading.Barrier(THREADS)

    def work(_: int) -> None:
        used = state_of(store).balance.used
        read.wait()
        with store.engine.begin() as connection:
            connection.execute(text("UPDATE passes SET used = :used"), {"used": used + 1})

    assert together(work) == []
    assert state_of(store).balance.used == 1


def test_numbers_drawn_at_once_have_no_gap_and_no_twin(store: SqlStore) -> None:
    drawn: list[int] = []

    def work(_: int) -> None:
        for _ in range(3):
            with store.begin("b1") as tx:
                number = tx.invoices.next_number("2026")
            drawn.append(number)

    assert together(work) == []
    assert sorted(drawn) == list(range(1, 3 * THREADS + 1))


@pytest.mark.parametrize("kind", ["messages", "events"])
def test_what_is_due_is_claimed_by_one(store: SqlStore, kind: str) -> None:
    with store.begin("b1") as tx:
        tx.outbox.add([make.message(f"m{n}") for n in range(30)])
        for n in range(30):
            tx.inbox.add(make.event(f"m{n}"))
    claimed: list[str] = []

    def work(_: int) -> None:
        while True:
            with store.registry() as registry:
                claim = registry.claim_messages if kind == "messages" else registry.claim_events
                found = claim(NOW + HOUR, NOW + 2 * HOUR, 3)
            if not found:
                return
            claimed.extend(one.id for _, one in found)

    assert together(work) == []
    assert sorted(claimed) == sorted(f"m{n}" for n in range(30))


def test_a_lease_ends_and_saving_gives_it_up(store: SqlStore) -> None:
    with store.begin("b1") as tx:
        tx.outbox.add([make.message(), make.message("late", due_at=NOW + 9 * HOUR)])
        tx.inbox.add(make.event())
    minute = timedelta(minutes=1)

    def claim(at_hours: int) -> tuple[list[str], list[str]]:
        now = NOW + at_hours * HOUR
        with store.registry() as registry:
            messages = registry.claim_messages(now, now + 2 * HOUR - minute, 10)
            events = registry.claim_events(now, now + 2 * HOUR - minute, 10)
        return [m.id for _, m in messages], [e.id for _, e in events]

    assert claim(0) == (["msg_1"], ["ev_1"])
    assert claim(1) == ([], [])
    assert claim(2) == (["msg_1"], ["ev_1"])
    with store.begin("b1") as tx:
        tx.outbox.save(make.message(attempts=1))
        tx.inbox.save(make.event(attempts=1))
    assert claim(2) == (["msg_1"], []), "an event that is not done waits for its lease to end"
    with store.begin("b1") as tx:
        tx.inbox.save(make.event(attempts=2, done_at=NOW))
    assert claim(8) == (["msg_1"], [])
