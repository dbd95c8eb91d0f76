"""The intake: everything a batch of reports needs, in one round trip on PostgreSQL."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Boolean

from passcore.domain import checks
from passcore.domain.bookings import AUTO, Booking
from passcore.domain.clients import Client, ClientRef
from passcore.domain.ids import looks_like_code, read_code
from passcore.domain.services import Service
from passcore.errors import Invalid
from passcore.ports.store import Intake, IntakeKey, StoredPass
from passstore import tables
from passstore.repositories.passes import stored_passes
from passstore.rows import small
from passstore.rows.bookings import BOOKING, read_booking
from passstore.rows.passes import PASS
from passstore.rows.shapes import CLIENT, SERVICE
from passstore.unit import Unit

_PAID_BY: Final = BOOKING.index("paid_by")


def read_intake(unit: Unit, keys: Sequence[IntakeKey]) -> Intake:
    """Return what *keys* name; what is not there is left out."""
    names = _Names(keys)
    if unit.postgres:
        found = _from_postgres(unit, names)
    else:
        with unit.view():
            found = _from_sqlite(unit, names)
    bookings, clients, services, passes = found
    by_id = {client.id: client for client in clients}
    by_email = {client.email: client for client in clients}
    known: dict[ClientRef, Client] = {}
    for ref, email in names.clients.items():
        client = by_id.get(ref.id) if ref.id is not None else by_email.get(email or "")
        if client is not None:
            known[ref] = client
        elif email is not None:
            unit.missed.add(email)
    by_name = {service.slug: service for service in services}
    by_name |= {service.id: service for service in services}
    asked = {name: by_name[name] for name in names.services if name in by_name}
    return Intake({(b.source, b.ref): b for b in bookings}, known, asked, passes)


class _Names:
    """What the keys name, each once."""

    def __init__(self, keys: Sequence[IntakeKey]) -> None:
        self.bookings = tuple({(key.source, key.ref): None for key in keys})
        self.clients: dict[ClientRef, str | None] = {}
        self.pass_ids: list[str] = []
        self.codes: list[str] = []
        for key in keys:
            ref = key.client
            self.clients[ref] = None if ref.id is not None else _email(ref.email)
            named = key.choice
            if named is not None and named != AUTO:
                if looks_like_code(named):
                    self.codes.append(read_code(named))
                else:
                    self.pass_ids.append(named)
        self.services = tuple({key.service: None for key in keys})
        self.client_ids = [ref.id for ref in self.clients if ref.id is not None]
        self.emails = [email for email in self.clients.values() if email is not None]


def _email(text: str | None) -> str | None:
    try:
        return None if text is None else checks.email(text)
    except Invalid:  # one report's mistake; whoever decides on it will say so
        return None


Found = tuple[list[Booking], list[Client], list[Service], list[StoredPass]]


# --- PostgreSQL -----------------------------------------------------------------------------------


def _listed(columns: Iterable[str], alias: str) -> str:
    listed = ", ".join(f"{alias}.{column}" for column in columns)
    return f"json_agg(json_build_array({listed}))::text"


_POSTGRES: Final = f"""
WITH b AS (
  SELECT t.* FROM unnest(%s::text[], %s::text[]) AS k(source, ref)
  JOIN bookings t ON t.business_id = %s AND t.source = k.source AND t.ref = k.ref
), c AS (
  SELECT t.* FROM clients t
  WHERE t.business_id = %s AND (t.id = ANY(%s::text[]) OR t.email = ANY(%s::text[]))
)
SELECT
  (SELECT {_listed(BOOKING, "b")} FROM b),
  (SELECT {_listed(CLIENT.columns, "c")} FROM c),
  (SELECT {_listed(SERVICE.columns, "s")} FROM services s
   WHERE s.business_id = %s AND (s.id = ANY(%s::text[]) OR s.slug = ANY(%s::text[]))),
  (SELECT {_listed(PASS, "p")} FROM (
     SELECT p.* FROM passes p
     WHERE p.business_id = %s AND (
       p.client_id = ANY(ARRAY(SELECT c.id FROM c))
       OR p.id = ANY(ARRAY(SELECT unnest(string_to_array(b.paid_by, ' ')) FROM b) || %s::text[])
       OR p.code = ANY(%s::text[]))) p)
"""  # noqa: S608  # made of column names
#: The same, with the passes locked in the order of their ids.
_LOCKING: Final = _POSTGRES.replace("::text[]))) p)", "::text[])) ORDER BY p.id FOR UPDATE) p)")


def _array(values: Iterable[str]) -> str:
    """Write a PostgreSQL array of texts; the driver's own way is slower than the query."""
    quoted = [v.replace("\\", "\\\\").replace('"', '\\"') for v in values]
    return '{"' + '","'.join(quoted) + '"}' if quoted else "{}"


def _from_postgres(unit: Unit, names: _Names) -> Found:
    if len(names.bookings) == len(names.clients) == 1 and not unit.locking:
        found = _one_from_postgres(unit, names)
        if found is not None:
            return found
    business = unit.business_id
    services = _array(names.services)
    values = (
        _array(source for source, _ in names.bookings), _array(ref for _, ref in names.bookings),
        business, business, _array(names.client_ids), _array(names.emails),
        business, services, services,
        business, _array(names.pass_ids), _array(names.codes),
    )  # fmt: skip
    if unit.locking:
        unit.begin()
    text = _LOCKING if unit.locking else _POSTGRES
    ((bookings, clients, services_json, passes),) = unit.raw(text, values)
    return (
        [read_booking(row, small.instant) for row in _rows(bookings)],
        [_client(row, small.instant) for row in _rows(clients)],
        [SERVICE.read(row) for row in _rows(services_json)],
        stored_passes(unit, _rows(passes), small.instant),
    )


_PARTS: Final = (("b", BOOKING), ("c", CLIENT.columns), ("s", SERVICE.columns), ("p", PASS))
_ENDS: Final = tuple(itertools.accumulate(len(columns) for _, columns in _PARTS))
_LISTED: Final = ", ".join(f"{alias}.{name}" for alias, names in _PARTS for name in names)
_ONE: Final = {
    column: f"""
SELECT {_LISTED} FROM (SELECT %s::text AS id) AS own
LEFT JOIN bookings b ON b.business_id = own.id AND b.source = %s AND b.ref = %s
LEFT JOIN clients c ON c.business_id = own.id AND c.{column} = %s
LEFT JOIN services s ON s.business_id = own.id AND (s.id = %s OR s.slug = %s)
LEFT JOIN passes p ON p.business_id = own.id AND p.client_id = c.id
"""  # noqa: S608  # made of column names
    for column in ("id", "email")
}
_NAMED: Final = f"""
SELECT {", ".join(PASS)} FROM passes
WHERE business_id = %s AND (id = ANY(%s::text[]) OR code = ANY(%s::text[]))
"""  # noqa: S608  # made of column names


def _one_from_postgres(unit: Unit, names: _Names) -> Found | None:
    """Read for one report by plain joins, all columns as texts; None where there is no wire."""
    ((ref, email),) = names.clients.items()
    ((source, booking_ref),) = names.bookings
    (service,) = names.services
    by, name = ("email", email) if ref.id is None else ("id", ref.id)
    values = (unit.business_id, source, booking_ref, name, service, service)
    found = unit.texts(_ONE[by], values)
    if found is None:
        return None
    b, c, s, p = _ENDS
    first = found[0]
    bookings = [] if first[0] is None else [_typed(first[:b], _BOOKING_KINDS)]
    clients = [] if first[b] is None else [_typed(first[b:c], _CLIENT_KINDS)]
    services = {row[c]: row[c:s] for row in found if row[c] is not None}
    passes = [_typed(row[s:p], _PASS_KINDS) for row in found if row[s] is not None]
    known = {row[0] for row in passes}
    paid_by = bookings[0][_PAID_BY].split() if bookings else []
    ids = {pass_id for pass_id in (*paid_by, *names.pass_ids) if pass_id not in known}
    if ids or names.codes:
        more = unit.texts(_NAMED, (unit.business_id, _array(ids), _array(names.codes))) or []
        passes += [_typed(row, _PASS_KINDS) for row in more if row[0] not in known]
    return (
        [read_booking(row, _same) for row in bookings],
        [Client(*row) for row in clients],
        [SERVICE.read(_typed(row, _SERVICE_KINDS)) for row in services.values()],
        stored_passes(unit, passes, _same),
    )


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


_BOOKING_KINDS: Final = _kinds("bookings", BOOKING)
_CLIENT_KINDS: Final = _kinds("clients", CLIENT.columns)
_SERVICE_KINDS: Final = _kinds("services", SERVICE.columns)
_PASS_KINDS: Final = _kinds("passes", PASS)


def _typed(row: list[Any], kinds: list[tuple[int, Callable[[str], Any]]]) -> list[Any]:
    for at, read in kinds:
        if row[at] is not None:
            row[at] = read(row[at])
    return row


def _same(value: Any) -> Any:
    return value


def _rows(text: str | None) -> list[list[Any]]:
    return [] if text is None else json.loads(text)


_CREATED_AT: Final = CLIENT.columns.index("created_at")


def _client(row: Sequence[Any], moment: Callable[[Any], datetime]) -> Client:
    return Client(row[0], row[1], row[2], moment(row[3]), *row[4:])


assert _CREATED_AT == 3


# --- SQLite ---------------------------------------------------------------------------------------


def _select(table: str, columns: Iterable[str], where: str) -> str:
    listed = ", ".join(columns)
    return f"SELECT {listed} FROM {table} WHERE business_id = ? AND {where}"  # noqa: S608


_BOOKING: Final = _select("bookings", BOOKING, "source = ? AND ref = ?")
_CLIENT: Final = {
    column: _select("clients", CLIENT.columns, f"{column} = ?") for column in ("id", "email")
}
_SERVICE: Final = _select("services", SERVICE.columns, "(id = ? OR slug = ?)")
_PASSES: Final = {
    column: _select("passes", PASS, f"{column} = ?") for column in ("client_id", "id", "code")
}


def _from_sqlite(unit: Unit, names: _Names) -> Found:
    business, moment = unit.business_id, unit.dialect.moment

    def every(text: str, wanted: Iterable[Any]) -> list[Any]:
        return [row for one in wanted for row in unit.raw(text, (business, *one))]

    bookings = every(_BOOKING, names.bookings)
    rows = every(_CLIENT["id"], ((i,) for i in names.client_ids))
    rows += every(_CLIENT["email"], ((email,) for email in names.emails))
    clients = list({row[0]: _client(row, moment) for row in rows}.values())
    services = every(_SERVICE, ((ref, ref) for ref in names.services))
    found = every(_PASSES["client_id"], ((client.id,) for client in clients))
    passes = {row[0]: row for row in found}
    ids = [i for row in bookings for i in row[_PAID_BY].split()] + names.pass_ids
    missing = {(i,): None for i in ids if i not in passes}
    passes |= {row[0]: row for row in every(_PASSES["id"], missing)}
    passes |= {row[0]: row for row in every(_PASSES["code"], ((code,) for code in names.codes))}
    return (
        [read_booking(row, moment) for row in bookings],
        clients,
        [SERVICE.read(row) for row in services],
        stored_passes(unit, passes.values(), moment),
    )
