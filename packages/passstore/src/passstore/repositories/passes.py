"""Passes of one business and their ledgers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Select, bindparam, select

from passcore import codec
from passcore.domain.ledger import Entry
from passcore.domain.passes import Pass
from passcore.domain.products import Terms
from passcore.errors import NotFound
from passcore.ports.store import Page, PassChange, StoredPass
from passstore import tables as t
from passstore.repositories.flat import among, listed, mine
from passstore.repositories.paging import bounded, ordered, page_of, read_cursor
from passstore.rows.frozen_terms import TERMS
from passstore.rows.passes import (
    PASS,
    TERMS_KEY,
    entry_values,
    fixed_values,
    read_pass,
    state_values,
)
from passstore.statements import Row, Statement
from passstore.unit import Unit

_C: Final = t.passes.c
_E: Final = t.entries.c
_NEWEST: Final = (_C.created_at, _C.id)


def _select() -> Select[Any]:
    return select(*[_C[name] for name in PASS]).where(mine(t.passes))


_BY_ID: Final = Statement(_select().where(_C.id == bindparam("id")))
_LOCKED: Final = Statement(_select().where(_C.id == bindparam("id")).with_for_update())
_MANY: Final = among(_select(), _C.id)
_BY_CODE: Final = Statement(_select().where(_C.code == bindparam("code")))
_OF_CLIENT: Final = Statement(
    _select().where(_C.client_id == bindparam("client_id")).order_by(*_NEWEST)
)
_DUE: Final = Statement(
    _select()
    .where(_C.sweep_at <= bindparam("at"))
    .order_by(_C.sweep_at, _C.id)
    .limit(bindparam("most"))
)
_TERMS: Final = Statement(
    select(t.terms.c.body).where(mine(t.terms), t.terms.c.terms_key == bindparam("terms_key"))
)
_MANY_TERMS: Final = among(
    select(t.terms.c.terms_key, t.terms.c.body).where(mine(t.terms)), t.terms.c.terms_key
)
_LEDGER: Final = Statement(
    select(_E.seq, _E.prev, _E.body)
    .where(mine(t.entries), _E.pass_id == bindparam("pass_id"), _E.seq > bindparam("seq"))
    .order_by(_E.seq)
    .limit(bindparam("most"))
)
#: How many entries are read at once while a ledger is walked.
_STEP: Final = 1000


@cache
def _page(*, client: bool, product: bool, after: bool) -> Statement:
    query = _select()
    if client:
        query = query.where(_C.client_id == bindparam("client_id"))
    if product:
        query = query.where(_C.product_id == bindparam("product_id"))
    return Statement(ordered(query, _NEWEST, newest=True, after=after))


def terms_of(unit: Unit, key: str) -> Terms:
    """Return the terms stored under *key*, from the cache where they were read before."""
    found = TERMS.find(key)
    if found is not None:
        return found
    row = unit.one(_TERMS, terms_key=key)
    if row is None:
        raise NotFound("terms", key)
    return TERMS.read(key, row[0])


def learn_terms(unit: Unit, keys: Iterable[str]) -> None:
    """Read the terms among *keys* that were never read before, at once, for `terms_of`."""
    wanted = listed(key for key in keys if TERMS.find(key) is None)
    if wanted is not None:
        for key, body in unit.rows(_MANY_TERMS, wanted=wanted):
            TERMS.read(key, body)


def stored_passes(
    unit: Unit, rows: Iterable[Sequence[Any]], moment: Callable[[Any], datetime]
) -> list[StoredPass]:
    """Return the passes of rows as the driver gave them."""
    return [read_pass(row, moment, terms_of(unit, row[TERMS_KEY])) for row in rows]


class Passes:
    """The passes of one business."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(self, stored: StoredPass, entry: Entry) -> None:
        """Store a new pass and its first entry; raises `AlreadyExists` for a pass ID in use."""
        unit, state = self._unit, stored.state
        if unit.writable().filled:
            unit.flush()
        buffer = unit.buffer
        self._add_terms(state)
        row, head = entry_values(state.id, entry, "", unit.out)
        fixed = fixed_values(stored, unit.out)
        buffer.passes.append((*fixed, *state_values(state, head, unit.out)))
        buffer.entries.append(row)
        buffer.filled = True
        unit.flush(may_fail=True)

    def append(self, changes: Sequence[PassChange]) -> None:
        """Add entries and update the cached states, over the versions that were read."""
        unit = self._unit
        out = unit.out
        buffer = unit.writable()
        # One order for everybody, so that two batches wait for each other and never both.
        for change in sorted(changes, key=_pass_id) if len(changes) > 1 else changes:
            before, after = change.before, change.after
            if not buffer.touch(after.id):
                unit.flush()
                buffer = unit.buffer
                buffer.touch(after.id)
            if after.terms is not before.state.terms:
                self._add_terms(after)
            head = before.head
            for entry in change.entries:
                row, head = entry_values(after.id, entry, head, out)
                buffer.entries.append(row)
            state = state_values(after, head, out)
            buffer.changes.append((after.id, *state, before.state.version))

    def _add_terms(self, state: Pass) -> None:
        row = (TERMS.key_of(state.terms), codec.dumps(state.terms))
        if row not in self._unit.buffer.terms:
            self._unit.buffer.terms.append(row)

    def get(self, pass_id: str, *, lock: bool = False) -> StoredPass:
        """Find by id; *lock* holds its row until the block ends."""
        if lock:
            self._unit.begin()
        row = self._unit.one(_LOCKED if lock else _BY_ID, id=pass_id)
        if row is None:
            raise NotFound("pass", pass_id)
        return self._read(row)

    def many(self, pass_ids: Iterable[str]) -> Mapping[str, StoredPass]:
        """Those of *pass_ids* that are there, by id."""
        wanted = listed(pass_ids)
        found = [] if wanted is None else self._all(self._unit.rows(_MANY, wanted=wanted))
        return {stored.state.id: stored for stored in found}

    def by_code(self, code: str) -> StoredPass | None:
        """Find by pass ID, None where there is none."""
        row = self._unit.one(_BY_CODE, code=code)
        return None if row is None else self._read(row)

    def of_client(self, client_id: str) -> Sequence[StoredPass]:
        """Every pass of a client, the oldest first."""
        return self._all(self._unit.rows(_OF_CLIENT, client_id=client_id))

    def ledger(self, pass_id: str) -> Sequence[Entry]:
        """All entries in order."""
        return [codec.read_entry(body, prev) for _, prev, body in self.bodies(pass_id)]

    def bodies(self, pass_id: str) -> Iterator[tuple[int, str, str]]:
        """``(seq, prev, body)`` of all entries in order, exactly as stored."""
        seq = -(2**62)  # an entry that has no right to be there is shown too
        while True:
            rows = self._unit.rows(_LEDGER, pass_id=pass_id, seq=seq, most=_STEP)
            for row in rows:
                seq = row[0]
                yield seq, row[1], row[2]
            if len(rows) < _STEP:
                return

    def page(
        self,
        *,
        client_id: str | None = None,
        product_id: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[StoredPass]:
        """Newest first."""
        most = bounded(limit) + 1
        after = read_cursor(cursor, (datetime, str))
        statement = _page(
            client=client_id is not None, product=product_id is not None, after=bool(after)
        )
        rows = self._unit.rows(
            statement, client_id=client_id, product_id=product_id, most=most, **after
        )
        learn_terms(self._unit, (row[TERMS_KEY] for row in rows))
        return page_of(rows, limit, self._read, lambda p: (p.state.created_at, p.state.id))

    def due(self, at: datetime, limit: int) -> Sequence[StoredPass]:
        """Passes that ended by *at* and still have sessions to lapse, the first to end first."""
        return self._all(self._unit.rows(_DUE, at=at, most=limit))

    def _all(self, rows: Sequence[Row]) -> list[StoredPass]:
        learn_terms(self._unit, (row[TERMS_KEY] for row in rows))
        return [self._read(row) for row in rows]

    def _read(self, row: Row) -> StoredPass:
        return read_pass(row, _same, terms_of(self._unit, row[TERMS_KEY]))


def _pass_id(change: PassChange) -> str:
    return change.after.id


def _same(value: datetime) -> datetime:
    """Instants of `Unit.rows` are converted already."""
    return value
