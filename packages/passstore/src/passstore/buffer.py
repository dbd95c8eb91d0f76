"""The buffer: what a transaction wants written, until it is written all at once."""

from __future__ import annotations

from typing import Any, Final

import attrs

from passstore.rows.bookings import BOOKING
from passstore.rows.passes import ENTRY, FIXED, STATE
from passstore.rows.shapes import CLIENT, MESSAGE, RECEIPT

Rows = list[tuple[Any, ...]]

#: The kinds of buffered rows and their columns, in the order in which they are written: what is
#: referred to comes first. `changes` and `rebooked` update, guarded by the version before; passes
#: have it last, as `expected`. A row's business is added when it is written.
KINDS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "terms": ("terms", ("terms_key", "body")),
    "clients": ("clients", (*CLIENT.columns, "search")),
    "passes": ("passes", (*FIXED, *STATE)),
    "changes": ("passes", ("id", *STATE, "expected")),
    "entries": ("entries", tuple(ENTRY)),
    "booked": ("bookings", tuple(BOOKING)),
    "rebooked": ("bookings", tuple(BOOKING)),
    "messages": ("outbox", MESSAGE.columns),
    "receipts": ("receipts", RECEIPT.columns),
}
GUARDED: Final = ("changes", "rebooked")


@attrs.define(eq=False)
class Buffer:
    """Rows by kind. `touched` are the passes and bookings that wait to be written: a second change
    of one of them has to wait until the first is written."""

    terms: Rows = attrs.field(factory=list)
    clients: Rows = attrs.field(factory=list)
    passes: Rows = attrs.field(factory=list)
    changes: Rows = attrs.field(factory=list)
    entries: Rows = attrs.field(factory=list)
    booked: Rows = attrs.field(factory=list)
    rebooked: Rows = attrs.field(factory=list)
    messages: Rows = attrs.field(factory=list)
    receipts: Rows = attrs.field(factory=list)
    touched: set[str] = attrs.field(factory=set)
    filled: bool = False

    def kinds(self) -> tuple[str, ...]:
        """Return the kinds that have rows, in the order in which they are written."""
        return tuple(kind for kind in KINDS if getattr(self, kind))

    def touch(self, name: str) -> bool:
        """Note that *name* will be written, False where it waits to be written already."""
        if name in self.touched:
            return False
        self.touched.add(name)
        self.filled = True
        return True
