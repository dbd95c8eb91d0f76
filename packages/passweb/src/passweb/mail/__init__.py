"""Mail: notices written in words, handed to an SMTP server, and a sink that catches them."""

from __future__ import annotations

from passweb.mail.smtp import SmtpMailer, SmtpSettings, TlsMode
from passweb.mail.writer import JinjaNotices, WriterSettings

__all__ = ["JinjaNotices", "SmtpMailer", "SmtpSettings", "TlsMode", "WriterSettings"]
