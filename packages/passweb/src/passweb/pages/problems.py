"""Error pages: whatever goes wrong on a page, in the pages' design and the reader's language."""

from __future__ import annotations

import gettext
import logging
import secrets
from typing import Any, Final

from litestar import Response
from litestar.exceptions import HTTPException

from passcore import Contention, NotFound, PassError, StorageUnavailable
from passweb.i18n import translator
from passweb.pages.halting import Elsewhere, Halt
from passweb.pages.house import AnyRequest, house_of
from passweb.pages.page import Answer, language_of
from passweb.pages.refusals import refusal_words
from passweb.pages.rendering import environment, headers
from passweb.pages.words import N_
from passweb.problems import RequestTimeout

_LOG: Final = logging.getLogger("passweb.pages")

_WORDS: Final = {
    400: (N_("That did not come through"), N_("Go back, load the page again and try once more.")),
    403: (N_("This is not for you to do"), N_("Your role does not allow this. Ask the owner.")),
    404: (N_("There is nothing here"), N_("The address is wrong, or what was here is gone.")),
    405: (N_("That did not come through"), N_("Go back, load the page again and try once more.")),
    409: (N_("That is not possible"), N_("Go back and look again.")),
    413: (N_("That is too much at once"), N_("Go back and send less.")),
    415: (N_("That did not come through"), N_("Go back, load the page again and try once more.")),
    429: (N_("Too many attempts"), N_("Wait a minute and try again.")),
    500: (
        N_("Something went wrong on our side"),
        N_("Nothing was changed that you did not see confirmed. Try again in a moment."),
    ),
    503: (N_("We cannot do this right now"), N_("Try again in a few minutes.")),
}  # fmt: skip
_LATER: Final = N_("Wait %(minutes)s minutes and try again.")
_NAMED: Final = {
    "form": (
        N_("This form is no longer valid"),
        N_("It may have been open for too long. Go back, load the page again and try once more."),
    ),
    "business": (
        N_("Which business?"),
        N_("Open the link in one of your mails, or go in from the booking page of the business."),
    ),
}  # fmt: skip


def halted(request: AnyRequest, error: Halt) -> Answer:
    """Answer a `Halt`."""
    more = {"retry-after": str(error.retry_after)} if error.retry_after else {}
    return error_page(request, error.status, why=error.why, more=more, after=error.retry_after or 0)


def sent_elsewhere(_request: AnyRequest, error: Elsewhere) -> Answer:
    """Answer an `Elsewhere`."""
    return Response(b"", status_code=303, headers={**headers(), "location": error.path})


def refused(request: AnyRequest, error: PassError) -> Answer:
    """Answer a refusal that no form took: what happened, and what would mend it."""
    if isinstance(error, NotFound):
        return error_page(request, 404)
    if isinstance(error, RequestTimeout):
        return error_page(request, 408)
    if isinstance(error, Contention | StorageUnavailable):
        return error_page(request, 503, refusal=error, more={"retry-after": "5"})
    return error_page(request, 409, refusal=error)


def failed(request: AnyRequest, error: Exception) -> Answer:
    """Answer a fault of ours with a number that finds it in the log, and nothing else."""
    if isinstance(error, HTTPException) and error.status_code < 500:
        return error_page(request, error.status_code)
    incident = secrets.token_hex(4)
    _LOG.error("incident %s on %s", incident, request.url.path, exc_info=error)
    return error_page(request, 500, incident=incident)


def error_page(
    request: AnyRequest,
    status: int,
    *,
    why: str = "",
    refusal: PassError | None = None,
    incident: str | None = None,
    more: dict[str, str] | None = None,
    after: int = 0,
) -> Answer:
    """Return the page of an error; *status* has words of its own, or those of its hundred. *after*
    is how many seconds to wait, where that is known."""
    house = house_of(request)
    language = language_of(request, house, None, None)
    words: gettext.NullTranslations = translator(language)
    title, text = _NAMED.get(why) or _WORDS.get(status) or _WORDS[400 if status < 500 else 500]
    title, text = words.gettext(title), words.gettext(text)
    if after > 60:
        text = words.gettext(_LATER) % {"minutes": -(-after // 60)}
    if refusal is not None:
        title, text = refusal_words(refusal, words, language, "UTC")
    body: dict[str, Any] = {"title": title, "text": text, "status": status, "incident": incident}
    rendered = (
        environment(language)
        .get_template("error.html")
        .render(business=None, client=None, staff=None, own_path="/", b="", token="", **body)
    )
    return Response(
        rendered.encode(),
        status_code=status,
        media_type="text/html",
        headers={**headers(), **(more or {})},
    )


HANDLERS: Final[dict[int | type[Exception], Any]] = {
    Halt: halted,
    Elsewhere: sent_elsewhere,
    PassError: refused,
    Exception: failed,
}
