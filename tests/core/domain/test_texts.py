"""What is said of damage and of input that can never be right, to the letter.

These texts are keys of the language catalogues and stand in reports of `verify`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import attrs
import pytest

from passcore.domain import commands as cm, ledger as lg
from passcore.domain.folding import apply, begin, fold
from passcore.domain.freezes import refrozen
from passcore.domain.ledger import Entry, Fact, Line
from passcore.domain.time import Length, utc, zone
from passcore.domain.validity import Anchor, Validity, opening_window, window_from
from passcore.errors import Invalid, LedgerDamaged, PassError
from passcore.testing.builders import NOW, Story, story, terms, visit

LINE = Line("booking_1")
ONE = ((1200, 1),)


def _damage(told: Story, fact: Fact) -> Callable[[], object]:
    entry = Entry(told.state.version + 1, NOW, NOW, lg.SYSTEM, fact)
    return lambda: apply(told.state, entry)


def _held() -> Story:
    told = story(pass_id="pass_1")
    told.do(cm.Reserve(LINE, visit(seats=2)))
    return told


def _plain() -> Story:
    return story(pass_id="pass_1")


def _first() -> Entry:
    return _plain().entries[0]


def _granted(**changes: object) -> Entry:
    first = _first()
    assert isinstance(first.fact, lg.Granted)
    return attrs.evolve(first, fact=attrs.evolve(first.fact, **changes))  # type: ignore[arg-type]  # any field of any fact


_SUSPEND = Entry(1, NOW, NOW, lg.SYSTEM, lg.Suspended())
_GAP = Entry(3, NOW, NOW, lg.SYSTEM, lg.Suspended())

DAMAGE: list[tuple[Callable[[], object], str, int, str]] = [
    (lambda: fold([]), "", 0, "has no entries"),
    (lambda: begin(_SUSPEND), "", 1, "does not begin with a grant"),
    (lambda: begin(_granted(units=ONE)), "pass_1", 1, "units do not match sessions"),
    (lambda: apply(_plain().state, _GAP), "pass_1", 3, "leaves a gap in the sequence"),
    (_damage(_plain(), _first().fact), "pass_1", 2, "is a second grant"),
    (
        _damage(_plain(), lg.Deducted(LINE, 0, (), NOW)),
        "pass_1",
        2,
        "uses a pass that could not be used",
    ),
    (
        _damage(_plain(), lg.Deducted(LINE, 11, ((1200, 11),), NOW)),
        "pass_1",
        2,
        "takes sessions that are not there",
    ),
    (
        _damage(story(of=terms(sessions=None), pass_id="p"), lg.Deducted(LINE, 1, ONE, NOW)),
        "p",
        2,
        "takes units from a pass without a number",
    ),
    (
        _damage(_held(), lg.Released(2, LINE, 2, ONE)),
        "pass_1",
        3,
        "releases other sessions than were held",
    ),
    (
        _damage(_held(), lg.Captured(2, LINE, 2, ONE)),
        "pass_1",
        3,
        "captures other sessions than were held",
    ),
    (
        _damage(_held(), lg.Forfeited(2, LINE, 1, ONE, ())),
        "pass_1",
        3,
        "forfeits other sessions than were held",
    ),
    (
        _damage(_held(), lg.Released(1, LINE, 2, ((1200, 2),))),
        "pass_1",
        3,
        "resolves a hold that is not open",
    ),
    (
        _damage(_held(), lg.Reserved(LINE, 1, ONE, NOW)),
        "pass_1",
        3,
        "opens a second hold for one booking line",
    ),
    (
        _damage(_plain(), lg.Reversed(1, LINE, 1, ONE)),
        "pass_1",
        2,
        "reverses what was not deducted",
    ),
    (
        _damage(_plain(), lg.Adjusted(2, ONE)),
        "pass_1",
        2,
        "gives back units that do not match its sessions",
    ),
    (
        _damage(_plain(), lg.Unfrozen(NOW.date(), None)),
        "pass_1",
        2,
        "ends a freeze that was not there",
    ),
    (
        _damage(_plain(), lg.Resumed(None)),
        "pass_1",
        2,
        "does not follow on a pass that is live",
    ),
]


@pytest.mark.parametrize(
    ("read", "pass_id", "seq", "problem"), DAMAGE, ids=[row[-1] for row in DAMAGE]
)
def test_damage_is_named_to_the_letter(
    read: Callable[[], object], pass_id: str, seq: int, problem: str
) -> None:
    """Which pass, which entry, what is wrong with it."""
    with pytest.raises(LedgerDamaged) as found:
        read()
    assert found.value.fields() == {"pass_id": pass_id, "seq": seq, "problem": problem}


FIXED = {"fixed_from": NOW.date(), "fixed_until": NOW.date()}
LATE = datetime(9900, 6, 1, tzinfo=UTC)
CHOSEN = Validity(Anchor.CHOSEN_DATE)

INVALID: list[tuple[Callable[[], object], str, str]] = [
    (lambda: zone("Mars"), "time_zone", "is not an IANA time zone name"),
    (
        lambda: utc(datetime(2027, 1, 1)),  # noqa: DTZ001  # naive on purpose
        "instant",
        "needs an offset, for example 2027-03-01T18:00:00+01:00",
    ),
    (lambda: utc(datetime.max.replace(tzinfo=UTC)), "instant", "is not from 1900 to 9900"),
    (lambda: Length(1, "day"), "length.unit", "is not days, weeks, months or years"),
    (lambda: Length(0, "days"), "length.count", "is not from 1 to 36500"),
    (lambda: Length.parse("x"), "length", "is not a number and a unit, such as 6 months"),
    (lambda: Length.parse("100000 days"), "length.count", "is not from 1 to 36500"),
    (
        lambda: Length.parse("1000000 days"),
        "length",
        "is not a number and a unit, such as 6 months",
    ),
    (lambda: Length(36_500, "years").after(date(2027, 1, 1)), "length", "ends after the year 9999"),
    (
        lambda: Validity(Anchor.FIXED_RANGE),
        "validity.fixed_from",
        "and fixed_until must both be given",
    ),
    (
        lambda: Validity(fixed_from=NOW.date()),
        "validity.fixed_from",
        "belongs to anchor fixed_range only",
    ),
    (
        lambda: Validity(Anchor.FIXED_RANGE, Length(1, "days"), **FIXED),  # type: ignore[arg-type]  # any field
        "validity.length",
        "does not go with anchor fixed_range",
    ),
    (
        lambda: Validity(Anchor.FIXED_RANGE, fixed_from=NOW.date(), fixed_until=date(2000, 1, 1)),
        "validity.fixed_until",
        "is before fixed_from",
    ),
    (
        lambda: Validity(Anchor.FIXED_RANGE, fixed_from=NOW.date(), fixed_until=date.max),
        "validity.fixed_until",
        "ends after the year 9999",
    ),
    (
        lambda: Validity(activate_within=Length(1, "days")),
        "validity.activate_within",
        "goes with the anchors first_booking and first_use only",
    ),
    (lambda: opening_window(CHOSEN, NOW, "UTC"), "starts_on", "is needed"),
    (
        lambda: opening_window(Validity(), NOW, "UTC", chosen=NOW.date()),
        "starts_on",
        "does not go with this product",
    ),
    (
        lambda: refrozen(
            window_from(Validity(length=Length(1, "days")), LATE, "UTC"), (), (), "x", longer=10**7
        ),
        "last_day",
        "ends after the year 9999",
    ),
    (
        lambda: window_from(Validity(), LATE, "UTC").until(date.max, "x"),
        "last_day",
        "ends after the year 9999",
    ),
]


@pytest.mark.parametrize(
    ("make", "field", "problem"), INVALID, ids=[f"{row[1]} {row[2]}" for row in INVALID]
)
def test_input_is_refused_to_the_letter(
    make: Callable[[], object], field: str, problem: str
) -> None:
    """By its field and what is wrong with it."""
    with pytest.raises(Invalid) as refused:
        make()
    assert refused.value.fields() == {"field": field, "problem": problem}


def test_an_unlimited_pass_is_used_before_it_started() -> None:
    """It has no units to take, whichever way the decision goes."""
    told = story(of=terms(sessions=None, validity=Validity(Anchor.FIRST_USE)))
    told.do(cm.Deduct(LINE, visit()))
    told.do(cm.Reserve(Line("b2"), visit(seats=3)))
    assert (told.state.balance.used, told.state.balance.held) == (1, 3)
    with pytest.raises(PassError):
        told.do(cm.Reserve(Line("b2"), visit()))
