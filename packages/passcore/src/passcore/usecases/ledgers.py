"""Ledgers: the passes one use case works on, and the entries it has decided so far.

A use case may decide several commands on several passes before anything is written; each decision
sees those before it. `write` then appends all of them with one call.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from passcore.domain.commands import Command
from passcore.domain.decisions import decide
from passcore.domain.folding import apply
from passcore.domain.ledger import Entry
from passcore.domain.passes import Pass
from passcore.errors import NotFound
from passcore.ports.store import PassChange, StoredPass, Tx
from passcore.usecases.call import Call


@attrs.define
class _Open:
    """A pass under work: as read, as it stands now, and what was added in between."""

    before: StoredPass
    state: Pass
    entries: list[Entry]


class Ledgers:
    """The passes of one use case; `state` is always the one after what was decided."""

    def __init__(self, call: Call, passes: Iterable[StoredPass] = ()) -> None:
        self._call = call
        self._open = {stored.state.id: _Open(stored, stored.state, []) for stored in passes}
        self._journal: list[tuple[_Open, Pass, int]] = []

    def state(self, pass_id: str) -> Pass:
        """Return the pass as decided so far; raises `NotFound` where it was not loaded."""
        found = self._open.get(pass_id)
        if found is None:
            raise NotFound("pass", pass_id)
        return found.state

    def before(self, pass_id: str) -> Pass:
        """Return the pass as it was read."""
        return self._open[pass_id].before.state

    def code(self, pass_id: str) -> str:
        """Return the pass ID of a loaded pass."""
        return self._open[pass_id].before.code

    def by_code(self, code: str) -> Pass | None:
        """Return the loaded pass with the pass ID *code*."""
        return next((o.state for o in self._open.values() if o.before.code == code), None)

    def of_client(self, client_id: str) -> list[Pass]:
        """Return the loaded passes a client owns."""
        return [o.state for o in self._open.values() if o.state.client_id == client_id]

    def decide(
        self,
        pass_id: str,
        command: Command,
        *,
        reason: str | None = None,
        order_id: str | None = None,
    ) -> tuple[Entry, ...]:
        """Decide *command* on the pass as it stands now and remember the entries."""
        opened = self._open[pass_id]
        call = self._call
        entries = decide(
            opened.state, command, at=call.now, by=call.by, reason=reason, order_id=order_id
        )
        state = opened.state
        for entry in entries:
            state = apply(state, entry)
        self._journal.append((opened, opened.state, len(opened.entries)))
        opened.state = state
        opened.entries.extend(entries)
        return entries

    def mark(self) -> int:
        """Return where the work stands, for `back_to`."""
        return len(self._journal)

    def back_to(self, mark: int) -> None:
        """Forget what was decided since *mark*: one refused report costs the others nothing."""
        while len(self._journal) > mark:
            opened, state, count = self._journal.pop()
            opened.state = state
            del opened.entries[count:]

    def write(self, tx: Tx) -> None:
        """Append what was decided."""
        changes = [
            PassChange(o.before, tuple(o.entries), o.state)
            for o in self._open.values()
            if o.entries
        ]
        if changes:
            tx.passes.append(changes)

    def stored(self, pass_id: str) -> StoredPass:
        """Return the pass as it will be read after `write`; its `head` is the one before."""
        opened = self._open[pass_id]
        return StoredPass(opened.state, opened.before.code, opened.before.head)
