"""The way of a visit through `App` and `SqlStore`, beside what one writes by hand (P2, P3, P14).

Run it with the workspace's root as the working directory:

    python -m tests.benchmarks.store_hot_path sqlite postgresql --seconds 2 --rounds 5

The baseline does a key check, a conditional update and a ledger insert, durably: on PostgreSQL as
one statement, on SQLite as four. Rounds of baseline and ours alternate in one run, on one server.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import psycopg

from passcore import App, Business, ClientRef, FixedClock, RandomIds
from passcore.domain.bookings import BookingStatus
from passcore.domain.money import Money
from passcore.ports.store import Registry, Tx
from passcore.usecases.assignment import AssignPass, assign
from passcore.usecases.catalogue import AddProduct, AddService, add_product, add_service
from passcore.usecases.intake import VisitReport, report_one
from passstore import SqlStore, upgrade
from passstore.engine import SQLITE
from passstore.tables import metadata

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SESSIONS = 10_000
CLIENTS = 1_000

Work = Callable[[int], Callable[[], None]]


# --- data -----------------------------------------------------------------------------------------


def seed(store: SqlStore, businesses: int) -> None:
    """Fill every business with `CLIENTS` clients of one pass each, copied from a first one."""
    app = App(store, FixedClock(NOW), RandomIds())
    for number in range(businesses):
        name = f"b{number}"
        app.add_business(Business(name, f"studio-{number}", "Studio", "Europe/Berlin", "EUR"))
        if number == 0:
            app.run(name, add_service, AddService(name="Reformer", slug="reformer"))
            price = Money(1_200_000, "EUR")
            product = AddProduct(name="Many", slug="many", sessions=SESSIONS, price=price)
            app.run(name, add_product, product)
            app.run(name, assign, AssignPass("many", ClientRef(email="c0@x.example")))
    _copy_all(store, businesses)
    settle(store)


def settle(store: SqlStore) -> None:
    """Let a few visits happen, then do what autovacuum does within its first minute: a plan that
    was made while a table was empty is kept until then."""
    visit = ours(store, hot=False)(0)
    for _ in range(300):
        visit()
    if store.engine.dialect.name == "postgresql":
        with store.engine.connect() as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def _copy_all(store: SqlStore, businesses: int) -> None:
    copies = {name: _template(store, name) for name in ("clients", "terms", "passes", "entries")}
    for table, (columns, row) in copies.items():
        _insert(
            store, table, columns, _copies(table, dict(zip(columns, row, strict=True)), businesses)
        )


def _template(store: SqlStore, table: str) -> tuple[list[str], Any]:
    columns = [c.name for c in metadata.tables[table].columns]
    with contextlib.closing(store.engine.raw_connection()) as raw:
        cursor = raw.cursor()
        key = " WHERE seq = 1" if table == "entries" else ""
        cursor.execute(f"SELECT {', '.join(columns)} FROM {table}{key}")
        return columns, cursor.fetchall()[0]


def _copies(table: str, row: dict[str, Any], businesses: int) -> Iterator[list[Any]]:
    for business in range(businesses):
        if table == "terms":
            if business:
                yield list((row | {"business_id": f"b{business}"}).values())
            continue
        for number in range(1 if business == 0 else 0, CLIENTS):
            own = {"business_id": f"b{business}"}
            if table == "clients":
                email = f"c{number}@x.example"
                own |= {"id": f"client_{number}", "email": email, "search": email}
            elif table == "passes":
                own |= {"id": f"pass_{number}", "client_id": f"client_{number}"}
                own["code"] = f"code-{number}"
            else:
                own["pass_id"] = f"pass_{number}"
            yield list((row | own).values())


def _insert(store: SqlStore, table: str, columns: list[str], rows: Iterator[list[Any]]) -> None:
    listed = ", ".join(columns)
    with contextlib.closing(store.engine.raw_connection()) as raw:
        cursor = raw.cursor()
        if store.engine.dialect.name == "postgresql":
            with cursor.copy(f"COPY {table} ({listed}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        cursor.execute("BEGIN IMMEDIATE")
        marks = ", ".join("?" * len(columns))
        cursor.executemany(f"INSERT INTO {table} ({listed}) VALUES ({marks})", list(rows))
        cursor.execute("COMMIT")


# --- ours -----------------------------------------------------------------------------------------

_numbers = itertools.count()


@attrs.frozen
class Alone:
    """The store for callers who share nothing: each report is a transaction of its own."""

    store: SqlStore
    lanes = 0

    def begin(self, business_id: str, **how: Any) -> AbstractContextManager[Tx]:
        return self.store.begin(business_id, **how)

    def registry(self) -> AbstractContextManager[Registry]:
        return self.store.registry()


def ours(store: SqlStore, *, hot: bool, alone: bool = False) -> Work:
    app = App(Alone(store) if alone else store, FixedClock(NOW), RandomIds())
    run = f"{random.getrandbits(40):x}"

    def worker(seed: int) -> Callable[[], None]:
        chance = random.Random(seed)

        def once() -> None:
            client = 7 if hot else chance.randrange(CLIENTS)
            report = VisitReport(
                "bench", f"{run}-{next(_numbers)}", 1, BookingStatus.COMPLETED,
                ClientRef(email=f"c{client}@x.example"), "reformer", NOW,
            )  # fmt: skip
            app.run("b0", report_one, report)

        return once

    return worker


# --- by hand --------------------------------------------------------------------------------------

_BY_HAND = """
CREATE TABLE hand_passes (business_id {text} NOT NULL, id {text} NOT NULL,
  remaining {whole} NOT NULL CHECK (remaining >= 0), seq {whole} NOT NULL,
  PRIMARY KEY (business_id, id));
CREATE TABLE hand_entries (business_id {text} NOT NULL, pass_id {text} NOT NULL,
  seq {whole} NOT NULL, delta {whole} NOT NULL, at {text} NOT NULL,
  PRIMARY KEY (business_id, pass_id, seq));
CREATE TABLE hand_keys (business_id {text} NOT NULL, key {text} NOT NULL,
  PRIMARY KEY (business_id, key));
"""
_STATEMENT = """
WITH fresh AS (INSERT INTO hand_keys VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING 1),
spent AS (UPDATE hand_passes SET remaining = remaining - 1, seq = seq + 1
  WHERE business_id = %s AND id = %s AND remaining >= 1 AND EXISTS (SELECT 1 FROM fresh)
  RETURNING seq)
INSERT INTO hand_entries SELECT %s, %s, seq, -1, %s FROM spent RETURNING seq
"""


def postgres_by_hand(url: str, businesses: int, *, hot: bool) -> Work:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_BY_HAND.format(text="text", whole="bigint"))
        connection.execute(
            "INSERT INTO hand_passes SELECT 'b' || b, 'pass_' || c, 1000000, 1 FROM"
            f" generate_series(0, {businesses - 1}) b, generate_series(0, {CLIENTS - 1}) c"
        )
        connection.execute("VACUUM ANALYZE hand_passes")
    return _by_hand(lambda: _postgres_once(url), hot=hot)


def _postgres_once(url: str) -> Callable[[str, str], None]:
    connection = psycopg.connect(url, autocommit=True, prepare_threshold=1)
    cursor = connection.cursor()

    def once(key: str, pass_id: str) -> None:
        values = ("b0", key, "b0", pass_id, "b0", pass_id, NOW.isoformat())
        cursor.execute(_STATEMENT, values)
        assert cursor.fetchone()

    return once


def sqlite_by_hand(path: Path, businesses: int, *, hot: bool) -> Work:
    connection = SQLITE.connect(str(path), isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(_BY_HAND.format(text="TEXT", whole="INTEGER"))
    connection.execute("BEGIN")
    rows = ((f"b{b}", f"pass_{c}") for b in range(businesses) for c in range(CLIENTS))
    connection.executemany("INSERT INTO hand_passes VALUES (?, ?, 1000000, 1)", rows)
    connection.execute("COMMIT")
    return _by_hand(lambda: _sqlite_once(path), hot=hot)


def _sqlite_once(path: Path) -> Callable[[str, str], None]:
    connection = SQLITE.connect(str(path), isolation_level=None, timeout=30)
    connection.execute("PRAGMA synchronous = FULL")

    def once(key: str, pass_id: str) -> None:
        execute = connection.execute
        execute("BEGIN IMMEDIATE")
        execute("INSERT INTO hand_keys VALUES ('b0', ?)", (key,))
        ((seq,),) = execute(
            "UPDATE hand_passes SET remaining = remaining - 1, seq = seq + 1"
            " WHERE business_id = 'b0' AND id = ? AND remaining >= 1 RETURNING seq",
            (pass_id,),
        ).fetchall()
        execute(
            "INSERT INTO hand_entries VALUES ('b0', ?, ?, -1, ?)", (pass_id, seq, NOW.isoformat())
        )
        execute("COMMIT")

    return once


def _by_hand(connect: Callable[[], Callable[[str, str], None]], *, hot: bool) -> Work:
    run = f"{random.getrandbits(40):x}"
    kept = threading.local()

    def worker(seed: int) -> Callable[[], None]:
        chance = random.Random(seed)

        def once() -> None:
            do = getattr(kept, "do", None)
            if do is None:
                do = kept.do = connect()
            number = 7 if hot else chance.randrange(CLIENTS)
            do(f"{run}-{next(_numbers)}", f"pass_{number}")

        return once

    return worker


# --- measuring ------------------------------------------------------------------------------------


def rate(work: Work, threads: int, seconds: float) -> float:
    """Return how often per second *threads* together got their work done."""
    done = [0] * threads
    failures: list[BaseException] = []
    start, stop = threading.Barrier(threads + 1), threading.Event()

    def run(number: int) -> None:
        once = work(number)
        try:
            once()
            start.wait()
            while not stop.is_set():
                once()
                done[number] += 1
        except BaseException as error:
            failures.append(error)
            start.abort()
            raise

    running = [threading.Thread(target=run, args=(n,)) for n in range(threads)]
    for thread in running:
        thread.start()
    start.wait()
    began = time.perf_counter()
    stop.wait(seconds)
    total = sum(done)
    took = time.perf_counter() - began
    stop.set()
    for thread in running:
        thread.join()
    if failures:
        raise failures[0]
    return total / took


def compare(label: str, baseline: Work, mine: Work, options: argparse.Namespace) -> dict[str, Any]:
    pairs: list[tuple[float, float]] = []
    for _ in range(options.rounds):
        by_hand = rate(baseline, options.threads, options.seconds)
        pairs.append((by_hand, rate(mine, options.threads, options.seconds)))
    by_hand, ours_rate = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(own / hand for hand, own in pairs)
    print(f"{label:34} by hand {by_hand:7.0f}/s   ours {ours_rate:7.0f}/s   ratio {ratio:.2f}")
    return {"what": label, "by_hand": by_hand, "ours": ours_rate, "ratio": ratio}


def _compared(
    label: str, hand: Work, store: SqlStore, options: argparse.Namespace
) -> list[dict[str, Any]]:
    """Measure callers as they are, who share what they wait for, and callers who share nothing."""
    found = [compare(label, hand, ours(store, hot=False), options)]
    if options.threads > 1:
        alone = ours(store, hot=False, alone=True)
        found.append(compare(f"{label}, none sharing", hand, alone, options))
    return found


def on_sqlite(options: argparse.Namespace) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        url = f"sqlite:///{folder}/passes.sqlite"
        upgrade(url)
        store = SqlStore(url)
        seed(store, options.businesses)
        hand = sqlite_by_hand(Path(folder, "hand.sqlite"), options.businesses, hot=False)
        found = _compared(f"SQLite, {options.threads} callers", hand, store, options)
        store.close()
    return found


def on_postgres(options: argparse.Namespace) -> list[dict[str, Any]]:
    from tests.support import postgres

    url = postgres.new_database(postgres.start(durable=True), prefix="bench")
    upgrade(url)
    store = SqlStore(url)
    seed(store, options.businesses)
    plain = postgres.libpq_url(url)
    hand = postgres_by_hand(plain, options.businesses, hot=False)
    label = f"PostgreSQL, {options.threads} callers"
    found = _compared(label, hand, store, options)
    if options.hot:
        hot = _by_hand(lambda: _postgres_once(plain), hot=True)
        found.append(compare(f"{label}, one pass", hot, ours(store, hot=True), options))
    store.close()
    postgres.drop_database(url)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("databases", nargs="+", choices=["sqlite", "postgresql"])
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--businesses", type=int, default=100)
    parser.add_argument("--folder", help="where the SQLite files are made")
    parser.add_argument("--hot", action="store_true", help="also one pass for all callers")
    parser.add_argument("--json", help="write the figures to this file")
    options = parser.parse_args()
    print(f"Python {sys.version.split()[0]}, SQLite {SQLITE.sqlite_version}")
    found = []
    for database in options.databases:
        found += on_sqlite(options) if database == "sqlite" else on_postgres(options)
    if options.json:
        Path(options.json).write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
