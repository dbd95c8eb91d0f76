"""The repository as the architecture tests read it: its root, tracked files and parsed modules."""

from __future__ import annotations

import ast
import functools
import subprocess
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = ("passcore", "passstore", "passweb", "passcli")


@functools.cache
def tracked() -> tuple[Path, ...]:
    """Every file that is committed or would be by `git add .`, relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    paths = (Path(name) for name in listed.split("\0") if name)
    return tuple(sorted(path for path in paths if (ROOT / path).is_file()))


def text_of(path: Path) -> str | None:
    """The text of a tracked file, or None when it is binary."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def modules(package: str | None = None, *, migrations: bool = True) -> list[Path]:
    """The tracked modules under `packages/*/src`, of one *package* or of all."""
    return [
        path
        for path in tracked()
        if path.parts[0] == "packages"
        and path.parts[2] == "src"
        and path.suffix == ".py"
        and (package is None or path.parts[1] == package)
        and (migrations or "migrations" not in path.parts)
    ]


@functools.cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a tracked module."""
    return ast.parse((ROOT / path).read_bytes(), filename=str(path))


def imported_roots(path: Path) -> set[str]:
    """The top-level names that a module imports, wherever in it the import stands."""
    roots = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            roots |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            roots.add(node.module.partition(".")[0])
    return roots
