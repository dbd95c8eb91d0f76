"""How much the stateful tests do: 500 runs of 50 steps by default, else what the profile says."""

from __future__ import annotations

import os

from hypothesis import settings


def budget(*, shares: int = 1) -> settings:
    """Return the settings of one of *shares* tests that do the work together."""
    profile = settings()
    if os.environ.get("SESSIONPASS_HYPOTHESIS", "default") == "default":
        return settings(profile, max_examples=500 // shares, stateful_step_count=50)
    return settings(profile, max_examples=max(1, profile.max_examples // shares))
