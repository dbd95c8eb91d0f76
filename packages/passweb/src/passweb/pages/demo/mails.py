"""Every mail the demo has sent, to look at as its reader would.

The server keeps the sink as `app.state.mail_sink`; anything with `mails` will do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from passweb.i18n import translator
from passweb.mail.sink import ReceivedMail
from passweb.mail.viewer import attachment, listed, opened
from passweb.pages.guest.passes import download
from passweb.pages.halting import Halt
from passweb.pages.house import AnyRequest, house_of
from passweb.pages.page import Answer, language_of
from passweb.pages.rendering import environment, headers

#: The mail itself: pictures from data URIs and its own inline styles, nothing else at all.
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"
)


@get("/demo/mail", name="demo mails", sync_to_thread=True, include_in_schema=False)
def mails_page(request: AnyRequest) -> Answer:
    """List the mails, the newest first."""
    return _show(request, "demo/mails.html", rows=listed(_mails(request)))


@get("/demo/mail/{number:int}", name="demo mail", sync_to_thread=True, include_in_schema=False)
def mail_page(request: AnyRequest, number: FromPath[int]) -> Answer:
    """Show one mail."""
    return _show(request, "demo/mail.html", mail=opened(_mail(request, number)))


@get("/demo/mail/{number:int}/html", name="demo mail body", sync_to_thread=True,
     include_in_schema=False)  # fmt: skip
def mail_body(request: AnyRequest, number: FromPath[int]) -> Answer:
    """Return the HTML of a mail, for the frame it is shown in."""
    found = opened(_mail(request, number))
    more = {"content-security-policy": _MAIL_POLICY, "x-frame-options": "SAMEORIGIN"}
    return Response(found.html.encode(), media_type="text/html", headers={**headers(), **more})


@get("/demo/mail/{number:int}/files/{index:int}", name="demo mail file", sync_to_thread=True,
     include_in_schema=False)  # fmt: skip
def mail_file(request: AnyRequest, number: FromPath[int], index: FromPath[int]) -> Answer:
    """Return an attachment."""
    found = attachment(_mail(request, number), index)
    if found is None:
        raise Halt(404)
    return download(found.name, found.media_type, found.content)


def _mails(request: AnyRequest) -> Sequence[ReceivedMail]:
    sink = request.app.state.get("mail_sink")
    if not house_of(request).settings.demo or sink is None:
        raise Halt(404)
    mails: Sequence[ReceivedMail] = sink.mails
    return mails


def _mail(request: AnyRequest, number: int) -> ReceivedMail:
    found = next((mail for mail in _mails(request) if mail.number == number), None)
    if found is None:
        raise Halt(404)
    return found


def _show(request: AnyRequest, template: str, **values: Any) -> Answer:
    house = house_of(request)
    language = language_of(request, house, None, None)
    text = environment(language).get_template(template).render(
        business=None, client=None, staff=None, own_path=request.url.path, b="", token="",
        words=translator(language), **values,
    )  # fmt: skip
    return Response(text.encode(), media_type="text/html", headers=headers())
