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
        #: Of each report: source, reference, client by id or e-mail, service.
        self.keys: list[tuple[str, str, str, str]] = []
        self.pass_ids: list[str] = []
        self.codes: list[str] = []
        for key in keys:
            ref = key.client
            email = self.clients[ref] = None if ref.id is not None else _email(ref.email)
            self.keys.append((key.source, key.ref, ref.id or email or "", key.service))
            named = key.choice
            if named is not None and named != AUTO:
                if looks_like_code(named):
                    self.codes.append(read_code(named))
                else:
                    self.pass_ids.append(named)

    @property
    def by(self) -> str | None:
        """The column that all clients are named by, None where some are named otherwise."""
        with_id = sum(ref.id is not None for ref in self.clients)
        if with_id == 0:
            return "email"
        return "id" if with_id == len(self.clients) else None


@lru_cache(maxsize=8192)
def _email(text: str | None) -> str | None:
    try:
        return None if text is None else checks.email(text)
    except Invalid:  # one report's mistake; whoever decides on it will say so
        return None
