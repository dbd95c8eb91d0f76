"""The public names of `passstore`, for type checkers; `__init__.py` loads them on first use."""

from passstore.engine import (
    SQLiteInfo as SQLiteInfo,
    prepare_engine as prepare_engine,
    sqlite_info as sqlite_info,
)
from passstore.migrations import upgrade as upgrade
from passstore.session import SessionStore as SessionStore
from passstore.store import SqlStore as SqlStore, open_store as open_store
from passstore.tables import metadata as metadata

__all__ = [
    "SQLiteInfo",
    "SessionStore",
    "SqlStore",
    "metadata",
    "open_store",
    "prepare_engine",
    "sqlite_info",
    "upgrade",
]
