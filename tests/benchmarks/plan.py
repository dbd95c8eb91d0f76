"""Which numbers of the quality table are measured, and by what."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from typing import Any

from tests.benchmarks import cli_startup, http_reports, imports, peers, store_hot_path
from tests.benchmarks.report import Measured, Options

BUSINESSES = 100


def _store(options: Options, threads: int = 8) -> argparse.Namespace:
    return argparse.Namespace(
        threads=threads,
        seconds=options.seconds,
        rounds=options.rounds,
        businesses=BUSINESSES,
        folder=None,
        hot=False,
    )


def postgresql(options: Options) -> list[Measured]:
    """P2: a visit through `App` and `SqlStore`, with callers that share and callers that do not."""
    found = [
        line for threads in (8, 64) for line in store_hot_path.on_postgres(_store(options, threads))
    ]
    return [_stored("P2", "psycopg, one statement", 0.4, line) for line in found]


def sqlite(options: Options) -> list[Measured]:
    """P3: the same on SQLite; also with one caller, where the baseline has nobody to wait for."""
    found = [
        line
        for threads in (8, 1, 64)
        for line in store_hot_path.on_sqlite(_store(options, threads))
    ]
    return [_stored("P3", "sqlite3, four statements", 0.45, line) for line in found]


def _stored(number: str, against: str, least: float, line: dict[str, Any]) -> Measured:
    return Measured(
        number=number,
        work=f"a visit on {line['what']}",
        against=against,
        baseline=line["by_hand"],
        ours=line["ours"],
        ratio=line["ratio"],
        least=least,
    )


def startup(options: Options) -> list[Measured]:
    """P11: the start of the command line."""
    baselines = {"--help": "a Typer hello", "pass show": "Typer, one row by SQLAlchemy Core"}
    return [
        Measured(
            number="P11",
            work=f"passctl {line['what']}",
            against=baselines[str(line["what"])],
            unit="ms",
            baseline=float(str(line["baseline_ms"])),
            ours=float(str(line["passctl_ms"])),
            ratio=float(str(line["median_of_ratios"])),
            most=float(str(line["reach"])),
        )
        for line in cli_startup.measure(options.repeats)
    ]


def pure(options: Options) -> list[Measured]:
    """P1: a decision with the state in hand."""
    module = import_module("tests.benchmarks.pure_decision")
    found: list[Measured] = module.measure(options)
    return found


PLAN: dict[str, Callable[[Options], list[Measured]]] = {
    "P1": pure,
    "P2": postgresql,
    "P3": sqlite,
    "P4": peers.measure,
    "P5": http_reports.measure,
    "P11": startup,
    "P12": imports.measure,
}
