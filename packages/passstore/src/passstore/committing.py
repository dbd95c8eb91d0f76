"""Committing: the buffers of threads that finish at about the same time, in one transaction.

Theory of operation. A commit costs the same for one visit and for ten. Whoever finishes while
nobody is writing writes at once, alone. Whoever finishes meanwhile waits; when the writer is done,
one of those waiting writes for all of them and wakes each with its own outcome. So nobody waits for
company, and the more there is to do the cheaper each becomes (ARCHITECTURE, decision 14).

Buffers that touch the same pass or booking never share a transaction: one of them is going to be
refused. Where a shared transaction fails, it leaves nothing behind, and each is written on its own
and answered on its own. Only where the database itself is gone nothing is tried again, because
nobody knows then what had been stored.
"""

from __future__ import annotations

from threading import Lock
from typing import Final

from passcore.errors import StorageUnavailable
from passstore.buffer import Buffer
from passstore.conflicts import translated
from passstore.flush import flush
from passstore.link import Link

#: The most buffers written together.
_MOST: Final = 64


class _Ticket:
    """One buffer and what became of it. `gate` opens when that is known, or when it `leads`."""

    __slots__ = ("buffer", "business_id", "error", "gate", "leads")

    def __init__(self, business_id: str, buffer: Buffer) -> None:
        self.business_id = business_id
        self.buffer = buffer
        self.error: BaseException | None = None
        self.leads = False
        self.gate = Lock()
        self.gate.acquire()


class Committer:
    """Writes for all threads of one database; at any time *lanes* of them do it.

    SQLite takes one writer at a time. PostgreSQL takes many, and waiting for a group to be written
    costs more there than sharing saves, until more want to write than it has use for.
    """

    def __init__(self, lanes: int = 1) -> None:
        self._mutex = Lock()
        self._waiting: list[_Ticket] = []
        self._free = lanes

    def commit(self, business_id: str, buffer: Buffer, link: Link) -> None:
        """Store *buffer*, by *link* or by another thread's; raises what its writing raised."""
        own = _Ticket(business_id, buffer)
        with self._mutex:
            own.leads = self._free > 0
            if own.leads:
                self._free -= 1
            else:
                self._waiting.append(own)
        if not own.leads:
            own.gate.acquire()
        if own.leads:
            self._lead(own, link)
        if own.error is not None:
            raise own.error

    def _lead(self, own: _Ticket, link: Link) -> None:
        group = self._gather(own)
        try:
            _write(group, link)
        except BaseException as error:
            for ticket in group:
                ticket.error = error
            raise
        finally:
            for ticket in group[1:]:
                ticket.gate.release()
            self._hand_over()

    def _gather(self, own: _Ticket) -> list[_Ticket]:
        """Take those waiting whose buffers have nothing in common."""
        group, touched = [own], set(own.buffer.touched)
        with self._mutex:
            left = []
            for ticket in self._waiting:
                if len(group) < _MOST and touched.isdisjoint(ticket.buffer.touched):
                    group.append(ticket)
                    touched |= ticket.buffer.touched
                else:
                    left.append(ticket)
            self._waiting = left
        return group

    def _hand_over(self) -> None:
        with self._mutex:
            following = self._waiting.pop(0) if self._waiting else None
            self._free += following is None
        if following is not None:
            following.leads = True
            following.gate.release()


def _write(group: list[_Ticket], link: Link) -> None:
    try:
        _transact(group, link)
    except Exception as error:
        if len(group) == 1 or isinstance(translated(error, {}), StorageUnavailable):
            raise
        for ticket in group:
            try:
                _transact([ticket], link)
            except Exception as own:  # noqa: BLE001  # raised again where it belongs
                ticket.error = own


def _transact(group: list[_Ticket], link: Link) -> None:
    """Write one transaction; on PostgreSQL the one statement is it."""
    parts = [(ticket.business_id, ticket.buffer) for ticket in group]
    postgres = link.dialect.postgres
    try:
        if not postgres:
            link.begin()
        flush(parts, link.cursor(), link.wire(), postgres=postgres)
        link.commit()
    except BaseException:
        link.rollback()
        raise
