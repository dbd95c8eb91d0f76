"""Hooks: what other systems call us with, each verified over its raw bytes first."""

from __future__ import annotations

from typing import Any, Final

from passweb.hooks.payments import payment_event

route_handlers: Final[list[Any]] = [payment_event]
