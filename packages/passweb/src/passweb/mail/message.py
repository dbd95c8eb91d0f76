"""The one builder of mail bytes: nothing a value holds can become a header (X3, rule 23).

Python before 3.11.10 writes an encoded word in a header's value out as what it decodes to, line
breaks and all (CVE-2024-6923). So the head of a mail is written here, by hand, from checked pieces,
and the finished bytes are read back: they hold exactly the headers that were meant, or the mail is
refused. The body's headers are fixed words of ours; a file's name is reduced to plain letters.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import format_datetime
from typing import Final

import attrs

from passcore.domain.checks import email
from passcore.errors import Invalid
from passcore.ports.mail import Attachment, Mail, MailRefused

#: Control characters, every kind of line break, and halves of characters.
_FORBIDDEN: Final = re.compile("[\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff]")
_PLAIN: Final = re.compile(r"[!-~]+(?: [!-~]+)*")
_MESSAGE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_MEDIA_TYPE: Final = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]*")
_PICTURE: Final = re.compile(
    r'(?P<head><img\b[^<>]*?\bsrc=")data:image/png;base64,(?P<data>[A-Za-z0-9+/=]+)(?=")'
)
#: An encoded word may have 75 characters; base64 of 45 bytes has 60 (RFC 2047).
_WORD_BYTES: Final = 45
_LONGEST_PLAIN: Final = 60
_LONGEST_SUBJECT: Final = 1000


@attrs.frozen
class Mailbox:
    """An address with the name shown before it, which may be empty."""

    name: str
    address: str

    @classmethod
    def parse(cls, text: str) -> Mailbox:
        """Read ``name <address>`` or an address alone; raises `Invalid`."""
        if not text.endswith(">"):
            return cls("", email(text, "sender"))
        name, bracket, address = text[:-1].rpartition("<")
        if not bracket:
            raise Invalid(field="sender", problem="is not one plain e-mail address")
        name = name.strip().removeprefix('"').removesuffix('"').strip()
        if _FORBIDDEN.search(name) or len(name) > 200:
            raise Invalid(field="sender", problem="has a name with a control character")
        return cls(name, email(address, "sender"))

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address

    @property
    def domain(self) -> str:
        """What stands behind the @."""
        return self.address.partition("@")[2]


@attrs.frozen
class Envelope:
    """A mail as it goes over the wire: its one recipient, and its bytes with CRLF line ends."""

    to: str
    data: bytes


def build(mail: Mail, *, sender: Mailbox, domain: str, at: datetime) -> Envelope:
    """Return *mail* as bytes, dated *at*, with the id ``<message_id@domain>``.

    Raises `MailRefused` for a mail that cannot be written safely: no single plain recipient, a
    control character in the subject, an id that is not one word.
    """
    to = _recipient(mail.to)
    if not _MESSAGE_ID.fullmatch(mail.message_id):
        raise MailRefused("the message id is not one plain word")
    if not mail.subject.strip() or len(mail.subject) > _LONGEST_SUBJECT:
        raise MailRefused("the subject is empty or too long")
    if _FORBIDDEN.search(mail.subject):
        raise MailRefused("the subject has a control character")
    body = _body(mail, domain)
    head = [
        ("From", _mailbox_text(sender)),
        ("To", to),
        ("Subject", header_text(mail.subject)),
        ("Date", format_datetime(at)),
        ("Message-ID", f"<{mail.message_id}@{domain}>"),
        # A client's holiday reply helps nobody, and two robots could go on for ever.
        ("Auto-Submitted", "auto-generated"),
        ("MIME-Version", "1.0"),
    ]
    lines = "".join(f"{name}: {value}\r\n" for name, value in head)
    data = lines.encode("ascii") + body
    _read_back(data, mail, to=to, sender=sender, names=[name for name, _ in head])
    return Envelope(to, data)


def header_text(text: str) -> str:
    """Return *text* as a header's value: as it is where it is short, plain and no encoded word,
    else in encoded words of whole characters, one a line."""
    if _PLAIN.fullmatch(text) and len(text) <= _LONGEST_PLAIN and "=?" not in text:
        return text
    words, word = [], b""
    for char in text:
        encoded = char.encode()
        if len(word) + len(encoded) > _WORD_BYTES:
            words.append(word)
            word = b""
        word += encoded
    return "\r\n ".join(
        f"=?utf-8?b?{base64.b64encode(part).decode('ascii')}?=" for part in [*words, word]
    )


def file_name(name: str) -> str:
    """Return *name* in ASCII letters, digits, dots, hyphens and underscores."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^A-Za-z0-9._-]+", "-", ascii_name).strip("-.")[:100] or "attachment"


def _recipient(to: str) -> str:
    try:
        return email(to, "to")
    except Invalid:
        raise MailRefused("the recipient is not one plain e-mail address") from None


def _mailbox_text(mailbox: Mailbox) -> str:
    if not mailbox.name:
        return mailbox.address
    name = header_text(mailbox.name)
    if name == mailbox.name:  # plain ASCII: quoted, so commas and brackets mean nothing
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        name = f'"{escaped}"'
    return f"{name}\r\n <{mailbox.address}>"


def _body(mail: Mail, domain: str) -> bytes:
    """Return everything below our own head, beginning with the content type's header."""
    message = EmailMessage(policy=policy.SMTP)
    message.set_content(_whole(mail.text))
    html, pictures = _without_pictures(_whole(mail.html), domain)
    message.add_alternative(html, subtype="html")
    page = message.get_payload()[1]  # type: ignore[index]  # a list after add_alternative
    assert isinstance(page, EmailMessage)
    for content_id, content in pictures.items():
        name = f"{content_id.partition('@')[0]}.png"
        page.add_related(
            *(content, "image", "png"),
            cid=f"<{content_id}>",
            disposition="inline",
            filename=name,
        )
    for attachment in mail.attachments:
        _attach(message, attachment)
    if not mail.attachments:
        message.make_mixed()
    del message["MIME-Version"]
    return message.as_bytes()


def _whole(text: str) -> str:
    """Return *text* with a question mark for each half of a character."""
    return text.encode("utf-8", "replace").decode()


def _without_pictures(html: str, domain: str) -> tuple[str, dict[str, bytes]]:
    """Return *html* with its data URIs as `cid:` references, and the pictures by content id."""
    pictures: dict[str, bytes] = {}

    def take_out(found: re.Match[str]) -> str:
        content = base64.b64decode(found["data"])
        content_id = f"picture-{hashlib.sha256(content).hexdigest()[:16]}@{domain}"
        pictures[content_id] = content
        return f"{found['head']}cid:{content_id}"

    return _PICTURE.sub(take_out, html), pictures


def _attach(message: EmailMessage, attachment: Attachment) -> None:
    media_type = attachment.media_type.lower()
    if not _MEDIA_TYPE.fullmatch(media_type) or media_type.startswith(("message/", "multipart/")):
        media_type = "application/octet-stream"
    main, _, sub = media_type.partition("/")
    message.add_attachment(
        attachment.content, maintype=main, subtype=sub, filename=file_name(attachment.name)
    )


def _read_back(data: bytes, mail: Mail, *, to: str, sender: Mailbox, names: list[str]) -> None:
    """Refuse *data* unless a reader finds in it what was meant, and no header more."""
    read = BytesParser(policy=policy.default).parsebytes(data)
    expected = sorted([*names, "Content-Type"])
    recipients = [address.addr_spec for address in read["To"].addresses]
    senders = [(address.display_name, address.addr_spec) for address in read["From"].addresses]
    faults = {
        "headers": sorted(read.keys()) != expected,
        "recipient": recipients != [to],
        "sender": [address for _, address in senders] != [sender.address],
        "subject": str(read["Subject"]) != mail.subject,
        "parts": read.get_content_type() != "multipart/mixed" or bool(read.defects),
    }
    if wrong := [name for name, fault in faults.items() if fault]:
        raise MailRefused(f"the mail does not read back as meant: {', '.join(wrong)}")
