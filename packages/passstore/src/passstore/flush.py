"""Flushing: a buffer written with one statement a kind on SQLite, and one in all on PostgreSQL.

Theory of operation. On PostgreSQL all kinds go out as one statement of data-modifying CTEs. A few
rows are written as values, which the server takes fastest; many as one JSON text a kind, so that
their number changes neither the statement nor its plan. Sent alone it is a transaction of its own
in a single round trip. It is all or nothing: a pass row is updated
only over the version that was read, the entries are inserted from what that update returns (so the
pass row is always locked before its entries' keys), and the final select ends the statement with
SQLSTATE 40001 where fewer rows were updated than there were changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Boolean, Table

from passcore.errors import Contention
from passstore import tables
from passstore.buffer import GUARDED, KINDS, Buffer, Rows
from passstore.rows import small
from passstore.rows.bookings import CHANGING
from passstore.rows.passes import STATE

if TYPE_CHECKING:
    from passstore.wire import Wire

#: Buffers of one transaction, each with its business.
Parts = Sequence[tuple[str, Buffer]]


def flush(parts: Parts, cursor: Any, wire: Wire | None, *, postgres: bool) -> None:
    """Write *parts* by *wire* or *cursor*; raises `Contention` and the driver's errors."""
    rows: dict[str, Rows] = {}
    for business_id, buffer in parts:
        for kind in buffer.kinds():
            some = rows.setdefault(kind, [])
            some += [(business_id, *row) for row in getattr(buffer, kind)]
    ordered = {kind: rows[kind] for kind in KINDS if kind in rows}
    if postgres:
        _flush_postgres(ordered, cursor, wire)
    else:
        _flush_sqlite(ordered, cursor)


# --- PostgreSQL -----------------------------------------------------------------------------------


#: Up to how many rows in all are written as values, where values are cheap.
_FEW: Final = 48


def _flush_postgres(rows: dict[str, Rows], cursor: Any, wire: Wire | None) -> None:
    few = wire is not None and sum(map(len, rows.values())) <= _FEW
    values: list[Any] = []
    for kind, some in rows.items():
        if few:
            for row in some:
                values += row
        else:
            names = ("b", *KINDS[kind][1])
            values.append(small.dumps([dict(zip(names, row, strict=True)) for row in some]))
    guarded = sum(len(rows.get(kind, ())) for kind in GUARDED)
    if guarded:
        values.append(guarded)
    text = _postgres_text(tuple((kind, len(some) if few else 0) for kind, some in rows.items()))
    if wire is not None:
        wire.run(text, values)
    else:
        cursor.execute(text, values)


@cache
def _postgres_text(shape: tuple[tuple[str, int], ...]) -> str:
    """Return the statement for these kinds and numbers of rows, 0 for any number."""
    kinds = [kind for kind, _ in shape]
    after_changes = "changes" in kinds
    parts = [
        f"{kind} AS ({_part(kind, _rows(kind, count), after_changes=after_changes)})"
        for kind, count in shape
    ]
    counts = [f"(SELECT count(*) FROM {kind})" for kind in reversed(GUARDED) if kind in kinds]
    last = f"passstore_exactly({' + '.join(counts)}, %s)" if counts else "true"
    return f"WITH {', '.join(parts)} SELECT {last}"


def _rows(kind: str, count: int) -> str:
    """Return the rows to write as a FROM clause, each with its business as `b`."""
    table = tables.metadata.tables[KINDS[kind][0]]
    names = KINDS[kind][1]
    if count:
        row = ", ".join(["%s::text", *[f"%s::{_type(table, name)}" for name in names]])
        values = ", ".join([f"({row})"] * count)
        return f"(VALUES {values}) AS r(b, {', '.join(names)})"
    typed = ", ".join(f"{name} {_type(table, name)}" for name in names)
    return f"json_to_recordset(%s) AS r(b text, {typed})"


def _part(kind: str, rows: str, *, after_changes: bool) -> str:
    name, columns = KINDS[kind]
    if kind == "changes":
        return (
            f"UPDATE passes t SET {_sets(STATE)} FROM {rows} WHERE t.business_id = r.b"
            " AND t.id = r.id AND t.version = r.expected RETURNING t.id"
        )
    if kind == "rebooked":
        return (
            f"UPDATE bookings t SET {_sets(CHANGING)} FROM {rows} WHERE t.business_id = r.b"
            " AND t.id = r.id AND t.version = r.version - 1 RETURNING t.id"
        )
    rest = ""
    if kind == "entries" and after_changes:
        # A new pass's first entry has no row to be locked, all others wait for theirs.
        rest = " WHERE r.seq = 1 OR r.pass_id IN (SELECT id FROM changes)"
    elif kind in ("terms", "messages"):
        rest = " ON CONFLICT DO NOTHING"
    listed = ", ".join(f"r.{column}" for column in columns)
    given = ", ".join(columns)
    return f"INSERT INTO {name} (business_id, {given}) SELECT r.b, {listed} FROM {rows}{rest}"


def _sets(columns: list[str]) -> str:
    return ", ".join(f"{column} = r.{column}" for column in columns)


def _type(table: Table, column: str) -> str:
    if column == "expected":
        return "bigint"
    kind = table.c[column].type
    if isinstance(kind, tables.Instant):
        return "timestamptz"
    if isinstance(kind, Boolean):
        return "boolean"
    return "text" if kind is tables.Words else "bigint"


# --- SQLite ---------------------------------------------------------------------------------------


def _flush_sqlite(rows: dict[str, Rows], cursor: Any) -> None:
    for kind, some in rows.items():
        if kind == "changes":
            given: Rows = [(*row[2:-1], row[0], row[1], row[-1]) for row in some]
        else:
            given = [_rebooking(row) for row in some] if kind == "rebooked" else some
        text = _SQLITE[kind]
        if len(given) == 1:
            cursor.execute(text, given[0])
        else:
            cursor.executemany(text, given)
        if kind in GUARDED and cursor.rowcount != len(given):
            raise Contention(KINDS[kind][0])


_BOOKING_AT: Final = {column: at for at, column in enumerate(KINDS["rebooked"][1], start=1)}
_CHANGING_AT: Final = [_BOOKING_AT[column] for column in CHANGING]
_VERSION_AT: Final = _BOOKING_AT["version"]


def _rebooking(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*[row[at] for at in _CHANGING_AT], row[0], row[1], row[_VERSION_AT] - 1)


def _sqlite_text(kind: str) -> str:
    name, columns = KINDS[kind]
    if kind in GUARDED:
        sets = ", ".join(f"{c} = ?" for c in (STATE if kind == "changes" else CHANGING))
        return f"UPDATE {name} SET {sets} WHERE business_id = ? AND id = ? AND version = ?"
    marks = ", ".join("?" * (len(columns) + 1))
    rest = " ON CONFLICT DO NOTHING" if kind in ("terms", "messages") else ""
    return f"INSERT INTO {name} (business_id, {', '.join(columns)}) VALUES ({marks}){rest}"


_SQLITE: Final = {kind: _sqlite_text(kind) for kind in KINDS}
