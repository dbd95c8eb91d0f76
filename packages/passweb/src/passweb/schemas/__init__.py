"""The wire's models: what the API reads and answers, a noun a file, and how each maps to the core.

Models that come in refuse unknown fields and carry every bound, so that the OpenAPI document has
them too. Nothing here decides anything.
"""
