"""What an embedder writes against the public names is checked by mypy, strictly."""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import dedent
from types import ModuleType

import pytest
from mypy import api

import passcore
import passstore

RIGHT = """
from sqlalchemy.orm import Session

from passcore import App, Complete, Pass, RandomIds, ShowPass, SystemClock, complete, show
from passstore import SessionStore, SqlStore, open_store

def left(app: App, code: str) -> int:
    state: Pass = app.read("studio", show, ShowPass(code)).state
    return state.balance.available

def own(session: Session, booking: str) -> str:
    app = App(SessionStore(session), SystemClock(), RandomIds())
    return app.run("studio", complete, Complete(booking)).booking.status.value

def store(url: str) -> SqlStore:
    return open_store(url)
"""

EVERYTHING = """
from passcore import *
from passstore import *

def left(app: App, code: str) -> int:
    return app.read("studio", show, ShowPass(code)).state.balance.available

def store(url: str) -> SqlStore:
    return open_store(url)
"""

WRONG = {
    "a command of another use case": (
        "from passcore import App, ShowPass, complete\n"
        "def f(app: App) -> None:\n    app.run('b', complete, ShowPass('x'))\n"
    ),
    "a result taken for another": (
        "from passcore import App, ShowPass, show\n"
        "def f(app: App) -> int:\n    return app.read('b', show, ShowPass('x'))\n"
    ),
    "a name that is not public": "from passcore import Nothing\n",
    "a name that a star does not bring": "from passcore import *\nx = Nothing\n",
    "a mistake with a name brought by a star": (
        "from passcore import *\n"
        "def f(app: App) -> int:\n    return app.read('b', show, ShowPass('x'))\n"
    ),
}


def _check(folder: Path, source: str) -> tuple[str, int]:
    file = folder / "embedder.py"
    file.write_text(dedent(source))
    said, _, status = api.run(["--strict", "--cache-dir", str(folder / "cache"), str(file)])
    return said, status


def test_an_embedder_needs_no_ignore(tmp_path: Path) -> None:
    """The fifteen lines of the documentation are well typed, results included."""
    said, status = _check(tmp_path, RIGHT)
    assert status == 0, said


def test_a_star_brings_every_public_name(tmp_path: Path) -> None:
    """With its type, as the documentation's examples use it."""
    said, status = _check(tmp_path, EVERYTHING)
    assert status == 0, said


@pytest.mark.parametrize("package", [passcore, passstore], ids=lambda package: package.__name__)
def test_type_checkers_are_told_the_names_there_are(package: ModuleType) -> None:
    """The list in the stub is the one of the running package, and each name is defined there."""
    stub = ast.parse(Path(str(package.__file__)).with_suffix(".pyi").read_text())
    (told,) = (
        ast.literal_eval(node.value)
        for node in stub.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    imported = [
        alias.asname or ""
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    assert sorted(told) == sorted(imported) == sorted(package.__all__)


@pytest.mark.parametrize("source", WRONG.values(), ids=WRONG.keys())
def test_a_mistake_is_found_before_it_runs(tmp_path: Path, source: str) -> None:
    """The types say more than Any: a wrong command, result or name does not pass."""
    said, status = _check(tmp_path, source)
    assert status == 1, said
