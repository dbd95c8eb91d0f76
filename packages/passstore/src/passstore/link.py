"""Links: the connection a transaction runs on, and how it is begun and ended there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import attrs
from sqlalchemy import Engine

from passstore.engine import WriterQueue, in_memory, make_engine
from passstore.statements import POSTGRES, SQLITE, Dialect

if TYPE_CHECKING:  # it loads psycopg, which SQLite has no use for
    from passstore.wire import Wire


class Link(Protocol):
    """A connection for one transaction. `cursor` may be asked for again after `reopen`."""

    dialect: Dialect

    @property
    def begun(self) -> bool:
        """Whether a transaction is open."""
        ...

    def cursor(self) -> Any:
        """Return the driver's cursor, connecting when needed."""
        ...

    def command(self, text: str) -> None:
        """Run a command that has no values, such as ``SAVEPOINT x``."""
        ...

    def wire(self) -> Wire | None:
        """Return the fast way to a PostgreSQL connection of our own, None where there is none."""
        ...

    def begin(self) -> None:
        """Make sure that a transaction is open, for writing where this one may write."""
        ...

    def settle(self) -> None:
        """Open what a read needs."""
        ...

    def open_view(self) -> None:
        """Let the reads up to `close_view` see one state."""
        ...

    def close_view(self) -> None: ...

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def close(self) -> None: ...

    def reopen(self) -> bool:
        """Take another connection in place of a lost one, True where nothing was lost with it."""
        ...


#: A pooled connection, its cursor, and its wire on PostgreSQL.
Rest = tuple[Any, Any, "Wire | None"]


def _wire(connection: Any) -> Wire:
    from passstore.wire import Wire  # noqa: PLC0415  # see above

    return Wire(connection)


@attrs.define(eq=False)
class Database:
    """An opened database: its engine, and who may write."""

    engine: Engine
    dialect: Dialect
    writers: WriterQueue
    shared: bool
    # Connections at rest with their cursor and wire, the last used first. They stay checked out of
    # the pool, which bounds them: giving one back and taking it again costs as much as a statement.
    _idle: list[Rest] = attrs.field(factory=list, init=False)

    @classmethod
    def open(cls, url: str) -> Database:
        """Open the database of *url*."""
        engine = make_engine(url)
        dialect = POSTGRES if engine.dialect.name == "postgresql" else SQLITE
        return cls(engine, dialect, WriterQueue(), in_memory(engine.url))

    def take(self) -> Rest:
        """Return a connection with its cursor and wire."""
        try:
            return self._idle.pop()
        except IndexError:
            fairy: Any = self.engine.raw_connection()
            connection = fairy.dbapi_connection
            wire = _wire(connection) if self.dialect.postgres else None
            return fairy, connection.cursor(), wire

    def give_back(self, rest: Rest) -> None:
        """Keep a connection, with nothing open on it, for the next."""
        self._idle.append(rest)

    def forget(self) -> None:
        """Drop the connections at rest: the server they led to is gone."""
        while self._idle:
            self._idle.pop()[0].invalidate()
        self.engine.dispose()

    def close(self) -> None:
        """Close every connection at rest."""
        while self._idle:
            fairy, cursor, _ = self._idle.pop()
            cursor.close()
            fairy.close()
        self.engine.dispose()

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
        self._rest: Rest | None = None
        self._begun = False

    @property
    def begun(self) -> bool:
        return self._begun

    def cursor(self) -> Any:
        rest = self._rest
        if rest is None:
            rest = self._rest = self._database.take()
        return rest[1]

    def wire(self) -> Wire | None:
        rest = self._rest
        if rest is None:
            rest = self._rest = self._database.take()
        return rest[2]

    def reopen(self) -> bool:
        clean = not self._begun
        self._drop()
        self._database.forget()
        return clean

    def _drop(self) -> None:
        rest, self._rest, self._begun = self._rest, None, False
        if rest is not None:
            rest[0].invalidate()

    def _give_back(self) -> None:
        rest, self._rest = self._rest, None
        if rest is not None:
            self._database.give_back(rest)


class PostgresLink(_Pooled):
    """A connection in autocommit; a transaction is begun only where it is asked for."""

    def command(self, text: str) -> None:
        wire = self.wire()
        assert wire is not None
        wire.command(text)

    def begin(self) -> None:
        if not self._begun:
            self.command("BEGIN")
            self._begun = True

    def settle(self) -> None:
        """Each statement reads what was committed before it, begun or not."""

    def open_view(self) -> None:
        """Who needs one state of several tables asks for it with one statement."""

    def close_view(self) -> None:
        """Nothing was opened."""

    def commit(self) -> None:
        if self._begun:
            self.command("COMMIT")
            self._begun = False

    def rollback(self) -> None:
        if self._begun:
            self._begun = False
            try:
                self.command("ROLLBACK")
            except self._database.engine.dialect.loaded_dbapi.Error:
                self._drop()

    def close(self) -> None:
        if self._rest is not None and self._rest[0].dbapi_connection.closed:
            self._drop()
        self._give_back()


class SQLiteLink(_Pooled):
    """A connection that waits for its turn to write before it begins.

    With *snapshot* the transaction is open from the first read on. Without, reads stand alone until
    something is written, as on PostgreSQL: a reading transaction that turned to writing would be
    refused at once, without waiting.
    """

    def __init__(self, database: Database, *, write: bool, snapshot: bool) -> None:
        super().__init__(database)
        self._write = write
        self._snapshot = snapshot
        self._turn = False
        self._viewing = False

    def command(self, text: str) -> None:
        self.cursor().execute(text)

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

    def open_view(self) -> None:
        self.settle()
        if not self._begun:
            self.cursor().execute("BEGIN")
            self._viewing = True

    def close_view(self) -> None:
        if self._viewing:
            self._viewing = False
            self.cursor().execute("COMMIT")

    def commit(self) -> None:
        if self._begun:
            self.cursor().execute("COMMIT")
            self._begun = False
            self._leave()

    def rollback(self) -> None:
        if self._begun:
            self._begun = False
            # A full disk has ended it already.
            if self._rest is not None and self._rest[0].dbapi_connection.in_transaction:
                try:
                    self.cursor().execute("ROLLBACK")
                except self._database.engine.dialect.loaded_dbapi.Error:
                    self._drop()

    def close(self) -> None:
        try:
            self._give_back()
        finally:
            self._leave()

    def _leave(self) -> None:
        if self._turn:
            self._turn = False
            self._database.writers.leave()
