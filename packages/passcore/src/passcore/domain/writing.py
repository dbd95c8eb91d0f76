"""The pen: writes one decision's entries, numbered and stamped alike."""

from __future__ import annotations

from datetime import datetime

import attrs

from passcore.domain.ledger import Entry, Fact, Origin


@attrs.define
class Pen:
    """Stands after entry `seq`; `write` adds the next."""

    seq: int
    at: datetime
    by: Origin
    reason: str | None
    order_id: str | None

    def write(self, fact: Fact, about: datetime | None = None) -> Entry:
        self.seq += 1
        return Entry(
            self.seq, self.at, about or self.at, self.by, fact, self.reason, self.order_id
        )
