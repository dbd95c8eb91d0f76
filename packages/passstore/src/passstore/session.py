"""SessionStore: passes in the transaction that an embedder's SQLAlchemy session has open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from passcore.errors import Invalid, NotFound
from passcore.ports.store import Registry as RegistryPort, Tx
from passstore.repositories.businesses import Registry, is_there
from passstore.statements import POSTGRES, SQLITE, Dialect
from passstore.tx import SqlTx
from passstore.unit import Unit

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_DRIVERS = {"psycopg": POSTGRES, "pysqlite": SQLITE, "aiosqlite": SQLITE}
_UNPREPARED = (
    "the session's SQLite engine begins its transactions too late; call "
    "passstore.prepare_engine(engine) right after create_engine"
)


class SessionLink:
    """The connection of an open session. Beginning and ending it is the embedder's."""

    def __init__(self, session: Session, dialect: Dialect) -> None:
        self.dialect = dialect
        self._session = session
        self._cursor: Any = None

    def cursor(self) -> Any:
        """Return a cursor of the driver's connection below the session."""
        if self._cursor is None:
            connection: Any = self._session.connection().connection.dbapi_connection
            self._cursor = connection.cursor()
        return self._cursor

    @property
    def begun(self) -> bool:
        """The embedder's transaction is open."""
        return True

    def command(self, text: str) -> None:
        """Run a command that has no values."""
        self.cursor().execute(text)

    def wire(self) -> None:
        """The embedder's connection may be anything that behaves like a driver's."""

    def begin(self) -> None:
        """The savepoint has been set."""

    def settle(self) -> None:
        """The savepoint has been set."""

    def open_view(self) -> None:
        """The embedder's transaction is one already, or sees what PostgreSQL lets it see."""

    def close_view(self) -> None:
        """Nothing was opened."""

    def commit(self) -> None:
        """The savepoint is released by who set it."""

    def rollback(self) -> None:
        """The savepoint is rolled back by who set it."""

    def close(self) -> None:
        """Give the cursor back; the connection stays with the session."""
        if self._cursor is not None:
            self._cursor.close()

    def reopen(self) -> bool:
        """A lost connection takes the embedder's transaction with it."""
        return False


class SessionStore:
    """A store in the open transaction of *session*: what it writes stays when the embedder commits,
    and is gone when the embedder rolls back.

    Each block is a savepoint, so that a refusal undoes the block and leaves the embedder's own
    work. The database has to be SQLite or PostgreSQL by psycopg 3. An SQLite engine must have gone
    through `prepare_engine`. One session, one thread, as SQLAlchemy has it.
    """

    #: What is done in an embedder's transaction is never done for somebody else.
    lanes = 0

    def __init__(self, session: Session) -> None:
        self._session = session
        driver = session.get_bind().dialect.driver
        if driver not in _DRIVERS:
            raise Invalid(field="session", problem=f"uses the driver {driver}, not psycopg 3")
        self._dialect = _DRIVERS[driver]

    @contextmanager
    def begin(self, business_id: str, *, write: bool = True, attempt: int = 1) -> Iterator[Tx]:
        """Open a block on one business; raises `NotFound`."""
        with self._unit(business_id, write=write) as unit:
            if not is_there(unit, business_id):
                raise NotFound("business", business_id)
            if attempt > 1:
                unit.queue()
            yield SqlTx(unit)

    @contextmanager
    def registry(self) -> Iterator[RegistryPort]:
        """Open what spans businesses."""
        with self._unit("", write=True) as unit:
            yield Registry(unit)

    @contextmanager
    def _unit(self, business_id: str, *, write: bool) -> Iterator[Unit]:
        connection: Any = self._session.connection().connection.dbapi_connection
        # Asked before the savepoint: SQLite itself begins a transaction with it.
        if not self._dialect.postgres and not getattr(connection, "in_transaction", True):
            raise RuntimeError(_UNPREPARED)
        with self._session.begin_nested():
            link = SessionLink(self._session, self._dialect)
            try:
                unit = Unit(link, business_id, write=write)
                yield unit
                unit.finish()
            finally:
                link.close()
