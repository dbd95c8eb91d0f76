"""Idempotency keys, as the provider keeps them.

The first call of a key that began to run fixes its answer, errors included; the same call again
gets the same status and body, another call of the same key is refused, and one that comes while
the first still runs conflicts. What failed validation began nothing and leaves the key free.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

import attrs

from passweb.testing.payserver.problem import Problem

MAX_KEYS: Final = 50_000


@attrs.frozen
class Reply:
    """An answer as it went over the wire."""

    status: int
    body: bytes


@attrs.define
class _Use:
    fingerprint: str
    reply: Reply | None = None


class Keys:
    """The keys of one account."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._uses: OrderedDict[str, _Use] = OrderedDict()

    def begin(self, key: str, fingerprint: str) -> Reply | None:
        """Claim *key* for a call, or return the answer it already has.

        Raises `Problem`: 400 where the key was used for another call, 409 while it is in use.
        """
        if len(key) > 255:
            raise Problem("Idempotency keys may have 255 characters.", kind="idempotency_error")
        with self._lock:
            use = self._uses.get(key)
            if use is None:
                self._uses[key] = _Use(fingerprint)
                while len(self._uses) > MAX_KEYS:
                    self._uses.popitem(last=False)
                return None
        if use.fingerprint != fingerprint:
            raise Problem(
                "Keys for idempotent requests can only be used with the same parameters they were"
                " first used with.",
                kind="idempotency_error",
            )
        if use.reply is None:
            raise Problem(
                "There is currently another in-progress request using this Idempotency Key.",
                status=409,
                kind="idempotency_error",
                code="idempotency_key_in_use",
            )
        return use.reply

    def finish(self, key: str, reply: Reply | None) -> None:
        """Fix the answer of *key*, or free it when nothing was begun (None)."""
        with self._lock:
            if reply is None:
                self._uses.pop(key, None)
            elif key in self._uses:
                self._uses[key].reply = reply
