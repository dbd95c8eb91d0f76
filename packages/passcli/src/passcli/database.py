"""Database: passstore's look beneath the stores, its faults told as the command line tells them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from passcli.exits import Problem
from passstore import inspection, upgrade
from passstore.engine import in_memory, url_of
from passstore.inspection import Inspection

#: By what SQLite says: the `code` it is told with, and what would mend it.
_SQLITE_FAULTS: Final = (
    (("locked", "busy"), "contention", "Try again when whoever works with it has finished."),
    (("malformed",), "damage_found", "Restore a backup with `passctl db restore FILE`."),
    (("unable to open", "readonly"), "file_unusable", "See to its and its folder's permissions."),
    (("disk I/O", "full"), "storage_unavailable", "See to the room on its disk, then try again."),
)


class Unreadable(Problem):
    """The database cannot be used; `why` says it in the driver's words."""

    def __init__(self, why: str, *, server: bool) -> None:
        self.why = why
        code, mend = "no_database", "Check that --db names a Sessionpass database."
        if server:
            code = "storage_unavailable"
            mend = "Check that the server runs and that --db is right."
        else:
            found = (f for f in _SQLITE_FAULTS if any(sign in why for sign in f[0]))
            _, code, mend = next(found, ((), code, mend))
        super().__init__(code, f"The database cannot be used: {why}.", mend)


@contextmanager
def looking_in(url: str) -> Iterator[Inspection]:
    """Open a look into a database; raises `Unreadable`."""
    with using(url), inspection.inspecting(url) as found:
        yield found


@contextmanager
def using(url: str) -> Iterator[None]:
    """Tell a fault of the database in the block as `Unreadable`."""
    try:
        with inspection.telling_faults(url):
            yield
    except inspection.Unreadable as error:
        raise Unreadable(error.why, server=error.server) from error


def bring_up(url: str) -> None:
    """Create the tables, or bring them up to date; raises `Unreadable`."""
    if in_memory(url_of(url)):
        raise Problem(
            "not_supported",
            "A database in memory is gone when the command ends.",
            "Name a file or a PostgreSQL server with --db.",
        )
    with using(url):
        upgrade(url)
