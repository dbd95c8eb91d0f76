"""Code blocks of Markdown files: found, and run as a reader would run them.

Blocks of one file run in order and share a namespace and a working directory:

- ```` ```python ```` runs in this process;
- ```` ```sh ```` runs in bash, and must exit with 0;
- ```` ```console ```` holds commands after `$ ` (continued after `> `), each followed by the
  output it must print; `...` stands for anything within a line, and alone for any lines; a command
  that shows no output must exit with 0.

A block that cannot run says why behind its language: ```` ```python no-run: needs an account ````.
Any other language (`text`, `toml`, `json`, …) is not run.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import attrs

INSTALL: Final = "python3 -m pip install -q uv && uv run "
CONTRACT_COMMANDS: Final = (f"{INSTALL}passctl demo", f"{INSTALL}nox")
RUNNABLE: Final = ("python", "sh", "console")
_FENCE: Final = re.compile(r"^(?P<indent> *)(?P<fence>`{3,}|~{3,})(?P<info>.*)$")
_NO_RUN: Final = re.compile(r"no-run: \S+")
_ELLIPSIS: Final = re.compile(r"(?m)^\.\.\.\n|\.\.\.")
_SECONDS: Final = 300


@attrs.frozen
class Block:
    """A fenced block: *path* and *line* of its first line of code, its *language* and *text*."""

    path: Path
    line: int
    language: str
    info: str
    text: str

    @property
    def runs(self) -> bool:
        """Whether a reader is meant to run it."""
        return self.language in RUNNABLE and not _NO_RUN.search(self.info)


def blocks(path: Path) -> Iterator[Block]:
    """The fenced blocks of a Markdown file, in order.

    Raises:
        ValueError: A fence is left open, or a block is marked `no-run` without a reason.
    """
    opened: re.Match[str] | None = None
    start, collected = 0, list[str]()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = _FENCE.match(line)
        if opened is None:
            if match:
                opened, start, collected = match, number + 1, []
            continue
        closes = match and not match["info"].strip() and match["fence"].startswith(opened["fence"])
        if not closes:
            collected.append(line.removeprefix(opened["indent"]))
            continue
        language, _, info = opened["info"].strip().partition(" ")
        if "no-run" in info and not _NO_RUN.search(info):
            raise ValueError(f"{path}:{start - 1}: `no-run` needs a reason: `no-run: because …`")
        yield Block(path, start, language, info, "\n".join(collected) + "\n")
        opened = None
    if opened is not None:
        raise ValueError(f"{path}:{start - 1}: the block is never closed")


def run(found: list[Block], directory: Path) -> int:
    """Run the runnable blocks of one file in *directory*; return how many ran."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    ran = 0
    for block in found:
        if not block.runs:
            continue
        if block.language == "python":
            _run_python(block, namespace, directory)
        elif block.language == "sh":
            _run_sh(block, directory)
        else:
            _run_console(block, directory)
        ran += 1
    return ran


def _run_python(block: Block, namespace: dict[str, Any], directory: Path) -> None:
    code = compile("\n" * (block.line - 1) + block.text, str(block.path), "exec")
    before = Path.cwd()
    os.chdir(directory)
    try:
        exec(code, namespace)
    finally:
        os.chdir(before)


def _run_sh(block: Block, directory: Path) -> None:
    kept = [line for line in block.text.splitlines() if _command_of(line) not in CONTRACT_COMMANDS]
    done = _shell("set -euo pipefail\n" + "\n".join(kept), directory)
    assert done.returncode == 0, f"{block.path}:{block.line}: exit {done.returncode}\n{done.stdout}"


def _run_console(block: Block, directory: Path) -> None:
    commands = list(_commands(block))
    assert commands, f"{block.path}:{block.line}: a console block without `$ `"
    for line, command, expected in commands:
        if _command_of(command) in CONTRACT_COMMANDS:
            continue
        done = _shell(command, directory)
        fine = _matches(expected, done.stdout) and (expected.strip() or done.returncode == 0)
        assert fine, (
            f"{block.path}:{line}: $ {command}\nexpected:\n{expected}\n"
            f"printed (exit {done.returncode}):\n{done.stdout}"
        )


def _commands(block: Block) -> Iterator[tuple[int, str, str]]:
    """Line, command and expected output of each prompt in a console block."""
    line, command, output = 0, list[str](), list[str]()
    for number, text in enumerate(block.text.splitlines(), block.line):
        if text.startswith("$ "):
            if command:
                yield line, "\n".join(command), "\n".join(output)
            line, command, output = number, [text[2:]], []
        elif text.startswith("> ") and command and not output:
            command.append(text[2:])
        else:
            assert command, f"{block.path}:{number}: output before the first `$ `"
            output.append(text)
    if command:
        yield line, "\n".join(command), "\n".join(output)


def _command_of(line: str) -> str:
    return line.partition("  #")[0].strip()


def _matches(expected: str, printed: str) -> bool:
    """Whether *printed* is *expected*, where `...` stands for anything; ends are trimmed."""
    wanted, seen = _tidy(expected), _tidy(printed)
    pattern, at = "", 0
    for gap in _ELLIPSIS.finditer(wanted):
        pattern += re.escape(wanted[at : gap.start()])
        pattern += r"(?s:.*?)" if gap[0].endswith("\n") else r"[^\n]*?"
        at = gap.end()
    return re.fullmatch(pattern + re.escape(wanted[at:]), seen) is not None


def _tidy(text: str) -> str:
    kept = "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")
    return kept + "\n"


def _shell(script: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """Run *script* as in a terminal 100 columns wide, with our commands on the path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", script],
        cwd=directory,
        env=os.environ | {"PATH": path, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
