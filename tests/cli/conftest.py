"""What the tests of the command line share: a place of their own, a clock, and a way to run it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import pytest

from passcli.main import main
from passcore import FixedClock

#: A Monday noon in Budapest.
NOW = datetime(2027, 2, 1, 11, tzinfo=UTC)


@attrs.frozen
class Ran:
    """What a command line came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)

    @property
    def refusal(self) -> Any:
        """The one object on standard error."""
        return json.loads(self.err)


class Shell:
    """Runs command lines in this process, at the time of `clock`."""

    def __init__(self, capsys: pytest.CaptureFixture[str], clock: FixedClock) -> None:
        self._capsys = capsys
        self.clock = clock

    def __call__(self, *arguments: str) -> Ran:
        self._capsys.readouterr()
        code = main(arguments, clock=self.clock)
        told = self._capsys.readouterr()
        return Ran(code, told.out, told.err)

    def json(self, *arguments: str) -> Any:
        """Run with `--json`, which must succeed, and return the document."""
        ran = self(*arguments, "--json")
        assert ran.code == 0, ran
        assert not ran.err, ran
        return ran.json


@pytest.fixture(autouse=True)
def _nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is read from, or written to, the home of who runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    for name in ("PASS_DATABASE_URL", "PASS_BUSINESS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PASS_ACTOR", "Bea")
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    """A shell without a database."""
    return Shell(capsys, FixedClock(NOW))


@pytest.fixture
def studio(shell: Shell) -> Shell:
    """A shell with a studio in Budapest that sells ten sessions of reformer for six months."""
    shell.json(
        *("init", "--name", "Studio", "--slug", "studio"),
        *("--timezone", "Europe/Budapest", "--currency", "EUR"),
    )
    shell.json("service", "add", "--name", "Reformer", "--category", "pilates")
    shell.json(
        *("product", "add", "--name", "10 x Reformer", "--sessions", "10"),
        *("--valid", "6 months", "--covers", "reformer", "--price", "120.00"),
        *("--method", "online", "--method", "on_site", "--method", "bank_transfer"),
    )
    return shell


@pytest.fixture
def ana(studio: Shell) -> tuple[Shell, str]:
    """The studio, and the pass ID of Ana's ten sessions."""
    made = studio.json(
        "pass", "assign", "--client", "ana@example.com", "--product", "10-x-reformer"
    )
    return studio, made["code"]


@pytest.fixture
def booked(ana: tuple[Shell, str]) -> tuple[Shell, str, str]:
    """The studio, Ana's pass ID, and the id of her visit tomorrow at ten."""
    shell, code = ana
    made = shell.json(
        *("booking", "book", "--client", "ana@example.com", "--service", "reformer"),
        *("--starts", "2027-02-02T10:00", "--pass", "auto"),
    )
    return shell, code, made["id"]
