"""`passctl product`: what is sold, in immutable versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from passcli.grammar import command, group, state_of
from passcli.wiring import Desk, answer, confirm, desk

if TYPE_CHECKING:
    from passcore.domain.cancellation import CancelPolicy
    from passcore.domain.freezes import FreezeLimits
    from passcore.domain.products import PaymentMethod, Product
    from passcore.domain.refunds import RefundPolicy
    from passcore.domain.validity import Validity

app = group("What is sold: passes, in immutable versions.")

Anchor = Literal["purchase", "chosen_date", "fixed_range", "first_booking", "first_use"]
Counting = Literal["next_day", "first_day"]
Redeem = Literal["service_within", "booked_within"]
Formula = Literal["pro_rata", "used_at_list", "none"]

Ref = Annotated[str, typer.Argument(metavar="PRODUCT", help="Its id or slug.")]
Sessions = Annotated[int | None, typer.Option(help="How many; leave out for unlimited.")]
Slug = Annotated[str | None, typer.Option(help="Its address; else made from the name.")]
Valid = Annotated[
    str | None, typer.Option(metavar="LENGTH", help="Such as '6 months'; 'none' is without end.")
]
Anchored = Annotated[Anchor | None, typer.Option(help="What starts its validity.")]
Counted = Annotated[Counting | None, typer.Option(help="Whether the anchor's own day counts.")]
Within = Annotated[
    str | None, typer.Option(metavar="LENGTH", help="Lapses where it has not started by then.")
]
From = Annotated[
    str | None, typer.Option("--from", metavar="DAY", help="First day of a fixed range.")
]
Until = Annotated[
    str | None, typer.Option("--until", metavar="DAY", help="Last day of a fixed range.")
]
Covers = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="A service or category it pays for; repeat; none is all."),
]
Excludes = Annotated[
    list[str] | None, typer.Option(metavar="SERVICE", help="A service it does not pay for; repeat.")
]
Cost = Annotated[
    list[str] | None,
    typer.Option(metavar="SERVICE=N", help="Sessions a seat costs where that is not 1; repeat."),
]
Caps = Annotated[
    list[str] | None,
    typer.Option(
        "--cap",
        metavar="N/WINDOW[:NAME,…]",
        help="At most so many visits a day, week, month, pass month or '30 days', of these services"
        " or categories; repeat; 'none' is none.",
    ),
]
Methods = Annotated[
    list[str] | None,
    typer.Option(metavar="METHOD", help="online, on_site or bank_transfer; repeat for several."),
]
Shown = Annotated[
    bool | None, typer.Option("--shown/--hidden", help="Whether the booking page shows it.")
]
Promotional = Annotated[
    bool | None, typer.Option("--promotional/--paid", help="Used before paid passes.")
]
Priority = Annotated[int | None, typer.Option(help="Passes of higher priority are used first.")]
TaxRate = Annotated[str | None, typer.Option(metavar="PERCENT", help="The tax on it.")]
Inclusive = Annotated[
    bool | None,
    typer.Option("--tax-inclusive/--tax-exclusive", help="Whether the price has the tax in it."),
]
FreeUntil = Annotated[
    str | None,
    typer.Option(metavar="DURATION", help="Cancelling later than this before a visit costs it."),
]
NoShow = Annotated[
    int | None, typer.Option(metavar="SESSIONS", help="What not coming costs; else all.")
]
Redeemed = Annotated[
    Redeem | None, typer.Option(help="What has to lie inside: the visit, or the booking of it.")
]
Grace = Annotated[
    int | None, typer.Option(metavar="DAYS", help="How long after its last day it still pays.")
]
Often = Annotated[
    str | None, typer.Option(metavar="N", help="How often it may be frozen; 'none' is as you like.")
]
FrozenFor = Annotated[
    str | None, typer.Option(metavar="DAYS", help="How many days it may be frozen in all.")
]
Ahead = Annotated[
    str | None,
    typer.Option(metavar="DAYS", help="How many days ahead a freeze begins; 0 bars days gone by."),
]
Refunds = Annotated[
    Formula | None, typer.Option("--refund", help="What goes back of a pass that is refunded.")
]
RefundFee = Annotated[str | None, typer.Option(help="Kept of a refund, such as 5.00.")]
CoolingOff = Annotated[
    int | None, typer.Option(metavar="DAYS", help="To change one's mind without a fee; 0 is none.")
]
Description = Annotated[str | None, typer.Option(help="A few lines for the booking page.")]


@command(app, "add")
def add(
    ctx: typer.Context,
    *,
    name: Annotated[str, typer.Option(help="What it is called.")],
    price: Annotated[str, typer.Option(help="For the whole pass, such as 120.00.")],
    sessions: Sessions = None,
    slug: Slug = None,
    valid: Valid = None,
    covers: Covers = None,
    excludes: Excludes = None,
    cost: Cost = None,
    cap: Caps = None,
    anchor: Anchored = None,
    counting: Counted = None,
    activate_within: Within = None,
    from_: From = None,
    until: Until = None,
    method: Methods = None,
    shown: Shown = None,
    promotional: Promotional = None,
    priority: Priority = None,
    tax_rate: TaxRate = None,
    tax_inclusive: Inclusive = None,
    cancel_free_until: FreeUntil = None,
    no_show_forfeit: NoShow = None,
    redeem: Redeemed = None,
    grace_days: Grace = None,
    freeze_count: Often = None,
    freeze_days: FrozenFor = None,
    freeze_notice: Ahead = None,
    refund: Refunds = None,
    refund_fee: RefundFee = None,
    cooling_off: CoolingOff = None,
    description: Description = None,
) -> None:
    """Add a product."""
    from passcore.usecases.catalogue import AddProduct, add_product

    at = desk(ctx)
    told = _told(at, locals())
    _show(at, at.run(add_product, AddProduct(**told)))


@command(app, "edit")
def edit(
    ctx: typer.Context,
    product: Ref,
    *,
    name: Annotated[str | None, typer.Option(help="What it is called from now on.")] = None,
    price: Annotated[str | None, typer.Option(help="For the whole pass.")] = None,
    sessions: Sessions = None,
    unlimited: Annotated[bool, typer.Option("--unlimited", help="Count no sessions.")] = False,
    slug: Slug = None,
    valid: Valid = None,
    covers: Covers = None,
    excludes: Excludes = None,
    cost: Cost = None,
    cap: Caps = None,
    anchor: Anchored = None,
    counting: Counted = None,
    activate_within: Within = None,
    from_: From = None,
    until: Until = None,
    method: Methods = None,
    shown: Shown = None,
    promotional: Promotional = None,
    priority: Priority = None,
    tax_rate: TaxRate = None,
    tax_inclusive: Inclusive = None,
    cancel_free_until: FreeUntil = None,
    no_show_forfeit: NoShow = None,
    redeem: Redeemed = None,
    grace_days: Grace = None,
    freeze_count: Often = None,
    freeze_days: FrozenFor = None,
    freeze_notice: Ahead = None,
    refund: Refunds = None,
    refund_fee: RefundFee = None,
    cooling_off: CoolingOff = None,
    description: Description = None,
) -> None:
    """Change a product: new terms make a new version, passes sold keep theirs."""
    from passcore.usecases.catalogue import EditProduct, edit_product

    at = desk(ctx)
    before = at.look(lambda tx: tx.products.get(product))
    changes = _told(at, locals(), before)
    if unlimited:
        changes["sessions"] = None
    _show(at, at.run(edit_product, EditProduct(product, changes)))


@command(app, "list")
def list_(
    ctx: typer.Context,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Retired ones too.")] = False,
) -> None:
    """List the products by name."""
    from passcli import shapes
    from passcli.texts import validity

    at = desk(ctx)
    found = at.look(lambda tx: tx.products.all())
    found = [product for product in found if everything or not product.retired]
    head = ("SLUG", "NAME", "VERSION", "SESSIONS", "PRICE", "VALIDITY", "SHOWN", "RETIRED")
    rows = [
        (p.slug, p.terms.name, p.terms.version, p.terms.sessions or "unlimited", p.terms.price,
         validity(p.terms.validity), p.shown, p.retired)
        for p in found
    ]  # fmt: skip
    none = "No product yet: `passctl product add --name … --price …`."
    answer(
        at.out,
        shapes.page(map(shapes.product, found)),
        lambda: at.out.table(head, rows, none=none),
    )


@command(app, "show")
def show(ctx: typer.Context, product: Ref) -> None:
    """Show a product in its current version."""
    at = desk(ctx)
    _show(at, at.look(lambda tx: tx.products.get(product)))


@command(app, "retire")
def retire(ctx: typer.Context, product: Ref) -> None:
    """Take a product off sale; passes sold stay as they are."""
    from passcore.usecases.catalogue import RetireProduct, retire_product

    at = desk(ctx)
    found = at.look(lambda tx: tx.products.get(product))
    confirm(state_of(ctx), f"Take {found.terms.name} off sale?")
    _show(at, at.run(retire_product, RetireProduct(product)))


def _show(at: Desk, product: Product) -> None:
    from passcli import shapes, texts

    services = at.look(lambda tx: tx.services.all())
    pairs = texts.product_pairs(product, services)
    answer(at.out, shapes.product(product), lambda: at.out.pairs(pairs))


def _told(at: Desk, given: dict[str, Any], before: Product | None = None) -> dict[str, Any]:
    """Return what the options say, by the names of `AddProduct`; what was left out is left out."""
    from passcli import parsing

    same = "name sessions slug shown promotional priority tax_inclusive description".split()
    told: dict[str, Any] = {field: given[field] for field in same}
    currency = at.business.currency
    told["price"] = parsing.optional_money(given["price"], "--price", currency)
    if given["tax_rate"] is not None:
        told["tax_rate"] = parsing.percent(given["tax_rate"], "--tax-rate")
    if given["method"]:
        told["methods"] = tuple(_method(name) for name in dict.fromkeys(given["method"]))
    for field in ("covers", "excludes"):
        told[field] = None if given[field] is None else tuple(n for n in given[field] if n)
    if given["cap"] is not None:
        told["caps"] = parsing.caps(given["cap"], "--cap")
    if given["cost"] is not None:
        told["costs"] = parsing.costs(given["cost"], "--cost")
    told["validity"] = _validity(given, None if before is None else before.terms.validity)
    told["cancel"] = _cancel(given, None if before is None else before.terms.cancel)
    told["freeze"] = _freeze(given, None if before is None else before.terms.freeze)
    policy = None if before is None else before.terms.refund
    told["refund"] = _refund(given, policy, currency)
    return {field: value for field, value in told.items() if value is not None}


def _method(name: str) -> PaymentMethod:
    from passcore.domain.products import PaymentMethod
    from passcore.errors import Invalid

    names = [method.value for method in PaymentMethod]
    if name not in names:
        raise Invalid(field="--method", problem=f"is not one of {', '.join(names)}")
    return PaymentMethod(name)


def _validity(given: dict[str, Any], before: Validity | None) -> Validity | None:
    """Return the rule the options make of the one *before*, None where none was given."""
    import attrs

    from passcli import parsing
    from passcore.domain.validity import (
        Anchor as Anchors,
        Counting as Countings,
        Redeem as Redeems,
        Validity as Rule,
    )

    told: dict[str, Any] = {}
    if given["valid"] is not None:
        told["length"] = parsing.optional_length(given["valid"], "--valid")
    if given["activate_within"] is not None:
        told["activate_within"] = parsing.optional_length(
            given["activate_within"], "--activate-within"
        )
    if given["from_"] is not None or given["until"] is not None:
        told |= {
            "anchor": Anchors.FIXED_RANGE,
            "fixed_from": parsing.optional_day(given["from_"], "--from"),
            "fixed_until": parsing.optional_day(given["until"], "--until"),
        }
    if given["anchor"] is not None:
        told["anchor"] = Anchors(given["anchor"])
    if given["counting"] is not None:
        told["counting"] = Countings(given["counting"])
    if given["redeem"] is not None:
        told["redeem"] = Redeems(given["redeem"])
    if given["grace_days"] is not None:
        told["grace_days"] = given["grace_days"]
    if not told:
        return None
    rule = before or Rule()
    if told.get("anchor", rule.anchor) is not rule.anchor and before is not None:
        length = told.get("anchor") is not Anchors.FIXED_RANGE
        rule = Rule(
            length=rule.length if length else None,
            counting=rule.counting,
            redeem=rule.redeem,
            grace_days=rule.grace_days,
        )
    return attrs.evolve(rule, **told)


def _cancel(given: dict[str, Any], before: CancelPolicy | None) -> CancelPolicy | None:
    """Return the policy the options make of the one *before*, None where none was given."""
    import attrs

    from passcli import parsing
    from passcore.domain.cancellation import CancelPolicy as Policy, CancelTier
    from passcore.errors import Invalid

    told: dict[str, Any] = {}
    if given["cancel_free_until"] is not None:
        before_start = parsing.minutes(given["cancel_free_until"], "--cancel-free-until")
        told["tiers"] = (CancelTier(before_start, 0),)
    if given["no_show_forfeit"] is not None:
        if not 0 <= given["no_show_forfeit"] <= 1000:
            raise Invalid(field="--no-show-forfeit", problem="is not from 0 to 1000")
        told["no_show_forfeit"] = given["no_show_forfeit"]
    return attrs.evolve(before or Policy(), **told) if told else None


def _freeze(given: dict[str, Any], before: FreezeLimits | None) -> FreezeLimits | None:
    """Return the limits the options make of those *before*, None where none was given."""
    import attrs

    from passcli import parsing
    from passcore.domain.freezes import FreezeLimits as Limits

    told = {
        name: parsing.limit(given[f"freeze_{name}"], f"--freeze-{name}")
        for name in ("count", "days", "notice")
        if given[f"freeze_{name}"] is not None
    }
    return attrs.evolve(before or Limits(), **told) if told else None


def _refund(
    given: dict[str, Any], before: RefundPolicy | None, currency: str
) -> RefundPolicy | None:
    """Return the policy the options make of the one *before*, None where none was given."""
    import attrs

    from passcli import parsing
    from passcore.domain.refunds import RefundFormula, RefundPolicy as Policy

    told: dict[str, Any] = {}
    if given["refund"] is not None:
        told["formula"] = RefundFormula(given["refund"])
    if given["refund_fee"] is not None:
        told["fee_minor"] = parsing.money(given["refund_fee"], "--refund-fee", currency).minor
    if given["cooling_off"] is not None:
        told["cooling_off_days"] = given["cooling_off"]
    return attrs.evolve(before or Policy(), **told) if told else None
