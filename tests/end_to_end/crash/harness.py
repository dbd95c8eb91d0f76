"""The world around the victim: payment server, mail server and a client who never gives up."""

from __future__ import annotations

import json
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import attrs
import httpx

from passcore import (
    AddKey,
    AddProduct,
    App,
    Business,
    Money,
    RandomIds,
    Role,
    SystemClock,
    add_key,
    add_product,
)
from passstore import SqlStore, open_store
from passweb.mail.sink import MailSink, running_sink
from passweb.testing.payserver import RunningPayServer, running_payserver

BUSINESS: Final = "studio"
PATIENCE: Final = 40.0


def free_port() -> int:
    """Return a port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@attrs.define
class World:
    """One purchase's surroundings, and the victim's processes one after another."""

    database_url: str
    app: App
    pay: RunningPayServer
    mail: MailSink
    port: int = attrs.field(factory=free_port)
    api_key: str = attrs.field(factory=lambda: "sp_" + secrets.token_urlsafe(32))
    secret: str = attrs.field(factory=lambda: secrets.token_hex(32))
    poll_after: int = 600
    deaths: int = 0
    _victims: list[subprocess.Popen[bytes]] = attrs.field(factory=list)

    def start(self, kill_at: str = "", *, count: int = 1) -> None:
        """Start *count* victims at once (on ports of their own after the first)."""
        for number in range(count):
            orders = {
                "database_url": self.database_url,
                "port": self.port if number == 0 else free_port(),
                "smtp_port": self.mail.port,
                "stripe": self.pay.config,
                "secret": self.secret,
                "kill_at": kill_at,
                "poll_after": self.poll_after,
            }
            command = [sys.executable, "-m", "tests.end_to_end.crash.victim", json.dumps(orders)]
            self._victims.append(subprocess.Popen(command))
        self.until(self._answers, "the server to answer")

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=5).status_code == 200
        except httpx.HTTPError:
            if self.died():
                raise RuntimeError("the victim does not start") from None
            return False

    @property
    def url(self) -> str:
        """Where the victim answers."""
        return f"http://127.0.0.1:{self.port}"

    def died(self) -> bool:
        """Tell whether the victim's main process is dead."""
        return any(victim.poll() is not None for victim in self._victims)

    def kill(self) -> None:
        """Kill what still runs, and count the deaths."""
        for victim in self._victims:
            self.deaths += victim.poll() == -9
            victim.kill()
            victim.wait()
        self._victims.clear()

    def raise_again(self, *, count: int = 1) -> None:
        """Start the victim anew, unharmed."""
        self.kill()
        self.start(count=count)

    def until(self, true: Callable[[], object], what: str) -> None:
        """Wait for *true*; raises `TimeoutError` naming *what* was waited for."""
        deadline = time.monotonic() + PATIENCE
        while not true():
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited for {what}")
            time.sleep(0.05)

    def call(self, method: str, path: str, body: object = None, key: str | None = None) -> Any:
        """Call the API as a client who repeats the same request until it is answered."""
        headers = {"Authorization": f"Bearer {self.api_key}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        for _ in range(5):
            try:
                answer = httpx.request(
                    method, f"{self.url}/api/v1{path}", json=body, headers=headers, timeout=30
                )
            except httpx.HTTPError:
                self.until(self.died, "the victim to die, as the lost answer suggests")
                self.raise_again()
                continue
            assert answer.status_code < 500, answer.text
            return answer.json()
        raise AssertionError("the request was never answered")


@contextmanager
def world(database_url: str) -> Iterator[World]:
    """Set up a studio with one product, a payment server and a mail server around it."""
    store = open_store(database_url)
    app = App(store, SystemClock(), RandomIds())
    app.add_business(Business(BUSINESS, BUSINESS, "Studio", "Europe/Budapest", "EUR"))
    app.run(BUSINESS, add_product, AddProduct("Ten", Money(12000, "EUR"), sessions=10))
    with running_sink() as mail, running_payserver(first_pause=0.1) as pay:
        made = World(database_url, app, pay, mail)
        app.run(BUSINESS, add_key, AddKey("crash", Role.OWNER, made.api_key))
        pay.control.point_webhooks_at(f"{made.url}/hooks/payments/stripe/{BUSINESS}")
        try:
            yield made
        finally:
            made.kill()
            assert isinstance(store, SqlStore)
            store.close()
