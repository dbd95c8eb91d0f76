"""The intake by joins: one row for each report and pass its client has, the commonest way by far.

On PostgreSQL any number of reports is one statement, whose plan does not depend on the number. On
SQLite, where a statement costs no round trip, it is for one report.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
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


#: Each part and how its rows are found, `{column}` being the client's name in the report.
_FOUND: Final = {
    "bookings b": "b.business_id = own.id AND b.source = own.source AND b.ref = own.ref",
    "clients c": "c.business_id = own.id AND c.{column} = own.client",
    "services s": "s.business_id = own.id AND (s.id = own.service OR s.slug = own.service)",
    "passes p": "p.business_id = own.id AND p.client_id = c.id",
}
#: `OFFSET 0` has PostgreSQL look up each row by its index. Left to choose, it would read the whole
#: table for a batch, for as long as it takes the table for small: until autovacuum comes by.
_LOOK_UP: Final = (
    "\nLEFT JOIN LATERAL (SELECT * FROM {part} WHERE {found} OFFSET 0) AS {alias} ON true"
)
_JOIN: Final = "\nLEFT JOIN {part} ON {found}"


def _joins(own: str, join: str) -> dict[str, str]:
    """Return the statements that find clients by id and by e-mail, for the keys in *own*."""
    joins = "".join(join.format(part=p, found=found, alias=p[-1]) for p, found in _FOUND.items())
    text = f"SELECT {_LISTED} FROM ({own}) AS own{joins}"  # noqa: S608  # made of column names
    return {column: text.replace("{column}", column) for column in ("id", "email")}


_NAMES: Final = ("id", "source", "ref", "client", "service")
_ONE_SQLITE: Final = _joins("SELECT " + ", ".join(f"? AS {name}" for name in _NAMES), _JOIN)
_ONE_POSTGRES: Final = _joins(
    "SELECT " + ", ".join(f"%s::text AS {name}" for name in _NAMES), _JOIN
)
_MANY_POSTGRES: Final = _joins(
    "SELECT %s::text AS id, k.* FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[])"
    " AS k(source, ref, client, service)",
    _LOOK_UP,
)
_MORE: Final = f"SELECT {', '.join(PASS)} FROM passes WHERE business_id = "  # noqa: S608  # as above
_MORE_POSTGRES: Final = f"{_MORE}%s AND (id = ANY(%s::text[]) OR code = ANY(%s::text[]))"
_MORE_SQLITE: Final = {column: f"{_MORE}? AND {column} = ?" for column in ("id", "code")}


def read_joined(unit: Unit, names: Names) -> Found | None:
    """Read for the reports of *names*; None where this is not the fastest way."""
    by, keys = names.by, names.keys
    if by is None or unit.locking or not keys or (len(keys) > 1 and not unit.postgres):
        return None
    if not unit.postgres:
        return _on_sqlite(unit, names, unit.raw(_ONE_SQLITE[by], (unit.business_id, *keys[0])))
    if len(keys) == 1:
        rows = unit.texts(_ONE_POSTGRES[by], (unit.business_id, *keys[0]))
    else:
        arrays = map(array, zip(*keys, strict=True))
        rows = unit.texts(_MANY_POSTGRES[by], (unit.business_id, *arrays))
    return None if rows is None else _on_postgres(unit, names, rows)


def _on_postgres(unit: Unit, names: Names, rows: list[list[Any]]) -> Found:
    bookings, clients, services, passes = _split(rows)
    ids = _missing(names, bookings, passes)
    if ids or names.codes:
        named = (unit.business_id, array(ids), array(names.codes))
        passes |= _by_id(unit.texts(_MORE_POSTGRES, named) or ())
    return (
        [read_booking(typed(row, BOOKING_TEXTS), same) for row in bookings],
        [client_of(tuple(row), small.instant) for row in clients],
        [service_of(tuple(row)) for row in services],
        stored_passes(unit, [typed(row, PASS_TEXTS) for row in passes.values()], same),
    )


def _on_sqlite(unit: Unit, names: Names, rows: list[Any]) -> Found:
    moment = unit.dialect.moment
    bookings, clients, services, passes = _split(rows)
    for pass_id in _missing(names, bookings, passes):
        passes |= _by_id(unit.raw(_MORE_SQLITE["id"], (unit.business_id, pass_id)))
    for code in names.codes:
        passes |= _by_id(unit.raw(_MORE_SQLITE["code"], (unit.business_id, code)))
    return (
        [read_booking(row, moment) for row in bookings],
        [client_of(row, moment) for row in clients],
        [service_of(row) for row in services],
        stored_passes(unit, passes.values(), moment),
    )


def _split(
    rows: Iterable[Any],
) -> tuple[Iterable[Any], Iterable[Any], Iterable[Any], dict[str, Any]]:
    """Return the rows of bookings, clients and services, each once, and those of passes by id."""
    b, c, s, _ = _ENDS
    bookings, clients, services, passes = {}, {}, {}, {}
    for row in rows:
        if row[0] is not None and row[0] not in bookings:
            bookings[row[0]] = row[:b]
        if row[b] is not None and row[b] not in clients:
            clients[row[b]] = row[b:c]
        if row[c] is not None and row[c] not in services:
            services[row[c]] = row[c:s]
        if row[s] is not None and row[s] not in passes:
            passes[row[s]] = row[s:]
    return bookings.values(), clients.values(), services.values(), passes


def _by_id(rows: Iterable[Any]) -> dict[str, Any]:
    return {row[0]: row for row in rows}


def _missing(names: Names, bookings: Iterable[Any], passes: dict[str, Any]) -> Sequence[str]:
    """Return the ids of passes that are named or pay, and are not the clients' own."""
    wanted = [*names.pass_ids, *(i for row in bookings for i in row[PAID_BY].split())]
    return [i for i in dict.fromkeys(wanted) if i not in passes]
