"""Database: what `doctor` and `db` look at beneath the store: schema, journal, triggers, files.

Everything goes through passstore's own engine and driver; no other part of passcli speaks SQL.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from passcli.exits import Problem
from passstore.engine import SQLITE, in_memory, make_engine, url_of
from passstore.migrations import VERSION_TABLE
from passstore.triggers import APPEND_ONLY

_PAGES: Final = 1000


class Unreadable(Problem):
    """The database cannot be looked into; `why` says it in the driver's words."""

    def __init__(self, why: str, *, server: bool) -> None:
        self.why = why
        mend = "Check that the server runs and that --db is right."
        super().__init__(
            "storage_unavailable" if server else "no_database",
            f"The database cannot be read: {why}.",
            mend if server else "Check that --db names a Sessionpass database.",
        )


@contextmanager
def looking_in(url: str) -> Iterator[Any]:
    """Open a connection that reads; raises `Unreadable`."""
    engine = make_engine(url, pool_size=1)
    try:
        with engine.connect().execution_options(readonly=True) as connection:
            yield connection
    except Exception as error:  # drivers raise what they like
        if type(error).__module__.partition(".")[0] not in ("sqlalchemy", "psycopg", "sqlite3"):
            raise
        raise Unreadable(_plainly(error), server=is_postgres(url)) from error
    finally:
        engine.dispose()


def _plainly(error: BaseException) -> str:
    """Return a driver's words in one line; SQLAlchemy's wrapping is left off."""
    inner = getattr(error, "orig", None) or error
    lines = str(inner).strip().splitlines()
    return lines[0] if lines else type(inner).__name__


def is_postgres(url: str) -> bool:
    """Tell whether *url* names a PostgreSQL database; raises `Invalid` for a wrong URL."""
    return url_of(url).get_backend_name() == "postgresql"


def shown(url: str) -> str:
    """Return *url* without its password."""
    return url_of(url).render_as_string(hide_password=True)


def lasting(url: str) -> bool:
    """Tell whether the database outlives the process."""
    return not in_memory(url_of(url))


def newest_schema() -> str:
    """Return the newest revision of passstore's migrations."""
    package = import_module("passstore.migrations.versions")
    names = [module.name for module in pkgutil.iter_modules(package.__path__)]
    found = [import_module(f"{package.__name__}.{name}") for name in names]
    older = {module.down_revision for module in found}
    return next(str(module.revision) for module in found if module.revision not in older)


def schema(connection: Any) -> str | None:
    """Return how far the database is, None where it has no tables of Sessionpass."""
    if connection.dialect.name == "postgresql":
        there = f"SELECT to_regclass('{VERSION_TABLE}')"
    else:
        there = f"SELECT name FROM sqlite_master WHERE name = '{VERSION_TABLE}'"  # noqa: S608
    if connection.exec_driver_sql(there).scalar() is None:
        return None
    query = f"SELECT version_num FROM {VERSION_TABLE}"  # noqa: S608  # a constant's name
    found = connection.exec_driver_sql(query).scalar()
    return None if found is None else str(found)


def journal(connection: Any) -> tuple[str, int]:
    """Return SQLite's journal mode and its level of durability (2 is FULL)."""
    mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
    return str(mode), int(connection.exec_driver_sql("PRAGMA synchronous").scalar())


def integrity(connection: Any) -> str:
    """Return ``ok`` or the first thing SQLite finds wrong with the file."""
    return str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())


def missing_triggers(connection: Any) -> list[str]:
    """Return the append-only tables that nothing protects any more."""
    if connection.dialect.name == "postgresql":
        query = (
            "SELECT c.relname, count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'"
            " AND c.relnamespace = current_schema()::regnamespace GROUP BY c.relname"
        )
        needed = 1
    else:
        query = "SELECT tbl_name, count(*) FROM sqlite_master WHERE type = 'trigger' GROUP BY 1"
        needed = 2
    found = dict(connection.exec_driver_sql(query).all())
    return [table for table in APPEND_ONLY if found.get(table, 0) < needed]


def server_time(connection: Any) -> datetime | None:
    """Return what time a PostgreSQL server says it is; SQLite has no clock of its own."""
    if connection.dialect.name != "postgresql":
        return None
    moment: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar()
    return moment.astimezone(UTC)


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
