"""Hypothesis strategies: terms, windows, facts, entries, commands and booking reports.

Everything drawn is valid by itself; whether a command is possible on a pass is for the test to see.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Final, get_args

import attrs
from hypothesis import strategies as st

from passcore.domain import commands as cm, ledger as lg
from passcore.domain.bookings import BookingStatus, CancelledBy
from passcore.domain.cancellation import CancelPolicy, CancelTier
from passcore.domain.caps import Cap, CapWindow, Counted
from passcore.domain.clients import ClientRef
from passcore.domain.coverage import Coverage, Hours, Visit
from passcore.domain.freezes import FreezeLimits
from passcore.domain.money import Money
from passcore.domain.products import Terms
from passcore.domain.time import Length
from passcore.domain.validity import Anchor, Counting, Redeem, Validity, Window
from passcore.usecases.intake import VisitReport

#: Zones with a midnight that is skipped or repeated, with halves of hours, and at both ends.
ZONES: Final = (
    "Europe/Budapest",
    "America/Havana",
    "Africa/Cairo",
    "America/Santiago",
    "Asia/Beirut",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "UTC",
)

ids: Final = st.text("abcdefghjkmnpqrstvwxyz0123456789_", min_size=1, max_size=12)
zones: Final = st.sampled_from(ZONES)
days: Final = st.dates(date(2024, 1, 1), date(2036, 12, 31))
instants: Final = st.datetimes(datetime(2024, 1, 1), datetime(2036, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  # naive on purpose
counts: Final = st.integers(1, 10_000)
seqs: Final = st.integers(1, 2**31 - 1)
lengths: Final = st.builds(
    Length, st.integers(1, 40), st.sampled_from(["days", "weeks", "months", "years"])
)
words: Final = st.text("aáőßЖ界 -x1", min_size=1, max_size=30).map(str.strip).filter(bool)
units: Final = st.dictionaries(st.integers(0, 10**6), st.integers(1, 50), max_size=3).map(
    lambda found: tuple(sorted(found.items(), reverse=True))
)


@st.composite
def validities(draw: st.DrawFn) -> Validity:
    """Draw a rule of validity of any anchor."""
    anchor = draw(st.sampled_from(Anchor))
    redeem = draw(st.sampled_from(Redeem))
    grace = draw(st.integers(0, 60)) if redeem is Redeem.SERVICE_WITHIN else 0
    if anchor is Anchor.FIXED_RANGE:
        first, last = sorted((draw(days), draw(days)))
        return Validity(anchor, fixed_from=first, fixed_until=last, redeem=redeem, grace_days=grace)
    later = anchor in (Anchor.FIRST_BOOKING, Anchor.FIRST_USE)
    return Validity(
        anchor,
        draw(st.none() | lengths),
        draw(st.sampled_from(Counting)),
        draw(st.none() | lengths) if later else None,
        redeem=redeem,
        grace_days=grace,
    )


@st.composite
def hours(draw: st.DrawFn) -> Hours:
    """Draw a weekly window of local time."""
    start = draw(st.integers(0, 1_439))
    weekdays = draw(st.frozensets(st.integers(0, 6)))
    return Hours(weekdays, start, draw(st.integers(start + 1, 1_440)))


@st.composite
def cancel_policies(draw: st.DrawFn) -> CancelPolicy:
    """Draw tiers from early to late."""
    times = sorted(draw(st.sets(st.integers(0, 4_320), max_size=3)), reverse=True)
    lost = st.none() | st.integers(0, 5)
    return CancelPolicy(tuple(CancelTier(time, draw(lost)) for time in times), draw(lost))


@st.composite
def caps(draw: st.DrawFn) -> Cap:
    """Draw a cap of any window."""
    window = draw(st.sampled_from(CapWindow))
    long = draw(st.integers(1, 60)) if window is CapWindow.ROLLING else None
    services, categories = (draw(st.frozensets(ids, max_size=2)) for _ in range(2))
    return Cap(draw(st.integers(1, 9)), window, long, services, categories)


coverages: Final = st.builds(
    Coverage,
    *(st.frozensets(ids, max_size=3) for _ in range(4)),
    hours=st.lists(hours(), max_size=2).map(tuple),
)
prices: Final = st.builds(Money, st.integers(0, 10**7), st.sampled_from(["EUR", "HUF", "JPY"]))
terms: Final = st.builds(
    Terms,
    product_id=ids,
    version=st.integers(1, 50),
    name=words,
    sessions=st.none() | st.integers(1, 100),
    price=prices,
    validity=validities(),
    coverage=coverages,
    costs=st.dictionaries(ids, st.integers(1, 5), max_size=2),
    cancel=cancel_policies(),
    priority=st.integers(-5, 5),
    promotional=st.booleans(),
    tax_rate=st.integers(0, 3_000),
    tax_inclusive=st.booleans(),
    caps=st.lists(caps(), max_size=2, unique_by=lambda cap: cap.window).map(tuple),
    freeze=st.builds(FreezeLimits, *(st.none() | st.integers(0, 90) for _ in range(3))),
)
windows: Final = st.builds(
    Window,
    starts_at=instants,
    ends_at=st.none() | instants,
    first_day=days,
    last_day=st.none() | days,
    zone=zones,
    rule=words,
    grace_days=st.integers(0, 60),
)
lines: Final = st.builds(lg.Line, ids, st.integers(0, 3), st.integers(1, 4))
visits: Final = st.builds(Visit, ids, st.none() | ids, instants, st.integers(1, 5), st.none() | ids)

#: What the fields of facts and commands are drawn from; a new field must be put here.
FIELDS: Final[dict[str, st.SearchStrategy[Any]]] = {
    "pass_id": ids,
    "client_id": ids,
    "terms": terms,
    "sessions": counts,
    "units": units,
    "returned": units,
    "zone": zones,
    "window": windows,
    "lapses_at": instants,
    "pending": st.booleans(),
    "locked": st.booleans(),
    "line": lines,
    "starts_at": instants,
    "ends_at": instants,
    "resolves": seqs,
    "reverses": seqs,
    "delta": st.integers(-1_000, 1_000),
    "amount_minor": st.integers(0, 10**9),
    "first_day": days,
    "last_day": days,
    "on_day": days,
    "starts_on": days,
    "coverage": coverages,
    "visit": visits,
    "days": st.integers(0, 400),
    "counts": st.builds(Counted, days, ids, st.none() | ids),
    "beyond_limits": st.booleans(),
    "revive": st.booleans(),
    "bookings": st.sampled_from(cm.Inside),
    "booked_at": instants,
}


def _built(cls: type) -> st.SearchStrategy[Any]:
    """Build *cls* field by field; what may be None sometimes is."""
    drawn = {
        a.name: st.none() | FIELDS[a.name] if "None" in str(a.type) else FIELDS[a.name]
        for a in attrs.fields(cls)
    }
    return st.builds(cls, **drawn)


facts: Final = st.one_of(*(_built(cls) for cls in get_args(lg.Fact)))
commands: Final = st.one_of(*(_built(cls) for cls in get_args(cm.Command)))
origins: Final = st.builds(lg.Origin, words, st.sampled_from(["web", "api", "cli", "library"]))
entries: Final = st.builds(
    lg.Entry,
    seq=seqs,
    at=instants,
    about=instants,
    origin=origins,
    fact=facts,
    reason=st.none() | words,
    order_id=st.none() | ids,
)


def reports(
    *,
    refs: st.SearchStrategy[str] = ids,
    revisions: st.SearchStrategy[int] = st.integers(0, 5),  # noqa: B008  # strategies are immutable
    clients: st.SearchStrategy[str],
    services: st.SearchStrategy[str],
    starts: st.SearchStrategy[datetime] = instants,
) -> st.SearchStrategy[VisitReport]:
    """Return a strategy of another system's reports about visits, of *clients* named by id."""
    return st.builds(
        VisitReport,
        source=st.just("calendar"),
        ref=refs,
        revision=revisions,
        status=st.sampled_from(BookingStatus),
        client=st.builds(ClientRef, id=clients),
        service=services,
        starts_at=starts,
        seats=st.integers(1, 2),
        by=st.sampled_from(CancelledBy),
    )
