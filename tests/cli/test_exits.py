"""Every error has its exit code, in one table, and every exit code happens."""

from __future__ import annotations

from pathlib import Path

import pytest

import passcli.main
from passcli import exits
from passcli.exits import EXIT_CODES, MEANINGS
from passcore import PassError, Refusal
from passcore.adapters.memory import MemoryStore
from passcore.errors import Contention, LedgerDamaged, StorageUnavailable
from tests.cli.conftest import Shell


def _all(kind: type[PassError]) -> list[type[PassError]]:
    """Return the core's errors below *kind*; adapters have their own beside them."""
    found = [kind, *(deep for sub in kind.__subclasses__() for deep in _all(sub))]
    return [each for each in found if each.__module__.startswith("passcore.")]


@pytest.mark.parametrize("kind", _all(PassError), ids=lambda kind: kind.__name__)
def test_every_error_of_the_core_has_an_exit_code(kind: type[PassError]) -> None:
    assert kind.code in EXIT_CODES


@pytest.mark.parametrize("kind", _all(Refusal), ids=lambda kind: kind.__name__)
def test_a_rule_that_says_no_exits_with_three(kind: type[PassError]) -> None:
    assert EXIT_CODES[kind.code] == exits.REFUSED


def test_the_table_knows_only_the_codes_of_the_contract() -> None:
    assert set(MEANINGS) == {0, 1, 2, 3, 4, 5, 6}
    assert set(EXIT_CODES.values()) <= set(MEANINGS)


def test_nothing_stands_in_the_table_that_nobody_raises() -> None:
    source = "".join(path.read_text() for path in passcli_files() if path.name != "exits.py")
    core = {kind.code for kind in _all(PassError)}
    assert not [code for code in EXIT_CODES if code not in core and f'"{code}"' not in source]


def passcli_files() -> list[Path]:
    return sorted(Path(passcli.main.__file__).parent.rglob("*.py"))


def test_zero_one_command_done(studio: Shell) -> None:
    assert studio("product", "list").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("nope",),
        ("pass",),
        ("pass", "shoow"),
        ("pass", "show"),
        ("pass", "show", "--nope"),
        ("pass", "list", "--status", "nope"),
        ("pass", "list", "--limit", "0"),
        ("product", "add", "--name", "P", "--price", "1.234"),
        ("product", "add", "--name", "P", "--price", "1", "--sessions", "0"),
        ("product", "add", "--name", "P", "--price", "1", "--covers", "nope"),
        ("booking", "book", "--client", "a@b.co", "--service", "reformer", "--starts", "soon"),
        ("--db", "mysql://x", "client", "list"),
        ("init", "--name", "B", "--timezone", "Nowhere/Land", "--currency", "EUR"),
    ],
)
def test_two_wrong_usage_or_input(studio: Shell, arguments: tuple[str, ...]) -> None:
    assert studio(*arguments).code == 2


def test_three_a_rule_says_no(booked: tuple[Shell, str, str]) -> None:
    shell, code, _ = booked
    ran = shell("pass", "cancel", code, "--reason", "moved away", "--yes", "--json")
    assert (ran.code, ran.out, ran.refusal["code"]) == (3, "", "invalid_transition")


def test_four_not_found(studio: Shell) -> None:
    ran = studio("pass", "show", "nope", "--json")
    assert (ran.code, ran.out, ran.refusal["code"]) == (4, "", "not_found")


def test_four_no_database_yet(shell: Shell) -> None:
    ran = shell("client", "list", "--json")
    assert (ran.code, ran.refusal["code"]) == (4, "no_database")
    assert "passctl init" in ran.refusal["mend"]


@pytest.mark.parametrize(
    ("error", "code"),
    [(Contention(), 5), (StorageUnavailable("disk full"), 5), (LedgerDamaged("p", 1, "is odd"), 6)],
)
def test_five_and_six_from_beneath(
    studio: Shell, monkeypatch: pytest.MonkeyPatch, error: PassError, code: int
) -> None:
    _broken(monkeypatch, error)
    ran = studio("client", "list", "--json")
    assert ran.code == code
    assert ran.refusal["code"] == error.code


def test_an_unexpected_error_is_one_line_with_an_incident(
    studio: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    _broken(monkeypatch, ZeroDivisionError("by zero"))
    ran = studio("client", "list")
    assert ran.code == 1
    assert "Traceback" not in ran.err
    assert "by zero" in ran.err.splitlines()[0]
    assert "incident" in ran.err.splitlines()[0]


def test_the_traceback_is_shown_with_debug(studio: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    _broken(monkeypatch, ZeroDivisionError("by zero"))
    assert "Traceback" in studio("client", "list", "--debug").err


def _broken(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def registry(self: MemoryStore) -> object:
        raise error

    monkeypatch.setattr("passstore.SqlStore.registry", registry)
