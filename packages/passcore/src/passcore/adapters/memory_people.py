"""The memory store's repositories of messages, events, receipts and people."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from passcore.adapters.memory_data import page_of
from passcore.adapters.memory_tables import Repository
from passcore.domain.businesses import ApiKey, StaffMember
from passcore.domain.notices import Message, MessageState
from passcore.errors import AlreadyExists, Contention, NotFound
from passcore.ports.store import InboxEvent, Login, Page, Receipt


class Outbox(Repository):
    def add(self, messages: Sequence[Message]) -> None:
        known = {m.dedupe for m in self._data.outbox.values()}
        for message in messages:
            if message.dedupe not in known:
                known.add(message.dedupe)
                self._data.outbox.put(message.id, message)

    def get(self, message_id: str) -> Message:
        found = self._data.outbox.get(message_id)
        if found is None:
            raise NotFound("message", message_id)
        return found

    def page(
        self, *, state: MessageState | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[Message]:
        found = [m for m in self._data.outbox.values() if state in (None, m.state)]
        return page_of(found, lambda m: (m.due_at, m.id), cursor, limit, latest_first=True)

    def save(self, message: Message) -> None:
        self.get(message.id)
        self._data.outbox.put(message.id, message)
        self._data.leases.put(message.id, message.due_at)


class Inbox(Repository):
    def add(self, event: InboxEvent) -> bool:
        wanted = (event.provider, event.event_id)
        if any((e.provider, e.event_id) == wanted for e in self._data.inbox.values()):
            return False
        self._data.inbox.put(event.id, event)
        return True

    def save(self, event: InboxEvent) -> None:
        if self._data.inbox.get(event.id) is None:
            raise NotFound("event", event.id)
        self._data.inbox.put(event.id, event)


class Receipts(Repository):
    def find(self, key: str) -> Receipt | None:
        return self._data.receipts.get(key)

    def add(self, receipt: Receipt) -> None:
        if self._data.receipts.get(receipt.key) is not None:
            raise Contention("receipt")
        self._data.receipts.put(receipt.key, receipt)


class People(Repository):
    def add_staff(self, member: StaffMember) -> None:
        if self.staff(member.email) is not None:
            raise AlreadyExists("staff", "email", member.email)
        self._data.staff.put(member.id, member)

    def staff(self, email: str) -> StaffMember | None:
        return next((m for m in self._data.staff.values() if m.email == email), None)

    def all_staff(self) -> Sequence[StaffMember]:
        return sorted(self._data.staff.values(), key=lambda m: (m.name, m.id))

    def add_key(self, key: ApiKey) -> None:
        self._data.keys.put(key.id, key)

    def keys(self) -> Sequence[ApiKey]:
        return sorted(self._data.keys.values(), key=lambda k: (k.created_at, k.id))

    def save_key(self, key: ApiKey) -> None:
        if self._data.keys.get(key.id) is None:
            raise NotFound("key", key.id)
        self._data.keys.put(key.id, key)

    def add_login(self, login: Login) -> None:
        self._data.logins.put(login.id, login)

    def login(self, login_id: str) -> Login | None:
        return self._data.logins.get(login_id)

    def login_by_token(self, token_digest: str) -> Login | None:
        rows = self._data.logins.values()
        return next((x for x in rows if x.token_digest == token_digest), None)

    def open_logins(self, audience: str, email: str) -> Sequence[Login]:
        return [
            x
            for x in self._data.logins.values()
            if (x.audience, x.email) == (audience, email)
            and x.token_digest is None
            and x.ended_at is None
        ]

    def save_login(self, login: Login) -> None:
        old = self._data.logins.get(login.id)
        if old is None or old.version != login.version:
            raise Contention("login")
        self._data.logins.put(login.id, attrs.evolve(login, version=login.version + 1))
