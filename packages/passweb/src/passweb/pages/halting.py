"""Halts: why a page cannot be shown, raised anywhere and answered by `passweb.pages.problems`."""

from __future__ import annotations

import attrs


@attrs.define(eq=False)
class Halt(Exception):
    """Answer with the error page of *status*; *why* names its words, *headers* go with it."""

    status: int
    why: str = ""
    retry_after: int | None = None
    back: str | None = None


@attrs.define(eq=False)
class Elsewhere(Exception):
    """Answer by sending the browser to *path*, an address of our own (X14)."""

    path: str
