"""Checks every text and number passes before it becomes part of a value: bounded, printable, NFC.

Refused in any text: U+0000 and the other control characters, the bidirectional overrides and
isolates (U+202A to U+202E, U+2066 to U+2069), and lone surrogates. Line breaks are allowed where a
field says so.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any, Final

from passcore.errors import Invalid

_FORBIDDEN: Final = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_BREAKS: Final = re.compile("[\t\n\r\u2028\u2029]")
_SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_EMAIL: Final = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?=.{4,190}\Z)"
    r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+"
)

Validator = Callable[[Any, Any, Any], None]


def clean(value: str, field: str, longest: int, *, lines: bool = False, empty: bool = False) -> str:
    """Return *value* in NFC without outer white space; raises `Invalid` naming *field*.

    *longest* counts code points; *lines* allows line breaks, *empty* allows nothing at all.
    """
    if _FORBIDDEN.search(value) or (not lines and _BREAKS.search(value)):
        raise Invalid(field=field, problem="has a control character")
    value = unicodedata.normalize("NFC", value).strip()
    if len(value) > longest:
        raise Invalid(field=field, problem=f"is longer than {longest} characters")
    if not value and not empty:
        raise Invalid(field=field, problem="is empty")
    return value


def email(value: str, field: str = "email") -> str:
    """Return the normalised form of an e-mail address: one address, lower case, ASCII.

    Comments, quoted local parts, lists and display names are refused; an international domain is
    given in its ASCII form. Raises `Invalid`.
    """
    value = clean(value, field, 254).lower()
    local = value.partition("@")[0]
    dots = local.startswith(".") or local.endswith(".") or ".." in local
    if dots or "=?" in value or not _EMAIL.fullmatch(value):
        raise Invalid(field=field, problem="is not one plain e-mail address")
    return value


def slug(value: str, field: str = "slug") -> str:
    """Return *value* if it can stand in an address: a to z, 0 to 9, inner hyphens, at most 64."""
    if not _SLUG.fullmatch(value):
        raise Invalid(field=field, problem="must be a-z, 0-9 and inner hyphens, at most 64")
    return value


def slugify(name: str) -> str:
    """Return a slug made from *name*, for example ``10 x Reformer`` gives ``10-x-reformer``."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:60].strip("-") or "item"


def text(field: str, longest: int, *, lines: bool = False, empty: bool = False) -> Validator:
    """Return an attrs validator that accepts what `clean` leaves unchanged."""

    def check(_instance: Any, _attribute: Any, value: Any) -> None:
        if clean(value, field, longest, lines=lines, empty=empty) != value:
            raise Invalid(field=field, problem="is not in normal form (NFC, no outer space)")

    return check


def slug_of(field: str) -> Validator:
    """Return an attrs validator for slugs."""

    def check(_instance: Any, _attribute: Any, value: Any) -> None:
        slug(value, field)

    return check


def bounded(field: str, low: int, high: int, *, optional: bool = False) -> Validator:
    """Return an attrs validator for whole numbers from *low* to *high*, None where *optional*."""

    def check(_instance: Any, _attribute: Any, value: Any) -> None:
        if optional and value is None:
            return
        if type(value) is not int or not low <= value <= high:
            raise Invalid(field=field, problem=f"is not a whole number from {low} to {high}")

    return check
