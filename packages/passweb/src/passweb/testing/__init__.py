"""Servers and helpers for tests and the demo, shipped so that embedders can use them too."""
