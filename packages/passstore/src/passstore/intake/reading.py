"""Reading an intake's rows, whether their columns came as texts, as JSON or as the driver's values.

Clients and services are kept by the whole content of their row: the same row is the same value, so
nothing kept can be stale, and the checks that building one runs are run once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Boolean

from passcore.domain.clients import Client
from passcore.domain.money import Money
from passcore.domain.services import Service, ServiceKind
from passstore import tables
from passstore.rows import small
from passstore.rows.bookings import BOOKING
from passstore.rows.passes import PASS
from passstore.rows.shapes import CLIENT, SERVICE

Moment = Callable[[Any], datetime]
PAID_BY: Final = BOOKING.index("paid_by")


@lru_cache(maxsize=8192)
def client_of(row: tuple[Any, ...], moment: Moment) -> Client:
    """Return the client of a row of `CLIENT`."""
    client_id, email, name, created_at, language, customer_ref, card_ref, version = row
    created = moment(created_at)
    return Client(client_id, email, name, created, language, customer_ref, card_ref, int(version))


@lru_cache(maxsize=2048)
def service_of(row: tuple[Any, ...]) -> Service:
    """Return the service of a row of `SERVICE`."""
    service_id, slug, name, category, kind, minutes, minor, currency, rate, active, version = row
    price = None if minor is None else Money(int(minor), currency)
    return Service(
        service_id, slug, name, category, ServiceKind(kind), int(minutes), price, int(rate),
        active in ("t", True), int(version),
    )  # fmt: skip


def _kinds(table: str, columns: Iterable[str]) -> list[tuple[int, Callable[[str], Any]]]:
    """Return which columns, as texts, have to be read as something else."""
    found: list[tuple[int, Callable[[str], Any]]] = []
    for at, name in enumerate(columns):
        kind = tables.metadata.tables[table].c[name].type
        if isinstance(kind, tables.Instant):
            found.append((at, small.instant))
        elif isinstance(kind, Boolean):
            found.append((at, "t".__eq__))
        elif kind is tables.Whole:
            found.append((at, int))
    return found


BOOKING_TEXTS: Final = _kinds("bookings", BOOKING)
PASS_TEXTS: Final = _kinds("passes", PASS)


def typed(row: list[Any], kinds: list[tuple[int, Callable[[str], Any]]]) -> list[Any]:
    """Return *row* with the texts of *kinds* read."""
    for at, read in kinds:
        if row[at] is not None:
            row[at] = read(row[at])
    return row


def same(value: Any) -> Any:
    """Read an instant that is one already."""
    return value


def array(values: Iterable[str]) -> str:
    """Write a PostgreSQL array of texts; the driver's own way is slower than the query."""
    quoted = [v.replace("\\", "\\\\").replace('"', '\\"') for v in values]
    return '{"' + '","'.join(quoted) + '"}' if quoted else "{}"


assert len(CLIENT.columns) == 8
assert len(SERVICE.columns) == 11
