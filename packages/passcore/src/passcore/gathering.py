"""Gathering: what several callers ask for at the same time, in one transaction (decision 14).

Theory of operation. A transaction costs nearly the same for one booking report as for ten. Whoever
asks while a lane is free goes to work at once, alone. Whoever asks meanwhile waits; when a lane
comes free, one of those waiting does the work of all that want the same, and hands each its own
answer. So nobody waits for company, and the more there is to do the cheaper each becomes.

What is asked together still stands or falls one by one: a refusal is an answer like any other, and
where a transaction fails as a whole it leaves nothing behind, and each is run on its own.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, Final, Generic, TypeVar

import attrs

from passcore.codec import dumps
from passcore.domain.ledger import Origin
from passcore.usecases.gathered import Gathered

C = TypeVar("C")
R = TypeVar("R")

#: The most commands of one transaction.
MOST: Final = 128


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
    """What a command came to, and whether that is a replay of the first time it was asked."""

    result: R
    replayed: bool = False


@attrs.define(eq=False)
class Asked(Generic[C, R]):
    """One caller's command, and once it was served its *answer* or its *error*."""

    command: C
    once: Once[R] | None = None
    answer: Answer[R] | None = None
    error: BaseException | None = None

    def result(self) -> Answer[R]:
        """Return the answer; raises the error."""
        if self.error is not None:
            raise self.error
        if self.answer is None:
            raise RuntimeError("was not served")
        return self.answer


@attrs.frozen
class Kind:
    """What may be done in one transaction: the same use case for one business and one origin."""

    business_id: str
    use_case: Gathered[Any, Any]
    by: Origin


@attrs.define(eq=False)
class _Waiting:
    """A caller that waits: `gate` opens when it was served, or when it `leads`."""

    kind: Kind
    asked: Asked[Any, Any]
    leads: bool = False
    gate: Lock = attrs.field(factory=Lock)


class Gatherer:
    """Serves the callers of all threads, *lanes* groups of them side by side."""

    def __init__(
        self, lanes: int, serve: Callable[[Kind, Sequence[Asked[Any, Any]]], None]
    ) -> None:
        self._serve = serve
        self._mutex = Lock()
        self._waiting: list[_Waiting] = []
        self._free = lanes

    def ask(self, kind: Kind, asked: Asked[Any, Any]) -> None:
        """Return when *asked* was served, by this thread or another one."""
        own = _Waiting(kind, asked)
        with self._mutex:
            own.leads = self._free > 0
            if own.leads:
                self._free -= 1
            else:
                own.gate.acquire()
                self._waiting.append(own)
        if not own.leads:
            own.gate.acquire()
        if own.leads:
            self._lead(own)

    def _lead(self, own: _Waiting) -> None:
        company = self._company(own.kind)
        group = [own.asked, *(one.asked for one in company)]
        try:
            self._serve(own.kind, group)
        except BaseException as error:
            for asked in group:
                asked.error = error
            raise
        finally:
            for one in company:
                one.gate.release()
            if company:
                # Those answered go on first: who asks again at once is served with the next group,
                # and not after it.
                time.sleep(0)
            self._hand_over()

    def _company(self, kind: Kind) -> list[_Waiting]:
        """Take those who wait for the same kind of work."""
        with self._mutex:
            alike = [one for one in self._waiting if one.kind == kind][: MOST - 1]
            if alike:
                self._waiting = [one for one in self._waiting if one not in alike]
        return alike

    def _hand_over(self) -> None:
        """Let the one who waits longest lead next, or free the lane."""
        with self._mutex:
            following = self._waiting.pop(0) if self._waiting else None
            self._free += following is None
        if following is not None:
            following.leads = True
            following.gate.release()
