"""Scripted trouble with the API: what the next calls run into."""

from __future__ import annotations

import threading
from enum import Enum
from typing import Final

import attrs

from passweb.testing.payserver.problem import Problem

#: Nothing waits longer than this, in seconds.
MAX_WAIT: Final = 120.0
_MAX_SCRIPTED: Final = 1000


class Mishap(str, Enum):
    """What can happen to a call. "After" means: the effect is there, the reply is not."""

    ERROR = "error"  # status 500, nothing was done, the key stays free
    ERROR_SAVED = "error_saved"  # status 500, nothing was done, the key keeps the 500
    ERROR_AFTER = "error_after"  # it was done, yet the answer is 500 and the key knows better
    RATE_LIMIT = "rate_limit"  # status 429
    RESET = "reset"  # the connection breaks before anything is done
    RESET_AFTER = "reset_after"  # it was done, the connection breaks instead of a reply
    SLOW = "slow"  # waits before doing it, the key being in use
    SLOW_AFTER = "slow_after"  # waits with the reply


@attrs.define
class Script:
    """One entry: *mishap* for the next *times* calls whose path contains *path*."""

    mishap: Mishap
    path: str
    times: int
    seconds: float


class Mishaps:
    """The scripted mishaps in order, and the gate that slow calls wait at."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._scripts: list[Script] = []
        self._gate = threading.Event()
        self._arrived = threading.Semaphore(0)

    def add(self, mishap: Mishap, *, path: str, times: int, seconds: float) -> None:
        """Script *mishap*; slow ones last *seconds* or until `release`."""
        if not 0 < times <= _MAX_SCRIPTED or not 0 <= seconds <= MAX_WAIT:
            raise Problem("times must be 1 to 1000, seconds 0 to 120.")
        with self._lock:
            if len(self._scripts) >= _MAX_SCRIPTED:
                raise Problem("Too many scripted mishaps.")
            self._scripts.append(Script(mishap, path, times, seconds))
            self._gate.clear()

    def next(self, path: str) -> Script | None:
        """Take the mishap the call to *path* runs into, if any."""
        with self._lock:
            for script in self._scripts:
                if script.path in path:
                    script.times -= 1
                    if script.times == 0:
                        self._scripts.remove(script)
                    return attrs.evolve(script)
        return None

    def wait(self, seconds: float) -> None:
        """Hold a slow call, in a thread of its own."""
        self._arrived.release()
        self._gate.wait(seconds)

    def wait_arrived(self, timeout: float) -> bool:
        """Wait until a slow call is being held; False when none came in *timeout* seconds."""
        return self._arrived.acquire(timeout=timeout)

    def release(self) -> None:
        """Let all held calls go on."""
        self._gate.set()

    def clear(self) -> None:
        """Forget everything scripted and let held calls go on."""
        with self._lock:
            self._scripts.clear()
        self._gate.set()
