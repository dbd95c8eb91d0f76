"""Throttle: how often one source may fail, kept in this process (X10).

Guessing a pass ID is hopeless already (80 random bits); this keeps it from being a load. Only
failures count, so nobody who types the right thing is ever held up by it.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

_MOST_SOURCES: Final = 10_000


class Throttle:
    """Allows *limit* failures in *seconds*, for each source on its own; threads may share it."""

    def __init__(
        self, limit: int, seconds: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = limit
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, source: str) -> int:
        """Return after how many whole seconds *source* may try again, 0 for now."""
        with self._lock:
            times = self._recent(source)
            if len(times) < self._limit:
                return 0
            return max(1, int(times[0] + self._seconds - self._clock()) + 1)

    def fail(self, source: str) -> None:
        """Count a failure of *source*."""
        with self._lock:
            times = self._recent(source)
            times.append(self._clock())
            self._failed[source] = times
            self._failed.move_to_end(source)
            while len(self._failed) > _MOST_SOURCES:
                self._failed.popitem(last=False)

    def clear(self, source: str) -> None:
        """Forget the failures of *source*."""
        with self._lock:
            self._failed.pop(source, None)

    def _recent(self, source: str) -> deque[float]:
        times = self._failed.get(source) or deque(maxlen=self._limit)
        since = self._clock() - self._seconds
        while times and times[0] <= since:
            times.popleft()
        if not times:
            self._failed.pop(source, None)
        return times


class Throttles:
    """The throttles of one server: pass IDs by source and by the pass ID tried, sign-in codes by
    source, asking for codes by source and by address.

    A pass ID that is locked by guesses still works for its owner signed in.
    """

    def __init__(self) -> None:
        self.codes = Throttle(10, 60)
        self.targets = Throttle(100, 24 * 3600)
        self.sign_ins = Throttle(10, 60)
        self.asking = Throttle(20, 600)
        self.addresses = Throttle(5, 600)


def source_of(host: str) -> str:
    """Return who counts as one source: an IPv4 address, or an IPv6 network of 64 bits."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
