"""The system's clock and randomness, and their settable counterparts for tests and simulations."""

from __future__ import annotations

import random
import secrets
import time
from datetime import UTC, datetime, timedelta

from passcore.domain.ids import CODE_BITS, ULID_BITS, pass_code, ulid


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def move(self, by: timedelta) -> None:
        """Go forward, or back, by *by*."""
        self._now += by

    def set(self, now: datetime) -> None:
        """Go to *now*."""
        self._now = now.astimezone(UTC)


class RandomIds:
    """ULIDs: the time of the machine, and 80 random bits from the operating system."""

    def new(self, kind: str) -> str:
        return f"{kind}_{ulid(time.time_ns() // 1_000_000, secrets.randbits(ULID_BITS))}"

    def code(self) -> str:
        return pass_code(secrets.randbits(CODE_BITS))


class SeededIds:
    """Ids that are the same on every run of one *seed*. Never for anything real."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  # must come out the same again
        self._made = 0

    def new(self, kind: str) -> str:
        self._made += 1
        return f"{kind}_{ulid(self._made, self._random.getrandbits(ULID_BITS))}"

    def code(self) -> str:
        return pass_code(self._random.getrandbits(CODE_BITS))
