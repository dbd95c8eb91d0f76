"""Form-encoded parameters with brackets, as the provider's libraries send them.

`line_items[0][price_data][currency]=eur` becomes a tree of `Form`s; every reader names the
parameter it misses, in brackets again.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl

from passweb.testing.payserver.problem import Problem

Tree = dict[str, "str | Tree"]

MAX_PARAMETERS: Final = 500
MAX_DEPTH: Final = 6
_NAME: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART: Final = re.compile(r"\[([^\[\]]*)\]")


class Form:
    """One level of parameters."""

    def __init__(self, tree: Tree, path: str = "") -> None:
        self._tree = tree
        self._path = path

    @classmethod
    def parse(cls, text: str) -> Form:
        """Return the form in *text*, a request body or a query."""
        try:
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
        except ValueError:
            raise Problem("Too many parameters.") from None
        root: Tree = {}
        for name, value in pairs:
            _put(root, name, value)
        return cls(root)

    def name(self, key: str) -> str:
        """Return the full name of *key*, for an error."""
        return f"{self._path}[{key}]" if self._path else key

    def only(self, *known: str) -> None:
        """Refuse any parameter that is not among *known*."""
        for key in self._tree:
            if key not in known:
                name = self.name(key)
                raise Problem(
                    f"Received unknown parameter: {name}", code="parameter_unknown", param=name
                )

    def text(self, key: str) -> str | None:
        """Return a string, None where it is absent or empty."""
        value = self._tree.get(key)
        if isinstance(value, dict):
            raise Problem(f"Invalid string: {self.name(key)}", param=self.name(key))
        return value or None

    def need(self, key: str) -> str:
        """Return a string that must be there."""
        value = self.text(key)
        if value is None:
            name = self.name(key)
            raise Problem(f"Missing required param: {name}.", code="parameter_missing", param=name)
        return value

    def whole(self, key: str) -> int:
        """Return a positive integer of at most twelve digits, as amounts are."""
        value = self.need(key)
        if not re.fullmatch(r"[0-9]{1,12}", value, re.ASCII):
            name = self.name(key)
            raise Problem(
                f"Invalid integer: {value[:40]}", code="parameter_invalid_integer", param=name
            )
        if int(value) == 0:
            name = self.name(key)
            raise Problem("Invalid positive integer", code="parameter_invalid_integer", param=name)
        return int(value)

    def truth(self, key: str) -> bool:
        """Return a truth value, False where it is absent."""
        value = self.text(key)
        if value not in (None, "true", "false"):
            raise Problem(f"Invalid boolean: {value[:40]}", param=self.name(key))
        return value == "true"

    def section(self, key: str) -> Form:
        """Return the parameters under *key*, none where it is absent."""
        value = self._tree.get(key, {})
        if isinstance(value, str):
            raise Problem("Invalid object", param=self.name(key))
        return Form(value, self.name(key))

    def items(self, key: str) -> list[Form]:
        """Return the sections of the array *key*."""
        section = self.section(key)
        return [section.section(index) for index in section.names()]

    def names(self) -> list[str]:
        """Return the names of this level."""
        return list(self._tree)

    def texts(self, key: str, *, limit: int = 50) -> dict[str, str]:
        """Return the strings under *key*, for metadata."""
        section = self.section(key)
        if len(section.names()) > limit:
            raise Problem(f"Too many entries: {self.name(key)}", param=self.name(key))
        return {name: section.text(name) or "" for name in section.names()}


def _put(root: Tree, name: str, value: str) -> None:
    found = _NAME.fullmatch(name)
    if found is None:
        raise Problem(f"Invalid parameter name: {name[:60]}")
    first, rest = found.groups()
    parts = [first, *_PART.findall(rest)]
    if len(parts) > MAX_DEPTH:
        raise Problem(f"Parameter nested too deep: {name[:60]}")
    level = root
    for part in parts[:-1]:
        inner = level.setdefault(part, {})
        if isinstance(inner, str):
            raise Problem(f"Parameter given twice: {name[:60]}")
        level = inner
    last = parts[-1] or str(len(level))
    if last in level:
        raise Problem(f"Parameter given twice: {name[:60]}")
    level[last] = value
