"""Conflicts: what the database refuses, in the words of the port.

The only place that knows constraint names and error numbers. What is unique to the outside is
`AlreadyExists`; what two writers of the same rows can run into is `Contention`, which `App` answers
by running the use case again.
"""

from __future__ import annotations

import re
import sqlite3
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint, exc

from passcore.errors import AlreadyExists, Contention, PassError, StorageUnavailable
from passstore import engine
from passstore.tables import metadata

if TYPE_CHECKING:
    import psycopg

Values = Mapping[str, Any]

#: Constraints whose breach means that something of that name is there: what, and which field.
_TAKEN: Final[dict[str, tuple[str, str]]] = {
    "uq_businesses_slug": ("business", "slug"),
    "pk_businesses": ("business", "id"),
    "uq_services_business_id_slug": ("service", "slug"),
    "pk_services": ("service", "id"),
    "uq_products_business_id_slug": ("product", "slug"),
    "pk_products": ("product", "id"),
    "uq_clients_business_id_email": ("client", "email"),
    "pk_clients": ("client", "id"),
    "uq_passes_business_id_code": ("pass", "code"),
    "pk_passes": ("pass", "id"),
    "uq_orders_business_id_provider_key": ("order", "provider_key"),
    "pk_orders": ("order", "id"),
    "uq_payments_business_id_provider_payment_ref": ("payment", "payment_ref"),
    "pk_payments": ("payment", "id"),
    "uq_invoices_business_id_series_number": ("invoice", "number"),
    "pk_invoices": ("invoice", "id"),
    "uq_staff_business_id_email": ("staff", "email"),
    "pk_staff": ("staff", "id"),
    "uq_api_keys_digest": ("key", "digest"),
    "pk_api_keys": ("key", "id"),
}

#: Constraints that two writers of one thing meet at; decided again, the second sees the first.
_RACED: Final[frozenset[str]] = frozenset(
    {
        "pk_entries",
        "uq_entries_names",
        "uq_entries_paid",
        "pk_bookings",
        "uq_bookings_business_id_ref_source",
        "pk_receipts",
        "pk_invoice_counters",
        "ck_passes_available",
        "ck_passes_held",
    }
)

#: An embedder's engine may use the other SQLite driver.
_SQLITE_ERRORS: Final = (sqlite3.Error, engine.SQLITE.Error)
_SQLITE_FAULTS: Final = (sqlite3.OperationalError, engine.SQLITE.OperationalError)
#: Raised as such for a damaged file; its kinds are mistakes in the program.
_SQLITE_DAMAGE: Final = (sqlite3.DatabaseError, engine.SQLITE.DatabaseError)

#: Could not serialize, deadlock, lock not available; and a prepared statement that was dropped.
_CONTENDED: Final = ("40001", "40P01", "55P03", "26000")
_DOWN: Final = ("08", "53", "57P", "58", "25006", "XX")


def _by_columns() -> dict[str, str]:
    """Return the names of unique keys by what SQLite says of them: ``t.a, t.b``."""
    found = {}
    for table in metadata.tables.values():
        kinds = (UniqueConstraint, PrimaryKeyConstraint)
        keys = [key for key in table.constraints if isinstance(key, kinds)]
        for key in (*keys, *(index for index in table.indexes if index.unique)):
            columns = ", ".join(f"{table.name}.{column.name}" for column in key.columns)
            found[columns] = str(key.name)
    return found


_NAMES: Final = _by_columns()


class Lost(StorageUnavailable):
    """The connection itself is gone; another one may work."""


def constraint_of(error: BaseException) -> str | None:
    """Return the name of the constraint *error* speaks of, None where it is another error."""
    if _of_psycopg(error):
        return error.diag.constraint_name
    match = re.match(r"(UNIQUE|CHECK) constraint failed: (.*)", str(error))
    if match is None:
        return None
    return match[2] if match[1] == "CHECK" else _NAMES.get(match[2], match[2])


def translated(error: BaseException, values: Values) -> PassError | None:
    """Return *error* of a driver as the port's, None where it is a mistake in the program.

    *values* are those of the refused statement, to say what was taken.
    """
    if isinstance(error, exc.TimeoutError):
        return Contention("connections")
    if isinstance(error, exc.DBAPIError) and error.orig is not None:
        error = error.orig
    constraint = constraint_of(error)
    if constraint in _RACED:
        return Contention(constraint.split("_")[1])
    if constraint in _TAKEN:
        what, field = _TAKEN[constraint]
        return AlreadyExists(what, field, str(values.get(field, "")))
    if _of_psycopg(error):
        return _of_postgres(error)
    if isinstance(error, _SQLITE_ERRORS):
        return _of_sqlite(error)
    return None


def _of_psycopg(error: BaseException) -> TypeGuard[psycopg.Error]:
    """Tell psycopg's errors, without loading psycopg for those who never had one."""
    return "psycopg" in sys.modules and isinstance(error, sys.modules["psycopg"].Error)


def _of_postgres(error: psycopg.Error) -> PassError | None:
    import psycopg  # noqa: PLC0415  # loaded already, by the driver that raised

    state = error.sqlstate
    if state in _CONTENDED:
        return Contention()
    if state is None or state.startswith(("08", "57P")):
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            return Lost("the connection was lost")
        return None
    return StorageUnavailable(f"SQLSTATE {state}") if state.startswith(_DOWN) else None


def _of_sqlite(error: BaseException) -> PassError | None:
    if not isinstance(error, _SQLITE_FAULTS) and type(error) not in _SQLITE_DAMAGE:
        return None
    message = str(error)
    if "locked" in message or "busy" in message:
        return Contention()
    for sign in ("full", "unable to open", "disk I/O", "readonly", "read-only", "malformed"):
        if sign in message:
            return StorageUnavailable(message)
    return None
