"""P1: deciding in memory, against making one frozen attrs object of 14 fields in the same run.

`python -m tests.benchmarks.pure_decision` prints medians of interleaved rounds, and the ratios.
"""

from __future__ import annotations

import statistics
import timeit
from collections.abc import Callable
from typing import Any, Final

import attrs

from passcore.domain import commands as cm
from passcore.domain.decisions import decide, decide_and_apply
from passcore.domain.ledger import Line
from passcore.domain.passes import Status
from passcore.errors import Refusal
from passcore.testing import builders
from passcore.testing.builders import NOW
from tests.benchmarks.report import Measured, Options, table

CALLS: Final = 200
REPEATS: Final = 10
ACCEPT_AT_MOST: Final = 6.0
REFUSE_AT_MOST: Final = 2.0


@attrs.frozen
class Fourteen:
    """The baseline: as many fields as a row has that a hand-written store would make."""

    a: int
    b: int
    c: int
    d: int
    e: int
    f: int
    g: int
    h: int
    i: str
    j: str
    k: str
    l: str  # noqa: E741  # the twelfth letter
    m: str
    n: str


def baseline() -> Fourteen:
    """Make one."""
    return Fourteen(1, 2, 3, 4, 5, 6, 7, 8, "i", "j", "k", "l", "m", "n")


STATE = builders.story(of=builders.terms(sessions=10_000)).state
EMPTY = builders.story_at(Status.USED_UP).state
COMMAND = cm.Deduct(Line("booking_1"), builders.visit())


def accept() -> Any:
    """Decide a deduction and make the state after it."""
    return decide_and_apply(STATE, COMMAND, at=NOW)


def refuse() -> str:
    """Be refused for want of sessions."""
    try:
        decide(EMPTY, COMMAND, at=NOW)
    except Refusal as refusal:
        return refusal.code
    raise AssertionError("was accepted")


def timed(work: Callable[[], Any]) -> float:
    """Return the microseconds one call takes, undisturbed by what else the machine does."""
    return min(timeit.repeat(work, number=CALLS, repeat=REPEATS)) / CALLS * 1e6


def measure(options: Options) -> list[Measured]:
    """Return both lines; what is compared is the baseline of the same round."""
    rounds = [(timed(baseline), timed(accept), timed(refuse)) for _ in range(options.repeats * 3)]
    limits = (("accept: entry and new state", ACCEPT_AT_MOST), ("refuse", REFUSE_AT_MOST))
    return [
        Measured(
            number="P1",
            work=work,
            against="a frozen attrs object of 14 fields",
            unit="µs",
            baseline=statistics.median(r[0] for r in rounds),
            ours=statistics.median(r[column] for r in rounds),
            ratio=statistics.median(r[column] / r[0] for r in rounds),
            most=most,
            pairs=tuple((r[0], r[column]) for r in rounds),
        )
        for column, (work, most) in enumerate(limits, start=1)
    ]


if __name__ == "__main__":
    print(table(measure(Options())))
