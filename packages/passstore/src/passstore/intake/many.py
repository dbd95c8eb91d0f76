"""The intake of many reports: one statement on PostgreSQL, cheap look-ups in one view on SQLite."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from passstore.intake.names import Found, Names
from passstore.intake.reading import PAID_BY, array, client_of, service_of
from passstore.repositories.passes import stored_passes
from passstore.rows import small
from passstore.rows.bookings import BOOKING, read_booking
from passstore.rows.passes import PASS
from passstore.rows.shapes import CLIENT, SERVICE
from passstore.unit import Unit


def read_many(unit: Unit, names: Names) -> Found:
    """Read for any number of reports."""
    if unit.postgres:
        return _from_postgres(unit, names)
    with unit.view():
        return _from_sqlite(unit, names)


def _emails(names: Names) -> list[str]:
    return [email for email in names.clients.values() if email is not None]


def _client_ids(names: Names) -> list[str]:
    return [ref.id for ref in names.clients if ref.id is not None]


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
assert _LOCKING != _POSTGRES


def _from_postgres(unit: Unit, names: Names) -> Found:
    business = unit.business_id
    services = array(names.services)
    values = (
        array(source for source, _ in names.bookings), array(ref for _, ref in names.bookings),
        business, business, array(_client_ids(names)), array(_emails(names)),
        business, services, services,
        business, array(names.pass_ids), array(names.codes),
    )  # fmt: skip
    if unit.locking:
        unit.begin()
    text = _LOCKING if unit.locking else _POSTGRES
    ((bookings, clients, services_json, passes),) = unit.raw(text, values)
    return (
        [read_booking(row, small.instant) for row in _rows(bookings)],
        [client_of(tuple(row), small.instant) for row in _rows(clients)],
        [service_of(tuple(row)) for row in _rows(services_json)],
        stored_passes(unit, _rows(passes), small.instant),
    )


def _rows(text: str | None) -> list[list[Any]]:
    return [] if text is None else json.loads(text)


# --- SQLite ---------------------------------------------------------------------------------------


def _select(table: str, columns: Iterable[str], where: str) -> str:
    listed = ", ".join(columns)
    return f"SELECT {listed} FROM {table} WHERE business_id = ? AND {where}"  # noqa: S608  # made of column names


_BOOKING: Final = _select("bookings", BOOKING, "source = ? AND ref = ?")
_CLIENT: Final = {
    column: _select("clients", CLIENT.columns, f"{column} = ?") for column in ("id", "email")
}
_SERVICE: Final = _select("services", SERVICE.columns, "(id = ? OR slug = ?)")
_PASSES: Final = {
    column: _select("passes", PASS, f"{column} = ?") for column in ("client_id", "id", "code")
}


def _from_sqlite(unit: Unit, names: Names) -> Found:
    business, moment = unit.business_id, unit.dialect.moment

    def every(text: str, wanted: Iterable[Any]) -> list[Any]:
        return [row for one in wanted for row in unit.raw(text, (business, *one))]

    bookings = every(_BOOKING, names.bookings)
    rows = every(_CLIENT["id"], ((i,) for i in _client_ids(names)))
    rows += every(_CLIENT["email"], ((email,) for email in _emails(names)))
    clients = list({row[0]: client_of(row, moment) for row in rows}.values())
    services = every(_SERVICE, ((ref, ref) for ref in names.services))
    found = every(_PASSES["client_id"], ((client.id,) for client in clients))
    passes = {row[0]: row for row in found}
    ids = [i for row in bookings for i in row[PAID_BY].split()] + names.pass_ids
    missing = {(i,): None for i in ids if i not in passes}
    passes |= {row[0]: row for row in every(_PASSES["id"], missing)}
    passes |= {row[0]: row for row in every(_PASSES["code"], ((code,) for code in names.codes))}
    return (
        [read_booking(row, moment) for row in bookings],
        clients,
        [service_of(row) for row in services],
        stored_passes(unit, passes.values(), moment),
    )
