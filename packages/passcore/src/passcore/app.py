"""App: runs one use case in one transaction, again where others were faster, once where asked."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

import attrs

from passcore.codec import dumps, loads
from passcore.domain.businesses import Business
from passcore.domain.ledger import SYSTEM, Origin
from passcore.errors import Contention, IdempotencyKeyReused, Invalid, PassError
from passcore.ports.clock import Clock
from passcore.ports.ids import Ids
from passcore.ports.store import Receipt, Store, Tx
from passcore.usecases.call import Call

C = TypeVar("C")
R = TypeVar("R")

UseCase = Callable[[Tx, C, Call], R]

#: How often a use case is run before contention is reported, and how long at most that may take.
ATTEMPTS: Final = 40
PATIENCE_SECONDS: Final = 5.0
_FIRST_PAUSE: Final = 0.002
_LONGEST_PAUSE: Final = 0.25


@attrs.frozen
class Once(Generic[R]):
    """Asks for a command to take effect once: the caller's *key*, the *fingerprint* of what is
    asked, and the type *returns* of the stored answer."""

    key: str
    fingerprint: str
    returns: type[R]

    @classmethod
    def of(cls, key: str, command: object, returns: type[R]) -> Once[R]:
        """Return the request for *command* itself, its content being the fingerprint."""
        text = f"{type(command).__name__}\n{dumps(command)}"
        return cls(key, hashlib.sha256(text.encode()).hexdigest(), returns)


@attrs.frozen
class Answer(Generic[R]):
    """What a command run `once` came to, and whether that is a replay of the first time."""

    result: R
    replayed: bool


class App:
    """The core with its three ports. Threads may share one."""

    def __init__(self, store: Store, clock: Clock, ids: Ids) -> None:
        self.store = store
        self.clock = clock
        self.ids = ids

    def run(
        self, business_id: str, use_case: UseCase[C, R], command: C, *, by: Origin = SYSTEM
    ) -> R:
        """Run *use_case* in one transaction and return its result.

        Raises whatever it refuses with; nothing is stored then. `Contention` is raised when others
        were faster for longer than was worth waiting.
        """

        def work(attempt: int) -> R:
            with self.store.begin(business_id, attempt=attempt) as tx:
                return use_case(tx, command, self._call(by))

        return _patiently(work)

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

        def work(attempt: int) -> Answer[R]:
            try:
                with self.store.begin(business_id, attempt=attempt) as tx:
                    call = self._call(by)
                    result = use_case(tx, command, call)
                    receipt = Receipt(once.key, once.fingerprint, dumps(result), call.now)
                    tx.receipts.add(receipt)
                return Answer(result, replayed=False)
            except PassError:
                before = self._replay(business_id, once)
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

    def add_business(self, business: Business) -> Business:
        """Add a tenant; raises `AlreadyExists` for a slug in use."""
        with self.store.registry() as registry:
            registry.add_business(business)
        return business

    def _call(self, by: Origin) -> Call:
        return Call(self.clock.now(), self.ids, by)


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
