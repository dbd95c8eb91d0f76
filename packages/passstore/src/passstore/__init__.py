"""Passes kept in SQLite or PostgreSQL: the stores behind passcore's ports.

A name's module is loaded when the name is first used; `__init__.pyi` tells type checkers the same.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

_HOME: Final = {
    "SQLiteInfo": "engine",
    "SessionStore": "session",
    "SqlStore": "store",
    "metadata": "tables",
    "open_store": "store",
    "prepare_engine": "engine",
    "sqlite_info": "engine",
    "upgrade": "migrations",
}

__all__ = sorted(_HOME)  # noqa: PLE0605  # a list, made from the table above


def __getattr__(name: str) -> object:
    module = _HOME.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
