"""The test payment server's state: every object by its id, and what happened in order.

One lock guards it all; each public method is one atomic step, and events are published within the
step, so their order is the order of the facts.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, TypeVar

from passweb.testing.payserver.problem import Json, Problem, missing
from passweb.testing.payserver.records import (
    Card,
    Charge,
    Customer,
    Dispute,
    Event,
    Intent,
    Names,
    Record,
    Refund,
    Session,
)

MAX_RECORDS: Final = 200_000
MAX_EVENTS: Final = 20_000

_WHAT: Final = {
    "checkout session": Session,
    "payment_intent": Intent,
    "charge": Charge,
    "customer": Customer,
    "payment_method": Card,
    "refund": Refund,
    "dispute": Dispute,
}
R = TypeVar("R", Session, Intent, Charge, Customer, Card, Refund, Dispute)


class Book:
    """All records of one test account."""

    def __init__(
        self,
        *,
        live: bool,
        seed: int | None,
        wall: Callable[[], float],
        publish: Callable[[Event], None],
    ) -> None:
        self.lock = threading.RLock()
        self.live = live
        self.names = Names(seed)
        self._wall = wall
        self._publish = publish
        self._records: OrderedDict[str, Record] = OrderedDict()
        self._events: OrderedDict[str, Event] = OrderedDict()

    def now(self) -> int:
        """Return the time in whole seconds, as records carry it."""
        return int(self._wall())

    def new_id(self, prefix: str) -> str:
        """Return an id nobody has."""
        return self.names.new(prefix)

    def add(self, record: R) -> R:
        """Keep *record*; a full book refuses, so that no test fills the memory."""
        with self.lock:
            if len(self._records) >= MAX_RECORDS:
                raise Problem("The test server is full: start a new one.")
            self._records[record.id] = record
            return record

    def get(self, kind: type[R], ref: str, param: str | None = None) -> R:
        """Return the record *ref*, which must be of *kind*."""
        with self.lock:
            found = self._records.get(ref)
        if isinstance(found, kind):
            return found
        what = next(name for name, known in _WHAT.items() if known is kind)
        raise missing(what, ref[:80], param)

    def all(self, kind: type[R]) -> list[R]:
        """Return the records of *kind*, newest first."""
        with self.lock:
            return [found for found in reversed(self._records.values()) if isinstance(found, kind)]

    def show(self, ref: str) -> Json | None:
        """Return any record as it goes over the wire, for `expand`."""
        with self.lock:
            found = self._records.get(ref)
            return found.json() if found is not None else None

    def tell(self, kind: str, record: Record) -> Event:
        """Record that *kind* happened to *record* and hand it to the webhooks."""
        with self.lock:
            event = Event(
                id=self.new_id("evt"),
                created=self.now(),
                livemode=self.live,
                kind=kind,
                subject=record.json(),
            )
            self._events[event.id] = event
            while len(self._events) > MAX_EVENTS:
                self._events.popitem(last=False)
            self._publish(event)
            return event

    def event(self, ref: str) -> Event:
        """Return one event."""
        with self.lock:
            found = self._events.get(ref)
        if found is None:
            raise missing("event", ref[:80])
        return found

    def events(self, kind: str | None = None) -> list[Event]:
        """Return what happened, newest first."""
        with self.lock:
            found = list(reversed(self._events.values()))
        return [event for event in found if kind is None or _fits(event.kind, kind)]


def _fits(kind: str, wanted: str) -> bool:
    return kind == wanted or (wanted.endswith("*") and kind.startswith(wanted[:-1]))
