"""Statements: SQLAlchemy Core compiled once to the driver's text, and run on a plain cursor.

Building, caching and result handling of SQLAlchemy cost more per statement than the databases do
for the statements of a visit (PERFORMANCE.md), so each is compiled once a dialect and then run as
text with positional values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from functools import cached_property
from importlib import import_module
from typing import Any, Final

from sqlalchemy import Boolean, Column, Date, Table, bindparam
from sqlalchemy.sql import ClauseElement

from passstore.tables import EPOCH, MICROSECOND, Instant

Row = tuple[Any, ...]
Convert = Callable[[Any], Any]


def micros(value: datetime) -> int:
    """Return an instant as SQLite keeps it; raises `ValueError` for a time without offset."""
    if value.tzinfo is None:
        raise ValueError("an instant needs an offset")
    return (value - EPOCH) // MICROSECOND


def moment(value: int) -> datetime:
    """Return the instant kept as *value* on SQLite."""
    return EPOCH + value * MICROSECOND


def _utc(value: datetime) -> datetime:
    return value if value.tzinfo is UTC else value.astimezone(UTC)


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("an instant needs an offset")
    return value


_SQLITE_IN: Final[dict[type, Convert]] = {datetime: micros, date: date.isoformat}
_POSTGRES_IN: Final[dict[type, Convert]] = {datetime: _aware}


class Dialect:
    """How values and statements are written for one database."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.postgres = name == "postgresql"
        self._inward = _POSTGRES_IN if self.postgres else _SQLITE_IN
        self.moment: Convert = _utc if self.postgres else moment

    @cached_property
    def sql(self) -> Any:
        """SQLAlchemy's module of the dialect, loaded for the one database in use."""
        return import_module(f"sqlalchemy.dialects.{self.name}")

    @cached_property
    def core(self) -> Any:
        """SQLAlchemy's dialect, as the driver writes its marks."""
        return self.sql.dialect(paramstyle="format" if self.postgres else "qmark")

    def value(self, value: Any) -> Any:
        """Return *value* as the driver takes it."""
        convert = self._inward.get(value.__class__)
        if convert is not None:
            return convert(value)
        return value.value if isinstance(value, Enum) else value

    def converter(self, column: Any) -> Convert | None:
        """Return what turns a value read from *column* into the domain's, None for nothing."""
        kind = getattr(column, "type", None)
        if isinstance(kind, Instant):
            return self.moment
        if self.postgres:
            return None
        if isinstance(kind, Date):
            return date.fromisoformat
        return bool if isinstance(kind, Boolean) else None


SQLITE: Final = Dialect("sqlite")
POSTGRES: Final = Dialect("postgresql")


class Compiled:
    """A statement as text: `names` are its values in order."""

    __slots__ = ("_converters", "names", "text")

    def __init__(self, clause: ClauseElement, dialect: Dialect) -> None:
        compiled = clause.compile(dialect=dialect.core)
        self.text = str(compiled)
        order = getattr(compiled, "positiontup", None) or ()
        fixed = {k: v for k, v in compiled.params.items() if v is not None}
        self.names: tuple[tuple[str, Any], ...] = tuple((n, fixed.get(n)) for n in order)
        columns: Any = getattr(clause, "selected_columns", None)
        if columns is None:
            columns = getattr(clause, "_returning", ())
        converters = [dialect.converter(c) for c in columns]
        pairs = [(at, c) for at, c in enumerate(converters) if c is not None]
        self._converters = pairs

    def values(self, given: Mapping[str, Any], dialect: Dialect) -> list[Any]:
        """Return the values for one execution; what is not given stands in the statement."""
        value = dialect.value
        return [value(given[n]) if n in given else value(fixed) for n, fixed in self.names]

    def row(self, row: Sequence[Any]) -> Row:
        """Return a row as the domain's values."""
        made = list(row)
        for at, convert in self._converters:
            if made[at] is not None:
                made[at] = convert(made[at])
        return tuple(made)


class Statement:
    """A Core statement, compiled when a dialect first needs it."""

    def __init__(self, clause: ClauseElement | Callable[[Dialect], ClauseElement]) -> None:
        self._clause = clause
        self._compiled: dict[str, Compiled] = {}

    def on(self, dialect: Dialect) -> Compiled:
        """Return the statement as text for *dialect*."""
        found = self._compiled.get(dialect.name)
        if found is None:
            clause = self._clause
            made = clause if isinstance(clause, ClauseElement) else clause(dialect)
            found = self._compiled[dialect.name] = Compiled(made, dialect)
        return found


def upsert(table: Table, dialect: Dialect) -> Any:
    """Return the dialect's own insert, which knows what to do about a key that is there."""
    return dialect.sql.insert(table)


def ignoring(table: Table) -> Statement:
    """Return an insert of a whole row that leaves a row of the same key as it is."""

    def make(dialect: Dialect) -> ClauseElement:
        values: dict[str, Any] = {c.name: bindparam(c.name) for c in table.columns}
        made: ClauseElement = upsert(table, dialect).values(values).on_conflict_do_nothing()
        return made

    return Statement(make)


def columns_of(names: Sequence[str], table: Any) -> list[Column[Any]]:
    """Return the columns *names* of *table*, in that order."""
    return [table.c[name] for name in names]
