"""Makes the published vectors of caps anew: `python -m tests.core.vectors.caps`.

Nothing of passcore is used: local days and ISO weeks come from GNU `date`, month steps from SQLite.
What a cap counts is found by brute force: every day has the labels of all windows it lies in, and a
visit is refused where any label of its day is on as many visits as the cap allows.
"""

from __future__ import annotations

import calendar
import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.core.vectors.make import TARGET, first_instant, stepped

Row = dict[str, Any]
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)

#: Local days whose midnight is missing or doubled, or on which the clocks change at another hour.
CHANGES = (
    ("Europe/Budapest", "2027-03-28"),
    ("Europe/Budapest", "2027-10-31"),
    ("America/Havana", "2026-03-08"),
    ("America/Havana", "2026-11-01"),
    ("Asia/Beirut", "2026-03-29"),
    ("Asia/Beirut", "2026-10-25"),
    ("Africa/Cairo", "2026-04-24"),
    ("Africa/Cairo", "2026-10-30"),
    ("America/Santiago", "2026-09-06"),
    ("America/Santiago", "2026-04-05"),
    ("Atlantic/Azores", "2026-03-29"),
    ("Atlantic/Azores", "2026-10-25"),
    ("Australia/Lord_Howe", "2026-10-04"),
    ("Pacific/Kiritimati", "2026-12-31"),
    ("Pacific/Pago_Pago", "2026-12-31"),
    ("Asia/Kathmandu", "2028-02-29"),
)


# --- What a cap counts, by brute force ------------------------------------------------------------


def month_start(first_day: date, months: int) -> date:
    """The day *months* after *first_day*, or the last of its month where that has no such day."""
    month = first_day.month - 1 + months
    year, month = first_day.year + month // 12, month % 12 + 1
    return date(year, month, min(first_day.day, calendar.monthrange(year, month)[1]))


def labels(cap: Row, first_day: date, day: date) -> set[str]:
    """One text for every window of *cap* that *day* lies in."""
    match cap["window"]:
        case "day":
            return {day.isoformat()}
        case "week":
            return {day.strftime("%G-W%V")}
        case "month":
            return {day.strftime("%Y-%m")}
        case "pass_month":
            months = 0
            while month_start(first_day, months + 1) <= day:
                months += 1
            return {f"month {months}"}
        case _:
            return {str(day - n * DAY) for n in range(cap["days"])}


def fullest(cap: Row, first_day: date, days: Iterable[date], day: date) -> int:
    """How many of *days* share one window with *day*, at most."""
    there: Counter[str] = Counter()
    for other in days:
        there.update(labels(cap, first_day, other))
    return max(there[label] for label in labels(cap, first_day, day))


def answer(cap: Row, first_day: date, days: Sequence[date], day: date) -> Row:
    """What the cap says to a visit on *day* beside those on *days*."""
    used = fullest(cap, first_day, days, day)
    if used < cap["most"]:
        return {"pays": True, "used": used}
    later = day
    while fullest(cap, first_day, days, later) >= cap["most"]:
        later += DAY
    return {"pays": False, "used": used, "free_from": later.isoformat()}


def answer_to(row: Row) -> Row:
    """What stands in *row* as the answer, computed anew from its local days."""
    cap, named = row["cap"], row["cap"].get("services")
    if named and row["visit"]["service"] not in named:
        return {"pays": True, "used": 0}
    counted = [v for v in row["counted"] if not named or v["service"] in named]
    days = [date.fromisoformat(v["day"]) for v in counted]
    first_day = date.fromisoformat(row["first_day"])
    return answer(cap, first_day, days, date.fromisoformat(row["visit"]["day"]))


# --- The cases ------------------------------------------------------------------------------------


def local_days(moments: Sequence[datetime], zone: str) -> list[str]:
    """The local day of each moment in *zone*, by GNU date."""
    asked = "\n".join(f"@{int(moment.timestamp())}" for moment in moments)
    return subprocess.run(
        ["date", "-f", "-", "+%F"],
        input=asked,
        env={**os.environ, "TZ": zone, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()


def row_of(
    zone: str,
    first_day: str,
    cap: Row,
    moments: Sequence[datetime],
    services: Sequence[str] = (),
    note: str = "",
) -> Row:
    """A row whose last moment is the visit asked about and all others count."""
    names = services or ["yoga"] * len(moments)
    visits = [
        {"starts_at": moment.isoformat().replace("+00:00", "Z"), "day": day, "service": service}
        for moment, day, service in zip(moments, local_days(moments, zone), names, strict=True)
    ]
    made: Row = {"zone": zone, "first_day": first_day, "cap": cap}
    made |= {"counted": visits[:-1], "visit": visits[-1]}
    made |= answer_to(made)
    return made | ({"note": note} if note else {})


def at_the_clocks() -> Iterable[Row]:
    """The first and the last minute of a day on which the clocks change, and of its neighbours."""
    for zone, day in CHANGES:
        middle = date.fromisoformat(day)
        first, after = (
            datetime.fromisoformat(first_instant(str(d), zone)) for d in (middle, middle + DAY)
        )
        before = (middle - 40 * DAY).isoformat()
        pairs = [(first, after - MINUTE), (first - MINUTE, first), (after - MINUTE, after)]
        pairs.append((first + (after - first) / 2, first - MINUTE))
        for one, other in pairs:
            yield row_of(zone, before, {"most": 1, "window": "day"}, [one, other], note=day)
        rolling = {"most": 2, "window": "rolling", "days": 2}
        moments = [first - MINUTE, first, after]
        yield row_of(zone, before, rolling, moments, note=day)
        yield row_of(zone, before, rolling, [first - MINUTE, first, after - MINUTE], note=day)


def on(zone: str, *days: str) -> list[datetime]:
    """A moment on each of *days* in *zone*: 119 minutes after its first."""
    return [
        datetime.fromisoformat(first_instant(day, zone)).astimezone(UTC) + 119 * MINUTE
        for day in days
    ]


def on_days() -> Iterable[Row]:
    """Weeks over the ends of years, ends of months, pass months, rolling windows at their edges."""
    zone, week = "Europe/Budapest", {"most": 1, "window": "week"}
    for pair in (
        "2026-12-28 2027-01-03", "2026-12-27 2026-12-28", "2027-01-03 2027-01-04",
        "2026-12-31 2027-01-01", "2020-12-28 2021-01-03", "2021-01-03 2021-01-04",
        "2024-12-30 2025-01-05", "2025-12-29 2026-01-04", "2028-02-28 2028-03-05",
        "2028-03-05 2028-03-06", "2027-03-28 2027-03-29", "2027-10-25 2027-10-31",
    ):  # fmt: skip
        yield row_of(zone, "2020-01-01", week, on(zone, *pair.split()))
    month = {"most": 2, "window": "month"}
    for days in (
        "2027-01-01 2027-01-31 2027-01-15", "2027-01-30 2027-01-31 2027-02-01",
        "2027-02-01 2027-02-28 2027-02-27", "2028-02-01 2028-02-29 2028-02-28",
        "2028-02-28 2028-02-29 2028-03-01", "2026-12-01 2026-12-31 2026-12-24",
        "2026-12-30 2026-12-31 2027-01-01", "2027-04-30 2027-05-01 2027-05-31",
    ):  # fmt: skip
        yield row_of(zone, "2026-01-01", month, on(zone, *days.split()))
    yield from _pass_months()
    yield from _rolling()
    yield from _subsets()


def _pass_months() -> Iterable[Row]:
    cap = {"most": 1, "window": "pass_month"}
    firsts = "2027-01-29 2027-01-30 2027-01-31 2028-01-31 2028-02-29 2027-05-10 2026-12-31".split()
    for number, first in enumerate(firsts):
        zone = ("Europe/Budapest", "America/Havana", "Pacific/Kiritimati")[number % 3]
        for months in (1, 2, 13):
            edge = date.fromisoformat(stepped(first, {"months": months})[0])
            before, first_before = edge - DAY, stepped(first, {"months": months - 1})[0]
            after = stepped(first, {"months": months + 1})[0]
            last = date.fromisoformat(after) - DAY
            for one, other in (
                (str(before), str(edge)),
                (first_before, str(before)),
                (str(edge), str(last)),
            ):
                yield row_of(zone, first, cap, on(zone, one, other))


def _rolling() -> Iterable[Row]:
    zone = "Europe/Berlin"
    for long, start in (
        (7, "2027-03-22"),
        (30, "2028-01-31"),
        (28, "2027-10-10"),
        (366, "2027-03-01"),
    ):
        cap = {"most": 2, "window": "rolling", "days": long}
        begin = date.fromisoformat(start)
        for offsets in (
            (0, 1, long - 1), (0, 1, long), (0, long - 1, long), (1, long, 0), (1, long - 1, 0),
            (0, long, long - 1), (0, 0, 1), (0, long + 1, long // 2), (0, 1, long + 1),
        ):  # fmt: skip
            days = [str(begin + n * DAY) for n in offsets]
            yield row_of(zone, "2026-01-01", cap, on(zone, *days))
    chained = {"most": 3, "window": "rolling", "days": 10}
    for asked in range(0, 26, 3):
        days = [str(date(2027, 2, 20) + n * DAY) for n in (4, 8, 12, 16, 20, asked)]
        yield row_of(zone, "2026-01-01", chained, on(zone, *days))


def _subsets() -> Iterable[Row]:
    zone, days = "Asia/Kathmandu", ("2028-02-28", "2028-02-29", "2028-02-29")
    for window in ("day", "week", "month"):
        for services in (
            ["yoga", "reformer", "yoga"],
            ["reformer", "reformer", "yoga"],
            ["yoga", "yoga", "reformer"],
            ["reformer", "yoga", "yoga"],
        ):
            cap = {"most": 1, "window": window, "services": ["yoga"]}
            if window != "day" and services[:2] == ["yoga", "yoga"]:
                cap["most"] = 2
            yield row_of(zone, "2028-01-01", cap, on(zone, *days), services)


def main() -> None:
    """Write the file."""
    known: list[Row] = []
    for row in (*at_the_clocks(), *on_days()):
        if row not in known:
            known.append(row)
    lines = ",\n".join(json.dumps(row) for row in known)
    (TARGET / "caps.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    refused = sum(not row["pays"] for row in known)
    print(f"caps: {len(known)}, {refused} of them refused")


if __name__ == "__main__":
    main()
