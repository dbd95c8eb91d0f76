"""Paging: pages by key, so that what is added meanwhile neither repeats nor hides a row.

A cursor is the sort key of the last row shown. It is opaque to callers and never trusted: it can
only ever move the start of a page of the caller's own business.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Column, Select, bindparam, tuple_

from passcore.errors import Invalid
from passcore.ports.store import Page
from passstore.statements import Row, micros, moment

T = TypeVar("T")

#: The most rows of one page, whatever is asked for.
MOST = 1000


def ordered(
    query: Select[Any], key: Sequence[Column[Any]], *, newest: bool, after: bool
) -> Select[Any]:
    """Return *query* in the order of *key*, from the cursor on where *after*."""
    if after:
        marks = tuple_(*[bindparam(f"after_{at}", type_=c.type) for at, c in enumerate(key)])
        row = tuple_(*key)
        query = query.where(row < marks if newest else row > marks)
    order = [column.desc() if newest else column.asc() for column in key]
    return query.order_by(*order).limit(bindparam("most"))


def read_cursor(cursor: str | None, kinds: Sequence[type]) -> dict[str, Any]:
    """Return the cursor's values by name; raises `Invalid` for anything we did not give out."""
    if cursor is None:
        return {}
    wrong = Invalid(field="cursor", problem="is not one this list gave")
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        values: Any = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        raise wrong from None
    if not isinstance(values, list) or len(values) != len(kinds):
        raise wrong
    made: list[Any] = []
    for value, kind in zip(values, kinds, strict=True):
        try:
            read = moment(value) if kind is datetime and type(value) is int else value
        except OverflowError:
            raise wrong from None
        if type(read) is not kind:
            raise wrong
        made.append(read)
    if any(isinstance(value, str) and "\0" in value for value in made):
        raise wrong
    return {f"after_{at}": value for at, value in enumerate(made)}


def cursor_of(values: Sequence[Any]) -> str:
    """Return the cursor for the row whose sort key has *values*."""
    plain = [micros(value) if isinstance(value, datetime) else value for value in values]
    text = json.dumps(plain, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def bounded(limit: int) -> int:
    """Return *limit*; raises `Invalid` outside 1 to `MOST`."""
    if not 1 <= limit <= MOST:
        raise Invalid(field="limit", problem=f"is not from 1 to {MOST}")
    return limit


def page_of(
    rows: Sequence[Row], limit: int, read: Callable[[Row], T], key: Callable[[T], Sequence[Any]]
) -> Page[T]:
    """Return the page of *rows*, of which one more than *limit* was asked for."""
    items = tuple(read(row) for row in rows[:limit])
    more = len(rows) > limit
    return Page(items, cursor_of(key(items[-1])) if more else None)
