"""The wire: prepared statements straight on libpq, for the two statements of a visit.

`psycopg.Cursor` adapts values, columns and results one by one, in Python; for sixty values and
sixty columns that costs more than everything else a visit does. Here values and columns are text,
and the caller, who knows them all, reads them. Everything else goes through the cursor as usual;
both may be used on one connection, one after the other.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import psycopg
from psycopg import pq
from psycopg.errors import error_from_result

_DONE: Final = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)
_numbers = itertools.count()


@cache
def _prepared(text: str) -> tuple[bytes, bytes]:
    """Return a name for the statement, the same on all connections, and its text for libpq."""
    parts = text.split("%s")
    numbered = "".join(f"{part}${number}" for number, part in enumerate(parts[:-1], start=1))
    return b"passstore_%d" % next(_numbers), (numbered + parts[-1]).encode()


def encoded(value: Any) -> bytes | None:
    """Return a value as text for the server: words, whole numbers, truth values, None."""
    kind = value.__class__
    if kind is str:
        made: bytes = value.encode()
        return made
    if value is None:
        return None
    if kind is bool:
        return b"t" if value else b"f"
    return b"%d" % value


class Wire:
    """The libpq side of one connection, which must not be used by two threads at once."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._pgconn = connection.pgconn
        self._known: set[bytes] = set()

    def rows(self, text: str, values: Sequence[Any]) -> list[list[str | None]]:
        """Run a statement with ``%s`` for each value; raises psycopg's errors."""
        result = self._run(text, values)
        get = result.get_value
        columns = range(result.nfields)
        return [
            [None if (v := get(row, column)) is None else v.decode() for column in columns]
            for row in range(result.ntuples)
        ]

    def run(self, text: str, values: Sequence[Any]) -> None:
        """Run a statement whose result does not matter."""
        self._run(text, values)

    def command(self, text: str) -> None:
        """Run a command without values, such as ``BEGIN``.

        A cursor would take a ``ROLLBACK`` as the end of all prepared statements and drop them.
        """
        self._checked(self._pgconn.exec_(text.encode()))

    def _run(self, text: str, values: Sequence[Any]) -> Any:
        name, numbered = _prepared(text)
        if name not in self._known:
            self._checked(self._pgconn.prepare(name, numbered))
            self._known.add(name)
        given: Any = [encoded(value) for value in values]  # None is NULL, whatever the stub says
        return self._checked(self._pgconn.exec_prepared(name, given))

    def _checked(self, result: Any) -> Any:
        if result.status not in _DONE:
            if self._pgconn.status != pq.ConnStatus.OK:
                raise psycopg.OperationalError("the connection was lost")
            error = error_from_result(result)
            if isinstance(error, psycopg.errors.InvalidSqlStatementName):
                self._known.clear()  # somebody dropped them; the next try prepares them again
            raise error
        return result
