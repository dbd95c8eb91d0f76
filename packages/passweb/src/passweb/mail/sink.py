"""A mail sink: a real SMTP server on this machine that keeps what it gets, for tests and the demo.

It can be told to fail as real servers do, so that what is told about retries can be shown. It keeps
a bounded number of mails and listens on 127.0.0.1 only.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any, Final
from weakref import WeakSet

import attrs
from aiosmtpd.smtp import SMTP, Envelope, Session

HOST: Final = "127.0.0.1"
_PATIENCE: Final = 15.0
_LARGEST: Final = 16 * 1024 * 1024


@attrs.frozen(eq=False)
class ReceivedMail:
    """A mail as it came: the envelope, the bytes and what a reader makes of them.

    `number` counts the sink's mails from 1.
    """

    number: int
    mail_from: str
    recipients: tuple[str, ...]
    data: bytes = attrs.field(repr=False)
    message: EmailMessage = attrs.field(repr=False)

    @property
    def subject(self) -> str:
        """The subject as people read it."""
        return str(self.message["Subject"] or "")

    @property
    def message_id(self) -> str:
        """The Message-ID with its brackets."""
        return str(self.message["Message-ID"] or "").strip()

    @property
    def text(self) -> str:
        """The plain text part."""
        return self._content("plain")

    @property
    def html(self) -> str:
        """The HTML part, its pictures still `cid:` references."""
        return self._content("html")

    def _content(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return str(part.get_content()) if isinstance(part, EmailMessage) else ""


class MailSink:
    """What tests and the demo do with the running server. Safe to use from any thread."""

    def __init__(self, port: int, *, keep: int) -> None:
        self.port = port
        self._changed = threading.Condition()
        self._kept: deque[ReceivedMail] = deque(maxlen=keep)
        self._count = 0
        self._script: deque[str] = deque()
        self._refused: dict[str, int] = {}

    @property
    def host(self) -> str:
        """The address it listens on."""
        return HOST

    @property
    def mails(self) -> tuple[ReceivedMail, ...]:
        """The mails kept, the oldest first."""
        with self._changed:
            return tuple(self._kept)

    def clear(self) -> None:
        """Forget the mails; what was scripted stays."""
        with self._changed:
            self._kept.clear()

    def wait_for(
        self, predicate: Callable[[ReceivedMail], bool], timeout: float = 10.0
    ) -> ReceivedMail:
        """Return the oldest kept mail that *predicate* holds for, waiting for it to come.

        Raises `TimeoutError` after *timeout* seconds.
        """
        found: list[ReceivedMail] = []

        def look() -> bool:
            found.extend(mail for mail in self._kept if predicate(mail))
            return bool(found)

        with self._changed:
            if not self._changed.wait_for(look, timeout):
                raise TimeoutError(f"no such mail in {timeout} s; there are {len(self._kept)}")
        return found[0]

    def fail_next(self, count: int = 1, *, code: int = 451) -> None:
        """Answer the next *count* mails with *code* when their recipient is named."""
        self._add(f"{code} scripted failure", count)

    def hang_next(self, count: int = 1) -> None:
        """Take the data of the next *count* mails and never answer."""
        self._add("hang", count)

    def lose_reply_next(self, count: int = 1) -> None:
        """Accept and keep the next *count* mails, but break the connection before saying so."""
        self._add("lose", count)

    def refuse(self, address: str, *, code: int = 550) -> None:
        """Answer every mail to *address* with *code*."""
        with self._changed:
            self._refused[address.lower()] = code

    def recover(self) -> None:
        """Behave again: forget every failure that was asked for."""
        with self._changed:
            self._script.clear()
            self._refused.clear()

    def _add(self, step: str, count: int) -> None:
        with self._changed:
            self._script.extend([step] * count)

    def answer_to(self, address: str) -> str | None:
        """Return the failure the server gives for a recipient now, None for none."""
        with self._changed:
            if code := self._refused.get(address.lower()):
                return f"{code} no mailbox here by that name"
            if self._script and self._script[0][0].isdigit():
                return self._script.popleft()
            return None

    def next_trick(self) -> str | None:
        """Return what the server does when the data has come: ``hang``, ``lose`` or nothing."""
        with self._changed:
            if self._script and not self._script[0][0].isdigit():
                return self._script.popleft()
            return None

    def keep(self, mail_from: str, recipients: list[str], data: bytes) -> None:
        """Keep a mail and wake who waits for one."""
        message = BytesParser(policy=policy.default).parsebytes(data)
        with self._changed:
            self._count += 1
            self._kept.append(
                ReceivedMail(self._count, mail_from, tuple(recipients), data, message)
            )
            self._changed.notify_all()


class _Handler:
    """What aiosmtpd asks."""

    def __init__(self, sink: MailSink) -> None:
        self._sink = sink

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self._sink.answer_to(address):
            return answer
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        trick = self._sink.next_trick()
        if trick == "hang":
            # Until the client gives up: closing the connection cancels this.
            await asyncio.Event().wait()
        data = envelope.content
        assert isinstance(data, bytes)
        self._sink.keep(envelope.mail_from or "", list(envelope.rcpt_tos), data)
        if trick == "lose" and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        return "250 accepted"


class _Running:
    """The event loop of a sink, in a thread of its own."""

    def __init__(self, sink: MailSink, listener: socket.socket) -> None:
        self._sink = sink
        self._listener = listener
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._open = WeakSet[SMTP]()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve()), name="mail-sink", daemon=True
        )

    def start(self) -> None:
        """Return when it listens."""
        self._thread.start()
        if not self._ready.wait(_PATIENCE):
            raise RuntimeError("the mail sink did not start")

    def stop(self) -> None:
        """End it with every open connection."""
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_PATIENCE)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_exception_handler(_ignore_broken)
        server = await self._loop.create_server(self._protocol, sock=self._listener)
        async with server:
            self._ready.set()
            await self._stop.wait()
            # Closing waits for open connections; one that hangs as it was told to never ends.
            for protocol in list(self._open):
                if isinstance(protocol.transport, asyncio.Transport):
                    protocol.transport.abort()

    def _protocol(self) -> SMTP:
        protocol = SMTP(
            _Handler(self._sink),
            hostname="sink.localhost",
            ident="mail sink",
            data_size_limit=_LARGEST,
            enable_SMTPUTF8=True,
            loop=self._loop,
        )
        self._open.add(protocol)
        return protocol


def _ignore_broken(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Connections that we or the client break are what the sink is for; nothing else is hidden."""
    if not isinstance(context.get("exception"), ConnectionError):
        loop.default_exception_handler(context)


@contextmanager
def running_sink(*, port: int = 0, keep: int = 500) -> Iterator[MailSink]:
    """Run a sink on 127.0.0.1 until the block ends; *port* 0 takes a free one.

    It keeps the last *keep* mails.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        sink = MailSink(listener.getsockname()[1], keep=keep)
        running = _Running(sink, listener)
        running.start()
        try:
            yield sink
        finally:
            running.stop()
