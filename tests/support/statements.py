"""Counting what a database is asked: the statements of a block, on SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Engine, event

from passstore.rows.frozen_terms import TERMS

_VERBS: Final = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


class Counter:
    """Hears every statement of the connections made while it listens."""

    def __init__(self) -> None:
        self._heard: list[str] | None = None

    def connected(self, connection: Any, _record: Any) -> None:
        """Listen to a new connection."""
        connection.set_trace_callback(self._hear)

    def _hear(self, statement: str) -> None:
        if self._heard is not None and statement.lstrip().upper().startswith(_VERBS):
            self._heard.append(statement)

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        """Give the list that the block's statements are written to.

        Terms that the process has read before are forgotten first: they would hide their reading.
        """
        TERMS._by_key.clear()
        TERMS._by_id.clear()
        heard: list[str] = []
        self._heard = heard
        try:
            yield heard
        finally:
            self._heard = None


@contextmanager
def listening() -> Iterator[Counter]:
    """Count the statements of every engine that connects in the block."""
    counter = Counter()
    event.listen(Engine, "connect", counter.connected)
    try:
        yield counter
    finally:
        event.remove(Engine, "connect", counter.connected)
