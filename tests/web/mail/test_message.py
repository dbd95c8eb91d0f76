"""Whatever a mail is made of: one recipient, the meant subject, no header more (X3, rule 23)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import policy
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesParser

import pytest
from hypothesis import given, strategies as st

from passcore.errors import Invalid
from passcore.ports.mail import Attachment, MailRefused
from passweb.mail import message as message_module
from passweb.mail.message import Mailbox, build, file_name, header_text
from tests.web.mail.samples import mail

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
SENDER = Mailbox("Sessionpass", "mail@book.example.com")
HEAD = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"]
#: Encoded words that decode to line breaks: CVE-2024-6923.
INJECTION = "=?utf-8?q?hi=0d=0aBcc=3a_x@y.example?="
NASTY = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(list("=?qb_utf-8:;,<>@\"\\'()[] \r\n\t\u00a0\u2028\u202e\u0085\ud800😀é")),
    ),
    max_size=200,
) | st.sampled_from([INJECTION, "a\r\nBcc: x@y.example", "%0d%0aBcc:x", "=?utf-8?b?DQpCY2M6IHg=?="])


def _read(data: bytes) -> EmailMessage:
    return BytesParser(policy=policy.default).parsebytes(data)


def _built(**changes: object) -> bytes:
    return build(mail(**changes), sender=SENDER, domain="book.example.com", at=AT).data


def _assert_only_what_was_meant(data: bytes) -> None:
    """Checked on the bytes themselves, without the parser that `build` uses."""
    head = data.partition(b"\r\n\r\n")[0].decode("ascii")
    names = [line.partition(":")[0] for line in head.split("\r\n") if line[0] not in " \t"]
    assert sorted(names) == sorted([*HEAD, "Content-Type"])
    assert not re.search(r"(?i)^bcc|^cc", head, re.MULTILINE)
    assert max(map(len, head.split("\r\n"))) <= 998


@given(NASTY)
def test_any_subject_is_refused_or_arrives_as_it_was_meant(subject: str) -> None:
    try:
        data = _built(subject=subject)
    except MailRefused:
        return
    _assert_only_what_was_meant(data)
    assert str(_read(data)["Subject"]) == subject


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=150)
)
def test_a_subject_without_control_characters_is_never_refused(subject: str) -> None:
    if subject.strip():
        assert str(_read(_built(subject=subject))["Subject"]) == subject


def test_an_encoded_word_in_the_subject_is_text() -> None:
    data = _built(subject=INJECTION)
    assert b"Bcc" not in data
    assert str(_read(data)["Subject"]) == INJECTION


def test_the_standard_way_injects_a_header_where_python_is_not_mended() -> None:
    """The negative control: on such a Python the subject above makes a Bcc."""
    standard = EmailMessage()
    standard["Subject"] = INJECTION
    try:
        injected = b"\nBcc: x@y.example" in standard.as_bytes().replace(b"\r", b"")
    except MessageError:  # a mended Python refuses to write it
        injected = False
    assert injected is not hasattr(policy.SMTP, "verify_generated_headers")


def test_reading_back_refuses_a_mail_that_says_more_than_was_meant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second guard holds when the first one is taken away."""
    monkeypatch.setattr(message_module, "header_text", lambda text: f"{text}\r\nBcc: x@y.example")
    with pytest.raises(MailRefused, match="headers"):
        _built()
    monkeypatch.setattr(message_module, "header_text", lambda _text: "something else")
    with pytest.raises(MailRefused, match="subject"):
        _built()


@pytest.mark.parametrize(
    "to",
    [
        "",
        "a@x.example, b@x.example",
        "a@x.example\r\nBcc: b@x.example",
        "a@x.example%0d%0aBcc:b@x.example",
        '"a b"@x.example',
        "Anna <a@x.example>",
        "=?utf-8?q?a?=@x.example",
        "a@x.example;b@x.example",
        "a@münchen.example",
        "a@[127.0.0.1]",
        "a@x.example(b)",
    ],
)
def test_anything_but_one_plain_recipient_is_refused(to: str) -> None:
    with pytest.raises(MailRefused, match="recipient"):
        _built(to=to)


@given(NASTY)
def test_any_recipient_is_refused_or_is_the_only_one(to: str) -> None:
    try:
        envelope = build(mail(to=to), sender=SENDER, domain="book.example.com", at=AT)
    except MailRefused:
        return
    assert [a.addr_spec for a in _read(envelope.data)["To"].addresses] == [envelope.to]


@given(NASTY)
def test_any_name_of_the_sender_is_refused_or_only_a_name(name: str) -> None:
    try:
        sender = Mailbox.parse(f"{name} <studio@lila.example>")
        data = build(mail(), sender=sender, domain="book.example.com", at=AT).data
    except (Invalid, MailRefused):
        return
    _assert_only_what_was_meant(data)
    (address,) = _read(data)["From"].addresses
    assert address.addr_spec == "studio@lila.example"


@pytest.mark.parametrize(
    "name", ["Studio Lila", "Lila, Pilates & Co. (Buda)", 'The "Best" \\ one', "Műhely ✓"]
)
def test_a_senders_name_arrives_as_it_was_meant(name: str) -> None:
    data = build(mail(), sender=Mailbox(name, "s@lila.example"), domain="x.example", at=AT).data
    (address,) = _read(data)["From"].addresses
    assert address.display_name == name


@pytest.mark.parametrize(
    "sender",
    ["", "nobody", "a@x.example, b@x.example", "x <a@x.example> <b>", "a\r\nb <a@x.example>"],
)
def test_a_sender_that_is_no_mailbox_is_refused(sender: str) -> None:
    with pytest.raises(Invalid):
        Mailbox.parse(sender)


@pytest.mark.parametrize("message_id", ["", "a b", "a@b", "a>\r\nBcc: x", "<a>", "a" * 200])
def test_a_message_id_is_one_plain_word(message_id: str) -> None:
    with pytest.raises(MailRefused, match="message id"):
        _built(message_id=message_id)


def test_the_message_id_is_the_same_on_every_attempt() -> None:
    first, second = _read(_built(message_id="msg_7")), _read(_built(message_id="msg_7"))
    assert str(first["Message-ID"]) == str(second["Message-ID"]) == "<msg_7@book.example.com>"
    assert first["Date"].datetime == AT


@given(st.text(max_size=300))
def test_any_text_makes_a_whole_mail(text: str) -> None:
    read = _read(_built(text=text, html=f"<p>{text}</p>"))
    body = read.get_body(("plain",))
    assert isinstance(body, EmailMessage)
    assert not read.defects


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=120)
)
def test_encoded_words_are_short_and_hold_whole_characters(text: str) -> None:
    written = header_text(text)
    lines = written.split("\r\n ")
    assert all(len(line) <= 75 for line in lines)
    assert written.isascii()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("2026-00007.pdf", "2026-00007.pdf"),
        ("Számla 7.pdf", "Szamla-7.pdf"),
        ("../../etc/passwd", "etc-passwd"),
        ('a"\r\nBcc: x.pdf', "a-Bcc-x.pdf"),
        (INJECTION, "utf-8-q-hi-0d-0aBcc-3a_x-y.example"),
        ("漢字", "attachment"),
    ],
)
def test_file_names_are_plain(name: str, kept: str) -> None:
    assert file_name(name) == kept


@given(NASTY, NASTY)
def test_no_attachment_makes_a_header(name: str, media_type: str) -> None:
    content = b"%PDF-1.7 \x00\xff"
    data = _built(attachments=(Attachment(name, media_type, content),))
    _assert_only_what_was_meant(data)
    (part,) = _read(data).iter_attachments()
    assert part.get_payload(decode=True) == content
    assert sorted(part.keys()) == sorted(
        ["Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "MIME-Version"]
    )
