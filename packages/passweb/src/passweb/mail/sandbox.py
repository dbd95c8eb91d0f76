"""The environment mail templates run in: they see allow-listed values and nothing behind them (X6).

No attribute of anything can be read, so a template, whoever wrote it, cannot climb from a value to
the program. HTML escapes by itself; a value that is missing is an error and not an empty place.
"""

from __future__ import annotations

from typing import Any

from jinja2 import BaseLoader, StrictUndefined, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment

from passweb.i18n import install


class _Closed(ImmutableSandboxedEnvironment):
    """Refuses to read an attribute of anything."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ARG002  # Jinja calls it
        return False


def environment(loader: BaseLoader, language: str) -> ImmutableSandboxedEnvironment:
    """Return an environment of *language* over *loader*.

    ``*.html`` escapes, ``*.txt`` does not. Templates have `_`, `ngettext` and `language`.
    """
    made = _Closed(
        loader=loader,
        autoescape=select_autoescape(["html"], default_for_string=True, default=False),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        cache_size=100,
    )
    made.globals = {"language": language}  # without Jinja's own, of which `lipsum` is a way out
    install(made, language)
    made.globals["_"] = made.globals["gettext"]
    return made
