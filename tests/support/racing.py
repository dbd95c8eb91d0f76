"""Redeemers in processes of their own, and the checker of what they were told.

Each redeemer opens the database itself, waits for the others at a barrier, and reports completions.
The history it keeps says when it asked, when it was answered and what; `check` holds that history
against what the pass could give.
"""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerContext
from typing import Any, Final

import attrs
from sqlalchemy import select, update

from passcore import (
    AddProduct,
    AddService,
    App,
    AssignPass,
    BookingStatus,
    Business,
    ClientRef,
    Money,
    PassError,
    PassExhausted,
    RandomIds,
    SystemClock,
    VisitReport,
    add_product,
    add_service,
    assign,
    report_one,
)
from passstore import SqlStore, metadata, open_store

BUSINESS: Final = "race"
CLIENT: Final = ClientRef(email="ana@example.com")


@attrs.frozen
class Asked:
    """One attempt: which booking, when it was asked and answered, and the answer (``ok`` or the
    refusal's code)."""

    ref: str
    asked: float
    answered: float
    answer: str


def context() -> ForkServerContext:
    """Return a context whose workers are forked from a process that has imported everything."""
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(["tests.support.racing"])
    return made


def prepare(url: str) -> App:
    """Make the business, its service and a catalogue in the database at *url*."""
    app = App(open_store(url), SystemClock(), RandomIds())
    app.add_business(Business(BUSINESS, BUSINESS, "Race", "Europe/Budapest", "EUR"))
    app.run(BUSINESS, add_service, AddService("Reformer"))
    product = AddProduct("Pack", Money(12000, "EUR"), sessions=1)
    app.run(BUSINESS, add_product, product)
    return app


def new_pass(app: App, sessions: int) -> str:
    """Return the id of a fresh pass of *sessions* for the racing client."""
    command = AssignPass("pack", CLIENT, sessions=sessions, notify=False)
    return app.run(BUSINESS, assign, command).state.id


Opened = Callable[[str], App]


def close(app: App) -> None:
    """Give the database's connections back."""
    assert isinstance(app.store, SqlStore)
    app.store.close()


def open_app(url: str) -> App:
    """Open the product as it ships."""
    return App(open_store(url), SystemClock(), RandomIds())


@attrs.frozen
class Heat:
    """One pass to go at: how many attempts each redeemer makes, and whether all of them report the
    same bookings (`shared`) or each its own."""

    pass_id: str
    attempts: int
    starts_at: datetime
    shared: bool = False


def heat(pass_id: str, attempts: int, *, shared: bool = False) -> Heat:
    """Return a heat of visits that start in a few minutes."""
    return Heat(pass_id, attempts, datetime.now(UTC) + timedelta(minutes=5), shared)


class Unguarded(App):
    """Reads, checks in Python and writes back, as a first draft would: the negative control.

    The same database, the same rows and the same question, without version guard and ledger.
    """

    def run(self, business_id: str, use_case: Any, command: Any, *, by: Any = None) -> Any:  # noqa: ARG002  # as App has them
        passes = metadata.tables["passes"]
        own = (passes.c.business_id == business_id) & (passes.c.id == command.choice)
        assert isinstance(self.store, SqlStore)
        with self.store.engine.connect() as connection:
            left = connection.execute(select(passes.c.available).where(own)).scalar_one()
            if left < 1:
                raise PassExhausted(command.choice, left, 1)
            connection.execute(update(passes).where(own).values(available=left - 1))


def open_unguarded(url: str) -> App:
    """Open the negative control."""
    return Unguarded(open_store(url), SystemClock(), RandomIds())


def _work(url: str, opened: Opened, me: int, plan: Sequence[Heat], gate: Any, out: Any) -> None:
    app = opened(url)
    for each in plan:
        gate.wait()
        own = "all" if each.shared else str(me)
        refs = [f"{each.pass_id}-{own}-{n}" for n in range(each.attempts)]
        out.put((each.pass_id, [_attempt(app, each, ref) for ref in refs]))
    close(app)


def _attempt(app: App, each: Heat, ref: str) -> Asked:
    done = BookingStatus.COMPLETED
    report = VisitReport(
        "race", ref, 1, done, CLIENT, "reformer", each.starts_at, choice=each.pass_id
    )
    asked = time.monotonic()
    try:
        app.run(BUSINESS, report_one, report)
    except PassError as refused:
        return Asked(ref, asked, time.monotonic(), refused.code)
    except Exception as broken:  # noqa: BLE001  # the checker must see it, whatever it is
        return Asked(ref, asked, time.monotonic(), f"{type(broken).__name__}: {broken}"[:200])
    return Asked(ref, asked, time.monotonic(), "ok")


def race(
    url: str, redeemers: int, plan: Sequence[Heat], *, opened: Opened = open_app
) -> dict[str, list[Asked]]:
    """Let *redeemers* processes go at each pass of *plan* together; return the histories."""
    made = context()
    gate, out = made.Barrier(redeemers), made.Queue()
    workers = [
        made.Process(target=_work, args=(url, opened, me, plan, gate, out), daemon=True)
        for me in range(redeemers)
    ]
    for worker in workers:
        worker.start()
    histories: dict[str, list[Asked]] = {each.pass_id: [] for each in plan}
    for _ in range(redeemers * len(plan)):
        pass_id, history = out.get(timeout=300)
        histories[pass_id] += history
    for worker in workers:
        worker.join(timeout=60)
    return histories


def check(history: Sequence[Asked], sessions: int) -> list[str]:
    """Return what is wrong with *history* for a pass that had *sessions*; nothing is right.

    Granted is exactly what there was; everybody else was told so, and nobody before at least as
    many others had asked and been granted.
    """
    answers = Counter(asked.answer for asked in history)
    wrong = [f"{count} x {answer}" for answer, count in answers.items()
             if answer not in ("ok", "pass_exhausted")]  # fmt: skip
    expected = min(sessions, len(history))
    if answers["ok"] != expected:
        wrong.append(f"granted {answers['ok']} of {expected}")
    granted = sorted(asked.asked for asked in history if asked.answer == "ok")
    for asked in history:
        if asked.answer == "pass_exhausted":
            before = sum(1 for moment in granted if moment < asked.answered)
            if before < sessions:
                wrong.append(f"{asked.ref} was refused when only {before} had been granted")
    return wrong
