"""Rendering: templates in each language, and the headers every page goes out with."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from passcore import Money
from passweb.documents.qr import qr_svg
from passweb.i18n import (
    LANGUAGES,
    format_day,
    format_moment,
    format_money,
    format_number,
    install,
    zone_name,
)

#: The languages by their own names.
LANGUAGE_NAMES: Final = {"en": "English", "hu": "Magyar", "de": "Deutsch", "pl": "Polski"}
_STATIC: Final = {
    "pages.css": "text/css",
    "pages.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}


@lru_cache(maxsize=len(LANGUAGES))
def environment(language: str) -> Environment:
    """Return the environment that writes pages in *language*: escaping, strict, no inline code."""
    made = Environment(
        loader=PackageLoader("passweb"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.policies["ext.i18n.trimmed"] = True
    install(made, language)
    made.globals |= {
        "_": made.globals["gettext"],
        "language": language,
        "languages": LANGUAGE_NAMES,
        "money": lambda money: _money(money, language),
        "day": lambda day, weekday=False: format_day(day, language, weekday=weekday),
        "moment": lambda instant, zone: format_moment(instant, zone, language),
        "number": lambda number: format_number(number, language),
        "zone_name": lambda zone: zone_name(zone, language),
        "qr": lambda code, title: Markup(qr_svg(code, title)),  # noqa: S704  # made by us
        "asset": asset,
    }
    return made


def _money(money: Money, language: str) -> str:
    return format_money(money.minor, money.currency, language)


@cache
def static_file(name: str) -> tuple[bytes, str, str] | None:
    """Return bytes, media type and version of one of our own static files."""
    media_type = _STATIC.get(name)
    if media_type is None:
        return None
    content = (files("passweb") / "static" / name).read_bytes()
    return content, media_type, hashlib.sha256(content).hexdigest()[:12]


def asset(name: str) -> str:
    """Return the address of a static file, which changes with its content."""
    found = static_file(name)
    assert found is not None, name
    return f"/static/{name}?v={found[2]}"


def headers(
    *, checkouts: Sequence[str] = (), framed: bool = False, shared: bool = False
) -> dict[str, str]:
    """Return the headers of a page.

    *checkouts* are origins a form's answer may lead to; *framed* lets other sites show the page in
    a frame; *shared* lets the browser keep it, to be asked about again, where it shows nothing
    personal.
    """
    policy = [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        f"frame-ancestors {'*' if framed else chr(39) + 'none' + chr(39)}",
        " ".join(["form-action 'self'", *checkouts]),
    ]
    made: dict[str, Any] = {
        "content-security-policy": "; ".join(policy),
        "x-content-type-options": "nosniff",
        # Not no-referrer: that makes browsers send `Origin: null` with our own forms.
        "referrer-policy": "same-origin",
        "cache-control": "private, no-cache" if shared else "no-store",
        "vary": "Cookie, Accept-Language",
    }
    if not framed:
        made["x-frame-options"] = "DENY"
    return made
