"""The mail port: hand one written mail to the post."""

from __future__ import annotations

from typing import Protocol

import attrs


@attrs.frozen
class Attachment:
    """A file that goes with a mail."""

    name: str
    media_type: str
    content: bytes


@attrs.frozen
class Mail:
    """A mail ready to go: one recipient, both parts written. `message_id` is the same on every
    attempt."""

    message_id: str
    to: str
    sender: str
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()


class MailRefused(Exception):
    """The post will never take this mail (a permanent failure); anything else is tried again."""


class Mailer(Protocol):
    """Hands mails over. Raises `MailRefused` for good, `OSError` where another try may succeed."""

    def send(self, mail: Mail) -> None: ...
