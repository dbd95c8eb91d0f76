"""Notices written in words: subject, plain text and HTML, in the client's language.

The HTML is whole in itself: the QR code stands in it as a data URI, so a preview shows it as it is.
`passweb.mail.message` takes such pictures out into parts of their own, because mail programs do not
show data URIs.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote, urlsplit

import attrs
import css_inline
from jinja2 import PackageLoader
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from passcore.domain.businesses import Business
from passcore.domain.notices import Notice, NoticeKind
from passcore.errors import Invalid
from passcore.ports.documents import Written
from passweb.documents.qr import qr_png
from passweb.i18n import (
    format_day,
    format_local,
    format_money,
    format_number,
    resolve,
    zone_name,
)
from passweb.mail.kinds import NUMBERS, Value, cleaned, read
from passweb.mail.sandbox import environment

#: What people wrote: in HTML each stands in an element of its own, so that right-to-left letters
#: do not pull the sentence around them (X1).
_BY_PEOPLE: Final = ("client_name", "product", "service", "reason", "transfer_details")
_WHEN: Final = {"starts_local": "starts", "free_cancel_until_local": "free_cancel_until"}
_WITH_QR: Final = frozenset({NoticeKind.PURCHASE, NoticeKind.ASSIGNED})
_BLANK_LINES: Final = re.compile(r"\n{3,}")
_INLINER: Final = css_inline.CSSInliner(
    keep_at_rules=True, load_remote_stylesheets=False, keep_style_tags=False
)


def _base_url(_: object, field: attrs.Attribute[str], value: str) -> None:
    try:
        url = urlsplit(value)
        good = url.scheme in ("http", "https") and bool(url.hostname)
    except ValueError:
        good = False
        url = urlsplit("")
    if not good or url.query or url.fragment or url.username is not None or value.endswith("/"):
        raise Invalid(
            field=field.name, problem="is not a plain http(s) address without a slash at its end"
        )


@attrs.frozen
class WriterSettings:
    """Where links in mails lead: `base_url` is the public address of the web server, for example
    ``https://book.example.com``."""

    base_url: str = attrs.field(validator=_base_url)


@attrs.frozen
class Links:
    """The addresses a notice may show."""

    booking: str
    guest: str
    renew: str | None = None


class JinjaNotices:
    """Writes notices from the package's templates; `passcore.ports.documents.NoticeWriter`."""

    def __init__(self, settings: WriterSettings) -> None:
        self._settings = settings

    def write(self, notice: Notice, business: Business) -> Written:
        """Return *notice* in words.

        The language is the notice's, else the business's, else English. Raises `Invalid` naming a
        value that is missing or misshapen.
        """
        language = resolve(notice.language, business.language)
        values = read(notice.kind, notice.values)
        shown = _shown(values, business, language)
        shown |= attrs.asdict(self.links(business, values))
        shown["has_invoice"] = notice.invoice_id is not None
        name = notice.kind.value
        templates = _environment(language)
        plain = templates.get_template(f"{name}.txt")
        subject = "".join(plain.blocks["subject"](plain.new_context(shown)))
        for_html = _for_html(shown)
        if notice.kind in _WITH_QR:
            for_html["qr"] = _qr(shown["code"])
        html = templates.get_template(f"{name}.html").render(for_html)
        return Written(
            subject=cleaned(subject),
            text=_tidy(plain.render(shown)),
            html=_INLINER.inline(html),
        )

    def links(self, business: Business, values: Mapping[str, Value]) -> Links:
        """Return where the notice's links lead: the booking page, the guest app, the renewal."""
        base, slug = self._settings.base_url, quote(business.slug, safe="")
        pass_id = values.get("pass_id")
        renew = f"{base}/my/passes/{quote(str(pass_id), safe='')}/renew?b={slug}"
        return Links(
            booking=f"{base}/b/{slug}",
            guest=f"{base}/my?b={slug}",
            renew=renew if pass_id else None,
        )


def _shown(values: dict[str, Value], business: Business, language: str) -> dict[str, Any]:
    """Return what the templates see: text, numbers to count by, and both in people's form."""
    shown: dict[str, Any] = dict(values)
    shown["business_name"] = cleaned(business.name)
    shown["business_email"] = business.email
    for name in NUMBERS & values.keys():
        number = values[name]
        # What was taken away is a count too: the sentence says which way it went.
        shown[f"{name}_text"] = (
            format_number(abs(number), language) if isinstance(number, int) else None
        )
    for name in ("price", "amount"):
        minor, currency = values.get(f"{name}_minor"), values.get("currency")
        if isinstance(minor, int) and isinstance(currency, str):
            shown[name] = format_money(minor, currency, language)
    if "last_day" in values:
        day = values["last_day"]
        shown["last_day"] = format_day(day, language) if isinstance(day, str) else None
    for name, as_text in _WHEN.items():
        moment = values.get(name)
        shown[as_text] = format_local(moment, language) if isinstance(moment, str) else None
    if isinstance(zone := values.get("time_zone"), str):
        shown["time_zone"] = zone_name(zone, language)
    return shown


def _for_html(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return *shown* with people's words set apart."""
    html = dict(shown)
    for name in (*_BY_PEOPLE, "business_name"):
        if text := html.get(name):
            broken = Markup("<br>").join(text.split("\n"))  # escapes what it joins
            html[name] = Markup("<bdi>{}</bdi>").format(broken)
    return html


@lru_cache(maxsize=256)
def _qr(code: str) -> str:
    return f"data:image/png;base64,{base64.b64encode(qr_png(code)).decode()}"


@lru_cache(maxsize=16)
def _environment(language: str) -> ImmutableSandboxedEnvironment:
    return environment(PackageLoader("passweb.mail"), language)


def _tidy(text: str) -> str:
    lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
    return _BLANK_LINES.sub("\n\n", lines) + "\n"
