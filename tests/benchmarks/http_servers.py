"""The two servers of the HTTP benchmarks, each a process of one worker.

    python -m tests.benchmarks.http_servers ours|by_hand PORT DATABASE_URL

`ours` is what `passctl serve` runs. `by_hand` is the least that counts a visit down: a Litestar
handler that runs the one statement (key check, guarded update, ledger insert) with asyncpg. It does
not ask who calls, checks nothing of the body, and keeps no answer.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import uvicorn
from litestar import Litestar, post
from litestar.datastructures import State

POOL = 16
TABLES = """
CREATE TABLE hand_passes (business_id text NOT NULL, client text NOT NULL,
  remaining bigint NOT NULL CHECK (remaining >= 0), seq bigint NOT NULL,
  PRIMARY KEY (business_id, client));
CREATE TABLE hand_entries (business_id text NOT NULL, client text NOT NULL,
  seq bigint NOT NULL, delta bigint NOT NULL, at text NOT NULL,
  PRIMARY KEY (business_id, client, seq));
CREATE TABLE hand_keys (business_id text NOT NULL, key text NOT NULL,
  PRIMARY KEY (business_id, key));
"""
STATEMENT = """
WITH fresh AS (INSERT INTO hand_keys VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1),
spent AS (UPDATE hand_passes SET remaining = remaining - 1, seq = seq + 1
  WHERE business_id = $1 AND client = $3 AND remaining >= 1 AND EXISTS (SELECT 1 FROM fresh)
  RETURNING seq)
INSERT INTO hand_entries SELECT $1, $3, seq, -1, $4 FROM spent RETURNING seq
"""


@post("/api/v1/booking-reports", status_code=200)
async def redeem(data: dict[str, Any], state: State) -> dict[str, Any]:
    """Take one from the client's pass."""
    seq = await state.pool.fetchval(STATEMENT, "b0", data["ref"], data["client"], data["starts_at"])
    assert seq is not None
    return {"ref": data["ref"], "seq": seq}


def by_hand(url: str) -> Litestar:
    """Return the application of the baseline."""

    @asynccontextmanager
    async def pool(app: Litestar) -> AsyncIterator[None]:
        async with asyncpg.create_pool(url, min_size=POOL, max_size=POOL) as made:
            app.state.pool = made
            yield

    return Litestar([redeem], lifespan=[pool], openapi_config=None, logging_config=None)


def main() -> None:
    """Serve until told to stop."""
    which, port, url = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    if which == "ours":
        from passweb.commands import serve

        os.environ["PASS_SECRET_KEY"] = secrets.token_hex(32)
        serve(port=port, db=url)
        return
    uvicorn.run(
        by_hand(url),
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        server_header=False,
    )


if __name__ == "__main__":
    main()
