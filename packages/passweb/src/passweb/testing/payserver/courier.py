"""Delivery of events to the webhook endpoint: signed, retried until a 2xx, and scriptable.

One thread delivers one event at a time, so scripted orders are exact. Rules change what happens to
the next events of a kind: dropped, held, delayed, duplicated or turned around.
"""

from __future__ import annotations

import heapq
import http.client
import itertools
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from enum import Enum
from typing import Final
from urllib.parse import SplitResult, urlsplit

import attrs

from passweb.testing.payserver.problem import Problem
from passweb.testing.payserver.signing import sign

MAX_DELIVERIES: Final = 20_000
MAX_ATTEMPTS: Final = 12
MAX_COPIES: Final = 1000
_TIMEOUT: Final = 10.0
_LONGEST_PAUSE: Final = 5.0


class Twist(str, Enum):
    """What a rule does with an event."""

    DROP = "drop"
    HOLD = "hold"
    DELAY = "delay"
    DUPLICATE = "duplicate"
    REORDER = "reorder"  # gathers as many events as the rule has times, then last comes first


class Stage(str, Enum):
    """Where a delivery stands."""

    QUEUED = "queued"
    HELD = "held"
    DELIVERED = "delivered"
    DROPPED = "dropped"
    GIVEN_UP = "given_up"
    NO_ENDPOINT = "no_endpoint"


@attrs.frozen
class Attempt:
    """One try: the endpoint's *status*, or the *error* that came instead."""

    status: int | None
    error: str | None


@attrs.define
class Delivery:
    """One copy of one event on its way."""

    id: int
    event_id: str
    kind: str
    body: bytes = attrs.field(repr=False)
    stage: Stage = Stage.QUEUED
    attempts: list[Attempt] = attrs.field(factory=list)


@attrs.define
class Rule:
    """A twist for the next *times* events of *kind* (`*` for all, `refund.*` for a family)."""

    twist: Twist
    kind: str
    times: int
    copies: int
    seconds: float

    def fits(self, kind: str) -> bool:
        """Tell whether the rule is about events of *kind*."""
        return self.kind in ("*", kind) or (
            self.kind.endswith("*") and kind.startswith(self.kind[:-1])
        )


class Courier:
    """The queue, the rules and the delivering thread."""

    def __init__(
        self, *, secrets: tuple[str, ...], wall: Callable[[], float], first_pause: float
    ) -> None:
        self.secrets = secrets
        self._wall = wall
        self._first_pause = first_pause
        self._changed = threading.Condition()
        self._endpoint: SplitResult | None = None
        self._numbers = itertools.count(1)
        self._all: OrderedDict[int, Delivery] = OrderedDict()
        self._queue: list[tuple[float, int, Delivery]] = []
        self._rules: list[Rule] = []
        self._gathered: list[Delivery] = []
        self._busy = False
        self._stopping = False
        self._thread: threading.Thread | None = None

    def point_at(self, url: str | None) -> None:
        """Deliver to *url* from now on; None drops what comes."""
        parts = urlsplit(url) if url is not None else None
        if parts is not None and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise Problem("The webhook address must be http or https.", param="url")
        with self._changed:
            self._endpoint = parts
            self._changed.notify_all()

    def add_rule(self, rule: Rule) -> None:
        """Script what happens to coming events; the first rule that fits an event takes it."""
        if not 0 < rule.times <= MAX_COPIES or not 0 < rule.copies <= MAX_COPIES:
            raise Problem("times and copies must be 1 to 1000.")
        if not 0 <= rule.seconds <= 3600:
            raise Problem("seconds must be 0 to 3600.")
        with self._changed:
            self._rules.append(rule)

    def take(self, event_id: str, kind: str, body: bytes) -> None:
        """Accept an event."""
        with self._changed:
            rule = next((rule for rule in self._rules if rule.fits(kind)), None)
            copies = rule.copies if rule is not None and rule.twist is Twist.DUPLICATE else 1
            for _ in range(copies):
                self._dispatch(self._new(event_id, kind, body), rule)
            if rule is not None:
                rule.times -= 1
                if rule.times == 0:
                    self._rules.remove(rule)
                    if rule.twist is Twist.REORDER:
                        self._turn_around()
            self._changed.notify_all()

    def release(self) -> int:
        """Send what is held, in the order it came; return how many."""
        with self._changed:
            self._turn_around()
            held = [found for found in self._all.values() if found.stage is Stage.HELD]
            for delivery in held:
                self._push(delivery)
            self._changed.notify_all()
            return len(held)

    def resend(self, event_id: str, kind: str, body: bytes, *, copies: int = 1) -> None:
        """Send an event again, past all rules."""
        if not 0 < copies <= MAX_COPIES:
            raise Problem("copies must be 1 to 1000.")
        with self._changed:
            for _ in range(copies):
                self._push(self._new(event_id, kind, body))
            self._changed.notify_all()

    def clear_rules(self) -> None:
        """Forget the rules; what is held stays held."""
        with self._changed:
            self._rules.clear()

    def deliveries(self) -> list[Delivery]:
        """Return copies of all deliveries, oldest first."""
        with self._changed:
            return [
                attrs.evolve(found, attempts=list(found.attempts)) for found in self._all.values()
            ]

    def wait_idle(self, timeout: float) -> bool:
        """Wait until nothing is queued or under way (held ones may remain)."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._queue and not self._busy, timeout)

    def wait_delivered(self, kind: str, *, count: int, timeout: float) -> bool:
        """Wait until *count* deliveries of events of *kind* have ended with a 2xx."""

        def enough() -> bool:
            done = (found for found in self._all.values() if found.stage is Stage.DELIVERED)
            return sum(found.kind == kind for found in done) >= count

        with self._changed:
            return self._changed.wait_for(enough, timeout)

    def start(self) -> None:
        """Begin to deliver."""
        with self._changed:
            if self._thread is None:
                self._stopping = False
                self._thread = threading.Thread(
                    target=self._run, name="payserver-courier", daemon=True
                )
                self._thread.start()

    def stop(self) -> None:
        """Stop delivering and wait for the delivery under way."""
        with self._changed:
            self._stopping = True
            thread, self._thread = self._thread, None
            self._changed.notify_all()
        if thread is not None:
            thread.join(_TIMEOUT + 5)

    def _new(self, event_id: str, kind: str, body: bytes) -> Delivery:
        delivery = Delivery(next(self._numbers), event_id, kind, body)
        self._all[delivery.id] = delivery
        while len(self._all) > MAX_DELIVERIES:
            self._all.popitem(last=False)
        return delivery

    def _dispatch(self, delivery: Delivery, rule: Rule | None) -> None:
        if self._endpoint is None:
            delivery.stage = Stage.NO_ENDPOINT
        elif rule is None or rule.twist is Twist.DUPLICATE:
            self._push(delivery)
        elif rule.twist is Twist.DELAY:
            self._push(delivery, after=rule.seconds)
        elif rule.twist is Twist.DROP:
            delivery.stage = Stage.DROPPED
        else:
            delivery.stage = Stage.HELD
            if rule.twist is Twist.REORDER:
                self._gathered.append(delivery)

    def _turn_around(self) -> None:
        for delivery in reversed(self._gathered):
            self._push(delivery)
        self._gathered.clear()

    def _push(self, delivery: Delivery, *, after: float = 0.0) -> None:
        delivery.stage = Stage.QUEUED
        if len(self._queue) >= MAX_DELIVERIES:
            delivery.stage = Stage.DROPPED
            return
        heapq.heappush(self._queue, (time.monotonic() + after, next(self._numbers), delivery))

    def _run(self) -> None:
        while (found := self._due()) is not None:
            delivery, endpoint = found
            attempt = self._attempt(delivery, endpoint)
            with self._changed:
                self._busy = False
                delivery.attempts.append(attempt)
                if attempt.status is not None and 200 <= attempt.status < 300:
                    delivery.stage = Stage.DELIVERED
                elif len(delivery.attempts) >= MAX_ATTEMPTS:
                    delivery.stage = Stage.GIVEN_UP
                else:
                    pause = self._first_pause * 2 ** (len(delivery.attempts) - 1)
                    self._push(delivery, after=min(pause, _LONGEST_PAUSE))
                self._changed.notify_all()

    def _due(self) -> tuple[Delivery, SplitResult] | None:
        """Wait for the next delivery that is due; None when stopping."""
        with self._changed:
            while not self._stopping:
                if not self._queue or self._endpoint is None:
                    self._changed.wait()
                    continue
                pause = self._queue[0][0] - time.monotonic()
                if pause > 0:
                    self._changed.wait(pause)
                    continue
                self._busy = True
                return heapq.heappop(self._queue)[2], self._endpoint
        return None

    def _attempt(self, delivery: Delivery, endpoint: SplitResult) -> Attempt:
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (test payment server)",
            "Stripe-Signature": sign(delivery.body, self.secrets, int(self._wall())),
        }
        kind = (
            http.client.HTTPSConnection
            if endpoint.scheme == "https"
            else http.client.HTTPConnection
        )
        connection = kind(endpoint.hostname or "", endpoint.port, timeout=_TIMEOUT)
        path = endpoint.path or "/"
        try:
            connection.request(
                "POST",
                f"{path}?{endpoint.query}" if endpoint.query else path,
                body=delivery.body,
                headers=headers,
            )
            response = connection.getresponse()
            response.read(65_536)
            return Attempt(response.status, None)
        except (OSError, http.client.HTTPException) as error:
            return Attempt(None, type(error).__name__)
        finally:
            connection.close()
