"""Adapters that need nothing but the standard library: a store in memory, clock, ids, recorders."""
