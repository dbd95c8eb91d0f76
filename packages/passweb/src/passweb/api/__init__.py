"""The HTTP API and what belongs to it: its documentation, health and counts."""

from __future__ import annotations

from typing import Any

from litestar import Router

from passweb.api import meta
from passweb.api.operator import router as operator_router
from passweb.api.public import route_handlers as public_handlers

__all__ = ["route_handlers"]


def route_handlers() -> list[Any]:
    """Return everything the API serves, fresh for one application."""
    api = Router("/api/v1", route_handlers=[operator_router(), *public_handlers])
    return [api, *meta.route_handlers()]
