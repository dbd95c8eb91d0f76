"""The engine: how a database is opened so that what is committed stays and writers queue.

SQLite is opened with the driver in autocommit and every transaction begun by name, because the
driver's own begin comes too late (after the first read) and lets a savepoint outlive its
transaction. PostgreSQL is opened in autocommit too: a statement alone is a transaction of one round
trip, and `BEGIN` is sent only where more than one belong together.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import attrs
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import StaticPool

from passcore.errors import Contention, Invalid

#: How long a writer waits for those before it: threads of this process, and other processes.
WAIT_SECONDS: Final = 5.0
#: Connections kept open, and as many again for a rush. A web worker has up to 40 threads.
POOL_SIZE: Final = 40

_PRAGMAS: Final = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA foreign_keys = ON",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA cache_size = -16000",
    "PRAGMA temp_store = MEMORY",
)
#: One round trip for each new connection: instants come back in UTC, a lock is waited for as long
#: as on SQLite, a statement is planned once and not again for each number of reports in a batch,
#: and a commit that was answered has reached the disk, whatever the server's default.
_SESSION: Final = (
    "SELECT set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO', false),"
    " set_config('lock_timeout', '5s', false),"
    " set_config('plan_cache_mode', 'force_generic_plan', false),"
    " CASE WHEN current_setting('synchronous_commit') = 'off'"
    " THEN set_config('synchronous_commit', 'on', false) END"
)


def _sqlite_module() -> Any:
    """Return the driver with the newer SQLite: `pysqlite3` where it is installed."""
    try:
        from pysqlite3 import dbapi2  # noqa: PLC0415  # optional: wheels for some platforms only
    except ImportError:
        return sqlite3
    return dbapi2


SQLITE: Final = _sqlite_module()


@attrs.frozen
class SQLiteInfo:
    """Which SQLite is in use; `sound` False where its WAL may lose commits (before 3.51.3)."""

    driver: str
    version: str
    sound: bool


def sqlite_info() -> SQLiteInfo:
    """Tell which SQLite stores are opened with; `passctl doctor` shows it."""
    version = tuple(int(part) for part in SQLITE.sqlite_version.split("."))
    backports = {(3, 44): 6, (3, 50): 7}
    backport = backports.get((version[0], version[1]))
    sound = version >= (3, 51, 3) or (backport is not None and version[2] >= backport)
    return SQLiteInfo(SQLITE.__name__.partition(".")[0], SQLITE.sqlite_version, sound)


def url_of(url: str | URL) -> URL:
    """Return *url* with the driver passstore speaks; raises `Invalid` for other databases."""
    try:
        made = make_url(url)
    except Exception:  # noqa: BLE001  # SQLAlchemy's, whose text would quote the password
        raise Invalid(field="database", problem="is not a database URL") from None
    if made.drivername in ("sqlite", "sqlite+pysqlite"):
        return made.set(drivername="sqlite")
    if made.drivername in ("postgresql", "postgresql+psycopg"):
        return made.set(drivername="postgresql+psycopg")
    raise Invalid(field="database", problem="is not sqlite:// or postgresql:// (psycopg 3)")


def in_memory(url: URL) -> bool:
    """Tell whether *url* is an SQLite database that lives in this process only."""
    return url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")


def make_engine(url: str | URL, *, pool_size: int = POOL_SIZE) -> Engine:
    """Return an engine as the stores need it: autocommit, durable, sized for threads."""
    made = url_of(url)
    if made.get_backend_name() == "postgresql":
        engine = create_engine(
            made,
            isolation_level="AUTOCOMMIT",
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=WAIT_SECONDS,
            pool_use_lifo=True,
            pool_reset_on_return=None,
            connect_args={"prepare_threshold": 1},
        )
        event.listen(engine, "connect", _settle_postgres)
        return engine
    options: dict[str, Any] = {"isolation_level": None, "check_same_thread": False}
    if in_memory(made):
        engine = create_engine(
            made, module=SQLITE, connect_args=options, poolclass=StaticPool,
            pool_reset_on_return=None,
        )  # fmt: skip
    else:
        engine = create_engine(
            made,
            module=SQLITE,
            connect_args=options | {"cached_statements": 256, "timeout": WAIT_SECONDS},
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=WAIT_SECONDS,
            pool_use_lifo=True,
            pool_reset_on_return=None,
        )
    return prepare_engine(engine)


def prepare_engine(engine: Engine) -> Engine:
    """Make an embedder's own engine safe to share a transaction with `SessionStore`.

    On SQLite: foreign keys on, WAL, full durability, the driver in autocommit, and every
    transaction begun with ``BEGIN IMMEDIATE``, or ``BEGIN`` under the execution option
    ``readonly=True``. On other databases nothing has to be done. Call it right after
    `create_engine`, before the first connection is made.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _settle_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _settle_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    readonly = connection.get_execution_options().get("readonly", False)
    connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")


def _settle_postgres(connection: Any, _record: Any) -> None:
    autocommit = connection.autocommit
    connection.autocommit = True
    connection.execute(_SESSION)
    connection.autocommit = autocommit


class WriterQueue:
    """Lets one thread of the process write at a time, so that the others queue and do not poll."""

    def __init__(self, *, wait: float = WAIT_SECONDS) -> None:
        self._lock = threading.Lock()
        self._wait = wait

    def enter(self) -> None:
        """Wait for one's turn; raises `Contention` when it does not come in time."""
        if not self._lock.acquire(timeout=self._wait):
            raise Contention("writers")

    def leave(self) -> None:
        """Let the next one write."""
        self._lock.release()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the turn for a block."""
        self.enter()
        try:
            yield
        finally:
            self.leave()
