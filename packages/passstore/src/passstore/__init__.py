"""Passes kept in SQLite or PostgreSQL: the stores behind passcore's ports."""
