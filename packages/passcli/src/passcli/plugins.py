"""Plugins: commands that other packages add, such as `serve`, `worker` and `demo` of passweb.

An entry point in the group ``passcli.commands`` names a function (or a Typer application). A
function needs nothing of Typer: its parameters become options, those without a default arguments,
and its docstring the help. A parameter named like a global option (`db`, `business`, `yes`, ...) is
given that option's value instead, `db` always the URL in use. A number it returns is the exit code.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache, wraps
from typing import Any, Final

import typer

from passcli import grammar
from passcli.grammar import Command, state_of
from passcli.wiring import database_url

ENTRY_POINTS: Final = "passcli.commands"

#: What the commands of sessionpass-web do, so that `passctl --help` need not import them.
KNOWN_HELP: Final = {
    "serve": "Serve the booking page, guest app, console and API.",
    "worker": "Send mail and settle payments in the background.",
    "demo": "Try everything out, with a test payment provider inside.",
}


@cache
def found() -> Mapping[str, Any]:
    """Return the entry points of other packages by name."""
    from importlib.metadata import entry_points

    points = sorted(entry_points(group=ENTRY_POINTS), key=lambda point: point.name)
    return {point.name: point for point in points}


def help_of(name: str) -> str:
    """Return one line about a command, imported only where it is not well known."""
    known = KNOWN_HELP.get(name)
    return known if known is not None else load(name).get_short_help_str(100)


def load(name: str) -> Any:
    """Import and return the command *name*."""
    return made(name, found()[name].load())


def made(name: str, target: Any) -> Any:
    """Return what an entry point names as a command."""
    if isinstance(target, typer.Typer):
        return typer.main.get_command(target)
    stub = typer.Typer(add_completion=False, rich_markup_mode=None)
    stub.command(name, cls=Command)(_filled(target))
    return typer.main.get_command(stub)


def _filled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap *function* so that its global parameters come from the invocation's state."""
    signature = inspect.signature(function, eval_str=True)
    shared = [name for name in signature.parameters if name in grammar.GLOBAL_NAMES]
    own = [p for p in signature.parameters.values() if p.name not in shared]
    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    keywords = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]

    @wraps(function)
    def call(ctx: typer.Context, **values: Any) -> None:
        state = state_of(ctx)
        given = {name: getattr(state, name) for name in shared}
        if "db" in given:
            given["db"] = database_url(state)
        answer = function(**values, **given)
        if isinstance(answer, int) and answer:
            raise typer.Exit(answer)

    parameters = [context, *keywords]
    call.__dict__["__signature__"] = signature.replace(
        parameters=parameters, return_annotation=None
    )
    call.__annotations__ = {p.name: p.annotation for p in parameters}
    return call
