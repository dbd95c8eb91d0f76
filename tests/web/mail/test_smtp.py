"""Mails over real SMTP on loopback: what arrives, what is refused, what tried again (S2, K10)."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import time

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from passcore.adapters.system import SystemClock
from passcore.domain.notices import NoticeKind
from passcore.errors import Invalid
from passcore.ports.mail import Attachment, Mailer, MailRefused
from passweb.mail import JinjaNotices, SmtpMailer, SmtpSettings, TlsMode, WriterSettings
from passweb.mail.sink import MailSink, running_sink
from tests.web.mail.conftest import MakeMailer, mailer_to
from tests.web.mail.samples import BASE_URL, LILA, mail, notice

PDF = Attachment("2026-00007.pdf", "application/pdf", b"%PDF-1.7\n\x00\xff.\r\n.\r\n")


def test_a_mail_arrives_once_with_both_parts_its_picture_and_its_file(
    sink: MailSink, mailer: SmtpMailer
) -> None:
    port: Mailer = mailer
    written = JinjaNotices(WriterSettings(BASE_URL)).write(notice(NoticeKind.PURCHASE, "hu"), LILA)
    port.send(
        mail(subject=written.subject, text=written.text, html=written.html, attachments=(PDF,))
    )
    (got,) = sink.mails
    assert got.recipients == ("anna@example.com",)
    assert got.mail_from == "mail@book.example.com"
    assert got.subject == written.subject == "Elkészült a bérlete: 10 × Reformer"
    assert got.text.replace("\r\n", "\n") == written.text
    shape = [part.get_content_type() for part in got.message.walk()]
    assert shape == [
        *("multipart/mixed", "multipart/alternative", "text/plain"),
        *("multipart/related", "text/html", "image/png", "application/pdf"),
    ]
    (picture,) = [p for p in got.message.walk() if p.get_content_type() == "image/png"]
    assert f"cid:{str(picture['Content-ID']).strip('<>')}" in got.html
    assert "data:image" not in got.html
    (file,) = [p for p in got.message.walk() if p.get_content_type() == "application/pdf"]
    assert file.get_filename() == PDF.name
    assert file.get_payload(decode=True) == PDF.content


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(name=st.text(max_size=80), subject=st.text(max_size=80))
def test_hostile_names_and_subjects_reach_one_recipient_and_add_no_header(
    sink: MailSink, mailer: SmtpMailer, name: str, subject: str
) -> None:
    """Captured at the server: the envelope and the head, whatever was put into the mail."""
    sink.clear()
    attack = "=?utf-8?q?=0d=0aBcc=3a_x@y.example?="
    try:
        mailer.send(
            mail(sender=f"{name}{attack} <studio@lila.example>", subject=f"{attack} {subject}")
        )
    except MailRefused:
        assert not sink.mails
        return
    (got,) = sink.mails
    assert got.recipients == ("anna@example.com",)
    head = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"]
    assert sorted(got.message.keys()) == sorted([*head, "Content-Type"])
    assert got.subject == f"{attack} {subject}"


@pytest.mark.parametrize("code", [421, 450, 451, 452])
def test_a_passing_failure_is_tried_again_with_the_same_message_id(
    sink: MailSink, mailer: SmtpMailer, code: int
) -> None:
    sink.fail_next(1, code=code)
    with pytest.raises(OSError, match="scripted failure"):
        mailer.send(mail(message_id="msg_again"))
    assert not sink.mails
    mailer.send(mail(message_id="msg_again"))
    (got,) = sink.mails
    assert got.message_id == "<msg_again@book.example.com>"


def test_a_refused_address_is_refused_for_good_and_blocks_nobody(
    sink: MailSink, mailer: SmtpMailer
) -> None:
    sink.refuse("gone@example.com")
    with pytest.raises(MailRefused, match="recipient is refused: 550"):
        mailer.send(mail(to="gone@example.com"))
    mailer.send(mail())
    assert [got.recipients for got in sink.mails] == [("anna@example.com",)]


def test_a_failure_of_our_account_is_not_the_mails_fault(
    sink: MailSink, mailer: SmtpMailer
) -> None:
    """530, authentication required: every mail would be lost if that were for good."""
    sink.fail_next(1, code=530)
    with pytest.raises(OSError, match="scripted failure"):
        mailer.send(mail())


def test_a_server_that_hangs_is_given_up_in_time(sink: MailSink, make_mailer: MakeMailer) -> None:
    sink.hang_next()
    mailer = make_mailer(timeout=0.3)
    started = time.monotonic()
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        mailer.send(mail())
    assert time.monotonic() - started < 5
    mailer.send(mail())
    assert len(sink.mails) == 1


def test_a_lost_answer_makes_one_duplicate_that_can_be_recognised(
    sink: MailSink, mailer: SmtpMailer
) -> None:
    """K10: accepted, but the answer never came; the second copy has the same Message-ID."""
    sink.lose_reply_next()
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        mailer.send(mail(message_id="msg_k10"))
    mailer.send(mail(message_id="msg_k10"))
    first, second = sink.mails
    assert first.message_id == second.message_id


def test_no_server_is_a_passing_failure() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        settings = SmtpSettings(
            "127.0.0.1", taken.getsockname()[1], "a@x.example", tls=TlsMode.NONE
        )
        mailer = SmtpMailer(settings, SystemClock())
        with pytest.raises(ConnectionRefusedError):
            mailer.send(mail())


def test_a_server_without_tls_gets_nothing(sink: MailSink, make_mailer: MakeMailer) -> None:
    """STARTTLS is never given up silently."""
    with pytest.raises(OSError, match="STARTTLS"):
        make_mailer(tls=TlsMode.STARTTLS).send(mail())
    with pytest.raises((ssl.SSLError, TimeoutError, ConnectionError)):
        make_mailer(tls=TlsMode.IMPLICIT, timeout=2.0).send(mail())
    assert not sink.mails


def test_the_sink_ends_while_a_connection_hangs() -> None:
    started = time.monotonic()
    with contextlib.ExitStack() as stack, running_sink() as sink:
        sink.hang_next()
        client = smtplib.SMTP(sink.host, sink.port, local_hostname="x.example", timeout=0.3)
        stack.callback(client.close)
        client.ehlo()
        client.mail("a@x.example")
        client.rcpt("b@x.example")
        assert client.docmd("data")[0] == 354
        client.send(b"Subject: x\r\n\r\nx\r\n.\r\n")
        assert client.sock is not None
        with pytest.raises(TimeoutError):
            client.sock.recv(1)
    assert time.monotonic() - started < 5


def test_the_sink_keeps_no_more_than_it_may() -> None:
    with running_sink(keep=2) as sink:
        mailer = mailer_to(sink)
        for number in range(3):
            mailer.send(mail(message_id=f"msg_{number}"))
        assert [got.number for got in sink.mails] == [2, 3]
        assert sink.wait_for(lambda got: got.number == 3).message_id.startswith("<msg_2@")
        with pytest.raises(TimeoutError):
            sink.wait_for(lambda got: got.number == 1, timeout=0.05)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"port": 0}, "port"),
        ({"sender": "nobody"}, "sender"),
        ({"timeout": 0.0}, "timeout"),
        ({"username": "u"}, "password"),
        ({"username": "u", "password": "p", "tls": TlsMode.NONE, "host": "mx.example"}, "tls"),
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(
    changes: dict[str, object], field: str
) -> None:
    good: dict[str, object] = {"host": "127.0.0.1", "port": 25, "sender": "a@x.example"}
    with pytest.raises(Invalid) as raised:
        SmtpSettings(**{**good, **changes})  # type: ignore[arg-type]  # any field, wrong ones too
    assert raised.value.field == field


def test_the_password_shows_nowhere() -> None:
    made = SmtpSettings("127.0.0.1", 25, "a@x.example", username="u", password="hunter2")
    assert "hunter2" not in repr(made)
