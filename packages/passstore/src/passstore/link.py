"""Links: the connection a transaction runs on, of the store's own pool or of an embedder's session."""

from __future__ import annotations

from typing import Any, Protocol

import attrs
from sqlalchemy import Engine

from passstore.engine import WriterQueue, in_memory, make_engine
from passstore.statements import POSTGRES, SQLITE, Dialect


class Link(Protocol):
    """A connection for one transaction. `cursor` may be asked for again after `reopen`."""

    dialect: Dialect

    def cursor(self) -> Any:
        """Return the driver's cursor, connecting when needed."""
        ...

    def begin(self) -> None:
        """Make sure that a transaction is open, for writing where this one may write."""
        ...

    def settle(self) -> None:
        """Open what a read needs."""
        ...

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def close(self) -> None: ...

    def reopen(self) -> bool:
        """Take another connection in place of a lost one, True where nothing was lost with it."""
        ...


@attrs.define(eq=False)
class Database:
    """An opened database: its engine, and who may write."""

    engine: Engine
    dialect: Dialect
    writers: WriterQueue
    shared: bool

    @classmethod
    def open(cls, url: str) -> Database:
        """Open the database of *url*."""
        engine = make_engine(url)
        dialect = POSTGRES if engine.dialect.name == "postgresql" else SQLITE
        return cls(engine, dialect, WriterQueue(), in_memory(engine.url))

    def link(self, *, write: bool, snapshot: bool = True) -> Link:
        """Return a link; without *snapshot* each read stands alone until something is written."""
        if self.dialect.postgres:
            return PostgresLink(self)
        return SQLiteLink(self, write=write, snapshot=snapshot)


class _Pooled:
    """What both databases' links share: one connection of the pool."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.dialect = database.dialect
        self._fairy: Any = None
        self._cursor: Any = None
        self._begun = False

    def cursor(self) -> Any:
        cursor = self._cursor
        if cursor is None:
            self._fairy = fairy = self._database.engine.raw_connection()
            cursor = self._cursor = fairy.dbapi_connection.cursor()
        return cursor

    def reopen(self) -> bool:
        clean = not self._begun
        self._drop()
        self._database.engine.dispose()  # the idle connections went down with this one
        return clean

    def _drop(self) -> None:
        fairy, self._fairy, self._cursor, self._begun = self._fairy, None, None, False
        if fairy is not None:
            fairy.invalidate()

    def _give_back(self) -> None:
        fairy, self._fairy, self._cursor = self._fairy, None, None
        if fairy is not None:
            fairy.close()


class PostgresLink(_Pooled):
    """A connection in autocommit; a transaction is begun only where it is asked for."""

    def begin(self) -> None:
        if not self._begun:
            self.cursor().execute("BEGIN")
            self._begun = True

    def settle(self) -> None:
        """Each statement reads what was committed before it, begun or not."""

    def commit(self) -> None:
        if self._begun:
            self.cursor().execute("COMMIT")
            self._begun = False

    def rollback(self) -> None:
        if self._begun:
            self._begun = False
            try:
                self._cursor.execute("ROLLBACK")
            except self._database.engine.dialect.loaded_dbapi.Error:
                self._drop()

    def close(self) -> None:
        self._give_back()


class SQLiteLink(_Pooled):
    """A connection with the turn to write, taken before the first read that a write follows from:
    a reading transaction that turns to writing would be refused at once, without waiting."""

    def __init__(self, database: Database, *, write: bool, snapshot: bool) -> None:
        super().__init__(database)
        self._write = write
        self._snapshot = snapshot
        self._turn = False

    def cursor(self) -> Any:
        # All threads share the one connection of a database in memory.
        if (self._write and self._snapshot) or self._database.shared:
            self._take_turn()
        return super().cursor()

    def _take_turn(self) -> None:
        if not self._turn:
            self._database.writers.enter()
            self._turn = True

    def begin(self) -> None:
        if not self._begun:
            if self._write:
                self._take_turn()
            self.cursor().execute("BEGIN IMMEDIATE" if self._write else "BEGIN")
            self._begun = True

    def settle(self) -> None:
        if self._snapshot and not self._begun:
            self.begin()

    def commit(self) -> None:
        if self._begun:
            self._cursor.execute("COMMIT")
            self._begun = False

    def rollback(self) -> None:
        if self._begun:
            self._begun = False
            if self._fairy.dbapi_connection.in_transaction:  # a full disk has ended it already
                try:
                    self._cursor.execute("ROLLBACK")
                except self._database.engine.dialect.loaded_dbapi.Error:
                    self._drop()

    def close(self) -> None:
        try:
            self._give_back()
        finally:
            if self._turn:
                self._turn = False
                self._database.writers.leave()
