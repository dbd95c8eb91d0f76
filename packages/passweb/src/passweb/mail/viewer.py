"""What a mail viewer shows, from the mails of a sink: pure functions, no page.

The HTML of a mail is foreign: show it in a frame with an empty `sandbox` attribute and a policy
that allows pictures from `data:` and inline styles, nothing else.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from email.message import EmailMessage
from typing import Final

import attrs

from passcore.ports.mail import Attachment
from passweb.mail.sink import ReceivedMail

_CID: Final = re.compile(r'(?<=src=")cid:(?P<id>[^"<>\s]{1,200})(?=")')
_SNIPPET: Final = 140


@attrs.frozen
class MailSummary:
    """One row of the list; `date` is the mail's own, as written in it."""

    number: int
    subject: str
    sender: str
    to: str
    date: str
    snippet: str
    attachments: int


@attrs.frozen
class FileSummary:
    """An attachment as listed; `index` is what `attachment` takes, `size` is in bytes."""

    index: int
    name: str
    media_type: str
    size: int


@attrs.frozen
class MailView:
    """One mail opened. `html` shows its pictures by itself, from data URIs."""

    number: int
    subject: str
    sender: str
    to: str
    date: str
    message_id: str
    text: str
    html: str
    attachments: tuple[FileSummary, ...]


def listed(mails: Iterable[ReceivedMail]) -> tuple[MailSummary, ...]:
    """Return the rows of the list, the newest first."""
    rows = [
        MailSummary(
            number=mail.number,
            subject=mail.subject,
            sender=str(mail.message["From"] or ""),
            to=", ".join(mail.recipients),
            date=str(mail.message["Date"] or ""),
            snippet=_snippet(mail.text),
            attachments=len(_files(mail)),
        )
        for mail in mails
    ]
    return tuple(reversed(rows))


def opened(mail: ReceivedMail) -> MailView:
    """Return *mail* as it is shown."""
    return MailView(
        number=mail.number,
        subject=mail.subject,
        sender=str(mail.message["From"] or ""),
        to=", ".join(mail.recipients),
        date=str(mail.message["Date"] or ""),
        message_id=mail.message_id,
        text=mail.text,
        html=_with_pictures(mail),
        attachments=tuple(
            FileSummary(index, file.name, file.media_type, len(file.content))
            for index, file in enumerate(_files(mail))
        ),
    )


def attachment(mail: ReceivedMail, index: int) -> Attachment | None:
    """Return an attachment by the `index` it is listed with, None where there is none."""
    files = _files(mail)
    return files[index] if 0 <= index < len(files) else None


def _files(mail: ReceivedMail) -> list[Attachment]:
    return [
        Attachment(part.get_filename() or "attachment", part.get_content_type(), _content(part))
        for part in mail.message.iter_attachments()
        if part.get_content_disposition() == "attachment"
    ]


def _with_pictures(mail: ReceivedMail) -> str:
    pictures = {
        str(part["Content-ID"]).strip().strip("<>"): part
        for part in mail.message.walk()
        if part["Content-ID"] and part.get_content_maintype() == "image"
    }

    def resolved(found: re.Match[str]) -> str:
        part = pictures.get(found["id"])
        if part is None:
            return found[0]
        data = base64.b64encode(_content(part)).decode("ascii")
        return f"data:{part.get_content_type()};base64,{data}"

    return _CID.sub(resolved, mail.html)


def _content(part: EmailMessage) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _snippet(text: str) -> str:
    """Return the beginning of *text* in one line."""
    line = " ".join(text.split())
    return line if len(line) <= _SNIPPET else line[: _SNIPPET - 1].rstrip() + "…"
