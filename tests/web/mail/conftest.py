"""A mail sink on loopback for the tests of this folder, and a mailer that sends into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from passcore.adapters.system import FixedClock
from passweb.mail import SmtpMailer, SmtpSettings, TlsMode
from passweb.mail.sink import MailSink, running_sink

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def running() -> Iterator[MailSink]:
    """One server for the tests of a module."""
    with running_sink(keep=50) as sink:
        yield sink


@pytest.fixture
def sink(running: MailSink) -> MailSink:
    """The module's server, empty and well-behaved."""
    running.clear()
    running.recover()
    return running


@pytest.fixture
def mailer(running: MailSink) -> SmtpMailer:
    """Sends into the sink."""
    return mailer_to(running)


def mailer_to(sink: MailSink, **changes: object) -> SmtpMailer:
    """A mailer for *sink* with some of its settings changed."""
    settings: dict[str, object] = {
        "host": sink.host,
        "port": sink.port,
        "sender": "Sessionpass <mail@book.example.com>",
        "tls": TlsMode.NONE,
        **changes,
    }
    return SmtpMailer(SmtpSettings(**settings), FixedClock(NOW))  # type: ignore[arg-type]  # any field


MakeMailer = Callable[..., SmtpMailer]


@pytest.fixture
def make_mailer(running: MailSink) -> MakeMailer:
    """Makes a mailer for the sink with other settings."""
    return lambda **changes: mailer_to(running, **changes)
