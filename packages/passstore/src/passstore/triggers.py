"""Triggers and functions: what the database itself forbids, and how one statement calls itself off.

Entries and invoices are only ever added; a correction is a new row (L1). On PostgreSQL a function
ends a statement whose guarded updates found other rows than were read, so that the statement, and
with it the whole of a visit, leaves nothing behind.
"""

from __future__ import annotations

from typing import Final

#: Tables that take no UPDATE and no DELETE.
APPEND_ONLY: Final = ("entries", "invoices")

_SQLITE: Final = """
CREATE TRIGGER {table}_keep_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} are only ever added'); END
"""

_POSTGRES_FUNCTIONS: Final = (
    """
CREATE FUNCTION passstore_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% are only ever added', TG_TABLE_NAME USING ERRCODE = '23001'; END $$
""",
    """
CREATE FUNCTION passstore_exactly(updated bigint, wanted bigint) RETURNS boolean LANGUAGE plpgsql
AS $$
BEGIN
  IF updated <> wanted THEN
    RAISE EXCEPTION '% of % rows were as read', updated, wanted USING ERRCODE = '40001';
  END IF;
  RETURN true;
END $$
""",
)
_POSTGRES_TRIGGER: Final = """
CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION passstore_only_added()
"""


#: Room on each page for the next version of a row, so that a visit's updates stay in place.
_POSTGRES_ROOM: Final = (
    "ALTER TABLE passes SET (fillfactor = 80)",
    "ALTER TABLE bookings SET (fillfactor = 80)",
)


def create(dialect: str) -> tuple[str, ...]:
    """Return the statements that make all of them on *dialect*, for a migration."""
    if dialect == "postgresql":
        triggers = (_POSTGRES_TRIGGER.format(table=table) for table in APPEND_ONLY)
        return (*_POSTGRES_FUNCTIONS, *triggers, *_POSTGRES_ROOM)
    verbs = ("UPDATE", "DELETE")
    return tuple(_SQLITE.format(table=t, verb=v) for t in APPEND_ONLY for v in verbs)


def drop(dialect: str) -> tuple[str, ...]:
    """Return the statements that take them away again."""
    if dialect == "postgresql":
        triggers = (f"DROP TRIGGER {table}_keep ON {table}" for table in APPEND_ONLY)
        functions = ("passstore_only_added()", "passstore_exactly(bigint, bigint)")
        return (*triggers, *(f"DROP FUNCTION {function}" for function in functions))
    return tuple(f"DROP TRIGGER {t}_keep_{v}" for t in APPEND_ONLY for v in ("UPDATE", "DELETE"))
