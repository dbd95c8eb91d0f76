"""Cancel policies: what a cancelled or missed visit costs (B4)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from passcore.domain.cancellation import CancelPolicy, CancelTier
from passcore.errors import Invalid
from passcore.testing.builders import NOW
from passcore.testing.strategies import cancel_policies

START = NOW + timedelta(days=30)
DAY_BEFORE = CancelPolicy((CancelTier(1_440, 0), CancelTier(120, 1)), no_show_forfeit=None)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("before", "lost"),
    [
        (timedelta(days=9), 0),
        (timedelta(days=1), 0),  # the deadline itself is in time
        (timedelta(days=1) - TICK, 1),
        (timedelta(hours=2), 1),
        (timedelta(hours=2) - TICK, 3),
        (timedelta(), 3),
        (-timedelta(hours=1), 3),
    ],
)
def test_the_deadline_itself_is_still_in_time(before: timedelta, lost: int) -> None:
    """One microsecond later the next tier counts; after the last all is lost."""
    assert DAY_BEFORE.forfeited(3, START, START - before) == lost


def test_no_more_is_lost_than_was_held() -> None:
    """A tier or a no-show of two sessions takes one where one is held."""
    policy = CancelPolicy((CancelTier(0, 2),), no_show_forfeit=2)
    assert policy.forfeited(1, START, START) == 1
    assert (policy.no_show(1), policy.no_show(5)) == (1, 2)


def test_a_no_show_costs_what_its_row_says() -> None:
    """Everything, where the row says nothing."""
    assert DAY_BEFORE.no_show(3) == 3
    assert CancelPolicy(no_show_forfeit=0).no_show(3) == 0


def test_a_tier_may_lose_everything() -> None:
    """As None says."""
    policy = CancelPolicy((CancelTier(60, None), CancelTier(0, 1)))
    assert policy.forfeited(4, START, START - timedelta(hours=1)) == 4
    assert policy.forfeited(4, START, START) == 1


def test_by_default_cancelling_is_free_up_to_the_start() -> None:
    """And a no-show loses all."""
    policy = CancelPolicy()
    assert policy.forfeited(2, START, START) == 0
    assert policy.forfeited(2, START, START + TICK) == 2
    assert policy.free_until(START) == START
    assert policy.no_show(2) == 2


@given(policy=cancel_policies(), held=st.integers(1, 10))
def test_up_to_the_free_instant_nothing_is_lost(policy: CancelPolicy, held: int) -> None:
    """What a client is told before confirming is what happens (C5)."""
    free = policy.free_until(START)
    if free is None:
        assert all(tier.forfeit != 0 for tier in policy.tiers)
    else:
        assert policy.forfeited(held, START, free) == 0
        assert policy.forfeited(held, START, START + TICK) == held


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: CancelTier(-1),
        lambda: CancelTier(60 * 24 * 365 + 1),
        lambda: CancelTier(0, -1),
        lambda: CancelTier(0, 1_001),
        lambda: CancelPolicy((CancelTier(0), CancelTier(60))),
        lambda: CancelPolicy((CancelTier(60), CancelTier(60, 1))),
    ],
)
def test_a_policy_that_makes_no_sense_is_invalid(wrong: type[CancelPolicy]) -> None:
    """Outside a year, of negative cost, out of order."""
    with pytest.raises(Invalid):
        wrong()
