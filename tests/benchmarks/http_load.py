"""The load of the HTTP benchmarks: a process that keeps a number of connections busy with reports.

    python -m tests.benchmarks.http_load < job.json

It reads a `Job` as JSON and prints what came of it, as JSON. Every connection sends a request and
the next one as soon as the answer is there. The requests are the same bytes for every server, but
for its port and the name of the run.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import sys
import time
from collections.abc import Iterator
from typing import cast

import attrs
import uvloop

HEAD = (
    "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n"
    "Content-Type: application/json\r\nIdempotency-Key: {ref}\r\nContent-Length: {length}\r\n\r\n"
)
BODY = (
    '{{"source":"bench","ref":"{ref}","revision":1,"status":"completed","client":"{client}",'
    '"service_id":"reformer","starts_at":"{starts_at}"}}'
)
_LENGTH = b"content-length:"


@attrs.frozen(kw_only=True)
class Job:
    """What to ask for: reports under the names `run`-0, `run`-1, … for one of `clients` clients, on
    `connections` connections, for `seconds` that begin when `warm_up` seconds are over."""

    port: int
    path: str
    key: str
    run: str
    clients: int
    starts_at: str
    connections: int
    warm_up: float
    seconds: float


@attrs.define
class Tally:
    """What came of it: answers within the time, of all that were asked for, and how long each of
    the former took."""

    counting: bool = False
    stopped: bool = False
    asked: int = 0
    answered: int = 0
    milliseconds: list[float] = attrs.field(factory=list)
    failure: str = ""


def requests(job: Job) -> Iterator[bytes]:
    """Yield the requests of a job."""
    chance = random.Random(job.run)
    for number in itertools.count():
        ref = f"{job.run}-{number}"
        client = f"c{chance.randrange(job.clients)}@x.example"
        body = BODY.format(ref=ref, client=client, starts_at=job.starts_at)
        head = HEAD.format(path=job.path, port=job.port, key=job.key, ref=ref, length=len(body))
        yield (head + body).encode()


class Connection(asyncio.Protocol):
    """One connection: sends, waits for the whole answer, sends again."""

    def __init__(self, source: Iterator[bytes], tally: Tally) -> None:
        self._source = source
        self._tally = tally
        self._buffer = b""
        self._sent = 0.0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are not subclasses of the one whose methods they have.
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def _send(self) -> None:
        self._tally.asked += 1
        self._sent = time.perf_counter()
        self._transport.write(next(self._source))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self._tally.failure = self._buffer.decode("latin-1")[:500]
            self._transport.close()
            return
        self._buffer = b""
        tally = self._tally
        if tally.counting:
            tally.answered += 1
            tally.milliseconds.append((time.perf_counter() - self._sent) * 1000)
        if tally.stopped:
            self._transport.close()
        else:
            self._send()

    def connection_lost(self, _error: Exception | None) -> None:
        if not self._tally.stopped and not self._tally.failure:
            self._tally.failure = "a connection was closed"
        self.done.set_result(None)


def _length(head: bytes) -> int:
    at = head.lower().index(_LENGTH) + len(_LENGTH)
    return int(head[at:].partition(b"\r")[0])


async def run(job: Job) -> dict[str, float | int | str]:
    """Do the job and return what came of it."""
    loop = asyncio.get_running_loop()
    tally, source = Tally(), requests(job)
    made = [
        await loop.create_connection(lambda: Connection(source, tally), "127.0.0.1", job.port)
        for _ in range(job.connections)
    ]
    await asyncio.sleep(job.warm_up)
    tally.counting, began = True, time.perf_counter()
    await asyncio.sleep(job.seconds)
    tally.counting, took = False, time.perf_counter() - began
    tally.stopped = True
    await asyncio.gather(*(protocol.done for _, protocol in made))
    times = sorted(tally.milliseconds) or [0.0]
    return {
        "rate": tally.answered / took,
        "asked": tally.asked,
        "median_ms": times[len(times) // 2],
        "p99_ms": times[len(times) * 99 // 100],
        "failure": tally.failure,
    }


def main() -> None:
    """Read the job, do it, print what came of it."""
    job = Job(**json.load(sys.stdin))
    print(json.dumps(uvloop.run(run(job))))


if __name__ == "__main__":
    main()
