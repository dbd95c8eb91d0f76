"""Rows: how the domain's values are laid out in columns, one noun or kind of value a module."""
