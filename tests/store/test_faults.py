"""Full disks, lost connections, locked files and wrong URLs become the port's own errors."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from passcore.errors import Contention, Invalid, StorageUnavailable
from passstore import SqlStore, open_store, sqlite_info, upgrade
from passstore.engine import SQLITE, WriterQueue
from tests.store import building as make
from tests.store.building import NOW


def test_a_full_disk_stores_nothing_and_works_again_later(sqlite_database: str) -> None:
    """S3: reads go on, nothing partial stays, no restart is needed."""
    store = open_store(sqlite_database)
    make.open_business(store)
    store.close()
    with store.begin("b1", write=False) as tx:
        tx.clients.get("client_ann")
    ((connection, _, _),) = store._database._idle
    pages = connection.dbapi_connection.execute("PRAGMA page_count").fetchone()[0]
    connection.dbapi_connection.execute(f"PRAGMA max_page_count = {pages}")
    bodies = [make.message(f"m{n}", last_error="x" * 4000) for n in range(50)]
    for _ in range(2):
        with pytest.raises(StorageUnavailable), store.begin("b1") as tx:
            tx.passes.append([make.deduction(tx.passes.get("pass_p1"))])
            tx.outbox.add(bodies)
    with store.begin("b1", write=False) as tx:
        assert tx.passes.get("pass_p1").state.version == 1
    connection.dbapi_connection.execute("PRAGMA max_page_count = 1000000")
    with store.begin("b1") as tx:
        tx.outbox.add(bodies)
    assert connection.dbapi_connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    store.close()


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/no/such/folder.sqlite")
    with pytest.raises(StorageUnavailable), store.registry() as registry:
        registry.businesses()


def test_a_server_that_is_not_there() -> None:
    store = open_store("postgresql://nobody@127.0.0.1:1/none?connect_timeout=2")
    with pytest.raises(StorageUnavailable), store.begin("b1"):
        pass


@pytest.mark.parametrize("url", ["", "x", "mysql://h/d", "postgresql+asyncpg://h/d", "sqlite+x://"])
def test_a_url_of_another_database_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        open_store(url)
    assert refused.value.field == "database"


def test_another_process_that_holds_the_file_is_contention(
    sqlite_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("passstore.engine._PRAGMAS", ("PRAGMA busy_timeout = 10",))
    store = open_store(sqlite_database)
    other = SQLITE.connect(sqlite_database.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Contention), store.registry() as registry:
        registry.add_business(make.business())
    other.execute("ROLLBACK")
    with store.registry() as registry:
        registry.add_business(make.business())
    other.close()
    store.close()


def test_who_waits_too_long_to_write_is_told() -> None:
    queue = WriterQueue(wait=0.01)
    with queue.turn(), pytest.raises(Contention):
        queue.enter()
    with queue.turn():
        pass


def test_a_lost_connection_is_replaced_before_anything_was_sent(postgres_database: str) -> None:
    """S4: the server ends all connections; the next reads and writes take new ones."""
    store = open_store(postgres_database)
    make.open_business(store)
    _cut(store)
    with store.begin("b1") as tx:
        tx.passes.append([make.deduction(tx.passes.get("pass_p1"))])
    with store.begin("b1", write=False) as tx:
        assert tx.passes.get("pass_p1").state.version == 2
    store.close()


def test_a_connection_lost_in_between_undoes_the_block(postgres_database: str) -> None:
    store = open_store(postgres_database)
    make.open_business(store)
    with pytest.raises(StorageUnavailable), store.begin("b1") as tx:
        stored = tx.passes.get("pass_p1", lock=True)
        _cut(store)
        tx.passes.append([make.deduction(stored)])
    with store.begin("b1", write=False) as tx:
        assert tx.passes.get("pass_p1").state.version == 1
    store.close()


def _cut(store: SqlStore) -> None:
    with store.engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
        connection.invalidate()


def test_a_lock_that_is_held_too_long_is_contention(postgres_database: str) -> None:
    store = open_store(postgres_database)
    make.open_business(store)
    with store.begin("b1") as tx:
        tx.passes.get("pass_p1", lock=True)
        with store.begin("b1") as other:
            other._unit.begin()  # type: ignore[attr-defined]  # behind the port
            other._unit.link.cursor().execute("SET LOCAL lock_timeout = '20ms'")  # type: ignore[attr-defined]  # behind the port
            with pytest.raises(Contention):
                other.passes.get("pass_p1", lock=True)
    store.close()


def test_a_commit_waits_for_the_disk_whatever_the_servers_default(postgres_database: str) -> None:
    """The test server runs with synchronous_commit off; the store's connections do not."""
    store = open_store(postgres_database)
    with store.engine.connect() as connection:
        for setting, value in (("synchronous_commit", "on"), ("TimeZone", "UTC")):
            assert connection.exec_driver_sql(f"SHOW {setting}").scalar() == value
    store.close()


def test_sqlite_is_durable_and_checks_references(sqlite_database: str) -> None:
    store = open_store(sqlite_database)
    with store.engine.connect() as connection:
        for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value
    store.close()
    info = sqlite_info()
    assert info.version == SQLITE.sqlite_version
    assert info.sound is (tuple(map(int, info.version.split("."))) >= (3, 51, 3))


def test_threads_share_a_database_in_memory() -> None:
    store = open_store("sqlite://")
    upgrade(store.engine)
    make.open_business(store)
    raised: list[Exception] = []

    def work(number: int) -> None:
        try:
            with store.begin("b1") as tx:
                tx.clients.add(make.client(f"c{number}"))
            with store.begin("b1", write=False) as tx:
                tx.clients.page()
        except Exception as error:  # noqa: BLE001  # counted below
            raised.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert raised == []
    with store.begin("b1", write=False) as tx:
        assert len(tx.clients.page().items) == 9
    store.close()


def test_a_time_without_offset_is_refused(sqlite_database: str) -> None:
    store = open_store(sqlite_database)
    make.open_business(store)
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(ValueError, match="offset"), store.begin("b1", write=False) as tx:
        tx.passes.due(naive, 1)
    store.close()
