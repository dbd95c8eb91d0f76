"""What the demo's mail viewer shows of what the sink kept."""

from __future__ import annotations

from passcore.domain.notices import NoticeKind
from passcore.ports.mail import Attachment
from passweb.mail import JinjaNotices, SmtpMailer, WriterSettings
from passweb.mail.sink import MailSink
from passweb.mail.viewer import attachment, listed, opened
from tests.web.mail.samples import BASE_URL, LILA, mail, notice

PDF = Attachment("2026-00007.pdf", "application/pdf", b"%PDF-1.7 \x00")


def test_an_opened_mail_shows_its_pictures_by_itself(sink: MailSink, mailer: SmtpMailer) -> None:
    """The picture that went out as a part of its own is the one the writer put in."""
    written = JinjaNotices(WriterSettings(BASE_URL)).write(notice(NoticeKind.PURCHASE), LILA)
    mailer.send(
        mail(subject=written.subject, text=written.text, html=written.html, attachments=(PDF,))
    )
    view = opened(sink.mails[0])
    assert view.html.replace("\r\n", "\n").strip() == written.html.strip()
    assert (view.subject, view.to) == (written.subject, "anna@example.com")
    assert view.sender == "Sessionpass <mail@book.example.com>"
    (file,) = view.attachments
    assert (file.name, file.media_type, file.size) == (PDF.name, PDF.media_type, len(PDF.content))
    assert attachment(sink.mails[0], file.index) == PDF
    assert attachment(sink.mails[0], 1) is None
    assert attachment(sink.mails[0], -1) is None


def test_the_list_has_the_newest_first_with_a_beginning_of_each(
    sink: MailSink, mailer: SmtpMailer
) -> None:
    mailer.send(mail(subject="One"))
    mailer.send(mail(subject="Two", text="word " * 100))
    two, one = listed(sink.mails)
    assert (one.subject, two.subject) == ("One", "Two")
    assert len(two.snippet) <= 140
    assert two.snippet.endswith("…")
    assert one.snippet == "Hello"
    assert one.attachments == 0
