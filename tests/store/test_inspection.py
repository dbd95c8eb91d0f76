"""Inspection: what is beneath the stores is told as it is, whatever is wrong with it."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from passcore.errors import Invalid
from passstore import open_store
from passstore.engine import SQLITE, make_engine
from passstore.inspection import (
    Unreadable,
    copy,
    inspecting,
    newest_schema,
    set_aside,
    shown,
)
from tests.store.building import open_business


def _change(url: str, statement: str) -> None:
    engine = make_engine(url)
    with engine.connect() as connection:
        connection.execute(text(statement))
        connection.commit()
    engine.dispose()


def test_a_database_of_this_version_is_told_as_such(database_url: str) -> None:
    with inspecting(database_url) as inside:
        assert inside.schema() == newest_schema()
        assert inside.missing_triggers() == []
        assert inside.postgres == database_url.startswith("postgresql")


def test_an_older_schema_and_none_at_all_are_told(database_url: str) -> None:
    _change(database_url, "UPDATE passstore_version SET version_num = '0000'")
    with inspecting(database_url) as inside:
        assert inside.schema() == "0000"
    _change(database_url, "DELETE FROM passstore_version")
    with inspecting(database_url) as inside:
        assert inside.schema() is None
    _change(database_url, "DROP TABLE passstore_version")
    with inspecting(database_url) as inside:
        assert inside.schema() is None


def test_a_table_that_lost_its_trigger_is_named(database_url: str) -> None:
    for_sqlite = "DROP TRIGGER invoices_keep_DELETE"
    for_postgres = "ALTER TABLE invoices DISABLE TRIGGER USER"
    _change(database_url, for_sqlite if database_url.startswith("sqlite") else for_postgres)
    with inspecting(database_url) as inside:
        assert inside.missing_triggers() == ["invoices"]


def test_only_a_server_has_a_clock(database_url: str) -> None:
    with inspecting(database_url) as inside:
        told = inside.server_time()
    if database_url.startswith("sqlite"):
        assert told is None
    else:
        assert told is not None
        assert abs((datetime.now(UTC) - told).total_seconds()) < 60
        assert told.tzinfo is UTC


def test_nothing_can_be_written_by_looking(database_url: str) -> None:
    """And a look leaves nothing behind: another may write meanwhile."""
    store = open_store(database_url)
    with inspecting(database_url) as inside:
        assert inside.schema()
        open_business(store)
    store.close()


def test_a_file_is_checked_and_its_durability_told(sqlite_database: str) -> None:
    with inspecting(sqlite_database) as inside:
        assert inside.journal() == ("wal", 2)
        assert inside.integrity() == "ok"


def test_what_is_no_database_is_told_in_the_drivers_words(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("no database at all, whatever its name says")
    with pytest.raises(Unreadable) as refused, inspecting(f"sqlite:///{wrong}") as inside:
        inside.schema()
    assert (refused.value.why, refused.value.server) == ("file is not a database", False)
    assert str(refused.value) == refused.value.why


def test_a_server_nobody_answers_at_is_told_as_one() -> None:
    with (
        pytest.raises(Unreadable) as refused,
        inspecting("postgresql://u:secret@127.0.0.1:1/none"),
    ):
        pass
    assert refused.value.server
    assert "secret" not in refused.value.why


def test_a_fault_that_is_no_databases_is_raised_as_it_is(sqlite_database: str) -> None:
    with pytest.raises(ZeroDivisionError), inspecting(sqlite_database):
        raise ZeroDivisionError


def test_a_url_is_shown_without_its_password() -> None:
    assert shown("postgresql://u:secret@h/d") == "postgresql+psycopg://u:***@h/d"
    with pytest.raises(Invalid):
        shown("nonsense")


def test_a_copy_is_whole_while_others_hold_the_file(sqlite_database: str, tmp_path: Path) -> None:
    store = open_store(sqlite_database)
    open_business(store)
    source, target = Path(sqlite_database.removeprefix("sqlite:///")), tmp_path / "copy"
    copy(source, target)
    store.close()
    with closing(SQLITE.connect(str(target))) as connection:
        assert connection.execute("SELECT count(*) FROM entries").fetchone() == (1,)


def test_a_file_too_damaged_to_copy_is_moved_aside(tmp_path: Path) -> None:
    target, kept = tmp_path / "passes.sqlite", tmp_path / "kept.sqlite"
    target.write_text("no database")
    set_aside(target, kept)
    assert (kept.read_text(), target.read_text()) == ("no database", "")
    assert target.stat().st_mode & 0o077 == 0


def test_a_sound_file_is_kept_as_a_copy(sqlite_database: str, tmp_path: Path) -> None:
    target, kept = Path(sqlite_database.removeprefix("sqlite:///")), tmp_path / "kept.sqlite"
    set_aside(target, kept)
    for name in (target, kept):
        with inspecting(f"sqlite:///{name}") as inside:
            assert (inside.schema(), inside.integrity()) == (newest_schema(), "ok")
