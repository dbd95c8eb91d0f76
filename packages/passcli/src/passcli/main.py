"""`passctl`: the table of commands, and the one place where an error becomes an exit code."""

from __future__ import annotations

import errno
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer

from passcli import exits
from passcli.exits import NobodyReads, Problem
from passcli.grammar import Group, State, flags_of
from passcli.output import harmless, silence, steady_streams

if TYPE_CHECKING:
    from passcore.errors import PassError
    from passcore.ports.clock import Clock


class Lazy(NamedTuple):
    """A command that is not imported yet: its module and one line of help; `single` for one that
    is no group."""

    module: str
    help: str
    single: bool = False


COMMANDS: Final[dict[str, Lazy]] = {
    "init": Lazy("businesses", "Make the database ready and add a business.", single=True),
    "doctor": Lazy("doctor", "Check installation, database and settings.", single=True),
    "verify": Lazy("verification", "Check that ledgers, visits and sales agree.", single=True),
    "db": Lazy("databases", "Upgrade, back up and restore the database."),
    "key": Lazy("keys", "Let other programs in, and keep them out again."),
    "staff": Lazy("staff", "Let people sign in to the console."),
    "service": Lazy("services", "What is booked."),
    "product": Lazy("products", "What is sold: passes, in immutable versions."),
    "client": Lazy("clients", "Who buys and books."),
    "pass": Lazy("passes", "Passes: give, look at and change them."),
    "booking": Lazy("bookings", "Visits: book, complete, cancel."),
    "order": Lazy("orders", "Sales: place, approve, decline."),
    "outbox": Lazy("outbox", "Messages to clients that wait or failed."),
}

#: Which option or argument carries a field of a command, where the names differ.
_FLAGS: Final[dict[str, tuple[str, ...]]] = {
    "caps": ("--cap",),
    "client": ("--client", "CLIENT"),
    "client.email": ("--client", "--email", "--to"),
    "client.name": ("--client-name", "--name"),
    "starts_at": ("--starts",),
    "time_zone": ("--timezone",),
    "duration_minutes": ("--duration",),
    "methods": ("--method",),
    "choice": ("--pass",),
    "complete_window_hours": ("--complete-from",),
    "Idempotency-Key": ("--key",),
    "last_day": ("--last-day", "--until"),
    "freeze.count": ("--freeze-count",),
    "freeze.days": ("--freeze-days",),
    "freeze.notice": ("--freeze-notice",),
    "on_day": ("--on",),
    "first_day": ("--from",),
    "fixed_from": ("--from",),
    "fixed_until": ("--until",),
    "costs": ("--cost",),
    "length": ("--valid",),
    "cancel": ("--cancel-free-until",),
    "refund.fee": ("--refund-fee",),
    "cooling_off_days": ("--cooling-off",),
    "database": ("--db",),
    "revision": ("--revision", "BOOKING"),
}


#: Why standard output does not take an answer.
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


class Root(Group):
    """The root: knows its commands by name and help, and imports the one that is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  # click calls it
        """Return the names of all commands, those of other packages last."""
        from passcli import plugins

        return [*COMMANDS, *plugins.found()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002  # click calls it
        """Import and return one command, None where there is none of that name."""
        lazy = COMMANDS.get(cmd_name)
        if lazy is not None:
            noun = import_module(f"passcli.commands.{lazy.module}").app
            return noun.command(cmd_name) if lazy.single else noun.group(cmd_name)
        from passcli import plugins

        return plugins.load(cmd_name) if cmd_name in plugins.found() else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command; where there is none, name those spelled alike."""
        if args and args[0] not in COMMANDS and not ctx.resilient_parsing:
            names: Any = dict.fromkeys(self.list_commands(ctx))
            self.commands = names  # read for the suggestions only
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002  # click calls it
        """Write the table of commands without importing any."""
        from passcli import plugins

        helps = {name: lazy.help for name, lazy in COMMANDS.items()}
        helps |= {name: plugins.help_of(name) for name in plugins.found()}
        with formatter.section("Commands"):
            formatter.write_dl(list(helps.items()))

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002  # click calls it
        """Write what the exit codes mean."""
        codes = [(str(code), meaning) for code, meaning in exits.MEANINGS.items()]
        with formatter.section("Exit codes"):
            formatter.write_dl(codes)


app = typer.Typer(
    cls=Root,
    help="Sell session passes, book with them, and keep the count right.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        sys.stdout.write(f"passctl {version('sessionpass-cli')}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Hold the global options; commands do the work."""


def main(arguments: Sequence[str], *, clock: Clock | None = None) -> int:
    """Run one command line and return its exit code; never raises."""
    steady_streams()
    state = State(clock)
    try:
        _readable(arguments)
        done = typer.main.get_command(app).main(
            args=list(arguments), prog_name="passctl", standalone_mode=False, obj=state
        )
        sys.stdout.flush()
    except KeyboardInterrupt:
        return exits.INTERRUPTED
    except (BrokenPipeError, NobodyReads):
        return _pipe_closed()
    except SystemExit as ended:  # Click's, for a pipe that is closed while it prints help
        if not isinstance(ended.__context__, BrokenPipeError):
            raise
        return _pipe_closed()
    except Exception as error:  # noqa: BLE001  # the outermost: everything becomes an exit code
        state.json = state.json or "--json" in arguments
        return _failed(error, state, debug=state.debug or "--debug" in arguments)
    return done if isinstance(done, int) else exits.DONE


def _readable(arguments: Sequence[str]) -> None:
    """Refuse bytes that are no text, wherever they stand: no name in the database has any."""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            unread = True
        else:
            unread = "\0" in argument
        if unread:
            detail = f"The argument {argument!a} is not readable as text."
            raise Problem("usage", detail, "Give it in UTF-8, the encoding of your terminal.")


def run() -> None:
    """Be the `passctl` command."""
    sys.exit(main(sys.argv[1:]))


def _pipe_closed() -> int:
    """Nobody reads on, as in `passctl … | head`: keep Python from complaining at its end."""
    silence(sys.stdout)
    return exits.DONE


def _failed(error: Exception, state: State, *, debug: bool) -> int:
    """Tell an error and return its exit code."""
    if isinstance(error, typer.Abort):
        error = Problem("aborted", "Nothing was changed.", "")
    if isinstance(error, OSError):
        error = _unusable(error)
    if isinstance(error, Problem):
        state.out.refuse(error.code, error.detail, error.mend, error.fields)
        return exits.exit_code(error.code)
    if isinstance(error, typer.TyperException):
        return _misused(error, state)
    from passcore.errors import PassError

    if isinstance(error, PassError):
        return _refused(error, state)
    return _unexpected(error, state, debug=debug)


def _unusable(error: OSError) -> Exception:
    """Return what a file that cannot be used, or an answer that cannot be written, is told as."""
    if error.filename is None:
        if error.errno not in _NO_ROOM:
            return error
        silence(sys.stdout)
        return Problem(
            "output_unusable",
            f"The answer cannot be written: {error.strerror}.",
            "What was asked for may be done all the same: look before you run it again.",
        )
    name = str(error.filename)
    return Problem(
        "file_unusable",
        f"{name[:200]} cannot be used: {error.strerror or type(error).__name__}.",
        "Name another one, or see to its permissions and the room on its disk.",
        file=name,
    )


def _misused(error: typer.TyperException, state: State) -> int:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "passctl"
    text = harmless(error.format_message()).replace("\n\t", " ")
    state.out.refuse("usage", text, f"See `{path} --help`.", {})
    return exits.USAGE


def _refused(error: PassError, state: State) -> int:
    from passcore.domain.messages import wording
    from passcore.errors import Invalid, StorageUnavailable

    fields = error.fields()
    if isinstance(error, Invalid):
        named = flag_of(error.field, flags_of(state.command))
        if named != error.field:
            fields |= {"flag": named}
            error = Invalid(field=named, problem=error.problem)
    detail, mend = wording(error)
    cause = fields.pop("detail", None)
    if cause:
        detail, fields = f"{detail} ({cause})", fields | {"cause": cause}
    code = error.code
    if isinstance(error, StorageUnavailable):
        if "malformed" in str(cause):
            code, detail = "damage_found", f"The database is damaged ({cause})."
            mend = "Restore a backup with `passctl db restore FILE`."
        else:
            mend = f"{mend} `passctl doctor` looks for what is wrong."
    state.out.refuse(code, detail, mend, fields)
    return exits.exit_code(code)


def flag_of(field: str, flags: Sequence[str]) -> str:
    """Return which of *flags* carries *field* (a dotted path), the field itself where none does."""
    if field.startswith("--"):
        return field
    parts = field.split(".")
    wanted = [*_FLAGS.get(field, ())]
    for part in reversed(parts):
        wanted += [*_FLAGS.get(part, ()), f"--{part.replace('_', '-')}", part.upper()]
    return next((flag for flag in wanted if flag in flags), field)


def _unexpected(error: Exception, state: State, *, debug: bool) -> int:
    """Say in one line what nobody expected, with a name to find it again by."""
    import hashlib
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    where = "\n".join(f"{frame.name}:{frame.lineno}" for frame in frames)
    incident = hashlib.sha256(f"{type(error).__name__}\n{where}".encode()).hexdigest()[:10]
    if debug:
        traceback.print_exception(error)
    lines = str(error).strip().splitlines()
    about = f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__
    state.out.refuse(
        "unexpected",
        f"Something unexpected happened ({about}), incident {incident}.",
        "Run it again with --debug to see where, and report it with the incident's name.",
        {"incident": incident},
    )
    return exits.UNEXPECTED
