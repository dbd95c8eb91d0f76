"""The system's clock and randomness, and their settable counterparts for tests and simulations."""

from __future__ import annotations

import random
import secrets
from datetime import UTC, datetime, timedelta

from passcore.domain.ids import CODE_BITS, encode, pass_code

_ID_BITS = 125
_ID_LENGTH = 25


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
    """Ids of 125 random bits from the operating system, in lower-case Crockford base 32."""

    def new(self, kind: str) -> str:
        return f"{kind}_{encode(secrets.randbits(_ID_BITS), _ID_LENGTH).lower()}"

    def code(self) -> str:
        return pass_code(secrets.randbits(CODE_BITS))


class SeededIds:
    """Ids that are the same on every run of one *seed*. Never for anything real."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  # must come out the same again

    def new(self, kind: str) -> str:
        return f"{kind}_{encode(self._random.getrandbits(_ID_BITS), _ID_LENGTH).lower()}"

    def code(self) -> str:
        return pass_code(self._random.getrandbits(CODE_BITS))
