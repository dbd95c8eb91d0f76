"""Clients: who buys and books."""

from __future__ import annotations

from datetime import datetime

import attrs

from passcore.domain.businesses import LANGUAGES
from passcore.domain.checks import text
from passcore.errors import Invalid


def _spoken(_instance: object, _attribute: object, value: str | None) -> None:
    if value is not None and value not in LANGUAGES:
        raise Invalid(field="language", problem=f"is not one of {', '.join(LANGUAGES)}")


@attrs.frozen
class Client:
    """A client of one business; `email` is normalised and unique within it. `customer_ref` and
    `card_ref` name the saved card at the payment provider, never the card."""

    id: str
    email: str
    name: str = attrs.field(validator=text("name", 200, empty=True))
    created_at: datetime
    language: str | None = attrs.field(default=None, validator=_spoken)
    customer_ref: str | None = None
    card_ref: str | None = None
    version: int = 1


@attrs.frozen
class ClientRef:
    """How a caller names a client: by id, or by e-mail with a name for one not yet known."""

    id: str | None = None
    email: str | None = None
    name: str | None = None
