"""A server that kills itself with SIGKILL at a named point of the purchase, for the crash tests.

Run as ``python -m tests.end_to_end.crash.victim`` with its orders as JSON on the command line.
It is the product's own server on a real database, mail server and payment server; what is added
is the killing, and a short lease so that the tests need not wait for minutes.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import attrs
import uvicorn

from passcore import Relay
from passcore.ports.store import Tx
from passweb import Settings, create_app, wire
from passweb.settings import Smtp
from passweb.wiring import House

#: Points inside a transaction: killed when everything is written and nothing is committed.
IN_TRANSACTION = {"K0": "orders", "K7": "invoices"}


def die() -> None:
    """End at once, as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


def killing(point: str) -> Callable[[str], None]:
    """Return a fail point that kills at *point*."""

    def reached(name: str) -> None:
        if name == point:
            die()

    return reached


def kill_before_commit(store: Any, repository: str) -> None:
    """Make *store* kill the process at the end of a block that added to *repository*."""
    begin = store.begin

    @contextmanager
    def deadly(business_id: str, **options: Any) -> Iterator[Tx]:
        with begin(business_id, **options) as tx:
            added: list[object] = []
            rows = getattr(tx, repository)
            kind = type(rows)
            add = kind.add

            def noticed(self: Any, *values: object) -> None:
                added.append(values)
                add(self, *values)

            kind.add = noticed
            try:
                yield tx
            finally:
                kind.add = add
            if added:
                die()

    store.begin = deadly


def build(orders: dict[str, Any]) -> House:
    """Put the house together, with the killing in."""
    settings = Settings(
        database_url=orders["database_url"],
        base_url=f"http://127.0.0.1:{orders['port']}",
        secret_key=bytes.fromhex(orders["secret"]),
        smtp=Smtp.from_url(f"smtp://127.0.0.1:{orders['smtp_port']}"),
        payments={"stripe": orders["stripe"]},
    )
    house = wire(settings)
    point = orders.get("kill_at", "")
    out = attrs.evolve(house.relay.out, fail_at=killing(point))
    relay = Relay(
        house.app,
        out,
        lease=timedelta(seconds=1),
        poll_after=timedelta(seconds=orders["poll_after"]),
    )
    if point in IN_TRANSACTION:
        kill_before_commit(house.store, IN_TRANSACTION[point])
    return attrs.evolve(house, relay=relay)


def main() -> None:
    orders = json.loads(sys.argv[1])
    uvicorn.run(create_app(build(orders)), host="127.0.0.1", port=orders["port"], log_level="error")


if __name__ == "__main__":
    main()
