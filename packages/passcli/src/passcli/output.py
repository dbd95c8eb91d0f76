"""Output: data on standard output, talk on standard error, each as the reader needs it.

With `--json` exactly one JSON document goes to standard output and a refusal is one JSON object on
standard error. Without it a terminal gets tables drawn by Rich, a pipe gets aligned plain columns.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any, Final, TextIO

from passcli.exits import NobodyReads

Rows = Sequence[Sequence[object]]
Tick = Callable[[], None]

#: What could steer a terminal: control characters but tab and line feed, and changes of direction.
_STEERING: Final = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def harmless(text: str) -> str:
    """Return *text* with everything that could steer a terminal written out."""
    return _STEERING.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def cell(value: object) -> str:
    """Return *value* as it stands in a table; None and an empty text are a dash."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return harmless(str(value)).replace("\n", " ").replace("\t", " ")


class Output:
    """Where one command writes to."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json

    @property
    def on_terminal(self) -> bool:
        """Tell whether a person reads standard output."""
        return not self.as_json and sys.stdout.isatty()

    # --- data ---

    def document(self, value: Any) -> None:
        """Write the one JSON document."""
        self._write(json.dumps(value, ensure_ascii=False, indent=2))

    def lines(self, *lines: str) -> None:
        """Write lines of text."""
        for line in lines:
            self._write(harmless(line))

    def pairs(self, pairs: Mapping[str, object]) -> None:
        """Write names and values below one another; what is None is left out."""
        shown = {name: value for name, value in pairs.items() if value is not None}
        width = max((len(name) for name in shown), default=0)
        for name, value in shown.items():
            self._write(f"{name:<{width}}  {cell(value)}")

    def table(self, head: Sequence[str], rows: Rows, *, none: str) -> None:
        """Write a table; *none* is said on standard error where it has no rows."""
        if not rows:
            self.talk(none)
            return
        if self.on_terminal:
            self._rich_table(head, rows)
            return
        texts = [[cell(value) for value in row] for row in rows]
        columns = list(zip(head, *texts, strict=True))
        widths = [max(len(text) for text in column) for column in columns]
        for row in (head, *texts):
            padded = (text.ljust(width) for text, width in zip(row, widths, strict=True))
            self._write("  ".join(padded).rstrip())

    def _rich_table(self, head: Sequence[str], rows: Rows) -> None:
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name in head:
            table.add_column(name, overflow="fold")
        for row in rows:
            table.add_row(*(Text(cell(value)) for value in row))
        Console(file=sys.stdout).print(table)

    def _write(self, text: str) -> None:
        try:
            sys.stdout.write(text + "\n")
        except BrokenPipeError:
            raise NobodyReads from None

    # --- talk ---

    def talk(self, text: str) -> None:
        """Say something that is not data."""
        if not self.as_json:
            _say(harmless(text))

    def refuse(self, code: str, detail: str, mend: str, fields: Mapping[str, object]) -> None:
        """Say why not, and what would mend it."""
        if self.as_json:
            answer = {"code": code, "detail": detail, "mend": mend} | _plain(fields)
            _say(json.dumps(answer, ensure_ascii=False))
            return
        _say(f"Error: {harmless(detail)}")
        if mend:
            _say(harmless(mend))

    @contextmanager
    def progress(self, title: str) -> Iterator[Tick]:
        """Count steps on a terminal; a pipe sees nothing."""
        if self.as_json or not sys.stderr.isatty():
            yield lambda: None
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:.0f}"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=Console(file=sys.stderr), transient=True) as bar:
            task = bar.add_task(harmless(title), total=None)
            yield lambda: bar.advance(task)


def _say(line: str) -> None:
    """Write to standard error; that nobody can read it changes nothing, least of all the exit."""
    try:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
    except OSError:
        silence(sys.stderr)


def silence(stream: TextIO) -> None:
    """Let *stream* lead nowhere: what is still in it would fail once more at Python's end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _nowhere() -> TextIO:
    return os.fdopen(os.open(os.devnull, os.O_RDWR), "r+", encoding="utf-8", buffering=1)


def _plain(fields: Mapping[str, object]) -> dict[str, object]:
    """Return *fields* as JSON knows them; `code` and the two sentences stay the table's."""
    taken = ("code", "detail", "mend")
    return {name: _value(value) for name, value in fields.items() if name not in taken}


def _value(value: object) -> object:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, list | tuple):
        return [_value(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)


def steady_streams() -> None:
    """Let nothing a person typed break the printing of it; a stream that was closed is empty."""
    sys.stdin = sys.stdin or _nowhere()
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
