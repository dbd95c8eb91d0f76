"""Clients of one business."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from sqlalchemy import bindparam

from passcore.domain.clients import Client
from passcore.ports.store import Page
from passstore import tables as t
from passstore.repositories.flat import Flat, among, listed
from passstore.repositories.paging import bounded, ordered, page_of, read_cursor
from passstore.rows.shapes import CLIENT, search_text
from passstore.statements import Statement
from passstore.unit import Unit

CLIENTS: Final = Flat(t.clients, CLIENT, "client", versioned=True, derived=("search",))
_MANY: Final = among(CLIENTS.select(), t.clients.c.id)
_KEY: Final = (t.clients.c.name, t.clients.c.email)  # the e-mail is unique


@cache
def _page(*, search: bool, after: bool) -> Statement:
    query = CLIENTS.select()
    if search:
        query = query.where(t.clients.c.search.like(bindparam("pattern"), escape="\\"))
    return Statement(ordered(query, _KEY, newest=False, after=after))


def _pattern(search: str) -> str:
    """Return the LIKE pattern for *search* anywhere, taken literally."""
    text = search.casefold().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{text}%"


class Clients:
    """The clients of one business."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(self, client: Client) -> None:
        """Raises `AlreadyExists` for an e-mail in use.

        An e-mail that was looked for before is most likely free: that client waits in the buffer,
        and where it was taken meanwhile the block ends with `Contention`.
        """
        alone = client.email not in self._unit.missed
        if alone and self._unit.writable().filled:
            self._unit.flush()
        buffer = self._unit.writable()
        row = CLIENT.values(client)
        row["created_at"] = self._unit.out(client.created_at)
        buffer.clients.append((*row.values(), search_text(client)))
        buffer.filled = True
        if alone:
            self._unit.flush(may_fail=True)

    def get(self, client_id: str) -> Client:
        """Find by id."""
        return CLIENTS.get(self._unit, client_id, "id")

    def many(self, client_ids: Iterable[str]) -> Mapping[str, Client]:
        """Those of *client_ids* that are there, by id."""
        wanted = listed(client_ids)
        found = [] if wanted is None else CLIENTS.all(self._unit, _MANY, wanted=wanted)
        return {client.id: client for client in found}

    def by_email(self, email: str) -> Client | None:
        """Find by e-mail, None where there is none."""
        found = CLIENTS.find(self._unit, email=email)
        if found is None:
            self._unit.missed.add(email)
        return found

    def save(self, client: Client) -> None:
        """Store a changed client over the version that was read."""
        CLIENTS.save_version(self._unit, client, search=search_text(client))

    def page(self, *, search: str = "", cursor: str | None = None, limit: int = 50) -> Page[Client]:
        """By name and e-mail; *search* is found anywhere in either, whatever the case."""
        most = bounded(limit) + 1
        after = read_cursor(cursor, (str, str))
        if "\0" in search:
            return Page((), None)
        statement = _page(search=bool(search), after=bool(after))
        rows = self._unit.rows(statement, pattern=_pattern(search), most=most, **after)
        return page_of(rows, limit, CLIENT.read, lambda client: (client.name, client.email))
