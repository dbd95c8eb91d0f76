"""A test payment server on a port of its own, in a thread."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import attrs
import uvicorn

from passcore.ports.clock import Clock
from passweb.testing.payserver.app import create_payserver
from passweb.testing.payserver.state import (
    TEST_SECRET_KEY,
    TEST_WEBHOOK_SECRET,
    Control,
    PayServer,
)

HOST: Final = "127.0.0.1"
_PATIENCE: Final = 15.0


@attrs.frozen
class RunningPayServer:
    """A server that answers at *url*, for example ``http://127.0.0.1:43210``."""

    url: str
    state: PayServer

    @property
    def control(self) -> Control:
        """What tests do to it."""
        return self.state.control

    @property
    def config(self) -> dict[str, str]:
        """The settings a `stripe` gateway needs to talk to it."""
        return {
            "secret_key": self.state.secret_key,
            "webhook_secrets": ",".join(self.state.courier.secrets),
            "api_base": self.url,
        }


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@contextmanager
def running_payserver(
    *,
    webhook_url: str | None = None,
    secret: str = TEST_WEBHOOK_SECRET,
    secret_key: str = TEST_SECRET_KEY,
    port: int = 0,
    seed: int | None = None,
    clock: Clock | None = None,
    first_pause: float = 0.05,
) -> Iterator[RunningPayServer]:
    """Run a server on 127.0.0.1 until the block ends; *port* 0 takes a free one.

    *secret* signs the events, which go to *webhook_url* (or where
    `control.point_webhooks_at` says later). *seed* makes its ids repeatable; *clock* dates events
    and signatures.
    """
    # The protocol must be named, or asyncio leaves Nagle's delay on: 40 ms a call.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        state = PayServer(
            secret_key=secret_key,
            webhook_secret=secret,
            webhook_url=webhook_url,
            public_url=f"{url}/pay",
            seed=seed,
            clock=clock,
            first_pause=first_pause,
        )
        server = _Server(
            uvicorn.Config(
                create_payserver(state),
                # A connection broken on purpose is an error to uvicorn.
                log_level="critical",
                access_log=False,
                lifespan="off",
                ws="none",
                loop="asyncio",
                timeout_graceful_shutdown=3,
            )
        )
        thread = threading.Thread(
            target=lambda: asyncio.run(server.serve([listener])), name="payserver", daemon=True
        )
        thread.start()
        state.start()
        try:
            if not server.listening.wait(_PATIENCE):
                raise RuntimeError("the test payment server did not start")
            yield RunningPayServer(url, state)
        finally:
            state.stop()
            server.should_exit = True
            thread.join(_PATIENCE)
