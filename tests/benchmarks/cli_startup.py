"""How long `passctl` takes to start, beside what one would write with Typer (QUALITY P11).

Run it with the workspace's root as the working directory:

    python -m tests.benchmarks.cli_startup --rounds 15

`passctl --help` is measured beside a Typer hello's `--help`, and `passctl pass show` beside a Typer
command that prints one row of the same file by SQLAlchemy Core. Rounds of baseline and ours
alternate; each is a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from passcli.main import main as passctl

HELLO = '''
import typer

app = typer.Typer()


@app.command()
def hello(name: str = "you") -> None:
    """Say hello."""
    typer.echo(f"Hello {name}")


app()
'''
ROW = '''
import typer
from sqlalchemy import create_engine, MetaData, Table, Column, Text, Integer, select

app = typer.Typer()
passes = Table("passes", MetaData(), Column("id", Text), Column("code", Text))


@app.command()
def show(url: str, code: str) -> None:
    """Print one row."""
    with create_engine(url).connect() as connection:
        row = connection.execute(select(passes).where(passes.c.code == code)).one()
    typer.echo(f"{row.id} {row.code}")


app()
'''
LIMIT = 1.3


def _seed(folder: Path) -> tuple[str, str]:
    """Make a studio with one pass; return the database's URL and the pass ID."""
    url = f"sqlite:///{folder / 'passes.sqlite'}"
    out, sys.stdout = sys.stdout, (folder / "answers").open("w", encoding="utf-8")
    try:
        for line in (
            "init --name Studio --timezone Europe/Budapest --currency EUR --json",
            "service add --name Reformer --json",
            "product add --name Ten --sessions 10 --price 120.00 --json",
            "pass assign --client ana@example.com --product ten --json",
        ):
            sys.stdout.seek(0)
            sys.stdout.truncate()
            assert passctl([*line.split(), "--db", url]) == 0
        sys.stdout.close()
    finally:
        sys.stdout = out
    return url, json.loads((folder / "answers").read_text(encoding="utf-8"))["code"]


def _seconds(command: Sequence[str]) -> float:
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": ""}
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return time.perf_counter() - started


def measure(rounds: int) -> list[Mapping[str, object]]:
    """Return one row a comparison: medians in milliseconds and their ratio."""
    ours = str(Path(sys.executable).with_name("passctl"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        hello, row = folder / "hello.py", folder / "row.py"
        hello.write_text(HELLO)
        row.write_text(ROW)
        url, code = _seed(folder)
        pairs = {
            "--help": ([sys.executable, str(hello), "--help"], [ours, "--help"]),
            "pass show": (
                [sys.executable, str(row), url, code],
                [ours, "--db", url, "pass", "show", code],
            ),
        }
        return [_compared(what, *commands, rounds) for what, commands in pairs.items()]


def _compared(
    what: str, baseline: Sequence[str], ours: Sequence[str], rounds: int
) -> Mapping[str, object]:
    for command in (baseline, ours):  # bytecode and the file cache are warm from here on
        _seconds(command)
    times = [(_seconds(baseline), _seconds(ours)) for _ in range(rounds)]
    base = statistics.median(t[0] for t in times) * 1000
    mine = statistics.median(t[1] for t in times) * 1000
    ratio = statistics.median(t[1] / t[0] for t in times)
    return {
        "what": what,
        "baseline_ms": round(base, 1),
        "passctl_ms": round(mine, 1),
        "ratio": round(mine / base, 2),
        "median_of_ratios": round(ratio, 2),
        "reach": LIMIT,
    }


def main() -> None:
    """Measure, print a table, and keep it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path, help="keep the table in this file")
    options = parser.parse_args()
    rows = measure(options.rounds)
    print(f"{'P11':<12}{'baseline ms':>12}{'passctl ms':>12}{'ratio':>8}{'reach':>8}")
    for row in rows:
        print(
            f"{row['what']:<12}{row['baseline_ms']:>12}{row['passctl_ms']:>12}"
            f"{row['ratio']:>8}{row['reach']:>8}"
        )
    if options.json is not None:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
