"""The grammar: what every command and group takes, before or after the command.

Each of them takes the global options, so they may stand anywhere; the last word said counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from passcli.output import Output


class State:
    """What one invocation was told by its global options. `clock` is a `passcore.Clock` for who
    embeds the command line, None for the machine's."""

    def __init__(self, clock: Any = None) -> None:
        self.db: str | None = None
        self.business: str | None = None
        self.json = False
        self.yes = False
        self.actor: str | None = None
        self.at: str | None = None
        self.debug = False
        self.clock = clock
        self.command: Any = None

    @property
    def out(self) -> Output:
        """Where to write to."""
        return Output(as_json=self.json)


def state_of(ctx: typer.Context) -> State:
    """Return the state of the invocation *ctx* belongs to."""
    state = ctx.find_root().obj
    assert isinstance(state, State)
    return state


def _global_options(
    db: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="The database (env PASS_DATABASE_URL; else an SQLite file in your data folder).",
        ),
    ] = None,
    business: Annotated[
        str | None,
        typer.Option(
            metavar="SLUG", help="Which business (env PASS_BUSINESS; not needed if there is one)."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Answer with one JSON document.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before something final.")] = False,
    actor: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Who does it (env PASS_ACTOR; else your user name)."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="INSTANT", help="The moment it is about, where that is not now."),
    ] = None,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an unexpected error.")
    ] = False,
) -> None:
    """Stand for the global options; never called."""


def _remember(ctx: Any, param: Any, value: Any) -> Any:
    """Keep a global option, wherever it stood. The outer ones are read first."""
    if value is not None and value is not False:
        setattr(state_of(ctx), param.name, value)
    return value


@cache
def global_options() -> tuple[Any, ...]:
    """Return the global options as Typer understands them."""
    stub = typer.Typer(add_completion=False)
    stub.command()(_global_options)
    params = tuple(typer.main.get_command(stub).params)
    for param in params:
        param.expose_value = False
        param.callback = _remember
    return params


GLOBAL_NAMES: Final = ("db", "business", "json", "yes", "actor", "at", "debug")


def _format_options(command: Any, ctx: Any, formatter: Any) -> None:
    """Write arguments, the command's own options, and the global ones last."""
    sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
    shared: list[tuple[str, str]] = []
    for param in command.get_params(ctx):
        record = param.get_help_record(ctx)
        if record is None:
            continue
        if param in global_options():
            shared.append(record)
        else:
            kind = "Arguments" if param.param_type_name == "argument" else "Options"
            sections[kind].append(record)
    for title, records in (*sections.items(), ("Global options", shared)):
        if records:
            with formatter.section(title):
                formatter.write_dl(records)


def _take_as_it_is(param: Any) -> Any:
    """Let texts and defaults pass without Typer's coercion, which would import pydantic first."""
    if "process_value" in vars(param):
        return param
    coerced = param.process_value
    text = getattr(getattr(param, "type_descriptor", None), "annotation", None) is str
    several = param.multiple or param.nargs != 1

    def process(ctx: Any, value: Any) -> Any:
        is_default = not param.required and value == param.default
        if several or not (is_default or (text and type(value) is str)):
            return coerced(ctx, value)
        return value if param.callback is None else param.callback(ctx, param, value)

    param.process_value = process
    return param


def _name_value(param: Any) -> None:
    """Let help say `--email EMAIL` and `--seats N` where it would say `<str>` and `<int>`."""
    annotation = getattr(getattr(param, "type_descriptor", None), "annotation", None)
    if param.metavar is None and annotation in (str, int):
        param.metavar = "N" if annotation is int else param.name.strip("_").upper()


class Command(TyperCommand):
    """A command that takes the global options too."""

    def __init__(self, name: str | None, **settings: Any) -> None:
        super().__init__(name, **settings)
        for param in self.params:
            _name_value(param)
        self.params = [*self.params, *global_options()]

    def get_params(self, ctx: Any) -> list[Any]:
        """Return all parameters, `--help` too, quick to read."""
        return [_take_as_it_is(param) for param in super().get_params(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options in sections."""
        _format_options(self, ctx, formatter)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; errors can then name its flags."""
        state_of(ctx).command = self
        return super().invoke(ctx)


class Group(TyperGroup):
    """A group that takes the global options too, and shows its help when nothing is asked."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.params = [*self.params, *global_options()]

    def get_params(self, ctx: Any) -> list[Any]:
        """Return all parameters, `--help` too, quick to read."""
        return [_take_as_it_is(param) for param in super().get_params(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options in sections, then the commands."""
        _format_options(self, ctx, formatter)
        self.format_commands(ctx, formatter)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the group's own words; without any, show the help and exit with 2."""
        if not args and not ctx.resilient_parsing:
            typer.echo(ctx.get_help(), err=True)
            raise typer.Exit(2)
        return super().parse_args(ctx, args)


#: Options that mean the same on every command that has them.
Key = Annotated[
    str | None,
    typer.Option("--key", metavar="KEY", help="Run twice with the same key, it takes effect once."),
]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")]
Cursor = Annotated[
    str | None, typer.Option(metavar="CURSOR", help="Go on where the last list ended.")
]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why; it is kept in the ledger.")]


class Noun:
    """The commands of one noun, by name. Each is built when it is asked for, the others not."""

    def __init__(self, help_text: str) -> None:
        self.help = help_text
        self.functions: dict[str, Callable[..., Any]] = {}

    def command(self, name: str) -> Command:
        """Return one command, built."""
        stub = typer.Typer(add_completion=False, rich_markup_mode=None)
        stub.command(name, cls=Command)(self.functions[name])
        made: Any = typer.main.get_command(stub)
        assert isinstance(made, Command)
        return made

    def group(self, name: str) -> NounGroup:
        """Return the group of all of them."""
        return NounGroup(self, name=name, help=self.help, rich_markup_mode=None)


class NounGroup(Group):
    """A group that builds a command when it is asked for."""

    def __init__(self, noun: Noun, **settings: Any) -> None:
        super().__init__(**settings)
        self.noun = noun
        names: Any = dict.fromkeys(noun.functions)
        self.commands = names  # read for suggestions only

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002  # click calls it
        """Return one command, None where there is none of that name."""
        return self.noun.command(cmd_name) if cmd_name in self.noun.functions else None


def group(help_text: str) -> Noun:
    """Return a noun, still without commands."""
    return Noun(help_text)


def command(noun: Noun, name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that adds a function to *noun* as the command *name*."""

    def add(function: Callable[..., None]) -> Callable[..., None]:
        noun.functions[name] = function
        return function

    return add


def flags_of(command_object: Any) -> Sequence[str]:
    """Return how a command's options and arguments are written: `--starts`, `PASS`."""
    flags: list[str] = []
    for param in getattr(command_object, "params", ()):
        if param.param_type_name == "argument":
            flags.append(param.metavar or param.name.upper())
        else:
            flags.extend(opt for opt in param.opts if opt.startswith("--"))
    return flags
