"""Flat nouns: the statements every one of them has, made from its table and its shape."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Column, Select, Table, bindparam, cast, func, insert, select, update
from sqlalchemy.sql import ClauseElement

from passcore.errors import Contention, NotFound
from passstore.rows.shapes import Shape
from passstore.statements import Dialect, Statement
from passstore.unit import Unit

T = TypeVar("T")


def mine(table: Table) -> Any:
    """Return the condition that a row of *table* is of the unit's business."""
    return table.c.business_id == bindparam("business_id")


def among(query: Select[Any], column: Column[Any]) -> Statement:
    """Return *query* for the rows whose *column* is one of the texts listed as `wanted`."""

    def make(dialect: Dialect) -> ClauseElement:
        if dialect.postgres:
            unfold = func.json_array_elements_text(cast(bindparam("wanted"), dialect.sql.JSON))
            return query.where(column.in_(select(unfold)))
        unfolded = func.json_each(bindparam("wanted")).table_valued("value")
        return query.where(column.in_(select(unfolded.c.value)))

    return Statement(make)


def listed(texts: Iterable[str]) -> str | None:
    """Return *texts* as `among` takes them, each once; None where there are none."""
    once = sorted(set(texts))
    return json.dumps(once, ensure_ascii=False) if once else None


def whole_insert(table: Table) -> Statement:
    """Return the insert of a whole row, nothing left to defaults."""
    return Statement(insert(table).values({c.name: bindparam(c.name) for c in table.columns}))


def update_of(table: Table, columns: Sequence[str], *, versioned: bool = False) -> Statement:
    """Return the update of *columns* by id; *versioned* only over version `k_version`."""

    def make(_dialect: Dialect) -> ClauseElement:
        given: dict[str, Any] = {name: bindparam(name) for name in columns if name != "id"}
        found = mine(table) & (table.c.id == bindparam("k_id"))
        if versioned:
            found &= table.c.version == bindparam("k_version")
        return update(table).where(found).values(given)

    return Statement(make)


class Flat(Generic[T]):
    """Reading and writing of one flat noun, called *what* in errors.

    *derived* are columns that are not the noun's own, given with every save.
    """

    def __init__(
        self,
        table: Table,
        shape: Shape[T],
        what: str,
        *,
        versioned: bool = False,
        derived: Sequence[str] = (),
    ) -> None:
        self.table: Final = table
        self.shape: Final = shape
        self._what = what
        self._insert = whole_insert(table)
        self._update = update_of(table, (*shape.columns, *derived), versioned=versioned)
        self._by: dict[tuple[str, ...], Statement] = {}

    def select(self) -> Select[Any]:
        """Return the query for all of the business."""
        return select(*[self.table.c[c] for c in self.shape.columns]).where(mine(self.table))

    def add(self, unit: Unit, value: T, **more: Any) -> None:
        """Insert *value*; *more* are columns that are not its own."""
        unit.change(self._insert, self.shape.values(value) | more, may_fail=True)

    def save(self, unit: Unit, value: T, **more: Any) -> None:
        """Update by id, whatever is stored."""
        row = self.shape.values(value) | more
        if unit.change(self._update, row | {"k_id": row["id"]}) == 0:
            raise NotFound(self._what, row["id"])

    def save_version(self, unit: Unit, value: T, **more: Any) -> None:
        """Update by id over the version that was read; raises `Contention`, `NotFound`."""
        row = self.shape.values(value) | more
        seen = {"k_id": row["id"], "k_version": row["version"], "version": row["version"] + 1}
        if unit.change(self._update, row | seen) == 0:
            self.get(unit, row["id"], "id")
            raise Contention(self._what)

    def find(self, unit: Unit, **by: Any) -> T | None:
        """Return the one with these column values, None where there is none."""
        key = tuple(by)
        statement = self._by.get(key)
        if statement is None:
            query = self.select()
            for column in key:
                query = query.where(self.table.c[column] == bindparam(f"k_{column}"))
            statement = self._by[key] = Statement(query)
        row = unit.one(statement, **{f"k_{column}": value for column, value in by.items()})
        return None if row is None else self.shape.read(row)

    def get(self, unit: Unit, ref: str, *by: str) -> T:
        """Return the one with *ref* in one of the columns *by*; raises `NotFound`."""
        for column in by:
            found = self.find(unit, **{column: ref})
            if found is not None:
                return found
        raise NotFound(self._what, ref)

    def all(self, unit: Unit, statement: Statement, **values: Any) -> list[T]:
        """Return what a query made from `select` finds."""
        return [self.shape.read(row) for row in unit.rows(statement, **values)]
