"""Writing: what a decision comes to before it is numbered, and drafts of several steps."""

from __future__ import annotations

from datetime import datetime

from passcore.domain import ledger as lg
from passcore.domain.folding import apply
from passcore.domain.ledger import SYSTEM, Entry, Fact
from passcore.domain.passes import Pass
from passcore.domain.validity import Window

#: The facts a command comes to, each with the moment it is about.
Decided = tuple[tuple[Fact, datetime], ...]


class Draft:
    """A decision of several facts: each is decided on `state`, which is after those before it."""

    def __init__(self, state: Pass, at: datetime) -> None:
        self.state = state
        self.facts: Decided = ()
        self._at = at

    def add(self, fact: Fact, about: datetime | None = None) -> None:
        """Write *fact* and go on from the state after it."""
        entry = Entry(self.state.version + 1, self._at, about or self._at, SYSTEM, fact)
        self.state = apply(self.state, entry)
        self.facts = (*self.facts, (fact, entry.about))

    @property
    def ended(self) -> bool:
        """True where the pass, as drafted, is over now."""
        ends_at = self.state.ends_at
        return ends_at is not None and self._at >= ends_at

    def anchor(self, window: Window | None, *, locked: bool) -> None:
        """Give the pass another window. What had lapsed with the old one is back if the new one
        still runs, as if it had been so from the start (B2)."""
        if (window, locked) == (self.state.window, self.state.locked):
            return
        self.add(lg.Anchored(window, locked))
        if not self.ended:
            self.reinstate(self.state.balance.lapsed)

    def reinstate(self, units: lg.Units) -> None:
        """Bring lapsed *units* back."""
        if units:
            self.add(lg.Reinstated(lg.count_of(units), units))

    def lapse(self, units: lg.Units) -> None:
        """Let *units* that have come back lapse with the pass, where that is over (B6)."""
        ends_at = self.state.ends_at
        if units and ends_at is not None and self.ended:
            self.add(lg.Expired(lg.count_of(units), units, ends_at))
