"""The demo's mail viewer; there is nothing here unless the settings say demo."""

from __future__ import annotations

from passweb.pages.demo.mails import mail_body, mail_file, mail_page, mails_page

handlers = [mails_page, mail_page, mail_body, mail_file]

__all__ = ["handlers"]
