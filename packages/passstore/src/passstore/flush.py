"""Flushing: a buffer written with one statement a kind on SQLite, and one in all on PostgreSQL.

Theory of operation. On PostgreSQL all kinds go out as one statement of data-modifying CTEs, each
fed by one JSON text, so the number of rows changes neither the statement nor its plan. Sent alone
it is a transaction of its own in a single round trip. It is all or nothing: a pass row is updated
only over the version that was read, the entries are inserted from what that update returns (so the
pass row is always locked before its entries' keys), and the final select ends the statement with
SQLSTATE 40001 where fewer rows were updated than there were changes.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from sqlalchemy import Boolean, Table

from passcore.errors import Contention
from passstore import tables
from passstore.buffer import GUARDED, KINDS, Buffer
from passstore.rows import small
from passstore.rows.bookings import CHANGING
from passstore.rows.passes import STATE


def flush(buffer: Buffer, business_id: str, cursor: Any, *, postgres: bool) -> None:
    """Write *buffer* with *cursor*; raises `Contention` and the driver's errors."""
    if postgres:
        _flush_postgres(buffer, business_id, cursor)
    else:
        _flush_sqlite(buffer, business_id, cursor)


# --- PostgreSQL -----------------------------------------------------------------------------------


def _flush_postgres(buffer: Buffer, business_id: str, cursor: Any) -> None:
    kinds = buffer.kinds()
    values: list[Any] = []
    guarded = 0
    for kind in kinds:
        rows = getattr(buffer, kind)
        names = KINDS[kind][1]
        if kind == "changes":
            names = (*names, "expected")
            rows = [(*row, seen) for row, seen in zip(rows, buffer.expected, strict=True)]
        if kind in GUARDED:
            guarded += len(rows)
        values += (business_id, small.dumps([dict(zip(names, row, strict=True)) for row in rows]))
    if guarded:
        values.append(guarded)
    cursor.execute(_postgres_text(kinds), values)


@cache
def _postgres_text(kinds: tuple[str, ...]) -> str:
    parts = [f"{kind} AS ({_part(kind, alone='changes' not in kinds)})" for kind in kinds]
    counts = [f"(SELECT count(*) FROM {kind})" for kind in kinds if kind in GUARDED]
    last = f"passstore_exactly({' + '.join(counts)}, %s)" if counts else "true"
    return f"WITH {', '.join(parts)} SELECT {last}"


def _part(kind: str, *, alone: bool) -> str:
    name, columns = KINDS[kind]
    table = tables.metadata.tables[name]
    typed = ", ".join(f"{column} {_type(table, column)}" for column in columns)
    if kind == "changes":
        return (
            f"UPDATE passes t SET {_sets(STATE)} FROM"
            f" (SELECT %s::text AS b, r.* FROM json_to_recordset(%s) AS r({typed},"
            " expected bigint)) r WHERE t.business_id = r.b AND t.id = r.id"
            " AND t.version = r.expected RETURNING t.id"
        )
    if kind == "rebooked":
        return (
            f"UPDATE bookings t SET {_sets(CHANGING)} FROM"
            f" (SELECT %s::text AS b, r.* FROM json_to_recordset(%s) AS r({typed})) r"
            " WHERE t.business_id = r.b AND t.id = r.id AND t.version = r.version - 1"
            " RETURNING t.id"
        )
    given = ", ".join(columns)
    rest = ""
    if kind == "entries" and not alone:
        # A new pass's first entry has no row to be locked, all others wait for theirs.
        rest = " WHERE r.seq = 1 OR r.pass_id IN (SELECT id FROM changes)"
    elif kind in ("terms", "messages"):
        rest = " ON CONFLICT DO NOTHING"
    listed = ", ".join(f"r.{column}" for column in columns)
    return (
        f"INSERT INTO {name} (business_id, {given}) SELECT %s, {listed}"
        f" FROM json_to_recordset(%s) AS r({typed}){rest}"
    )


def _sets(columns: list[str]) -> str:
    return ", ".join(f"{column} = r.{column}" for column in columns)


def _type(table: Table, column: str) -> str:
    kind = table.c[column].type
    if isinstance(kind, tables.Instant):
        return "timestamptz"
    if isinstance(kind, Boolean):
        return "boolean"
    return "text" if kind is tables.Words else "bigint"


# --- SQLite ---------------------------------------------------------------------------------------


def _flush_sqlite(buffer: Buffer, business_id: str, cursor: Any) -> None:
    for kind in buffer.kinds():
        rows = getattr(buffer, kind)
        if kind == "changes":
            pairs = zip(rows, buffer.expected, strict=True)
            given = [(*row[1:], business_id, row[0], seen) for row, seen in pairs]
        elif kind == "rebooked":
            given = [_rebooking(row, business_id) for row in rows]
        else:
            given = [(business_id, *row) for row in rows]
        text = _SQLITE[kind]
        if len(given) == 1:
            cursor.execute(text, given[0])
        else:
            cursor.executemany(text, given)
        if kind in GUARDED and cursor.rowcount != len(given):
            raise Contention(KINDS[kind][0])


_BOOKING_AT: Final = {column: at for at, column in enumerate(KINDS["rebooked"][1])}
_CHANGING_AT: Final = [_BOOKING_AT[column] for column in CHANGING]
_VERSION_AT: Final = _BOOKING_AT["version"]


def _rebooking(row: tuple[Any, ...], business_id: str) -> tuple[Any, ...]:
    return (*[row[at] for at in _CHANGING_AT], business_id, row[0], row[_VERSION_AT] - 1)


def _sqlite_text(kind: str) -> str:
    name, columns = KINDS[kind]
    if kind in GUARDED:
        sets = ", ".join(f"{c} = ?" for c in (STATE if kind == "changes" else CHANGING))
        return f"UPDATE {name} SET {sets} WHERE business_id = ? AND id = ? AND version = ?"
    marks = ", ".join("?" * (len(columns) + 1))
    rest = " ON CONFLICT DO NOTHING" if kind in ("terms", "messages") else ""
    return f"INSERT INTO {name} (business_id, {', '.join(columns)}) VALUES ({marks}){rest}"


_SQLITE: Final = {kind: _sqlite_text(kind) for kind in KINDS}
