"""Booking page, guest app, console and HTTP API over passcore.

`create_app`, `wire` and `Settings` are the public names; each is imported when it is asked for, so
that ``import passweb`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from passweb.house import House
    from passweb.server import create_app
    from passweb.settings import Settings
    from passweb.wiring import wire

__version__ = "0.1.0"

__all__ = ["House", "Settings", "create_app", "wire"]

_HOMES = {
    "House": "passweb.house",
    "Settings": "passweb.settings",
    "create_app": "passweb.server",
    "wire": "passweb.wiring",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'passweb' has no attribute {name!r}")
    return getattr(import_module(home), name)
