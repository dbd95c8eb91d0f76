"""Products and terms: what is sold, in immutable versions, and what a sale freezes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import attrs

from passcore.domain.cancellation import CancelPolicy
from passcore.domain.caps import Cap, check_caps
from passcore.domain.checks import bounded, slug_of, text
from passcore.domain.coverage import Coverage
from passcore.domain.freezes import FreezeLimits
from passcore.domain.money import MAX_MINOR, Money
from passcore.domain.refunds import RefundPolicy
from passcore.domain.validity import Validity
from passcore.errors import Invalid

#: The most sessions one pass may hold, and one visit may cost.
MAX_SESSIONS = 10_000
MAX_COST = 1_000


class PaymentMethod(str, Enum):
    """How an order is paid (S2)."""

    ONLINE = "online"
    ON_SITE = "on_site"
    BANK_TRANSFER = "bank_transfer"


@attrs.frozen
class Terms:
    """A product version as it stands at a sale; frozen into the pass, never changed.

    `sessions` None means unlimited. `costs` maps a service id to sessions per seat where that is
    not 1. `price` is what is paid for the whole; `tax_rate` is in hundredths of a percent. `caps`
    limit the visits it pays for (C3).
    """

    product_id: str
    version: int
    name: str = attrs.field(validator=text("name", 200))
    sessions: int | None = attrs.field(
        validator=bounded("sessions", 1, MAX_SESSIONS, optional=True)
    )
    price: Money
    validity: Validity = attrs.field(factory=Validity)
    coverage: Coverage = attrs.field(factory=Coverage)
    costs: Mapping[str, int] = attrs.field(factory=dict)
    cancel: CancelPolicy = attrs.field(factory=CancelPolicy)
    priority: int = attrs.field(default=0, validator=bounded("priority", -1000, 1000))
    promotional: bool = False
    tax_rate: int = attrs.field(default=0, validator=bounded("tax_rate", 0, 10000))
    tax_inclusive: bool = True
    caps: tuple[Cap, ...] = ()
    freeze: FreezeLimits = attrs.field(factory=FreezeLimits)
    refund: RefundPolicy = attrs.field(factory=RefundPolicy)

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.price.minor <= MAX_MINOR:
            raise Invalid(field="price", problem="is negative or out of bounds")
        if any(not 1 <= cost <= MAX_COST for cost in self.costs.values()):
            raise Invalid(field="costs", problem=f"has a cost outside 1 to {MAX_COST}")
        if self.caps:
            check_caps(self.caps)

    def cost(self, service_id: str, seats: int) -> int:
        """Return what a visit of *seats* costs in sessions (C2)."""
        return self.costs.get(service_id, 1) * seats if self.costs else seats

    @property
    def net_minor(self) -> int:
        """The price without tax, in minor units, rounded half up; the basis of session values."""
        if not self.tax_inclusive:
            return self.price.minor
        gross, base = self.price.minor, 10_000 + self.tax_rate
        return (gross * 10_000 * 2 + base) // (base * 2)

    @property
    def gross(self) -> Money:
        """What is to be paid, tax included."""
        if self.tax_inclusive:
            return self.price
        tax = (self.price.minor * self.tax_rate * 2 + 10_000) // 20_000
        return Money(self.price.minor + tax, self.price.currency)


@attrs.frozen
class Product:
    """What is sold: `terms` is the current version; `shown` puts it on the booking page."""

    id: str
    slug: str = attrs.field(validator=slug_of("slug"))
    terms: Terms
    description: str = attrs.field(
        default="", validator=text("description", 2000, lines=True, empty=True)
    )
    methods: tuple[PaymentMethod, ...] = (PaymentMethod.ONLINE,)
    shown: bool = True
    retired: bool = False

    def __attrs_post_init__(self) -> None:
        if not self.methods or len(set(self.methods)) != len(self.methods):
            raise Invalid(
                field="methods", problem="must name each way of paying once, at least one"
            )
