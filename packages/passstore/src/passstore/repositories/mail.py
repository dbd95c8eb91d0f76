"""Outbox and inbox: what is to leave, and what came from outside and waits to be acted on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Final

from sqlalchemy import bindparam

from passcore.domain.notices import Message, MessageState
from passcore.errors import NotFound
from passcore.ports.store import InboxEvent, Page
from passstore import tables as t
from passstore.repositories.flat import Flat, update_of
from passstore.repositories.paging import bounded, ordered, page_of, read_cursor
from passstore.rows.shapes import EVENT, MESSAGE
from passstore.statements import Statement, ignoring
from passstore.unit import Unit

MESSAGES: Final = Flat(t.outbox, MESSAGE, "message")
_SAVE_MESSAGE: Final = update_of(t.outbox, (*MESSAGE.columns, "locked_until"))
_NEWEST: Final = (t.outbox.c.due_at, t.outbox.c.id)

EVENTS: Final = Flat(t.inbox, EVENT, "event")
_ADD_EVENT: Final = ignoring(t.inbox)
_SAVE_DONE: Final = update_of(t.inbox, (*EVENT.columns, "locked_until"))


@cache
def _page(*, state: bool, after: bool) -> Statement:
    query = MESSAGES.select()
    if state:
        query = query.where(t.outbox.c.state == bindparam("state"))
    return Statement(ordered(query, _NEWEST, newest=True, after=after))


class Outbox:
    """The messages of one business."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(self, messages: Sequence[Message]) -> None:
        """Queue messages; one whose `dedupe` was queued before is left out in silence."""
        buffer = self._unit.writable()
        for message in messages:
            row = MESSAGE.values(message)
            row["due_at"] = self._unit.out(message.due_at)
            sent_at = message.sent_at
            row["sent_at"] = None if sent_at is None else self._unit.out(sent_at)
            buffer.messages.append(tuple(row.values()))
            buffer.filled = True

    def get(self, message_id: str) -> Message:
        """Find by id."""
        return MESSAGES.get(self._unit, message_id, "id")

    def page(
        self, *, state: MessageState | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[Message]:
        """The latest to be due first."""
        most = bounded(limit) + 1
        after = read_cursor(cursor, (datetime, str))
        statement = _page(state=state is not None, after=bool(after))
        rows = self._unit.rows(statement, state=state, most=most, **after)
        return page_of(rows, limit, MESSAGE.read, lambda m: (m.due_at, m.id))

    def save(self, message: Message) -> None:
        """Store what became of a message, and give up its lease."""
        values = MESSAGE.values(message) | {"locked_until": None, "k_id": message.id}
        if self._unit.change(_SAVE_MESSAGE, values) == 0:
            raise NotFound("message", message.id)


class Inbox:
    """The provider events of one business."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(self, event: InboxEvent) -> bool:
        """Keep an event; False where (provider, event_id) was kept before."""
        return self._unit.change(_ADD_EVENT, EVENT.values(event) | {"locked_until": None}) == 1

    def save(self, event: InboxEvent) -> None:
        """Store what became of an event; one that is not done waits for its lease to end."""
        if event.done_at is None:
            EVENTS.save(self._unit, event)
            return
        values = EVENT.values(event) | {"locked_until": None, "k_id": event.id}
        if self._unit.change(_SAVE_DONE, values) == 0:
            raise NotFound("event", event.id)
