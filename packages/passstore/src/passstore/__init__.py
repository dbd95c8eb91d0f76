"""Passes kept in SQLite or PostgreSQL: the stores behind passcore's ports."""

from passstore.engine import SQLiteInfo, prepare_engine, sqlite_info
from passstore.migrations import upgrade
from passstore.session import SessionStore
from passstore.store import SqlStore, open_store
from passstore.tables import metadata

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
