"""Instants and local days: table 0.5 of the reliability programme, and an independent oracle."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, strategies as st

from passcore.domain.time import (
    DAY,
    Length,
    add_months,
    from_local,
    local_day,
    start_of_day,
    utc,
    zone,
)
from passcore.domain.validity import Counting, last_day_of
from passcore.errors import Invalid
from passcore.testing.strategies import ZONES

#: zone, inclusive last day, exact exclusive end.
ENDS = [
    ("America/Havana", "2027-03-13", "2027-03-14T05:00:00Z"),
    ("Africa/Cairo", "2027-04-29", "2027-04-29T22:00:00Z"),
    ("America/Santiago", "2027-09-04", "2027-09-05T04:00:00Z"),
    ("Asia/Beirut", "2027-03-27", "2027-03-27T22:00:00Z"),
    ("America/Havana", "2027-11-06", "2027-11-07T04:00:00Z"),
    ("Atlantic/Azores", "2027-10-30", "2027-10-31T00:00:00Z"),
    ("Europe/Berlin", "2027-03-28", "2027-03-28T22:00:00Z"),
    ("Europe/Berlin", "2027-10-31", "2027-10-31T23:00:00Z"),
    ("Asia/Kathmandu", "2027-01-31", "2027-01-31T18:15:00Z"),
    ("Pacific/Kiritimati", "2027-01-31", "2027-01-31T10:00:00Z"),
    ("Pacific/Pago_Pago", "2027-01-31", "2027-02-01T11:00:00Z"),
    ("Europe/Berlin", "2028-02-29", "2028-02-29T23:00:00Z"),
    # A whole local day that was skipped ends where it would have begun.
    ("Pacific/Apia", "2011-12-29", "2011-12-30T10:00:00Z"),
    ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"),
    # A gap that begins before midnight and ends after it.
    ("America/Toronto", "1919-03-30", "1919-03-31T04:30:00Z"),
]


@pytest.mark.parametrize(("where", "last_day", "end"), ENDS)
def test_a_day_ends_with_the_first_instant_of_the_next(where: str, last_day: str, end: str) -> None:
    """Skipped midnights, repeated ones, short and long days, both ends of the date line."""
    first = start_of_day(date.fromisoformat(last_day) + DAY, where)
    assert first == datetime.fromisoformat(end)
    assert first.tzinfo is UTC


def test_months_are_counted_from_the_original_anchor() -> None:
    """One to five months from 31 January; chaining would give 28 March."""
    lasts = [
        last_day_of(date(2027, 1, 31), Length(n, "months"), Counting.NEXT_DAY) for n in range(1, 6)
    ]
    assert [d.isoformat()[5:] for d in lasts] == ["02-28", "03-31", "04-30", "05-31", "06-30"]


def test_years_from_a_leap_day_are_clamped_until_the_next_leap_year() -> None:
    """Twelve months end on 28 February, forty-eight on the 29th."""
    leap = date(2028, 2, 29)
    assert add_months(leap, 12) == (date(2029, 2, 28), True)
    assert add_months(leap, 48) == (date(2032, 2, 29), False)


def test_instants_are_compared_in_utc() -> None:
    """In the repeated hour 02:30 the second time is after 02:45 the first time."""
    berlin = ZoneInfo("Europe/Berlin")
    again = utc(datetime(2027, 10, 31, 2, 30, fold=1, tzinfo=berlin))
    before = utc(datetime(2027, 10, 31, 2, 45, fold=0, tzinfo=berlin))
    assert again > before


def _brute_force(day: date, where: ZoneInfo) -> datetime:
    """The first UTC minute whose local date is *day* or later: no arithmetic on offsets."""
    minute = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
    while minute.astimezone(where).date() < day:
        minute += timedelta(minutes=1)
    return minute


@given(day=st.dates(date(1980, 1, 1), date(2040, 12, 31)), name=st.sampled_from(ZONES))
@example(day=date(2027, 3, 14), name="America/Havana")
@example(day=date(2027, 11, 7), name="America/Havana")
@example(day=date(2027, 10, 31), name="Atlantic/Azores")
def test_start_of_day_is_what_stepping_minutes_finds(day: date, name: str) -> None:
    """And it is on that day, while the microsecond before is not."""
    found = start_of_day(day, name)
    assert found == _brute_force(day, ZoneInfo(name))
    assert local_day(found, name) >= day
    assert local_day(found - timedelta(microseconds=1), name) < day


@pytest.mark.parametrize("name", sorted(available_timezones()))
def test_days_follow_each_other_around_every_change_of_the_clocks(name: str) -> None:
    """In every zone, around every change of offset of 2026 to 2030, days neither overlap nor leave
    a hole, and begin where stepping minutes finds it."""
    if name in ("localtime", "Factory"):
        name = "UTC"
    where = zone(name)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    while at.year < 2031:
        after = at + timedelta(days=5)
        if at.astimezone(where).utcoffset() != after.astimezone(where).utcoffset():
            first = at.astimezone(where).date() - DAY
            for offset in range(7):
                day = first + timedelta(days=offset)
                begins = start_of_day(day, name)
                assert local_day(begins, name) == day
                assert local_day(begins - timedelta(microseconds=1), name) == day - DAY
        at = after


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(available_timezones()))
def test_every_change_of_the_clocks_agrees_with_stepping_minutes_long(name: str) -> None:
    """The same against the oracle, ten years on."""
    where = ZoneInfo(name)
    day = date(2026, 1, 1)
    while day.year < 2037:
        if start_of_day(day + DAY, name) - start_of_day(day, name) != DAY:
            assert start_of_day(day, name) == _brute_force(day, where)
            assert start_of_day(day + DAY, name) == _brute_force(day + DAY, where)
        day += DAY


@pytest.mark.parametrize("name", ["", "Mars/Base", "../etc/passwd", "Europe/", "a\0b", "Europe"])
def test_what_is_no_zone_is_invalid(name: str) -> None:
    """Also names that would leave the time-zone database."""
    with pytest.raises(Invalid, match="IANA"):
        zone(name)


def test_an_instant_needs_an_offset_and_a_year_to_reckon_with() -> None:
    """Else it is refused by the name of its field."""
    for year in (1900, 9900):
        assert utc(datetime(year, 1, 1, tzinfo=UTC)).year == year
    for moment in (
        datetime(2027, 1, 1),  # noqa: DTZ001  # naive on purpose
        datetime(1899, 12, 31, tzinfo=UTC),
        datetime(9901, 1, 1, tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
    ):
        with pytest.raises(Invalid) as refused:
            utc(moment, "starts_at")
        assert refused.value.field == "starts_at"


def test_a_wall_clock_time_means_its_first_occurrence() -> None:
    """One that is skipped means as long after the change; one with an offset keeps it."""
    twice = from_local(datetime(2027, 10, 31, 2, 30), "Europe/Berlin")  # noqa: DTZ001  # naive on purpose
    never = from_local(datetime(2027, 3, 28, 2, 30), "Europe/Berlin")  # noqa: DTZ001  # naive on purpose
    kept = from_local(datetime(2027, 3, 28, 2, 30, tzinfo=UTC), "Europe/Berlin")
    assert twice == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    assert never == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert kept == datetime(2027, 3, 28, 2, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("6 months", Length(6, "months")),
        ("1 year", Length(1, "years")),
        ("30 DAYS", Length(30, "days")),
        (" 2  weeks ", Length(2, "weeks")),
    ],
)
def test_a_length_is_read_as_people_write_it(text: str, length: Length) -> None:
    """And written as it is read."""
    assert Length.parse(text) == length
    assert str(length) == " ".join(text.lower().split())
    assert Length.parse(str(length)) == length


@pytest.mark.parametrize(
    "text", ["", "6", "months", "six months", "-1 days", "0 days", "1.5 days", "9999999 days",
             "1 fortnight", "36501 days", "1 day extra", "٣ days"],
)  # fmt: skip
def test_what_is_no_length_is_invalid(text: str) -> None:
    """Whatever is wrong with it."""
    with pytest.raises(Invalid):
        Length.parse(text)


@pytest.mark.parametrize(
    ("count", "unit"), [(True, "days"), (1.5, "days"), (0, "days"), (36_501, "days"), (1, "day")]
)
def test_a_length_counts_whole_units(count: int, unit: str) -> None:
    """From 1 to 36500, of the four units."""
    with pytest.raises(Invalid):
        Length(count, unit)


@pytest.mark.parametrize("length", [Length(36_500, u) for u in ("weeks", "months", "years")])
def test_a_length_beyond_the_calendar_is_invalid(length: Length) -> None:
    """It is refused, not an overflow."""
    with pytest.raises(Invalid, match="9999"):
        length.after(date(9990, 1, 1))
