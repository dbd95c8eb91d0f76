"""Surroundings gone wrong: streams, environment, database files. A sentence and an exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from passstore.engine import SQLITE
from tests.cli.conftest import Shell

BEGIN = (sys.executable, "-c", "from passcli.entry import run; run()")
INIT = ("init", "--name", "B", "--timezone", "Europe/Budapest", "--currency", "EUR", "--json")


def passctl(redirected: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    """Run the real command from a shell that redirects its streams."""
    line = f'"$@" {redirected}'
    told = {**os.environ, **env}
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line, "bash", *BEGIN, *arguments],
        capture_output=True, check=False, timeout=60, env=told,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("service", "list", "--json"), 0), (("client", "show", "none"), 4), (("--help",), 0)],
)
@pytest.mark.parametrize(
    "redirected", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-", "2>/dev/full", "| true", "2>&1 | true"]
)
def test_streams_that_lead_nowhere_change_no_exit_code(
    studio: Shell, redirected: str, arguments: tuple[str, ...], code: int
) -> None:
    ran = passctl(redirected, *arguments)
    assert ran.returncode == code, ran
    assert b"Traceback" not in ran.stderr
    assert b"unexpected" not in ran.stderr


@pytest.mark.parametrize(
    "arguments", [("service", "list"), ("service", "list", "--json"), ("--help",)]
)
def test_an_answer_that_finds_no_room_says_so(studio: Shell, arguments: tuple[str, ...]) -> None:
    ran = passctl(">/dev/full", *arguments)
    assert ran.returncode == 1
    assert b"The answer cannot be written: No space left on device." in ran.stderr
    assert b"look before you run it again" in ran.stderr


def test_an_interrupt_while_it_loads_is_quiet(tmp_path: Path) -> None:
    """Typer takes a tenth of a second to import: long enough for Ctrl+C."""
    (tmp_path / "typer.py").write_text("raise KeyboardInterrupt")
    ran = passctl("", "client", "list", PYTHONPATH=str(tmp_path))
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, b"", b"")


@pytest.mark.parametrize("name", ["\udcff", "\x1b[2J", "a\nb", "x" * 500, "Bea\u202e"])
def test_an_odd_user_name_is_kept_readable(
    ana: tuple[Shell, str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """What stands in the ledger stands there for good."""
    shell, code = ana
    monkeypatch.delenv("PASS_ACTOR")
    monkeypatch.setenv("LOGNAME", name)
    shell.json("pass", "adjust", code, "--delta", "1", "--reason", "r")
    actor = shell.json("pass", "history", code)["items"][-1]["actor"]
    assert actor.isprintable()
    assert 1 <= len(actor) <= 200


def test_an_unreadable_business_is_refused(studio: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASS_BUSINESS", "\udcff")
    ran = studio("client", "list", "--json")
    assert (ran.code, ran.refusal["code"]) == (2, "usage")
    assert "PASS_BUSINESS" in ran.refusal["detail"]


def test_an_empty_database_is_not_the_default_one(studio: Shell) -> None:
    """As `--db "$UNSET"` has it."""
    ran = studio("--db", "", *INIT)
    assert (ran.code, ran.refusal["detail"]) == (2, "--db is empty.")


def _folder(path: Path) -> None:
    path.mkdir()


def _garbage(path: Path) -> None:
    path.write_bytes(b"no database at all " * 500)


def _truncated(path: Path) -> None:
    path.write_bytes(Path("sessionpass/passes.sqlite").read_bytes()[:30_000])


@pytest.mark.parametrize(
    ("spoil", "code"), [(_folder, "file_unusable"), (_garbage, "no_database"),
                        (_truncated, "damage_found")],
)  # fmt: skip
@pytest.mark.parametrize("arguments", [INIT, ("db", "upgrade", "--json")])
def test_what_is_no_sound_database_is_not_made_ready(
    studio: Shell, tmp_path: Path, arguments: tuple[str, ...], spoil: object, code: str
) -> None:
    assert callable(spoil)
    spoil(tmp_path / "spoilt")
    ran = studio("--db", str(tmp_path / "spoilt"), *arguments)
    expected = "no_database" if spoil is _folder and "upgrade" in arguments else code
    assert ran.refusal["code"] == expected, ran
    assert ran.code != 1
    assert ran.refusal["mend"]


def test_no_backup_is_made_of_what_is_no_database(studio: Shell, tmp_path: Path) -> None:
    _garbage(tmp_path / "spoilt")
    ran = studio("--db", "spoilt", "db", "backup", "copy", "--json")
    assert (ran.code, ran.refusal["code"]) == (4, "no_database")
    assert not list(tmp_path.glob("copy*"))


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_in_memory_is_not_made_ready(shell: Shell, url: str) -> None:
    ran = shell("--db", url, *INIT)
    assert (ran.code, ran.refusal["code"]) == (2, "not_supported")


def test_a_database_that_others_keep_locked_can_be_tried_again(
    studio: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "passstore.engine._PRAGMAS", ("PRAGMA busy_timeout = 50", "PRAGMA journal_mode = WAL")
    )
    other = SQLITE.connect("sessionpass/passes.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ran = studio(*INIT)
    other.close()
    assert (ran.code, ran.refusal["code"]) == (5, "contention")


def test_a_damaged_page_is_told_as_damage(ana: tuple[Shell, str]) -> None:
    """Trying again helps nobody: exit code 6, and where to go from there."""
    shell, _ = ana
    file = Path("sessionpass/passes.sqlite")
    with SQLITE.connect(str(file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'clients'")
        number = page.fetchone()[0]
        (size,) = database.execute("PRAGMA page_size").fetchone()
    whole = bytearray(file.read_bytes())
    whole[(number - 1) * size : number * size] = b"\xff" * size
    file.write_bytes(whole)
    ran = shell("client", "list", "--json")
    assert (ran.code, ran.refusal["code"]) == (6, "damage_found")
    assert "db restore" in ran.refusal["mend"]
