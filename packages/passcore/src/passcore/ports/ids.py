"""The ids port: where new ids and pass IDs come from."""

from __future__ import annotations

from typing import Protocol


class Ids(Protocol):
    """Makes ids nobody can guess (at least 122 random bits) and pass IDs (80 random bits)."""

    def new(self, kind: str) -> str:
        """Return a new id beginning with *kind*, for example ``pass_4k…``."""
        ...

    def code(self) -> str:
        """Return a new pass ID in its written form."""
        ...
