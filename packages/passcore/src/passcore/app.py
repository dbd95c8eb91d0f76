"""App: runs use cases in transactions, again where others were faster, once where asked."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from passcore.codec import dumps, loads
from passcore.domain.businesses import Business
from passcore.domain.ledger import SYSTEM, Origin
from passcore.errors import (
    Contention,
    IdempotencyKeyReused,
    Invalid,
    PassError,
    StorageUnavailable,
)
from passcore.gathering import Answer, Asked, Gatherer, Kind, Once
from passcore.ports.clock import Clock
from passcore.ports.ids import Ids
from passcore.ports.store import Receipt, Store, Tx
from passcore.usecases.call import Call
from passcore.usecases.gathered import Gathered

C = TypeVar("C")
R = TypeVar("R")

UseCase = Callable[[Tx, C, Call], R]

#: How often a use case is run before contention is reported, and how long at most that may take.
ATTEMPTS: Final = 40
PATIENCE_SECONDS: Final = 5.0
_FIRST_PAUSE: Final = 0.002
_LONGEST_PAUSE: Final = 0.25


class App:
    """The core with its three ports. Threads may share one."""

    def __init__(self, store: Store, clock: Clock, ids: Ids) -> None:
        self.store = store
        self.clock = clock
        self.ids = ids
        self._gatherer = Gatherer(store.lanes, self.serve) if store.lanes else None

    def run(
        self, business_id: str, use_case: UseCase[C, R], command: C, *, by: Origin = SYSTEM
    ) -> R:
        """Run *use_case* in one transaction and return its result.

        Raises whatever it refuses with; nothing is stored then. `Contention` is raised when others
        were faster for longer than was worth waiting.
        """
        if self._gatherer is not None and isinstance(use_case, Gathered):
            gathered: Gathered[C, R] = use_case
            return self._gather(business_id, gathered, Asked(command), by).result
        return self._alone(business_id, use_case, Asked(command), by).result

    def read(
        self, business_id: str, use_case: UseCase[C, R], command: C, *, by: Origin = SYSTEM
    ) -> R:
        """Run a *use_case* that only reads, in a transaction that holds nobody up."""
        with self.store.begin(business_id, write=False) as tx:
            return use_case(tx, command, self._call(by))

    def run_once(
        self,
        business_id: str,
        use_case: UseCase[C, R],
        command: C,
        once: Once[R],
        *,
        by: Origin = SYSTEM,
    ) -> Answer[R]:
        """Run *use_case* so that the same key takes effect once, whatever happens in between.

        Key, fingerprint and result are stored with the effect. A refusal stores nothing: the key
        may be tried again. Raises `IdempotencyKeyReused` for a key used for something else.
        """
        _check_key(once.key)
        if self._gatherer is not None and isinstance(use_case, Gathered):
            return self._gather(business_id, use_case, Asked(command, once), by)
        return self._alone(business_id, use_case, Asked(command, once), by)

    def serve(self, kind: Kind, group: Sequence[Asked[Any, Any]]) -> None:
        """Give each of *group* its answer or its error: all in one transaction, and each in its own
        where that fails.

        Where the database itself is gone nothing is tried again: nobody knows what it has stored.
        """
        if len(group) > 1:
            try:
                self._together(kind, group)
            except StorageUnavailable as error:
                for asked in group:
                    asked.error = error
            except Exception:  # noqa: BLE001  # raised again where it belongs, one by one
                for asked in group:
                    self._serve_one(kind, asked)
            return
        self._serve_one(kind, group[0])

    def add_business(self, business: Business) -> Business:
        """Add a tenant; raises `AlreadyExists` for a slug in use."""
        with self.store.registry() as registry:
            registry.add_business(business)
        return business

    def _gather(
        self, business_id: str, use_case: Gathered[C, R], asked: Asked[C, R], by: Origin
    ) -> Answer[R]:
        assert self._gatherer is not None
        self._gatherer.ask(Kind(business_id, use_case, by), asked)
        return asked.result()

    def _together(self, kind: Kind, group: Sequence[Asked[Any, Any]]) -> None:
        def work(attempt: int) -> list[tuple[Asked[Any, Any], Any]]:
            with self.store.begin(kind.business_id, attempt=attempt) as tx:
                call = self._call(kind.by)
                fresh = group if attempt == 1 else _fresh(tx, group)
                answers = kind.use_case.together(tx, [asked.command for asked in fresh], call)
                answered = list(zip(fresh, answers, strict=True))
                for asked, answer in answered:
                    if asked.once is not None and not isinstance(answer, PassError):
                        tx.receipts.add(_receipt(asked.once, answer, call))
            return answered

        for asked, answer in _patiently(work):
            if not isinstance(answer, PassError):
                asked.answer = Answer(answer)
            elif asked.once is None:
                asked.error = answer
        for asked in group:
            if asked.answer is None and asked.error is None:  # perhaps it was done before
                self._serve_one(kind, asked)

    def _serve_one(self, kind: Kind, asked: Asked[Any, Any]) -> None:
        try:
            asked.answer = self._alone(kind.business_id, kind.use_case, asked, kind.by)
        except Exception as error:  # noqa: BLE001  # raised by who asked
            asked.error = error

    def _alone(
        self, business_id: str, use_case: UseCase[C, R], asked: Asked[C, R], by: Origin
    ) -> Answer[R]:
        command, once = asked.command, asked.once

        def work(attempt: int) -> Answer[R]:
            try:
                with self.store.begin(business_id, attempt=attempt) as tx:
                    call = self._call(by)
                    result = use_case(tx, command, call)
                    if once is not None:
                        tx.receipts.add(_receipt(once, result, call))
                return Answer(result)
            except PassError:
                before = None if once is None else self._replay(business_id, once)
                if before is None:
                    raise
                return before

        return _patiently(work)

    def _replay(self, business_id: str, once: Once[R]) -> Answer[R] | None:
        with self.store.begin(business_id, write=False) as tx:
            receipt = tx.receipts.find(once.key)
        if receipt is None:
            return None
        if receipt.fingerprint != once.fingerprint:
            raise IdempotencyKeyReused(once.key)
        return Answer(loads(receipt.result, once.returns), replayed=True)

    def _call(self, by: Origin) -> Call:
        return Call(self.clock.now(), self.ids, by)


def _fresh(tx: Tx, group: Sequence[Asked[Any, Any]]) -> list[Asked[Any, Any]]:
    """Return those of *group* whose keys were not used before; of several with one key the first.

    A key that is used makes a transaction fail: whoever was too late once looks first.
    """
    fresh, seen = [], set()
    for asked in group:
        key = None if asked.once is None else asked.once.key
        if key is None or (key not in seen and tx.receipts.find(key) is None):
            fresh.append(asked)
            seen.add(key)
    return fresh


def _receipt(once: Once[Any], result: object, call: Call) -> Receipt:
    return Receipt(once.key, once.fingerprint, dumps(result), call.now)


def _check_key(key: str) -> None:
    if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise Invalid(field="Idempotency-Key", problem="is not 1 to 255 printable ASCII characters")


def _patiently(work: Callable[[int], R]) -> R:
    """Run *work*, which is told how often it was tried, again after `Contention`, with growing
    random pauses, up to a deadline."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    pause = _FIRST_PAUSE
    number = 1
    while True:
        try:
            return work(number)
        except Contention:
            if number == ATTEMPTS or time.monotonic() + pause > deadline:
                raise
        time.sleep(random.uniform(0, pause))  # noqa: S311  # spreads retries, guards nothing
        pause = min(pause * 2, _LONGEST_PAUSE)
        number += 1
