"""Commands of other packages are plain functions that know nothing of Typer."""

from __future__ import annotations

import pytest

from passcli import plugins
from tests.cli.conftest import Shell


class _Point:
    """An entry point."""

    def __init__(self, target: object) -> None:
        self.target = target

    def load(self) -> object:
        return self.target


def serve(db: str, json: bool, name: str, *, port: int = 8000, reload: bool = False) -> int:
    """Serve something.

    At length.
    """
    print(db.rpartition("/")[2], json, name, port, reload)
    return 5 if port == 1 else 0


@pytest.fixture
def plugged(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setattr(plugins, "found", lambda: {"feed": _Point(serve)})
    return shell


def test_parameters_become_options_and_global_ones_are_filled_in(plugged: Shell) -> None:
    ran = plugged("feed", "x", "--port", "9", "--reload", "--db", "other.sqlite", "--json")
    assert ran.out == "other.sqlite True x 9 True\n", ran
    assert plugged("feed", "x").out == "passes.sqlite False x 8000 False\n"


def test_what_it_returns_is_the_exit_code(plugged: Shell) -> None:
    assert plugged("feed", "x", "--port", "1").code == 5


def test_it_stands_in_the_help(plugged: Shell) -> None:
    assert "Serve something." in plugged("--help").out
    own = plugged("feed", "--help").out
    assert "--port" in own
    assert "Global options" in own


def test_a_name_spelled_alike_is_suggested(plugged: Shell) -> None:
    assert "'feed'" in plugged("fed").err
