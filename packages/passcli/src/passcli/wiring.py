"""Wiring: from what the command line was told to the App, the business and the actor."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import typer

from passcli.exits import Problem
from passcli.grammar import State, state_of
from passcli.output import Output

if TYPE_CHECKING:
    from passcore.app import App
    from passcore.domain.businesses import Business
    from passcore.domain.ledger import Origin
    from passcore.ports.store import Registry, Tx
    from passcore.usecases.call import Call

C = TypeVar("C")
R = TypeVar("R")

DATABASE_VARIABLE: Final = "PASS_DATABASE_URL"
BUSINESS_VARIABLE: Final = "PASS_BUSINESS"
ACTOR_VARIABLE: Final = "PASS_ACTOR"
_SQLITE: Final = "sqlite:///"


class Desk:
    """What a command works with: the app, the business, who asks, and where answers go."""

    def __init__(self, app: App, business: Business, by: Origin, state: State) -> None:
        self.app = app
        self.business = business
        self.by = by
        self.state = state

    @property
    def out(self) -> Output:
        """Where to write to."""
        return self.state.out

    @property
    def zone(self) -> str:
        """The business's time zone."""
        return self.business.time_zone

    def now(self) -> datetime:
        """What time it is."""
        return self.app.clock.now()

    def run(
        self,
        use_case: Callable[[Tx, C, Call], R],
        command: C,
        *,
        key: str | None = None,
        returns: type[R] | None = None,
    ) -> R:
        """Run a use case that writes; with *key* it takes effect once, however often it is run."""
        if key is None or returns is None:
            return self.app.run(self.business.id, use_case, command, by=self.by)
        from passcore.gathering import Once

        once = Once.of(key, command, returns)
        answer = self.app.run_once(self.business.id, use_case, command, once, by=self.by)
        if answer.replayed:
            self.out.talk("This key was used before: nothing was done, this is the answer of then.")
        return answer.result

    def read(self, use_case: Callable[[Tx, C, Call], R], command: C) -> R:
        """Run a use case that only reads."""
        return self.app.read(self.business.id, use_case, command, by=self.by)

    def look(self, question: Callable[[Tx], R]) -> R:
        """Ask the repositories of the business something simple."""
        return self.app.read(self.business.id, lambda tx, _c, _call: question(tx), None)

    def more(self, next_cursor: str | None) -> None:
        """Say how to go on where a list is not at its end."""
        if next_cursor is not None:
            self.out.talk(f"There is more: add --cursor {next_cursor}")


def desk(ctx: typer.Context) -> Desk:
    """Return what a command about one business works with."""
    state = state_of(ctx)
    app = open_app(ctx)
    return Desk(app, _business(app, state), origin(state), state)


def open_app(ctx: typer.Context) -> App:
    """Return the app on the database in use, closed when the command ends."""
    state = state_of(ctx)
    app = wire(state)
    close = getattr(app.store, "close", None)
    if close is not None:
        ctx.find_root().call_on_close(close)
    return app


def wire(state: State) -> App:
    """Open the store and put the App together. Nothing else in passcli does."""
    from passcore.adapters.system import RandomIds, SystemClock
    from passcore.app import App
    from passstore import open_store

    url = database_url(state)
    require_file(url)
    return App(open_store(url), state.clock or SystemClock(), RandomIds())


def database_url(state: State) -> str:
    """Return the URL in use: `--db`, the environment, or a file in the user's data folder.

    A path without a scheme is an SQLite file.
    """
    if state.db is not None and not state.db.strip():
        raise Problem("usage", "--db is empty.", "Name a database, or leave --db out.")
    told = state.db or os.environ.get(DATABASE_VARIABLE)
    if not told:
        return f"{_SQLITE}{data_folder() / 'passes.sqlite'}"
    return told if ":" in told[2:] else f"{_SQLITE}{told}"


def data_folder() -> Path:
    """Return the folder where this platform keeps a user's data of Sessionpass."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
        return (Path(base) if base else Path.home() / "AppData" / "Local") / "Sessionpass"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Sessionpass"
    told = os.environ.get("XDG_DATA_HOME")
    absolute = told if told and Path(told).is_absolute() else None
    return (Path(absolute) if absolute else Path.home() / ".local" / "share") / "sessionpass"


def sqlite_file(url: str) -> Path | None:
    """Return the file of an SQLite URL, None for any other database or one in memory."""
    scheme, _, rest = url.partition("://")
    if scheme.partition("+")[0] != "sqlite":
        return None
    name = rest.removeprefix("/").partition("?")[0]
    return Path(name) if name and name != ":memory:" else None


def require_file(url: str) -> None:
    """Refuse to open an SQLite file that is not there: opening would make an empty one."""
    path = sqlite_file(url)
    if path is not None and not path.is_file():
        raise no_database(str(path))


def no_database(where: str) -> Problem:
    """Return the answer to a database that nobody has made yet."""
    return Problem(
        "no_database",
        f"There is no Sessionpass database at {where}.",
        "Make one with `passctl init --name … --timezone … --currency …`, or name it with --db.",
        database=where,
    )


def origin(state: State) -> Origin:
    """Return who works: `--actor`, the environment, or the user of this machine."""
    from passcore.domain.checks import clean
    from passcore.domain.ledger import Origin

    told = state.actor if state.actor is not None else os.environ.get(ACTOR_VARIABLE)
    return Origin(clean(told, "--actor", 200) if told is not None else _user(), "cli")


def _user() -> str:
    import getpass

    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "system"
    return "".join(c for c in name if c.isprintable()).strip()[:200] or "system"


def businesses(app: App, state: State) -> Sequence[Business]:
    """Return the business named by `--business` or the environment, else all there are."""
    told = state.business or _readable(BUSINESS_VARIABLE)
    with _registry(app, state) as registry:
        return [registry.business(told)] if told else registry.businesses()


def _readable(variable: str) -> str | None:
    """Return a variable of the environment; refuses bytes that are no text."""
    value = os.environ.get(variable)
    try:
        (value or "").encode()
    except UnicodeEncodeError:
        detail = f"{variable} is not readable as text."
        raise Problem("usage", detail, "Give it in UTF-8, the encoding of your terminal.") from None
    return value


def _business(app: App, state: State) -> Business:
    """Find the business: by name, or the only one there is."""
    known = businesses(app, state)
    if len(known) == 1:
        return known[0]
    slugs = [business.slug for business in known]
    if known:
        raise Problem(
            "business_needed",
            f"There are {len(known)} businesses: {', '.join(slugs[:20])}.",
            f"Say which with --business, or set {BUSINESS_VARIABLE}.",
            businesses=slugs,
        )
    raise Problem(
        "no_business",
        "The database has no business yet.",
        "Add one with `passctl init --name … --timezone … --currency …`.",
    )


@contextmanager
def _registry(app: App, state: State) -> Iterator[Registry]:
    """Open the registry; where the database cannot be used, or its tables are not as this version
    needs them, say why."""
    from passcore.errors import PassError, StorageUnavailable

    try:
        with app.store.registry() as registry:
            yield registry
    except Exception as error:
        told = isinstance(error, (PassError, Problem)) and not isinstance(error, StorageUnavailable)
        problem = None if told else _schema_problem(database_url(state))
        if problem is None:
            raise
        raise problem from error


def _schema_problem(url: str) -> Problem | None:
    """Return what is wrong with the tables of a database, None where nothing is."""
    from passcli import database
    from passstore import inspection

    try:
        with database.looking_in(url) as inside:
            found = inside.schema()
    except database.Unreadable as problem:
        return problem
    if found is None:
        return no_database(inspection.shown(url))
    needed = inspection.newest_schema()
    if found == needed:
        return None
    return Problem(
        "schema_not_current",
        f"The tables are at version {found}, this passctl needs {needed}.",
        "Make a backup with `passctl db backup FILE`, then run `passctl db upgrade`.",
        found=found,
        needed=needed,
    )


def confirm(state: State, question: str) -> None:
    """Ask before something final; `--yes` answers, and without a terminal it has to."""
    if state.yes:
        return
    if not sys.stdin.isatty():
        raise Problem(
            "confirmation_needed",
            f"{question} This is final, and there is no terminal to confirm it on.",
            "Add --yes to confirm it.",
        )
    if not typer.confirm(question, err=True):
        raise Problem("aborted", "Nothing was changed.", "")


def answer(out: Output, shape: Any, text: Callable[[], None]) -> None:
    """Write *shape* as JSON where that was asked for, else what *text* writes."""
    if out.as_json:
        out.document(shape)
    else:
        text()
