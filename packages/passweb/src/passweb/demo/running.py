"""The demo running: database, mail server, payment server and web server, all on this machine."""

from __future__ import annotations

import asyncio
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import attrs
import uvicorn
from litestar import Litestar, asgi
from litestar.types import Receive, Scope, Send

from passcore import SystemClock
from passstore import open_store, upgrade
from passweb.demo.seed import BUSINESS_ID, SLUG, seed
from passweb.mail.sink import MailSink, running_sink
from passweb.server import create_app
from passweb.settings import Settings, Smtp
from passweb.testing.payserver import PayServer, create_payserver
from passweb.wiring import House, wire

HOST: Final = "127.0.0.1"
PAY_AT: Final = "/demo/pay"
_PATIENCE: Final = 20.0


@attrs.frozen
class Demo:
    """A running demo: where it answers, its API key, and the servers inside it."""

    url: str
    api_key: str
    house: House
    mail: MailSink
    pay: PayServer

    @property
    def places(self) -> tuple[tuple[str, str], ...]:
        """What can be opened in a browser, and where."""
        return (
            ("Booking page", f"{self.url}/b/{SLUG}"),
            ("Guest app", f"{self.url}/my?b={SLUG}"),
            ("Console", f"{self.url}/console?b={SLUG}"),
            ("Check-in desk", f"{self.url}/desk?b={SLUG}"),
            ("Mail viewer", f"{self.url}/demo/mail"),
            ("API", f"{self.url}/docs"),
        )


@contextmanager
def running_demo(folder: Path, *, port: int = 0) -> Iterator[Demo]:
    """Run the demo with its database in *folder* until the block ends; *port* 0 takes a free one.

    Raises `OSError` where the port is taken.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        with running_sink() as mail:
            demo = _build(folder, url, mail)
            demo.pay.start()
            try:
                with _serving(_application(demo), listener):
                    yield demo
            finally:
                demo.pay.stop()


def _build(folder: Path, url: str, mail: MailSink) -> Demo:
    """Make a fresh database, fill it, and put the house around it."""
    database = folder / "demo.sqlite"
    for left in folder.glob("demo.sqlite*"):
        left.unlink()
    database_url = f"sqlite:///{database}"
    upgrade(database_url)
    store = open_store(database_url)
    api_key = f"sp_{secrets.token_urlsafe(32)}"
    seed(store, SystemClock().now(), api_key)
    pay = PayServer(
        webhook_url=f"{url}/hooks/payments/stripe/{BUSINESS_ID}", public_url=f"{url}{PAY_AT}"
    )
    settings = Settings(
        database_url=database_url,
        base_url=url,
        secret_key=secrets.token_bytes(32),
        sender="passes@studio.example",
        smtp=Smtp(mail.host, mail.port, "none"),
        payments={
            "stripe": {
                "secret_key": pay.secret_key,
                "webhook_secrets": ",".join(pay.courier.secrets),
                "api_base": f"{url}{PAY_AT}",
            }
        },
        demo=True,
    )
    return Demo(url, api_key, wire(settings, store=store), mail, pay)


def _application(demo: Demo) -> Litestar:
    """Return the product's application with the payment server's pages inside."""
    inner = create_payserver(demo.pay, pages_at="")

    @asgi(PAY_AT, is_mount=True, copy_scope=True)
    async def pay(scope: Scope, receive: Receive, send: Send) -> None:
        await inner(scope, receive, send)

    app = create_app(demo.house)
    app.state.mail_sink = demo.mail
    app.register(pay)
    return app


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@contextmanager
def _serving(app: Litestar, listener: socket.socket) -> Iterator[None]:
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, ws="none", proxy_headers=False
    )
    config.timeout_graceful_shutdown = 3
    server = _Server(config)
    thread = threading.Thread(
        target=lambda: asyncio.run(server.serve([listener])), name="demo", daemon=True
    )
    thread.start()
    try:
        if not server.listening.wait(_PATIENCE):
            raise OSError("the demo's web server did not start")
        yield
    finally:
        server.should_exit = True
        thread.join(_PATIENCE)
