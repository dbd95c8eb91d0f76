"""Gathered use cases: those that take the commands of several callers in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import attrs

from passcore.errors import PassError
from passcore.ports.store import Tx
from passcore.usecases.call import Call

C = TypeVar("C")
R = TypeVar("R")
S = TypeVar("S")


@attrs.frozen(eq=False)
class Gathered(Generic[C, R]):
    """A use case for the commands of several callers; called with one it is a batch of one.

    *together* answers each command, in order, with its result or with what it was refused with.
    """

    together: Callable[[Tx, Sequence[C], Call], Sequence[R | PassError]]

    def __call__(self, tx: Tx, command: C, call: Call) -> R:
        """Run for one command; raises what it was refused with."""
        (answer,) = self.together(tx, (command,), call)
        if isinstance(answer, PassError):
            raise answer
        return answer

    def then(self, change: Callable[[R, Call], S]) -> Gathered[C, S]:
        """Return the use case with every result changed by *change*, within the transaction."""

        def changed(tx: Tx, commands: Sequence[C], call: Call) -> list[S | PassError]:
            answers = self.together(tx, commands, call)
            return [a if isinstance(a, PassError) else change(a, call) for a in answers]

        return Gathered(changed)
