"""`POST /api/v1/booking-reports` beside a handler with one statement written by hand (P5).

Three processes share the machine with PostgreSQL: our server, the baseline's, and the load. Both
servers get the same requests and run on the same event loop and HTTP parser, one worker each. Ours
finds out who calls, checks the body, keeps the answer for its idempotency key, and decides.

    python -m tests.benchmarks.http_reports --connections 32
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import attrs
import psycopg

from passcore import AddKey, App, FixedClock, RandomIds, Role, add_key
from passstore import SqlStore, upgrade
from tests.benchmarks import http_servers, store_hot_path as data
from tests.benchmarks.http_load import Job
from tests.benchmarks.report import Measured, Options, compared, interleaved, table
from tests.support import postgres

PATH = "/api/v1/booking-reports"
BUSINESSES = 100
START_SECONDS = ANSWER_SECONDS = 30
#: Connections, and what the ratio has to reach there.
LEAST = {8: 0.5, 32: 0.8, 128: 1.2}


@attrs.frozen
class Server:
    """A server that answers; `count` tells how many visits its database has."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    count: Callable[[], int]


def measure(options: Options, connections: tuple[int, ...] = tuple(LEAST)) -> list[Measured]:
    """Return a line for each number of connections."""
    with _running() as (key, servers):
        _load(servers[1], key, 8, options.seconds)  # plans and caches of both are warm from here on
        _load(servers[0], key, 8, options.seconds)
        lines = []
        for number in connections:
            told: dict[str, list[dict[str, float]]] = {server.name: [] for server in servers}
            runs = {
                server.name: functools.partial(_rate, server, key, number, options, told)
                for server in servers
            }
            found = interleaved(runs, options.rounds)
            lines.append(
                compared(
                    "P5",
                    f"POST booking-reports, {number} connections",
                    "Litestar and asyncpg, one statement",
                    zip(found["by_hand"], found["ours"], strict=True),
                    least=LEAST.get(number),
                    note=_latencies(told),
                )
            )
    return lines


def _rate(
    server: Server,
    key: str,
    connections: int,
    options: Options,
    told: dict[str, list[dict[str, float]]],
) -> float:
    found = _load(server, key, connections, options.seconds)
    told[server.name].append(found)
    return found["rate"]


def _latencies(told: dict[str, list[dict[str, float]]]) -> str:
    def middle(name: str, what: str) -> float:
        values = sorted(run[what] for run in told[name])
        return values[len(values) // 2]

    return "; ".join(
        f"{who} {middle(name, 'median_ms'):.1f} ms in the middle, {middle(name, 'p99_ms'):.1f} ms"
        " for the slowest hundredth"
        for name, who in (("by_hand", "baseline"), ("ours", "ours"))
    )


def _load(server: Server, key: str, connections: int, seconds: float) -> dict[str, float]:
    """Put load on *server*; raises where an answer was not 200 or a visit was not stored."""
    job = Job(
        port=server.port,
        path=PATH,
        key=key,
        run=secrets.token_hex(5),
        clients=data.CLIENTS,
        starts_at=data.NOW.isoformat().replace("+00:00", "Z"),
        connections=connections,
        warm_up=min(seconds / 4, 0.5),
        seconds=seconds,
    )
    before = server.count()
    process = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.http_load"],
        input=json.dumps(attrs.asdict(job)).encode(),
        capture_output=True,
        check=False,
        timeout=seconds + ANSWER_SECONDS,
    )
    if process.returncode:
        raise RuntimeError(process.stderr.decode()[-2000:])
    found: dict[str, float] = json.loads(process.stdout)
    if failure := found.pop("failure"):
        raise RuntimeError(f"{server.name} answered: {failure}")
    stored = server.count() - before
    if stored != found["asked"]:
        raise RuntimeError(f"{server.name} was asked {found['asked']} times and stored {stored}")
    return found


# --- servers and data -----------------------------------------------------------------------------


@contextlib.contextmanager
def _running() -> Iterator[tuple[str, list[Server]]]:
    """Both servers on one database of 100 000 passes, and a key for the first business."""
    url = postgres.new_database(postgres.start(durable=True), prefix="bench")
    try:
        key = _seed(url)
        plain = postgres.libpq_url(url)
        with (
            psycopg.connect(plain, autocommit=True) as connection,
            _serving("by_hand", plain, _counter(connection, "hand_entries")) as by_hand,
            _serving("ours", url, _counter(connection, "bookings")) as ours,
        ):
            yield key, [by_hand, ours]
    finally:
        postgres.drop_database(url)


def _seed(url: str) -> str:
    upgrade(url)
    store = SqlStore(url)
    data.seed(store, BUSINESSES)
    secret = secrets.token_urlsafe(32)
    app = App(store, FixedClock(data.NOW), RandomIds())
    app.run("b0", add_key, AddKey("bench", Role.DESK, secret))
    store.close()
    with psycopg.connect(postgres.libpq_url(url), autocommit=True) as connection:
        connection.execute(http_servers.TABLES)
        connection.execute(
            "INSERT INTO hand_passes SELECT 'b' || b, 'c' || c || '@x.example', 1000000, 1 FROM"
            f" generate_series(0, {BUSINESSES - 1}) b, generate_series(0, {data.CLIENTS - 1}) c"
        )
        connection.execute("VACUUM ANALYZE")
    return secret


def _counter(connection: psycopg.Connection, table_name: str) -> Callable[[], int]:
    def count() -> int:
        found = connection.execute(f"SELECT count(*) FROM {table_name}").fetchone()
        assert found is not None
        return int(found[0])

    return count


@contextlib.contextmanager
def _serving(name: str, url: str, count: Callable[[], int]) -> Iterator[Server]:
    port = _free_port()
    command = [sys.executable, "-m", "tests.benchmarks.http_servers", name, str(port), url]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _await_answer(process, port)
        yield Server(name, port, process, count)
    finally:
        process.terminate()
        process.wait(timeout=START_SECONDS)


def _await_answer(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                said = process.stderr.read().decode()[-2000:] if process.stderr else ""
                raise RuntimeError(f"the server did not start:\n{said}") from None
            time.sleep(0.05)
        else:
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main() -> None:
    """Measure with options of one's own, or hold the servers for a profiler."""
    parser = argparse.ArgumentParser(description="Measure P5.")
    parser.add_argument("--connections", type=int, nargs="+", default=list(LEAST))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    wanted = Options(rounds=options.rounds, seconds=options.seconds)
    print(table(measure(wanted, tuple(options.connections))))


if __name__ == "__main__":
    main()
