"""What the page tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.pages import site as sites


@pytest.fixture
def site() -> Iterator[sites.Site]:
    """A stocked studio and a browser, in memory."""
    with sites.site() as found:
        yield found
