"""What is sold in the state machine: every anchor, several costs, policies and caps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from passcore.domain.cancellation import CancelPolicy, CancelTier
from passcore.domain.caps import Cap
from passcore.domain.money import Money
from passcore.domain.products import PaymentMethod
from passcore.domain.time import Length
from passcore.domain.validity import Anchor, Counting, Validity
from passcore.usecases.catalogue import AddProduct
from tests.core.state_machine.model import Deal

SERVICES: Final = ("yoga", "spin", "court")
STRICT: Final = ((24 * 60, 0), (2 * 60, 1))

#: Prices that do not divide evenly, costs of two, tiers that lose nothing, one or all.
DEALS: Final = (
    Deal("three", 3, 1_000, tiers=STRICT),
    Deal("flat", None, 9_000, no_show=1, caps=("2/day", "4/7 days")),
    Deal("use", 4, 5_001, costs=(("spin", 2),), tiers=STRICT),
    Deal("booking", 4, 7_000, tax=2_700, costs=(("spin", 2), ("court", 3)), tiers=()),
    Deal("chosen", 2, 3_333, no_show=0),
    Deal("endless", 7, 10_000, 2_700, (("spin", 2),), ((60, 0), (0, None)),
         caps=("1/day:spin", "3/week")),
    Deal("free", 1, 0, tiers=((0, 1),)),
)  # fmt: skip
_VALID: Final[Mapping[str, Validity]] = {
    "three": Validity(length=Length(10, "days")),
    "flat": Validity(length=Length(2, "weeks")),
    "use": Validity(Anchor.FIRST_USE, Length(5, "days"), activate_within=Length(14, "days")),
    "booking": Validity(
        Anchor.FIRST_BOOKING, Length(6, "days"), activate_within=Length(20, "days")
    ),
    "chosen": Validity(Anchor.CHOSEN_DATE, Length(1, "weeks"), Counting.FIRST_DAY),
    "endless": Validity(),
    "free": Validity(length=Length(3, "days"), grace_days=2),
}


def product_of(deal: Deal) -> AddProduct:
    """Return the command that puts a deal on sale."""
    tiers = tuple(CancelTier(minutes, lost) for minutes, lost in deal.tiers)
    return AddProduct(
        deal.name,
        Money(deal.price, "EUR"),
        sessions=deal.sessions,
        validity=_VALID[deal.name],
        excludes=("court",) if deal.name == "endless" else (),
        costs=dict(deal.costs),
        cancel=CancelPolicy(tiers, deal.no_show),
        methods=(PaymentMethod.BANK_TRANSFER,),
        promotional=deal.name == "free",
        tax_rate=deal.tax,
        caps=tuple(map(Cap.parse, deal.caps)),
    )
