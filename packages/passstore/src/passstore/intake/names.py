"""What a batch of reports names, each thing once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from passcore.domain import checks
from passcore.domain.bookings import AUTO, Booking
from passcore.domain.clients import Client, ClientRef
from passcore.domain.ids import looks_like_code, read_code
from passcore.domain.services import Service
from passcore.errors import Invalid
from passcore.ports.store import IntakeKey, StoredPass

#: What was found: bookings, clients, services, passes.
Found = tuple[list[Booking], list[Client], list[Service], list[StoredPass]]


class Names:
    """The names in *keys*: `clients` with their e-mail in its written form where it is one."""

    def __init__(self, keys: Sequence[IntakeKey]) -> None:
        self.bookings = tuple({(key.source, key.ref): None for key in keys})
        self.services = tuple({key.service: None for key in keys})
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


@lru_cache(maxsize=8192)
def _email(text: str | None) -> str | None:
    try:
        return None if text is None else checks.email(text)
    except Invalid:  # one report's mistake; whoever decides on it will say so
        return None
