"""Services: what is booked."""

from __future__ import annotations

from enum import Enum

import attrs

from passcore.domain.checks import bounded, slug_of, text
from passcore.domain.money import Money


class ServiceKind(str, Enum):
    """One client at a time, or a class of several."""

    INDIVIDUAL = "individual"
    GROUP = "group"


@attrs.frozen
class Service:
    """A service: `duration_minutes` long, `price` for one seat without a pass, `tax_rate` in
    hundredths of a percent (2700 is 27 %)."""

    id: str
    slug: str = attrs.field(validator=slug_of("slug"))
    name: str = attrs.field(validator=text("name", 200))
    category: str | None = attrs.field(default=None)
    kind: ServiceKind = ServiceKind.INDIVIDUAL
    duration_minutes: int = attrs.field(default=60, validator=bounded("duration_minutes", 1, 10080))
    price: Money | None = None
    tax_rate: int = attrs.field(default=0, validator=bounded("tax_rate", 0, 10000))
    active: bool = True
    version: int = 1
