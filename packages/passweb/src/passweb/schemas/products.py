"""Products on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, field

from passcore.domain.cancellation import CancelPolicy, CancelTier
from passcore.domain.freezes import FreezeLimits
from passcore.domain.products import PaymentMethod, Product, Terms
from passcore.domain.time import Length
from passcore.domain.validity import Anchor, Counting, Redeem, Validity
from passcore.usecases.catalogue import AddProduct, EditProduct
from passweb.schemas.caps import CapOut, Caps, caps_in, caps_out
from passweb.schemas.common import (
    Input,
    Money,
    Name,
    Output,
    Paragraph,
    Percent,
    Ref,
    Slug,
    money_in,
    money_out,
    percent_in,
    percent_out,
)
from passweb.schemas.refunds import RefundModel, policy_in, policy_out

Sessions = Annotated[int, Meta(ge=1, le=10_000)]
Method = Literal["online", "on_site", "bank_transfer"]
Methods = Annotated[
    list[Method], Meta(min_length=1, max_length=3, extra_json_schema={"uniqueItems": True})
]
AnchorName = Literal["purchase", "chosen_date", "fixed_range", "first_booking", "first_use"]
RedeemName = Literal["service_within", "booked_within"]
Refs = Annotated[list[Ref], Meta(max_length=500)]
Costs = Annotated[dict[Ref, Annotated[int, Meta(ge=1, le=1000)]], Meta(max_length=500)]
Priority = Annotated[int, Meta(ge=-1000, le=1000)]
Forfeit = Annotated[int, Meta(ge=0, le=1000)]
LengthText = Annotated[
    str,
    Meta(
        pattern="^[1-9][0-9]{0,3} (day|week|month|year)s?$",
        description="A count and a unit.",
        examples=["6 months"],
    ),
]


class LengthModel(Input, frozen=True):
    """A length of time on the calendar."""

    count: Annotated[int, Meta(ge=1, le=36_500)]
    unit: Literal["days", "weeks", "months", "years"]


class ValidityIn(Input, frozen=True):
    """How long a pass is valid, and from when. `length` null is without end. `redeem` says what has
    to lie inside: the visit's start, with `grace_days` after the last day, or the booking of it."""

    anchor: AnchorName = "purchase"
    length: LengthModel | LengthText | None = None
    counting: Literal["next_day", "first_day"] = "next_day"
    activate_within: LengthModel | LengthText | None = None
    fixed_from: date | None = None
    fixed_until: date | None = None
    redeem: RedeemName = "service_within"
    grace_days: Annotated[int, Meta(ge=0, le=3650)] = 0


class ValidityOut(Output, frozen=True):
    """How long a pass is valid, and from when."""

    anchor: AnchorName
    length: LengthModel | None
    counting: Literal["next_day", "first_day"]
    activate_within: LengthModel | None
    fixed_from: date | None
    fixed_until: date | None
    redeem: RedeemName
    grace_days: int


class FreezeModel(Input, frozen=True):
    """How far a pass may be frozen: how often, how many days in all, and how many days ahead it
    has to be asked for (0: not for days that are over). Null is without a limit."""

    count: Annotated[int, Meta(ge=0, le=100)] | None = None
    days: Annotated[int, Meta(ge=0, le=36_500)] | None = None
    notice: Annotated[int, Meta(ge=0, le=3650)] | None = None


class TierModel(Input, frozen=True):
    """Cancelled at least so many minutes before the start, `forfeit` is lost (null: all)."""

    minutes_before: Annotated[int, Meta(ge=0, le=525_600)]
    forfeit: Forfeit | None = 0


class CancelModel(Input, frozen=True):
    """What cancelling costs: tiers from early to late, and a row for no-shows (null: all)."""

    tiers: Annotated[list[TierModel], Meta(max_length=20)] = field(default_factory=list)
    no_show_forfeit: Forfeit | None = None


def _online() -> list[Method]:
    return ["online"]


class NewProduct(Input, frozen=True):
    """A product to add. `sessions` null is unlimited; `covers` names services and categories,
    none means all; `costs` are sessions per seat where that is not 1;
    `caps` limit the visits it pays for in a day, week or month."""

    name: Name
    price: Money
    sessions: Sessions | None
    slug: Slug | None = None
    description: Paragraph = ""
    validity: ValidityIn = ValidityIn()
    covers: Refs = field(default_factory=list)
    excludes: Refs = field(default_factory=list)
    costs: Costs = field(default_factory=dict)
    methods: Methods = field(default_factory=_online)
    shown: bool = True
    cancel: CancelModel | None = None
    priority: Priority = 0
    promotional: bool = False
    tax_rate: Percent = "0.00"
    tax_inclusive: bool = True
    caps: Caps = field(default_factory=list)
    freeze: FreezeModel = FreezeModel()
    refund: RefundModel = RefundModel()


class ProductChange(Input, frozen=True):
    """What to change of a product; what is left out stays. What was sold keeps its version."""

    name: Name | UnsetType = UNSET
    price: Money | UnsetType = UNSET
    sessions: Sessions | UnsetType | None = UNSET
    slug: Slug | UnsetType = UNSET
    description: Paragraph | UnsetType = UNSET
    validity: ValidityIn | UnsetType = UNSET
    covers: Refs | UnsetType = UNSET
    excludes: Refs | UnsetType = UNSET
    costs: Costs | UnsetType = UNSET
    methods: Methods | UnsetType = UNSET
    shown: bool | UnsetType = UNSET
    cancel: CancelModel | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    promotional: bool | UnsetType = UNSET
    tax_rate: Percent | UnsetType = UNSET
    tax_inclusive: bool | UnsetType = UNSET
    caps: Caps | UnsetType = UNSET
    freeze: FreezeModel | UnsetType = UNSET
    refund: RefundModel | UnsetType = UNSET


class ProductOut(Output, frozen=True):
    """A product in its current version."""

    id: str
    slug: str
    version: int
    name: str
    description: str
    price: Money
    sessions: int | None
    validity: ValidityOut
    covers: list[str]
    excludes: list[str]
    costs: dict[str, int]
    methods: list[Method]
    shown: bool
    retired: bool
    cancel: CancelModel
    priority: int
    promotional: bool
    tax_rate: str
    tax_inclusive: bool
    caps: list[CapOut]
    freeze: FreezeModel
    refund: RefundModel


class ProductBrief(Output, frozen=True):
    """A product as named by a pass or an order, in the version that was sold."""

    id: str
    name: str
    version: int


def add_in(given: NewProduct) -> AddProduct:
    """Return the command; raises `Invalid` for rules that contradict one another."""
    return AddProduct(
        name=given.name,
        price=money_in(given.price, "price"),
        sessions=given.sessions,
        slug=given.slug,
        description=given.description,
        validity=_validity(given.validity),
        covers=tuple(given.covers),
        excludes=tuple(given.excludes),
        costs=given.costs,
        cancel=CancelPolicy() if given.cancel is None else _policy(given.cancel),
        methods=tuple(PaymentMethod(m) for m in given.methods),
        shown=given.shown,
        priority=given.priority,
        promotional=given.promotional,
        tax_rate=percent_in(given.tax_rate),
        tax_inclusive=given.tax_inclusive,
        caps=caps_in(given.caps),
        freeze=_limits(given.freeze),
        refund=policy_in(given.refund, given.price.currency),
    )


def change_in(ref: str, given: ProductChange, currency: str) -> EditProduct:
    """Return the command: the fields that were given, a fee being in *currency*."""
    plain = "name sessions slug description costs shown priority promotional tax_inclusive".split()
    changes: dict[str, Any] = {
        name: value for name in plain if (value := getattr(given, name)) is not UNSET
    }
    if given.price is not UNSET:
        changes["price"] = money_in(given.price, "price")
    if given.validity is not UNSET:
        changes["validity"] = _validity(given.validity)
    if given.cancel is not UNSET:
        changes["cancel"] = _policy(given.cancel)
    if given.covers is not UNSET:
        changes["covers"] = tuple(given.covers)
    if given.excludes is not UNSET:
        changes["excludes"] = tuple(given.excludes)
    if given.methods is not UNSET:
        changes["methods"] = tuple(PaymentMethod(m) for m in given.methods)
    if given.tax_rate is not UNSET:
        changes["tax_rate"] = percent_in(given.tax_rate)
    if given.caps is not UNSET:
        changes["caps"] = caps_in(given.caps)
    if given.freeze is not UNSET:
        changes["freeze"] = _limits(given.freeze)
    if given.refund is not UNSET:
        changes["refund"] = policy_in(given.refund, currency)
    return EditProduct(ref, changes)


def product_out(product: Product, _at: datetime | None = None) -> ProductOut:
    """Return a product in full."""
    terms = product.terms
    coverage = terms.coverage
    return ProductOut(
        id=product.id,
        slug=product.slug,
        version=terms.version,
        name=terms.name,
        description=product.description,
        price=money_out(terms.price),
        sessions=terms.sessions,
        validity=_validity_out(terms.validity),
        covers=sorted(coverage.services | coverage.categories),
        excludes=sorted(coverage.excluded),
        costs=dict(terms.costs),
        methods=[m.value for m in product.methods],
        shown=product.shown,
        retired=product.retired,
        cancel=_policy_out(terms.cancel),
        priority=terms.priority,
        promotional=terms.promotional,
        tax_rate=percent_out(terms.tax_rate),
        tax_inclusive=terms.tax_inclusive,
        caps=caps_out(terms.caps),
        freeze=FreezeModel(
            count=terms.freeze.count, days=terms.freeze.days, notice=terms.freeze.notice
        ),
        refund=policy_out(terms),
    )


def product_brief(terms: Terms) -> ProductBrief:
    """Return what was sold, in short."""
    return ProductBrief(id=terms.product_id, name=terms.name, version=terms.version)


def _length(given: LengthModel | str | None) -> Length | None:
    if given is None:
        return None
    return Length.parse(given) if isinstance(given, str) else Length(given.count, given.unit)


def _validity(given: ValidityIn) -> Validity:
    return Validity(
        anchor=Anchor(given.anchor),
        length=_length(given.length),
        counting=Counting(given.counting),
        activate_within=_length(given.activate_within),
        fixed_from=given.fixed_from,
        fixed_until=given.fixed_until,
        redeem=Redeem(given.redeem),
        grace_days=given.grace_days,
    )


def _limits(given: FreezeModel) -> FreezeLimits:
    return FreezeLimits(given.count, given.days, given.notice)


def _length_out(length: Length | None) -> LengthModel | None:
    if length is None:
        return None
    return LengthModel(count=length.count, unit=length.unit)  # type: ignore[arg-type]  # checked


def _validity_out(validity: Validity) -> ValidityOut:
    return ValidityOut(
        anchor=validity.anchor.value,
        length=_length_out(validity.length),
        counting=validity.counting.value,
        activate_within=_length_out(validity.activate_within),
        fixed_from=validity.fixed_from,
        fixed_until=validity.fixed_until,
        redeem=validity.redeem.value,
        grace_days=validity.grace_days,
    )


def _policy(given: CancelModel) -> CancelPolicy:
    return CancelPolicy(
        tuple(CancelTier(tier.minutes_before, tier.forfeit) for tier in given.tiers),
        given.no_show_forfeit,
    )


def _policy_out(policy: CancelPolicy) -> CancelModel:
    return CancelModel(
        tiers=[TierModel(minutes_before=t.minutes_before, forfeit=t.forfeit) for t in policy.tiers],
        no_show_forfeit=policy.no_show_forfeit,
    )
