"""`passctl doctor`: is everything here as it must be, and what mends it where not."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import typer

from passcli.exits import Problem
from passcli.grammar import State, command, group, state_of
from passcli.wiring import database_url, no_database, sqlite_file

if TYPE_CHECKING:
    from passstore.inspection import Inspection

app = group("Check installation, database and settings.")

_PARTS: Final = ("sessionpass-core", "sessionpass-store", "sessionpass-cli", "sessionpass-web")
#: How far the clocks of this machine and of the database server may be apart, in seconds.
_SKEW: Final = 2.0


class Finding(NamedTuple):
    """One check: `status` is ``ok``, ``warn`` (works, but mend it) or ``bad``."""

    name: str
    status: str
    detail: str
    mend: str = ""


@command(app, "doctor")
def doctor(ctx: typer.Context) -> None:
    """Check installation, database and settings; says what mends what is wrong."""
    state = state_of(ctx)
    found = list(_checks(state))
    bad = [finding for finding in found if finding.status == "bad"]
    if state.json:
        checks = [finding._asdict() for finding in found]
        state.out.document({"ok": not bad, "checks": checks})
    else:
        rows = [(f.name, f.status, f.detail, f.mend) for f in found]
        state.out.table(("CHECK", "STATUS", "DETAIL", "WHAT TO DO"), rows, none="")
    if bad:
        raise Problem(
            "damage_found",
            f"{bad[0].name}: {bad[0].detail}",
            bad[0].mend,
            checks=[finding.name for finding in bad],
        )


def _checks(state: State) -> Iterator[Finding]:
    yield _versions()
    yield _python()
    yield _sqlite()
    yield _zones()
    url = database_url(state)
    yield from _files(url)
    yield from _secrets()
    path = sqlite_file(url)
    if path is not None and not path.is_file():
        problem = no_database(str(path))
        yield Finding("database", "bad", problem.detail, problem.mend)
        return
    yield from _database(state, url)


def _versions() -> Finding:
    from importlib.metadata import PackageNotFoundError, version

    found: dict[str, str] = {}
    for part in _PARTS:
        try:
            found[part] = version(part)
        except PackageNotFoundError:
            continue
    text = ", ".join(f"{part} {number}" for part, number in found.items())
    if len(set(found.values())) == 1:
        return Finding("versions", "ok", text)
    return Finding("versions", "bad", text, "Install all parts in one version.")


def _python() -> Finding:
    text = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("python", "ok", f"{text} on {sys.platform}")


def _sqlite() -> Finding:
    from passstore import sqlite_info

    info = sqlite_info()
    text = f"SQLite {info.version} ({info.driver})"
    if info.sound:
        return Finding("sqlite", "ok", text)
    mend = "Install pysqlite3, or a Python whose SQLite is 3.51.3 or newer."
    return Finding("sqlite", "warn", f"{text} can lose a commit in WAL mode after a crash", mend)


def _zones() -> Finding:
    from importlib.metadata import PackageNotFoundError, version

    from passcore.domain.time import zone
    from passcore.errors import Invalid

    try:
        zone("Europe/Budapest")
        data = version("tzdata")
    except (Invalid, PackageNotFoundError):
        return Finding("time zones", "bad", "the time-zone data is missing", "Install tzdata.")
    return Finding("time zones", "ok", f"tzdata {data}")


def _files(url: str) -> Iterator[Finding]:
    """Clients' data is nobody else's to read."""
    path = sqlite_file(url)
    if path is not None:
        for name in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
            if name.is_file():
                yield _private("database file", name, status="warn")


def _secrets() -> Iterator[Finding]:
    """Files that hold secrets are named by variables such as ``PASS_SECRET_KEY_FILE``."""
    for variable, value in sorted(os.environ.items()):
        if variable.startswith("PASS_") and variable.endswith("_FILE") and value:
            path = Path(value)
            if path.is_file():
                yield _private(variable, path, status="bad")
            else:
                mend = f"Correct {variable}."
                yield Finding(variable, "bad", f"there is no file {value}", mend)


def _private(name: str, path: Path, *, status: str) -> Finding:
    if os.name == "nt" or not path.stat().st_mode & 0o077:
        return Finding(name, "ok", f"{path} is its owner's alone")
    mend = f"Run: chmod 600 {path}"
    return Finding(name, status, f"others may read or write {path}", mend)


def _database(state: State, url: str) -> Iterator[Finding]:
    from passcli import database
    from passstore import inspection

    try:
        shown = inspection.shown(url)
        with database.looking_in(url) as inside:
            findings = list(_inside(state, inside))
    except database.Unreadable as error:
        yield Finding("database", "bad", f"cannot be opened: {error.why}", error.mend)
        return
    yield Finding("database", "ok", shown)
    yield from findings


def _inside(state: State, inside: Inspection) -> Iterator[Finding]:
    from passstore import inspection

    found, newest = inside.schema(), inspection.newest_schema()
    if found is None:
        mend = "Run `passctl init`, or correct --db."
        yield Finding("schema", "bad", "there are no tables of Sessionpass", mend)
        return
    if found != newest:
        mend = "Make a backup, then run `passctl db upgrade`."
        yield Finding("schema", "bad", f"is at {found}, this version needs {newest}", mend)
        return
    yield Finding("schema", "ok", f"is at {found}")
    if not inside.postgres:
        yield from _sqlite_file(inside)
    yield _triggers(inside)
    yield _clock(state, inside)


def _sqlite_file(inside: Inspection) -> Iterator[Finding]:
    mode, synchronous = inside.journal()
    if mode == "wal" and synchronous >= 2:
        yield Finding("durability", "ok", "WAL, every commit reaches the disk")
    else:
        mend = "Copy the database to a local disk: WAL does not work on network drives."
        yield Finding("durability", "warn", f"journal is {mode}, synchronous {synchronous}", mend)
    found = inside.integrity()
    if found == "ok":
        yield Finding("file", "ok", "SQLite finds it sound")
    else:
        yield Finding("file", "bad", found, "Restore a backup with `passctl db restore FILE`.")


def _triggers(inside: Inspection) -> Finding:
    missing = inside.missing_triggers()
    if not missing:
        return Finding("append-only", "ok", "entries and invoices are protected by the database")
    return Finding(
        "append-only",
        "bad",
        f"nothing keeps rows of {', '.join(missing)} from being changed",
        "Run `passctl verify`, find out who removed the triggers, and restore a backup.",
    )


def _clock(state: State, inside: Inspection) -> Finding:
    """Compare this machine's clock with the server's."""
    from passcore.adapters.system import SystemClock

    clock = state.clock or SystemClock()
    server = inside.server_time()
    now = clock.now()
    if server is None:
        return Finding("clock", "ok", f"{now:%Y-%m-%d %H:%M:%S} UTC, the database has no other")
    apart = abs((now - server).total_seconds())
    if apart <= _SKEW:
        return Finding("clock", "ok", f"within {apart:.1f} s of the database server's")
    mend = "Let both machines set their clocks by NTP."
    return Finding("clock", "bad", f"{apart:.1f} s apart from the database server's", mend)
