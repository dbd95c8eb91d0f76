"""What the core's tests share: a business in memory that must be sound when a test is over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.core.house import House


@pytest.fixture
def house() -> Iterator[House]:
    """A business in memory. After the test every invariant holds (I1 to I9)."""
    made = House()
    yield made
    assert made.damage() == ()
