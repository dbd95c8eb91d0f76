"""Measures the numbers of the quality table, tells them in one table and keeps them as JSON.

    uv run nox -s bench
    python -m tests.benchmarks --only P2,P4 --quick

Every line is ours beside a baseline of the same run on the same machine: the ratio counts, not the
figure.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
import traceback
from pathlib import Path

from tests.benchmarks.plan import PLAN
from tests.benchmarks.report import Measured, Options, cores, keep, load, sync_ms, table

RESULTS = Path(__file__).with_name("results")


def main() -> int:
    """Measure what is asked for; 1 where something could not be measured."""
    arguments = _arguments()
    options = Options.quick() if arguments.quick else Options()
    measured: list[Measured] = []
    failed = False
    before = {"load": load(), "sync_ms": sync_ms()}
    for number in arguments.only:
        started = time.perf_counter()
        print(f"{number} …", file=sys.stderr, flush=True)
        try:
            with contextlib.redirect_stdout(sys.stderr):
                measured += PLAN[number](options)
        except Exception as error:  # noqa: BLE001  # the other numbers are still worth having
            traceback.print_exc()
            failed = True
            note = f"{type(error).__name__}: {error}"
            measured.append(Measured(number=number, work="", against="", note=note))
        print(f"{number} took {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    print(table(measured))
    print(f"\nA durable write alone took {before['sync_ms']:.2f} ms before.")
    if before["load"] > cores():
        print(f"The machine was busy with other things (load {before['load']:.1f}): measure again.")
    if arguments.quick:
        print("\nMeasured with --quick: this shows that everything runs, no more.")
    keep(arguments.json, measured, options, before)
    print(f"\nKept in {_shown(arguments.json)}", file=sys.stderr)
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description="Measure the numbers of the quality table."
    )
    parser.add_argument(
        "--only",
        type=_numbers,
        default=list(PLAN),
        help=f"which numbers, with commas between; of {', '.join(PLAN)}",
    )
    parser.add_argument("--quick", action="store_true", help="short rounds, to see that it runs")
    parser.add_argument(
        "--json",
        type=Path,
        default=RESULTS / "latest.json",
        help="where to keep the figures (default: tests/benchmarks/results/latest.json)",
    )
    found: argparse.Namespace = parser.parse_args()
    return found


def _numbers(text: str) -> list[str]:
    chosen = [number.strip().upper() for number in text.split(",")]
    unknown = [number for number in chosen if number not in PLAN]
    if unknown:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not one of {', '.join(PLAN)}")
    return chosen


def _shown(path: Path) -> Path:
    with contextlib.suppress(ValueError):
        return path.resolve().relative_to(Path.cwd())
    return path


if __name__ == "__main__":
    sys.exit(main())
