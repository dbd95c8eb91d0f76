"""What a measurement is and how it is told: the table on the screen and the JSON beside it."""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs


@attrs.frozen(kw_only=True)
class Options:
    """How long to measure: `rounds` of every contestant, of `seconds` each where a rate is counted,
    and `repeats` of what is over at once."""

    rounds: int = 5
    seconds: float = 2.0
    repeats: int = 21

    @classmethod
    def quick(cls) -> Options:
        """Return options to see that everything runs; the figures are not results."""
        return cls(rounds=3, seconds=0.5, repeats=5)


@attrs.frozen(kw_only=True)
class Measured:
    """One line of the table: ours beside a baseline of the same run.

    `least` or `most` is what the ratio of the two has to reach, None where nothing is asked. A line
    without figures was not measured, and `note` says why.
    """

    number: str
    work: str
    against: str
    unit: str = "/s"
    baseline: float | None = None
    ours: float | None = None
    ratio: float | None = None
    least: float | None = None
    most: float | None = None
    note: str = ""
    #: Baseline and ours of every round.
    pairs: tuple[tuple[float, float], ...] = ()

    @property
    def reached(self) -> bool | None:
        """Whether the ratio is what is asked, None where nothing is asked or known."""
        if self.ratio is None or (self.least is None and self.most is None):
            return None
        return (self.least is None or self.ratio >= self.least) and (
            self.most is None or self.ratio <= self.most
        )


def compared(
    number: str, work: str, against: str, pairs: Iterable[tuple[float, float]], **more: Any
) -> Measured:
    """Return the line of rounds that each measured the baseline and ours: medians of both, and the
    median of the rounds' ratios, which a machine that slows down half-way changes least."""
    kept = tuple(pairs)
    baseline, ours = (statistics.median(column) for column in zip(*kept, strict=True))
    ratio = statistics.median(own / base for base, own in kept)
    return Measured(
        number=number,
        work=work,
        against=against,
        baseline=baseline,
        ours=ours,
        ratio=ratio,
        pairs=kept,
        **more,
    )


def interleaved(
    contestants: Mapping[str, Callable[[], float]], rounds: int
) -> dict[str, list[float]]:
    """Let every contestant run once a round, each round beginning with another one."""
    found: dict[str, list[float]] = {name: [] for name in contestants}
    names = list(contestants)
    for number in range(rounds):
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            found[name].append(contestants[name]())
    return found


_HEADS = ("", "work", "against", "baseline", "ours", "ratio", "to reach", "reached?")


def table(measured: Sequence[Measured]) -> str:
    """Return the lines as text in columns, the notes below."""
    rows = [_HEADS, *map(_cells, measured)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_HEADS))]
    lines = [
        "  ".join(
            cell.ljust(width) if at < 3 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    lines.insert(1, "-" * max(map(len, lines)))
    notes = [f"{m.number}, {m.work}, {m.against}: {m.note}" for m in measured if m.note]
    return "\n".join([*lines, *(["", *notes] if notes else [])])


def _cells(m: Measured) -> tuple[str, ...]:
    asked = "" if m.least is None else f">= {m.least:g}"
    asked = asked if m.most is None else f"<= {m.most:g}"
    if m.ratio is None:
        return (m.number, m.work, m.against, "-", "-", "-", asked, "not measured")
    said = {True: "yes", False: "NO", None: ""}[m.reached]
    figures = (_figure(m.baseline, m.unit), _figure(m.ours, m.unit), f"{m.ratio:.2f}")
    return (m.number, m.work, m.against, *figures, asked, said)


def _figure(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    shown = f"{value:.0f}" if value >= 100 else f"{value:.3g}"
    return f"{shown}{unit}" if unit.startswith("/") else f"{shown} {unit}"


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def load() -> float:
    """Return how many processes wanted a processor in the last minute, 0 where nobody counts."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def sync_ms(times: int = 101) -> float:
    """Return the median milliseconds of a small durable write where temporary files are kept."""
    taken = []
    with tempfile.TemporaryFile() as file:
        for _ in range(times):
            file.write(b"x" * 4096)
            file.flush()
            started = time.perf_counter()
            os.fsync(file.fileno())
            taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def keep(
    path: Path, measured: Sequence[Measured], options: Options, around: Mapping[str, float]
) -> None:
    """Write the lines, with every round, and what they were measured with, to *path*."""
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": cores(),
        "before": dict(around),
        "options": attrs.asdict(options),
        "measured": [{**attrs.asdict(m), "reached": m.reached} for m in measured],
    }
    path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
