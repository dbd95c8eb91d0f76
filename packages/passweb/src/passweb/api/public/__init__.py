"""The part of the API that needs no key: nothing yet. The pages serve the public."""

from __future__ import annotations

from typing import Any, Final

route_handlers: Final[list[Any]] = []
