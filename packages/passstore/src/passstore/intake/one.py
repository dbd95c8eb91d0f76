"""The intake of one report: plain joins in one statement, the commonest case by far."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, Final

from passstore.intake.names import Found, Names
from passstore.intake.reading import (
    BOOKING_TEXTS,
    PAID_BY,
    PASS_TEXTS,
    array,
    client_of,
    same,
    service_of,
    typed,
)
from passstore.repositories.passes import stored_passes
from passstore.rows import small
from passstore.rows.bookings import BOOKING, read_booking
from passstore.rows.passes import PASS
from passstore.rows.shapes import CLIENT, SERVICE
from passstore.unit import Unit

_PARTS: Final = (("b", BOOKING), ("c", CLIENT.columns), ("s", SERVICE.columns), ("p", PASS))
_ENDS: Final = tuple(itertools.accumulate(len(columns) for _, columns in _PARTS))
_LISTED: Final = ", ".join(f"{alias}.{name}" for alias, names in _PARTS for name in names)
_POSTGRES: Final = {
    column: f"""
SELECT {_LISTED} FROM (SELECT %s::text AS id) AS own
LEFT JOIN bookings b ON b.business_id = own.id AND b.source = %s AND b.ref = %s
LEFT JOIN clients c ON c.business_id = own.id AND c.{column} = %s
LEFT JOIN services s ON s.business_id = own.id AND (s.id = %s OR s.slug = %s)
LEFT JOIN passes p ON p.business_id = own.id AND p.client_id = c.id
"""  # noqa: S608  # made of column names
    for column in ("id", "email")
}
_SQLITE: Final = {
    column: text.replace("%s::text", "?").replace("%s", "?") for column, text in _POSTGRES.items()
}
_MORE: Final = f"SELECT {', '.join(PASS)} FROM passes WHERE business_id = "  # noqa: S608
_MORE_POSTGRES: Final = f"{_MORE}%s AND (id = ANY(%s::text[]) OR code = ANY(%s::text[]))"
_MORE_SQLITE: Final = {column: f"{_MORE}? AND {column} = ?" for column in ("id", "code")}


def read_one(unit: Unit, names: Names) -> Found | None:
    """Read for one report; None where this is not the fastest way."""
    ((ref, email),) = names.clients.items()
    ((source, booking_ref),) = names.bookings
    (service,) = names.services
    by, name = ("email", email) if ref.id is None else ("id", ref.id)
    values = (unit.business_id, source, booking_ref, name, service, service)
    if not unit.postgres:
        return _on_sqlite(unit, names, unit.raw(_SQLITE[by], values))
    rows = unit.texts(_POSTGRES[by], values)
    return None if rows is None else _on_postgres(unit, names, rows)


def _on_postgres(unit: Unit, names: Names, rows: list[list[Any]]) -> Found:
    b, c, s, p = _ENDS
    bookings = [] if rows[0][0] is None else [typed(rows[0][:b], BOOKING_TEXTS)]
    clients = [] if rows[0][b] is None else [client_of(tuple(rows[0][b:c]), small.instant)]
    services = {tuple(row[c:s]) for row in rows if row[c] is not None}
    passes = [typed(row[s:p], PASS_TEXTS) for row in rows if row[s] is not None]
    ids = _missing(names, bookings, passes)
    if ids or names.codes:
        named = (unit.business_id, array(ids), array(names.codes))
        _add(passes, [typed(row, PASS_TEXTS) for row in unit.texts(_MORE_POSTGRES, named) or ()])
    return (
        [read_booking(row, same) for row in bookings],
        clients,
        [service_of(row) for row in services],
        stored_passes(unit, passes, same),
    )


def _on_sqlite(unit: Unit, names: Names, rows: list[Any]) -> Found:
    moment = unit.dialect.moment
    b, c, s, p = _ENDS
    bookings = [] if rows[0][0] is None else [rows[0][:b]]
    clients = [] if rows[0][b] is None else [client_of(rows[0][b:c], moment)]
    services = {row[c:s] for row in rows if row[c] is not None}
    passes = [row[s:p] for row in rows if row[s] is not None]
    for pass_id in _missing(names, bookings, passes):
        _add(passes, unit.raw(_MORE_SQLITE["id"], (unit.business_id, pass_id)))
    for code in names.codes:
        _add(passes, unit.raw(_MORE_SQLITE["code"], (unit.business_id, code)))
    return (
        [read_booking(row, moment) for row in bookings],
        clients,
        [service_of(row) for row in services],
        stored_passes(unit, passes, moment),
    )


def _missing(names: Names, bookings: list[Any], passes: list[Any]) -> list[str]:
    """Return the ids of passes that are named or pay, and are not the client's own."""
    wanted = [*names.pass_ids, *(i for row in bookings for i in row[PAID_BY].split())]
    if not wanted:
        return wanted
    known = {row[0] for row in passes}
    return [i for i in dict.fromkeys(wanted) if i not in known]


def _add(passes: list[Any], more: Sequence[Any]) -> None:
    known = {row[0] for row in passes}
    passes += [row for row in more if row[0] not in known]
