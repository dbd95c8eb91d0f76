"""Forms as they come: bounded, strict, and kept as typed so that they can be shown again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Final
from urllib.parse import parse_qsl

import attrs

from passcore.domain import checks
from passcore.errors import Invalid
from passweb.pages.halting import Halt

MAX_BODY: Final = 16 * 1024
_MAX_FIELDS: Final = 40
_MEDIA_TYPE: Final = "application/x-www-form-urlencoded"
#: What takes no room or shows as nothing: a name of these alone could not be clicked on.
_UNSEEN: Final = re.compile(
    "[\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f\u2800"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0]*"
)


@attrs.define
class Form:
    """The fields of a form by name, and what is wrong with them, worded for people.

    Reading a field that is not right notes the trouble and returns None; `ok` tells afterwards.
    """

    values: dict[str, str] = attrs.field(factory=dict)
    troubles: dict[str, str] = attrs.field(factory=dict)

    @property
    def ok(self) -> bool:
        """True while nothing is wrong."""
        return not self.troubles

    def raw(self, name: str) -> str:
        """Return a field as typed, without outer white space and NUL, which no database takes."""
        return self.values.get(name, "").replace("\0", "").strip()

    def wrong(self, name: str, trouble: str) -> None:
        """Note what is wrong with a field; the first word on it stays."""
        self.troubles.setdefault(name, trouble)

    def text(self, name: str, longest: int, trouble: str, *, empty: bool = False) -> str | None:
        """Return a line of text of at most *longest* characters, with something to see in it."""
        try:
            found = checks.clean(self.values.get(name, ""), name, longest, empty=empty)
        except Invalid:
            found = None
        if found is None or (found and _UNSEEN.fullmatch(found)):
            self.wrong(name, trouble)
            return None
        return found

    def email(self, name: str, trouble: str) -> str | None:
        """Return an e-mail address in its normal form."""
        try:
            return checks.email(self.values.get(name, ""), name)
        except Invalid:
            self.wrong(name, trouble)
            return None

    def whole(self, name: str, low: int, high: int, trouble: str) -> int | None:
        """Return a whole number from *low* to *high*, None where the field is empty."""
        typed = self.raw(name)
        if not typed:
            return None
        digits = typed[1:] if typed[0] in "+-" else typed
        if digits.isascii() and digits.isdigit() and len(digits) <= 9 and low <= int(typed) <= high:
            return int(typed)
        self.wrong(name, trouble)
        return None

    def day(self, name: str, trouble: str) -> date | None:
        """Return a day as date inputs write it, None where the field is empty."""
        typed = self.raw(name)
        if not typed:
            return None
        try:
            if len(typed) == 10:
                return date.fromisoformat(typed)
        except ValueError:
            pass
        self.wrong(name, trouble)
        return None

    def clock(self, name: str, trouble: str) -> time | None:
        """Return a time of day as time inputs write it, None where the field is empty."""
        typed = self.raw(name)
        if not typed:
            return None
        try:
            if len(typed) in (5, 8):
                return datetime.strptime(typed[:5], "%H:%M").time()  # noqa: DTZ007  # a time on the wall has no zone
        except ValueError:
            pass
        self.wrong(name, trouble)
        return None


def read_form(content_type: str, body: bytes) -> Form:
    """Return the form in *body*; raises `Halt` for what no browser of ours would send (X13)."""
    if content_type.partition(";")[0].strip().lower() != _MEDIA_TYPE:
        raise Halt(415)
    if len(body) > MAX_BODY:
        raise Halt(413)
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError:  # UnicodeError is one too
        raise Halt(400) from None
    values = dict(pairs)
    if len(values) != len(pairs):
        raise Halt(400)
    return Form(values)


def filled(values: Mapping[str, str | None]) -> Form:
    """Return a form that is shown with *values* in it."""
    return Form({name: value for name, value in values.items() if value})
