"""Businesses: the tenant, its staff and the keys other programs use."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Final

import attrs

from passcore.domain.checks import bounded, email, slug_of, text
from passcore.domain.money import is_currency
from passcore.domain.time import zone
from passcore.errors import Invalid

LANGUAGES: Final = ("en", "hu", "de", "pl")


class Role(str, Enum):
    """What a member of staff or a key may do; each role is listed with its rights in the web."""

    OWNER = "owner"
    MANAGER = "manager"
    DESK = "desk"
    ACCOUNTANT = "accountant"
    READ_ONLY = "read_only"


def _email(value: str | None) -> str | None:
    return None if value is None else email(value)


@attrs.frozen
class Business:
    """A tenant: `slug` is its booking page's address, `currency` an ISO 4217 code, `language` one
    of `LANGUAGES`. `transfer_details` stand in the mail of a transfer, `seller` on invoices."""

    id: str
    slug: str = attrs.field(validator=slug_of("slug"))
    name: str = attrs.field(validator=text("name", 200))
    time_zone: str
    currency: str
    language: str = "en"
    email: str | None = attrs.field(default=None, converter=_email)
    seller: str = attrs.field(default="", validator=text("seller", 500, lines=True, empty=True))
    tax_id: str = attrs.field(default="", validator=text("tax_id", 50, empty=True))
    transfer_details: str = attrs.field(
        default="", validator=text("transfer_details", 1000, lines=True, empty=True)
    )
    invoice_prefix: str = attrs.field(default="", validator=text("invoice_prefix", 16, empty=True))
    complete_window_hours: int = attrs.field(
        default=24, validator=bounded("complete_window_hours", 0, 24 * 366)
    )
    version: int = 1

    def __attrs_post_init__(self) -> None:
        zone(self.time_zone)
        if not is_currency(self.currency):
            raise Invalid(field="currency", problem="is not a three-letter ISO 4217 code")
        if self.language not in LANGUAGES:
            raise Invalid(field="language", problem=f"is not one of {', '.join(LANGUAGES)}")


@attrs.frozen
class StaffMember:
    """A person who works for the business and signs in to the console by e-mail."""

    id: str
    email: str
    name: str
    role: Role
    active: bool = True


@attrs.frozen
class ApiKey:
    """A key of another program. Only the SHA-256 of the secret is kept; it is 256 random bits."""

    id: str
    label: str
    role: Role
    digest: str
    created_at: datetime
    revoked_at: datetime | None = None
