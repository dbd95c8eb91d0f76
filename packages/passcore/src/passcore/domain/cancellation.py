"""Cancelling: what a cancelled visit costs, and until when it costs nothing (B4)."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs

from passcore.errors import Invalid

#: Forfeit everything the visit holds.
ALL = None


@attrs.frozen
class CancelTier:
    """Cancelled at least `minutes_before` the start, `forfeit` sessions are lost (None: all)."""

    minutes_before: int
    forfeit: int | None = 0

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.minutes_before <= 60 * 24 * 365:
            raise Invalid(field="cancel.tiers.minutes_before", problem="is not within a year")
        if self.forfeit is not None and not 0 <= self.forfeit <= 1000:
            raise Invalid(field="cancel.tiers.forfeit", problem="is not from 0 to 1000")


@attrs.frozen
class CancelPolicy:
    """Tiers by time before the start, the earliest first; later than the last, all is forfeited.

    The deadline itself is still in time. The default returns everything up to the start.
    `no_show_forfeit` is what a client who did not come loses (None: all).
    """

    tiers: tuple[CancelTier, ...] = (CancelTier(0, 0),)
    no_show_forfeit: int | None = ALL

    def __attrs_post_init__(self) -> None:
        times = [tier.minutes_before for tier in self.tiers]
        if times != sorted(set(times), reverse=True):
            raise Invalid(field="cancel.tiers", problem="must run from early to late, each once")

    def forfeited(self, held: int, starts_at: datetime, cancelled_at: datetime) -> int:
        """Return how many of *held* sessions a client's cancellation at *cancelled_at* loses."""
        for tier in self.tiers:
            if cancelled_at <= starts_at - timedelta(minutes=tier.minutes_before):
                return held if tier.forfeit is None else min(held, tier.forfeit)
        return held

    def no_show(self, held: int) -> int:
        """Return how many of *held* sessions a no-show loses."""
        return held if self.no_show_forfeit is None else min(held, self.no_show_forfeit)

    def free_until(self, starts_at: datetime) -> datetime | None:
        """Return the last instant at which cancelling loses nothing, None where there is none."""
        free = [tier.minutes_before for tier in self.tiers if tier.forfeit == 0]
        return starts_at - timedelta(minutes=min(free)) if free else None
