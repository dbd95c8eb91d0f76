"""Inspection: a database seen from beneath the stores: schema, journal, triggers, clock, files.

It is for whoever takes care of a database, as `passctl doctor` and `passctl db` do. Nothing here
needs the tables to be as this version has them, or to be there at all.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from passstore.engine import SQLITE, in_memory, make_engine, url_of
from passstore.migrations import VERSION_TABLE
from passstore.triggers import APPEND_ONLY

#: How many pages are copied before others have a turn at the file.
_PAGES: Final = 1000
_DRIVERS: Final = ("sqlalchemy", "psycopg", "sqlite3", "pysqlite3")

_POSTGRES_TRIGGERS: Final = (
    "SELECT c.relname, count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
    " WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'"
    " AND c.relnamespace = current_schema()::regnamespace GROUP BY c.relname"
)
_SQLITE_TRIGGERS: Final = (
    "SELECT tbl_name, count(*) FROM sqlite_master WHERE type = 'trigger' GROUP BY 1"
)


class Unreadable(Exception):
    """The database cannot be looked into; `why` says it in the driver's words. `server` tells
    whether it is one that is reached, not a file."""

    def __init__(self, why: str, *, server: bool) -> None:
        super().__init__(why)
        self.why = why
        self.server = server


class Inspection:
    """An open look into one database."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.postgres: Final = connection.dialect.name == "postgresql"

    def schema(self) -> str | None:
        """Return how far the database is, None where it has no tables of Sessionpass."""
        catalogue = "SELECT name FROM sqlite_master WHERE name = ?"
        if self.postgres:
            catalogue = "SELECT to_regclass(%s)"
        if self._one(catalogue, VERSION_TABLE) is None:
            return None
        found = self._one(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608  # our constant
        return None if found is None else str(found)

    def journal(self) -> tuple[str, int]:
        """Return SQLite's journal mode and its level of durability (2 is FULL)."""
        return str(self._one("PRAGMA journal_mode")), int(self._one("PRAGMA synchronous"))

    def integrity(self) -> str:
        """Return ``ok`` or the first thing SQLite finds wrong with the file."""
        return str(self._one("PRAGMA quick_check(1)"))

    def missing_triggers(self) -> list[str]:
        """Return the append-only tables that nothing protects any more."""
        query = _POSTGRES_TRIGGERS if self.postgres else _SQLITE_TRIGGERS
        needed = 1 if self.postgres else 2
        rows: Any = self._connection.exec_driver_sql(query).all()
        found: dict[str, int] = dict(rows)
        return [table for table in APPEND_ONLY if found.get(table, 0) < needed]

    def server_time(self) -> datetime | None:
        """Return what time a PostgreSQL server says it is; SQLite has no clock of its own."""
        if not self.postgres:
            return None
        moment: datetime = self._one("SELECT clock_timestamp()")
        return moment.astimezone(UTC)

    def _one(self, query: str, *values: str) -> Any:
        return self._connection.exec_driver_sql(query, values or None).scalar()


@contextmanager
def inspecting(url: str) -> Iterator[Inspection]:
    """Open a look into the database of *url* that only reads; raises `Unreadable`, `Invalid`."""
    engine = make_engine(url, pool_size=1)
    try:
        with (
            telling_faults(url),
            engine.connect().execution_options(readonly=True) as connection,
        ):
            yield Inspection(connection)
    finally:
        engine.dispose()


@contextmanager
def telling_faults(url: str) -> Iterator[None]:
    """Tell a driver's fault in the block, at work on the database of *url*, as `Unreadable`."""
    try:
        yield
    except Exception as error:  # drivers raise what they like
        if type(error).__module__.partition(".")[0] not in _DRIVERS:
            raise
        server = url_of(url).get_backend_name() == "postgresql"
        raise Unreadable(_plainly(error), server=server) from error


def has_tables(url: str) -> bool:
    """Tell whether the database of *url* has the tables of Sessionpass; no file is made by asking.

    Raises `Unreadable`, `Invalid`.
    """
    made = url_of(url)
    on_disk = made.get_backend_name() == "sqlite" and not in_memory(made)
    if in_memory(made) or (on_disk and not Path(str(made.database)).is_file()):
        return False
    with inspecting(url) as inside:
        return inside.schema() is not None


def _plainly(error: BaseException) -> str:
    """Return a driver's words in one line; SQLAlchemy's wrapping is left off."""
    inner = getattr(error, "orig", None) or error
    lines = str(inner).strip().splitlines()
    return lines[0] if lines else type(inner).__name__


def shown(url: str) -> str:
    """Return *url* without its password; raises `Invalid` for one that is not a database's."""
    return url_of(url).render_as_string(hide_password=True)


def newest_schema() -> str:
    """Return the newest revision of the migrations: what `Inspection.schema` should say."""
    package = import_module("passstore.migrations.versions")
    names = [module.name for module in pkgutil.iter_modules(package.__path__)]
    found = [import_module(f"{package.__name__}.{name}") for name in names]
    older = {module.down_revision for module in found}
    return next(str(module.revision) for module in found if module.revision not in older)


def copy(source: Path, target: Path) -> None:
    """Copy an SQLite database page by page, consistently, while others use it."""
    with (
        closing(SQLITE.connect(str(source))) as taken,
        closing(SQLITE.connect(str(target))) as given,
    ):
        taken.backup(given, pages=_PAGES)


def set_aside(target: Path, kept: Path) -> None:
    """Keep what is at *target* under the name *kept*; a file too damaged to copy is moved there."""
    try:
        copy(target, kept)
    except SQLITE.Error:
        kept.unlink(missing_ok=True)
        for end in ("", "-wal", "-shm"):
            part = target.with_name(target.name + end)
            if part.exists():
                part.rename(kept.with_name(kept.name + end))
        target.touch(mode=0o600)
