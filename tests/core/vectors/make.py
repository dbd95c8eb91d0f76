"""Makes the published vectors anew: `python -m tests.core.vectors.make SEEDS_FOLDER`.

The seeds are the hand-checked examples of the specification and are taken over as they stand. The
rest is computed without any code of passcore: calendar steps by SQLite's date functions, the first
instant of a local day by asking GNU `date` for the local date of one UTC minute after another.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

TARGET = Path("packages/passcore/src/passcore/testing/vectors")
ZONES = (
    "Europe/Budapest Europe/Berlin Europe/Dublin America/Havana Africa/Cairo America/Santiago "
    "Asia/Beirut Atlantic/Azores Australia/Lord_Howe Asia/Kathmandu Pacific/Kiritimati "
    "Pacific/Pago_Pago Pacific/Chatham America/St_Johns Africa/Casablanca Asia/Tehran "
    "America/Nuuk America/Asuncion Antarctica/Troll UTC"
).split()
ANCHORS = "2026-12-31 2027-01-29 2027-01-30 2027-01-31 2027-02-28 2028-02-29 2027-03-26".split()
LENGTHS = (
    *({"days": n} for n in (1, 2, 30, 365)),
    *({"weeks": n} for n in (1, 4, 52)),
    *({"months": n} for n in (1, 2, 3, 4, 5, 6, 12, 13, 48)),
    *({"years": n} for n in (1, 4)),
)
SPLITS = [(m, n) for m in (0, 1, 7, 99, 100, 10_000, 99_999, 10**12) for n in (1, 2, 7, 30, 365)]


def stepped(anchor: str, length: dict[str, int]) -> tuple[str, bool]:
    """The day *length* after *anchor* and whether a month's end clamped it, by SQLite."""
    ((unit, count),) = length.items()
    with sqlite3.connect(":memory:") as db:
        if unit in ("days", "weeks"):
            step = f"+{count * (7 if unit == 'weeks' else 1)} days"
            return str(db.execute("SELECT date(?, ?)", (anchor, step)).fetchone()[0]), False
        step = f"+{count} {unit}"
        last, wanted = db.execute(
            "SELECT date(?, 'start of month', ?, '+1 month', '-1 day'), strftime('%d', ?)",
            (anchor, step, anchor),
        ).fetchone()
        clamped = wanted > last[8:]
        return last[:8] + (last[8:] if clamped else wanted), clamped


def first_instant(day: str, zone: str) -> str:
    """The first UTC minute whose local date is *day* or later, by GNU date."""
    start = datetime.fromisoformat(day).replace(tzinfo=UTC) - timedelta(hours=15)
    minutes = [start + timedelta(minutes=n) for n in range(29 * 60)]
    asked = "\n".join(f"@{int(minute.timestamp())}" for minute in minutes)
    answer = subprocess.run(
        ["date", "-f", "-", "+%F"],
        input=asked,
        env={**os.environ, "TZ": zone, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    found = next(minute for minute, local in zip(minutes, answer, strict=True) if local >= day)
    return found.isoformat().replace("+00:00", "Z")


def validity() -> list[dict[str, object]]:
    """Every zone with a few lengths, and every length and anchor in a few zones."""
    cases = [
        (zone, anchor, length)
        for number, zone in enumerate(ZONES)
        for anchor in ANCHORS[number % 3 :: 3]
        for length in LENGTHS[number % 5 :: 5]
    ]
    cases += [("Europe/Budapest", anchor, length) for anchor in ANCHORS for length in LENGTHS]
    made: list[dict[str, object]] = []
    for zone, anchor, length in cases:
        for counting in ("next_day", "first_day"):
            last, clamped = stepped(anchor, length)
            if counting == "first_day" and not clamped:
                last = (date.fromisoformat(last) - timedelta(days=1)).isoformat()
            after = (date.fromisoformat(last) + timedelta(days=1)).isoformat()
            made.append(
                {
                    "zone": zone,
                    "anchor_day": anchor,
                    "length": length,
                    "counting": counting,
                    "last_day": last,
                    "until": first_instant(after, zone),
                }
            )
    return made


def splits() -> list[dict[str, object]]:
    """The exact share as a fraction, rounded down; what is then missing goes to the first ones."""
    made: list[dict[str, object]] = []
    for minor, sessions in SPLITS:
        share = Fraction(minor, sessions)
        low = share.numerator // share.denominator
        dear = minor - low * sessions
        parts = [low + 1 if place < dear else low for place in range(sessions)]
        made.append({"minor": minor, "sessions": sessions, "parts": parts})
    return made


def main(seeds: Path) -> None:
    """Write both files: the seeds first, then what is not among them."""
    for name, rows in (("validity", validity()), ("splits", splits())):
        known = json.loads((seeds / f"{name}.json").read_text(encoding="utf-8"))
        for row in rows:
            if row not in known:
                known.append(row)
        lines = ",\n".join(json.dumps(row) for row in known)
        (TARGET / f"{name}.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
        print(f"{name}: {len(known)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
