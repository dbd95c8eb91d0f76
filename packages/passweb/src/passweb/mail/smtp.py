"""Mails handed to an SMTP server: one connection a mail, one recipient, an end to every wait (S2).

What the server refuses for good (a 5xx to the sender, the recipient or the mail itself) raises
`MailRefused`; everything else is an `OSError`, and the mail is tried again with the same
Message-ID. A 5xx to the greeting or the sign-in is about our account and not about this mail, so it
is tried again too.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from enum import Enum
from typing import Final

import attrs

from passcore.errors import Invalid
from passcore.ports.clock import Clock
from passcore.ports.mail import Mail, MailRefused
from passweb.mail.message import Envelope, Mailbox, build

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
#: "Authentication required", "too weak", "failed", "encryption required": about our account.
_ABOUT_US: Final = frozenset({530, 534, 535, 538})


class TlsMode(str, Enum):
    """How the connection is encrypted."""

    NONE = "none"
    STARTTLS = "starttls"  # a plain connection that turns into an encrypted one, or is given up
    IMPLICIT = "implicit"  # encrypted from the first byte, usually port 465


def _sender(_: object, field: attrs.Attribute[str], value: str) -> None:
    try:
        Mailbox.parse(value)
    except Invalid as error:
        raise Invalid(field=field.name, problem=error.problem) from None


def _port(_: object, field: attrs.Attribute[int], value: int) -> None:
    if not 0 < value < 65536:
        raise Invalid(field=field.name, problem="is not from 1 to 65535")


def _timeout(_: object, field: attrs.Attribute[float], value: float) -> None:
    if not 0 < value <= 300:
        raise Invalid(field=field.name, problem="must be more than 0 and at most 300 seconds")


@attrs.frozen
class SmtpSettings:
    """The mail server and who sends. No password shows in `repr`.

    `sender` is ``name <address>`` or an address; bounces go to it, and its domain makes the
    Message-IDs. `timeout` bounds each wait for the server, in seconds.
    """

    host: str
    port: int = attrs.field(validator=_port)
    sender: str = attrs.field(validator=_sender)
    username: str | None = None
    password: str | None = attrs.field(default=None, repr=False)
    tls: TlsMode = attrs.field(default=TlsMode.STARTTLS, converter=TlsMode)
    timeout: float = attrs.field(default=30.0, validator=_timeout)

    def __attrs_post_init__(self) -> None:
        if (self.username is None) != (self.password is None):
            raise Invalid(field="password", problem="goes together with a username")
        if self.username and self.tls is TlsMode.NONE and self.host not in _LOOPBACK:
            raise Invalid(field="tls", problem="is needed where a password is sent")


class SmtpMailer:
    """Sends mails by SMTP; `passcore.ports.mail.Mailer`. Several threads may use one."""

    def __init__(
        self, settings: SmtpSettings, clock: Clock, *, tls_context: ssl.SSLContext | None = None
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._account = Mailbox.parse(settings.sender)
        self._tls_context = tls_context or ssl.create_default_context()

    def send(self, mail: Mail) -> None:
        """Hand *mail* over; an empty `mail.sender` is the settings' one.

        Raises `MailRefused` for good, `OSError` where another try may succeed.
        """
        envelope = build(
            mail,
            sender=self._from(mail),
            domain=self._account.domain,
            at=self._clock.now(),
        )
        with contextlib.ExitStack() as stack:
            server = self._connected()
            stack.callback(server.close)
            self._handed_over(server, envelope)
            # The mail is accepted: whatever happens to the goodbye changes nothing.
            with contextlib.suppress(OSError):
                server.quit()

    def _from(self, mail: Mail) -> Mailbox:
        if not mail.sender:
            return self._account
        try:
            return Mailbox.parse(mail.sender)
        except Invalid as error:
            raise MailRefused(f"the sender {error.problem}") from None

    def _connected(self) -> smtplib.SMTP:
        settings = self._settings
        # Named here: smtplib would look the machine's own name up, which can hang without DNS.
        name = self._account.domain
        if settings.tls is TlsMode.IMPLICIT:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.host,
                settings.port,
                local_hostname=name,
                timeout=settings.timeout,
                context=self._tls_context,
            )
        else:
            server = smtplib.SMTP(
                settings.host, settings.port, local_hostname=name, timeout=settings.timeout
            )
        try:
            if settings.tls is TlsMode.STARTTLS:
                server.starttls(context=self._tls_context)
            if settings.username is not None and settings.password is not None:
                server.login(settings.username, settings.password)
        except BaseException:
            server.close()
            raise
        return server

    def _handed_over(self, server: smtplib.SMTP, envelope: Envelope) -> None:
        try:
            server.sendmail(self._account.address, [envelope.to], envelope.data)
        except smtplib.SMTPRecipientsRefused as error:
            code, answer = next(iter(error.recipients.values()))
            _refuse_if_for_good("the recipient", code, answer)
            raise
        except smtplib.SMTPSenderRefused as error:
            _refuse_if_for_good("the sender", error.smtp_code, error.smtp_error)
            raise
        except smtplib.SMTPDataError as error:
            _refuse_if_for_good("the mail", error.smtp_code, error.smtp_error)
            raise


def _refuse_if_for_good(what: str, code: int, answer: bytes | str) -> None:
    """Raise `MailRefused` for a 5xx. Its text goes into the outbox, so it is one short line."""
    if 500 <= code < 600 and code not in _ABOUT_US:
        text = answer.decode("ascii", "replace") if isinstance(answer, bytes) else answer
        line = "".join(char if char.isprintable() else " " for char in text)[:200]
        raise MailRefused(f"{what} is refused: {code} {line}") from None
