"""The provider's error envelope: what a call answers instead of an object."""

from __future__ import annotations

from typing import Any

import attrs

#: A rendered object: what goes over the wire.
Json = dict[str, Any]


@attrs.define(eq=False)
class Problem(Exception):
    """A refused call. *saved* tells whether the idempotency key keeps it, as one that was begun."""

    message: str
    status: int = 400
    kind: str = "invalid_request_error"
    code: str | None = None
    param: str | None = None
    decline_code: str | None = None
    intent: Json | None = None
    saved: bool = False

    def json(self) -> Json:
        """Return the envelope."""
        error: Json = {"type": self.kind, "message": self.message}
        for name, value in (
            ("code", self.code),
            ("param", self.param),
            ("decline_code", self.decline_code),
            ("payment_intent", self.intent),
        ):
            if value is not None:
                error[name] = value
        return {"error": error}


def missing(what: str, ref: str, param: str | None = None) -> Problem:
    """Return the answer about an object that is not there."""
    return Problem(f"No such {what}: '{ref}'", status=404, code="resource_missing", param=param)


def server_error() -> Problem:
    """Return the answer of a server that broke down."""
    return Problem("An unknown error occurred.", status=500, kind="api_error")
