"""The machine's clock and randomness, and their settable counterparts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from passcore import FixedClock, RandomIds, SeededIds, SystemClock
from passcore.ports.clock import Clock
from passcore.ports.ids import Ids
from passcore.testing.ports import ClockContract, IdsContract


class TestSystemClock(ClockContract):
    @pytest.fixture
    def clock(self) -> Clock:
        return SystemClock()

    def test_it_tells_the_machines_time(self, clock: Clock) -> None:
        """Within a minute."""
        assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


class TestFixedClock(ClockContract):
    @pytest.fixture
    def clock(self) -> Clock:
        return FixedClock(datetime(2027, 3, 1, 13, tzinfo=timezone(timedelta(hours=1))))

    def test_it_stands_until_it_is_moved(self, clock: Clock) -> None:
        """Forward, back, or to an instant."""
        assert isinstance(clock, FixedClock)
        noon = datetime(2027, 3, 1, 12, tzinfo=UTC)
        assert clock.now() == noon
        clock.move(timedelta(hours=2))
        clock.move(timedelta(hours=-1))
        assert clock.now() == noon + timedelta(hours=1)
        clock.set(noon.astimezone(timezone(timedelta(hours=5))))
        assert (clock.now(), clock.now().utcoffset()) == (noon, timedelta())


class TestRandomIds(IdsContract):
    @pytest.fixture
    def ids(self) -> Ids:
        return RandomIds()


class TestSeededIds(IdsContract):
    @pytest.fixture
    def ids(self) -> Ids:
        return SeededIds(1)

    def test_one_seed_gives_one_sequence(self, ids: Ids) -> None:
        """Another seed another."""
        again, other = SeededIds(1), SeededIds(2)
        drawn = [ids.new("pass"), ids.code()]
        assert drawn == [again.new("pass"), again.code()]
        assert drawn != [other.new("pass"), other.code()]
