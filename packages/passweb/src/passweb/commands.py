"""Commands that passctl offers where this package is installed: `serve`, `worker`, `demo`.

They are plain functions: passcli makes options of their parameters. `db` is the URL in use.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from importlib import import_module
from typing import Any, Final

from passcore.errors import Invalid
from passweb.settings import LOOPBACK, Settings

_MOST_PORT: Final = 65535


def serve(host: str = "127.0.0.1", port: int = 8000, *, db: str) -> int:
    """Serve the booking page, guest app, console and API.

    Settings come from the environment (PASS_BASE_URL, PASS_SECRET_KEY, ...); see the package's
    README. Mail and payments are worked on in the same process unless PASS_WORKER_IN_PROCESS is
    false.
    """
    import uvicorn

    from passweb.server import create_app

    _check_port(port, 1)
    settings = _settings(db, host, port)
    _check_tables(db)
    config = uvicorn.Config(
        create_app(settings),
        host=host,
        port=port,
        loop="auto",  # uvloop and httptools where they are installed
        http="auto",
        ws="none",
        access_log=False,  # uvicorn's would show addresses with e-mails in them (X16)
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=10,
    )
    server = uvicorn.Server(config)
    try:
        server.run()
    except SystemExit:  # uvicorn's, where it cannot listen; it has said why
        return 2
    return 0


def worker(*, once: bool = False, db: str) -> int:
    """Send mail and settle payments in the background.

    With --once, do what is due and end. Several workers may run at a time.
    """
    from passweb.wiring import wire
    from passweb.worker import Worker

    settings = _settings(db, "127.0.0.1", 8000)
    _check_tables(db)
    house = wire(settings)
    running = Worker(house)
    if once:
        running.drain()
        return 0

    def stop(_number: int, _frame: Any) -> None:
        running.stop(timeout=0)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    running.run()
    return 0


def demo(*, story: bool = False, host: str = "127.0.0.1", port: int = 8000) -> int:
    """Try everything out, with a test payment provider inside.

    With --story, play the main job without a browser and end.
    """
    _check_port(port, 0)
    run = import_module("passweb.demo").run
    return int(run(story=story, host=host, port=port) or 0)


def _check_port(port: int, lowest: int) -> None:
    if not lowest <= port <= _MOST_PORT:
        raise Invalid(field="port", problem=f"is not from {lowest} to {_MOST_PORT}")


def _check_tables(db: str) -> None:
    """Refuse a database without tables; a server that does not answer may do so in a while."""
    from passstore import inspection

    with suppress(inspection.Unreadable):
        if not inspection.has_tables(db):
            problem = "names no Sessionpass database: make one with `passctl init`"
            raise Invalid(field="database", problem=problem)


def _settings(db: str, host: str, port: int) -> Settings:
    from passweb.payments import names

    env = {**os.environ, "PASS_DATABASE_URL": db}
    if not env.get("PASS_BASE_URL") and host in LOOPBACK:
        env["PASS_BASE_URL"] = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    return Settings.from_environment(env, providers=names())
