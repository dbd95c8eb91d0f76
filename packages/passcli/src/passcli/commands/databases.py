"""`passctl db`: upgrade, back up and restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from passcli.exits import Problem
from passcli.grammar import command, group, state_of
from passcli.wiring import answer, confirm, database_url, no_database, require_file, sqlite_file

app = group("Upgrade, back up and restore the database.")


@command(app, "upgrade")
def upgrade(ctx: typer.Context) -> None:
    """Bring the tables up to this version; running it again changes nothing."""
    from passcli import database
    from passstore import inspection

    state = state_of(ctx)
    url = database_url(state)
    require_file(url)
    with database.looking_in(url) as inside:
        before = inside.schema()
    database.bring_up(url)
    shown, now = inspection.shown(url), inspection.newest_schema()
    shape = {"database": shown, "before": before, "now": now}
    answer(state.out, shape, lambda: state.out.pairs(shape))


@command(app, "backup")
def backup(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that is not there yet.")],
) -> None:
    """Write a consistent copy of an SQLite database, while others use it."""
    from passcli import database
    from passstore import inspection

    state = state_of(ctx)
    url = database_url(state)
    source = _sqlite(url, "pg_dump --format=custom --file=FILE URL")
    if file.exists():
        raise Problem(
            "file_exists", f"{file} is there already.", "Name a file that is not.", file=str(file)
        )
    partial = file.with_name(f"{file.name}.partial")
    try:
        partial.touch(mode=0o600)
        with database.using(url):
            inspection.copy(source, partial)
        _must_be_ours(partial)
        partial.rename(file)
    finally:
        partial.unlink(missing_ok=True)
    size = file.stat().st_size
    shape = {"database": str(source), "file": str(file), "bytes": size}
    answer(state.out, shape, lambda: state.out.pairs(shape))


@command(app, "restore")
def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `db backup` wrote.")],
) -> None:
    """Put a backup in the place of an SQLite database; what was there is kept beside it."""
    from passcli import database
    from passstore import inspection

    state = state_of(ctx)
    url = database_url(state)
    target = _sqlite(url, "pg_restore --clean --dbname=URL FILE", there=False)
    if not file.is_file():
        raise no_database(str(file))
    _must_be_ours(file)
    kept = None
    if target.exists():
        confirm(state, f"Put {file} in the place of {target}?")
        kept = _free_name(target)
        kept.touch(mode=0o600)
        inspection.set_aside(target, kept)
    else:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        target.touch(mode=0o600)
    with database.using(url):
        inspection.copy(file, target)
    _must_be_ours(target)
    shape = {"database": str(target), "file": str(file), "kept": str(kept) if kept else None}
    answer(state.out, shape, lambda: state.out.pairs(shape))
    state.out.talk("Next: `passctl db upgrade`, then `passctl verify`.")


def _sqlite(url: str, instead: str, *, there: bool = True) -> Path:
    """Return the file of an SQLite database; others have tools of their own."""
    path = sqlite_file(url)
    if path is None:
        raise Problem(
            "not_supported",
            "This copies SQLite files only.",
            f"For PostgreSQL use its own tool: {instead}",
        )
    if there:
        require_file(url)
    return path


def _must_be_ours(path: Path) -> None:
    """Refuse a file that is damaged or not Sessionpass's."""
    from passcli import database

    try:
        with database.looking_in(f"sqlite:///{path}") as inside:
            found = inside.integrity()
            ours = inside.schema() is not None
    except database.Unreadable as error:
        found, ours = error.why, False
    if found != "ok" or not ours:
        why = f"SQLite says: {found}" if found != "ok" else "it has no tables of Sessionpass"
        raise Problem(
            "damage_found",
            f"{path} is no sound Sessionpass database: {why}.",
            "Use a backup made by `passctl db backup`.",
            file=str(path),
        )


def _free_name(target: Path) -> Path:
    """Return a name beside *target* that is not taken."""
    number = 1
    while (found := target.with_name(f"{target.name}.before-restore-{number}")).exists():
        number += 1
    return found
