"""`passctl doctor`, `verify` and `db`: is it sound, and what to do where it is not."""

from __future__ import annotations

import os
import stat
from contextlib import closing
from pathlib import Path

import pytest

from passstore.engine import SQLITE
from tests.cli.conftest import Shell


def _file() -> Path:
    (found,) = Path(os.environ["XDG_DATA_HOME"]).rglob("passes.sqlite")
    return found


def _sql(statement: str) -> None:
    with closing(SQLITE.connect(str(_file()))) as connection:
        connection.executescript(statement)


def _drop_triggers() -> None:
    with closing(SQLITE.connect(str(_file()))) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in names.fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.commit()


def _check(shell: Shell, name: str) -> dict[str, str]:
    ran = shell("doctor", "--json")
    found: dict[str, dict[str, str]] = {check["name"]: check for check in ran.json["checks"]}
    assert (ran.code == 0) == ran.json["ok"] == all(c["status"] != "bad" for c in found.values())
    return found[name]


def test_a_fresh_database_is_sound(studio: Shell) -> None:
    ran = studio("doctor")
    assert ran.code == 0, ran
    assert studio.json("doctor")["ok"]
    assert _check(studio, "durability")["status"] == "ok"


def test_the_file_is_its_owners_alone(studio: Shell) -> None:
    assert stat.S_IMODE(_file().stat().st_mode) == 0o600
    _file().chmod(0o644)
    found = _check(studio, "database file")
    assert (found["status"], "chmod 600" in found["mend"]) == ("warn", True)


def test_a_missing_database_is_told(shell: Shell) -> None:
    found = _check(shell, "database")
    assert found["status"] == "bad"
    assert "passctl init" in found["mend"]


def test_missing_triggers_are_told(studio: Shell) -> None:
    _drop_triggers()
    assert _check(studio, "append-only")["status"] == "bad"
    assert studio("doctor").code == 6


def test_another_schema_is_told_everywhere(studio: Shell) -> None:
    _sql("UPDATE passstore_version SET version_num = '0000'; DROP TABLE businesses")
    assert _check(studio, "schema")["status"] == "bad"
    ran = studio("client", "list", "--json")
    assert (ran.code, ran.refusal["code"]) == (6, "schema_not_current")
    assert "db upgrade" in ran.refusal["mend"]


def test_open_secrets_are_told(
    studio: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    monkeypatch.setenv("PASS_SECRET_KEY_FILE", str(secret))
    assert _check(studio, "PASS_SECRET_KEY_FILE")["status"] == "bad"
    secret.write_text("s")
    secret.chmod(0o644)
    assert _check(studio, "PASS_SECRET_KEY_FILE")["status"] == "bad"
    secret.chmod(0o600)
    assert _check(studio, "PASS_SECRET_KEY_FILE")["status"] == "ok"


def test_a_sound_ledger_verifies(ana: tuple[Shell, str]) -> None:
    shell, _ = ana
    report = shell.json("verify")
    (studio,) = report["businesses"]
    assert (report["ok"], studio["passes"], studio["entries"]) == (True, 1, 1)
    assert shell("verify").out == "studio: ok (1 pass, 1 entry)\n"
    assert shell("verify", "--business", "nope").code == 4


def test_a_changed_entry_is_found_and_named(ana: tuple[Shell, str]) -> None:
    shell, code = ana
    shown = shell.json("pass", "show", code)
    _drop_triggers()
    _sql("UPDATE entries SET body = replace(body, 'cli', 'web')")
    ran = shell("verify", "--json")
    assert (ran.code, ran.json["ok"]) == (6, False)
    assert ran.refusal["ref"] == shown["id"]
    text = shell("verify")
    assert text.code == 6
    assert shown["id"] in text.err
    assert "DAMAGED" in text.out


def test_backup_and_restore(ana: tuple[Shell, str], tmp_path: Path) -> None:
    shell, code = ana
    copy = tmp_path / "copy.sqlite"
    shell.json("db", "backup", str(copy))
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert shell("db", "backup", str(copy)).code == 3
    shell.json("pass", "adjust", code, "--delta", "5", "--reason", "x")
    assert shell("db", "restore", str(copy)).code == 2
    done = shell.json("db", "restore", str(copy), "--yes")
    assert shell.json("pass", "show", code)["sessions"]["remaining"] == 10
    kept = shell.json("pass", "show", code, "--db", done["kept"])
    assert kept["sessions"]["remaining"] == 15
    assert shell.json("verify")["ok"]


def test_a_backup_mends_a_file_too_damaged_to_read(ana: tuple[Shell, str], tmp_path: Path) -> None:
    shell, code = ana
    copy = tmp_path / "copy.sqlite"
    shell.json("db", "backup", str(copy))
    _file().write_bytes(b"not a database" * 1000)
    assert shell("pass", "show", code).code == 4
    assert shell("doctor").code == 6
    shell.json("db", "restore", str(copy), "--yes")
    assert shell.json("pass", "show", code)["sessions"]["remaining"] == 10


def test_a_backup_is_checked_before_it_is_trusted(studio: Shell, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("no database")
    assert studio("db", "restore", str(wrong), "--yes").code == 6
    assert studio("db", "restore", str(tmp_path / "none"), "--yes").code == 4
    assert studio("db", "backup", str(tmp_path / "no" / "folder")).code == 2
    assert studio.json("service", "list")["items"]


def test_upgrading_again_changes_nothing(studio: Shell) -> None:
    done = studio.json("db", "upgrade")
    assert done["before"] == done["now"]


def test_other_databases_have_tools_of_their_own(studio: Shell) -> None:
    ran = studio("db", "backup", "x", "--db", "postgresql://u:secret@127.0.0.1:1/d", "--json")
    assert (ran.code, ran.refusal["code"]) == (2, "not_supported")
    assert "pg_dump" in ran.refusal["mend"]


def test_a_server_that_is_away_is_told_without_its_password(studio: Shell) -> None:
    for command in (("client", "list"), ("doctor",), ("db", "upgrade")):
        ran = studio(*command, "--db", "postgresql://u:hunter2@127.0.0.1:1/d")
        assert ran.code in (4, 5, 6), ran
        assert "hunter2" not in ran.out + ran.err
