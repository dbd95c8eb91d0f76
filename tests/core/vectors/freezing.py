"""Makes the vectors of freezes and redeem rules anew: `python -m tests.core.vectors.freezing`.

Without any code of passcore: a pass is walked day by day, a day that is frozen uses none of its
days up, and local days begin where GNU `date` says.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from tests.core.vectors.make import TARGET, first_instant, stepped

DAY = timedelta(days=1)
FURTHEST = 5_000
Row = dict[str, Any]
Span = tuple[date, date | None]

#: A zone and the day there around which a case is laid: both changes of the clocks, a midnight that
#: is skipped or comes twice, a leap day, ends of months and of the year.
PLACES = (
    ("Europe/Budapest", "2027-03-14"),
    ("Europe/Budapest", "2027-10-17"),
    ("Europe/Budapest", "2028-02-20"),
    ("Europe/Berlin", "2027-01-31"),
    ("Europe/Dublin", "2026-12-25"),
    ("America/Havana", "2027-03-01"),
    ("America/Havana", "2027-10-25"),
    ("America/Santiago", "2027-08-24"),
    ("Africa/Cairo", "2027-04-18"),
    ("Asia/Beirut", "2027-03-15"),
    ("Atlantic/Azores", "2027-10-20"),
    ("Australia/Lord_Howe", "2027-03-25"),
    ("Pacific/Kiritimati", "2027-02-20"),
    ("UTC", "2028-02-28"),
)

#: What is done, by days after the first: on which day, and what. The pass is valid for 20 days.
STORIES: tuple[tuple[str, tuple[tuple[int, str, int, int | None], ...]], ...] = (
    ("one freeze", ((0, "freeze", 3, 7),)),
    ("one day", ((2, "freeze", 9, 9),)),
    ("two freezes overlap", ((0, "freeze", 3, 9), (1, "freeze", 6, 12))),
    ("one freeze within another", ((0, "freeze", 3, 12), (1, "freeze", 6, 14))),
    ("two freezes touch", ((0, "freeze", 3, 5), (0, "freeze", 6, 8))),
    ("the later one is put in first", ((0, "freeze", 10, 12), (0, "freeze", 2, 4))),
    ("three with a gap filled", ((0, "freeze", 2, 3), (0, "freeze", 6, 7), (0, "freeze", 3, 6))),
    ("across the end", ((5, "freeze", 18, 40),)),
    ("on the last day", ((5, "freeze", 20, 20),)),
    ("within the days another has added", ((0, "freeze", 3, 7), (20, "freeze", 23, 24))),
    ("for days that are over", ((15, "freeze", 4, 9),)),
    ("over days before and after now", ((15, "freeze", 10, 17),)),
    ("before the first day", ((0, "freeze", -9, -5),)),
    ("from before the first day into it", ((0, "freeze", -9, 2),)),
    ("ended early", ((0, "freeze", 3, 12), (6, "unfreeze", 6, None))),
    ("taken back before it began", ((0, "freeze", 3, 12), (1, "unfreeze", 1, None))),
    ("ended on its last day", ((0, "freeze", 3, 12), (12, "unfreeze", 12, None))),
    ("ended with hindsight", ((0, "freeze", 3, 12), (15, "unfreeze", 5, None))),
    ("open", ((3, "freeze", 3, None),)),
    ("open, then ended", ((3, "freeze", 3, None), (30, "unfreeze", 30, None))),
    ("open, ended on the day it began", ((3, "freeze", 3, None), (3, "unfreeze", 3, None))),
    ("open on top of a dated one", ((0, "freeze", 3, 9), (5, "freeze", 5, None))),
    (
        "open on top of a dated one, both ended",
        ((0, "freeze", 3, 9), (5, "freeze", 5, None), (12, "unfreeze", 8, None)),
    ),
    (
        "open before a dated one, then ended",
        ((0, "freeze", 15, 17), (4, "freeze", 4, None), (9, "unfreeze", 9, None)),
    ),
    (
        "overlapping, ended early where both are",
        ((0, "freeze", 3, 10), (0, "freeze", 6, 15), (8, "unfreeze", 8, None)),
    ),
    (
        "ended early, another stays to come",
        ((0, "freeze", 3, 10), (0, "freeze", 14, 15), (5, "unfreeze", 5, None)),
    ),
    (
        "ended early, so that another begins after the end",
        ((0, "freeze", 3, 12), (0, "freeze", 26, 28), (3, "unfreeze", 3, None)),
    ),
    ("last day set, then frozen", ((0, "extend", 30, None), (1, "freeze", 25, 29))),
    ("frozen, last day set, frozen on", ((0, "freeze", 3, 7), (8, "extend", 28, None),
                                        (9, "freeze", 6, 11))),
)  # fmt: skip

#: The last step is refused, and with what.
REFUSED: tuple[tuple[str, str, tuple[tuple[int, str, int, int | None], ...]], ...] = (
    ("frozen already", "pass_frozen", ((0, "freeze", 3, 9), (1, "freeze", 4, 9))),
    ("frozen already, by two", "pass_frozen",
     ((0, "freeze", 3, 5), (0, "freeze", 6, 9), (1, "freeze", 4, 8))),
    ("frozen already, openly", "pass_frozen", ((0, "freeze", 3, None), (1, "freeze", 40, 50))),
    ("from the day after the last", "validation", ((0, "freeze", 21, 25),)),
    ("ends before it begins", "validation", ((0, "freeze", 5, 4),)),
    ("over already", "pass_expired", ((21, "freeze", 18, 25),)),
    ("not frozen", "invalid_transition", ((0, "unfreeze", 0, None),)),
    ("over before that day", "invalid_transition",
     ((0, "freeze", 3, 9), (10, "unfreeze", 10, None))),
    ("last day on a frozen one", "validation", ((0, "freeze", 3, 9), (1, "extend", 6, None))),
)  # fmt: skip


@cache
def begins(day: date, zone: str) -> str:
    """The first instant of a local day."""
    return first_instant(day.isoformat(), zone)


def frozen(day: date, spans: list[Span]) -> bool:
    """Whether a day lies in any of the spans."""
    return any(first <= day and (last is None or day <= last) for first, last in spans)


def walked(first: date, days: int, spans: list[Span]) -> date | None:
    """The day on which the last of *days* is used up."""
    day = first
    for _ in range(FURTHEST):
        if not frozen(day, spans):
            days -= 1
            if not days:
                return day
        day += DAY
    return None


def ended(spans: list[Span], day: date) -> list[Span]:
    """The spans after the pass was taken up again."""
    if not frozen(day, spans):
        coming = min(first for first, _ in spans if first > day)
        return [span for span in spans if span[0] != coming]
    cut = [(f, day - DAY) if f <= day and (e is None or day <= e) else (f, e) for f, e in spans]
    return [(f, e) for f, e in cut if e is None or f <= e]


def freezes() -> Iterator[Row]:
    """Every story in two places or more, and every refusal in one."""
    places = itertools.cycle(PLACES)
    for note, steps in STORIES:
        for zone, around in itertools.islice(places, 3):
            yield {"note": note} | told(zone, date.fromisoformat(around), steps)
    for note, code, steps in REFUSED:
        zone, around = next(places)
        row = told(zone, date.fromisoformat(around), steps[:-1])
        row["steps"].append(step(date.fromisoformat(around), steps[-1]))
        yield {"note": note} | row | {"refused": code}


def step(first: date, asked: tuple[int, str, int, int | None]) -> Row:
    """A step with its days spelled out."""
    on, what, begin, end = asked
    days = [first + begin * DAY]
    row: Row = {"on": (first + on * DAY).isoformat(), "do": what, "day": days[0].isoformat()}
    if what == "freeze":
        row["until"] = None if end is None else (first + end * DAY).isoformat()
    return row


def told(zone: str, first: date, steps: tuple[tuple[int, str, int, int | None], ...]) -> Row:
    """What a pass of 20 days from *first* comes to."""
    last, _ = stepped(first.isoformat(), {"days": 20})
    days, spans = (date.fromisoformat(last) - first).days + 1, list[Span]()
    for _, what, begin, end in steps:
        day = first + begin * DAY
        if what == "freeze":
            spans.append((day, None if end is None else first + end * DAY))
        elif what == "unfreeze":
            spans = ended(spans, day)
        else:
            days = sum(not frozen(first + n * DAY, spans) for n in range(begin + 1))
    found = walked(first, days, spans)
    return {
        "zone": zone,
        "first_day": first.isoformat(),
        "length": {"days": 20},
        "steps": [step(first, asked) for asked in steps],
        "last_day": None if found is None else found.isoformat(),
        "until": None if found is None else begins(found + DAY, zone),
    }


def redeeming() -> Iterator[Row]:
    """Around the begin, the end and the end of grace, one microsecond before and after."""
    tick = timedelta(microseconds=1)
    for zone, around in PLACES[::2]:
        first = date.fromisoformat(around)
        last, after = first + 20 * DAY, timedelta(days=3)
        begin, end, grace = (
            datetime.fromisoformat(begins(day, zone)) for day in (first, last + DAY, last + 8 * DAY)
        )
        for start in (begin - tick, begin, end - tick, end, end + tick):
            yield case(zone, first, "service_within", 0, start, begin - after, begin, end)
        for start in (end - tick, end, grace - tick, grace, grace + tick):
            yield case(zone, first, "service_within", 7, start, end + tick, begin, grace)
        for act in (begin - tick, begin, end - tick, end, end + tick):
            yield case(zone, first, "booked_within", 0, act + after, act, begin, end)
        for start in (begin - tick, end - tick, end):
            yield case(zone, first, "booked_within", 0, start, None, begin, end)


def case(  # one parameter a column
    zone: str,
    first: date,
    redeem: str,
    grace: int,
    starts_at: datetime,
    booked_at: datetime | None,
    begin: datetime,
    end: datetime,
) -> Row:
    """A visit, booked or walked in, and what the pass says to it."""
    counts = starts_at if redeem == "service_within" else booked_at or starts_at
    code = "pays" if begin <= counts < end else "pass_expired"
    if min(counts, starts_at) < begin:
        code = "pass_not_yet_valid"
    return {
        "zone": zone,
        "first_day": first.isoformat(),
        "length": {"days": 20},
        "redeem": redeem,
        "grace_days": grace,
        "booked_at": None if booked_at is None else written(booked_at),
        "starts_at": written(starts_at),
        "answer": code,
    }


def written(moment: datetime) -> str:
    """An instant as the files have it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def main() -> None:
    """Write both files."""
    for name, rows in (("freezes", freezes()), ("redeeming", redeeming())):
        lines = [json.dumps(row) for row in rows]
        (TARGET / f"{name}.json").write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
        print(f"{name}: {len(lines)}")


if __name__ == "__main__":
    main()
