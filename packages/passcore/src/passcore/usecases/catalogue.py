"""The catalogue: services that are booked, products that are sold, in immutable versions."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import attrs

from passcore.domain.cancellation import CancelPolicy
from passcore.domain.caps import Cap
from passcore.domain.checks import clean, slug, slugify
from passcore.domain.coverage import Coverage
from passcore.domain.freezes import FreezeLimits
from passcore.domain.money import Money
from passcore.domain.products import PaymentMethod, Product, Terms
from passcore.domain.refunds import RefundPolicy
from passcore.domain.services import Service, ServiceKind
from passcore.domain.validity import Validity
from passcore.errors import Invalid
from passcore.ports.store import Tx
from passcore.usecases.call import Call


@attrs.frozen
class AddService:
    """Add a service; `slug` is made from the name where not given."""

    name: str
    slug: str | None = None
    category: str | None = None
    kind: ServiceKind = ServiceKind.INDIVIDUAL
    duration_minutes: int = 60
    price: Money | None = None
    tax_rate: int = 0


@attrs.frozen
class EditService:
    """Change a service; `changes` holds the fields to replace, by their names on `Service`."""

    service: str
    changes: Mapping[str, Any]


@attrs.frozen
class AddProduct:
    """Add a product. `covers` names services (by id or slug) and categories; none means all.

    `costs` maps a service to sessions per seat where that is not 1. The subsets of `caps` are named
    like `covers`, whichever of their two sets a name stands in.
    """

    name: str
    price: Money
    sessions: int | None = None
    slug: str | None = None
    description: str = ""
    validity: Validity = attrs.field(factory=Validity)
    covers: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    costs: Mapping[str, int] = attrs.field(factory=dict)
    cancel: CancelPolicy = attrs.field(factory=CancelPolicy)
    methods: tuple[PaymentMethod, ...] = (PaymentMethod.ONLINE,)
    shown: bool = True
    priority: int = 0
    promotional: bool = False
    tax_rate: int = 0
    tax_inclusive: bool = True
    caps: tuple[Cap, ...] = ()
    freeze: FreezeLimits = attrs.field(factory=FreezeLimits)
    refund: RefundPolicy = attrs.field(factory=RefundPolicy)


@attrs.frozen
class EditProduct:
    """Change a product. What is frozen into passes (`terms`) makes a new version; what was sold
    keeps the old one. `changes` holds fields of `AddProduct`."""

    product: str
    changes: Mapping[str, Any]


@attrs.frozen
class RetireProduct:
    """Take a product off sale; passes sold stay as they are."""

    product: str


_EVERYTHING: Final = Coverage()
_EDITABLE_SERVICE = frozenset(a.name for a in attrs.fields(AddService)) | {"active"}
_TERMS = frozenset(
    "name price sessions validity cancel priority promotional tax_rate tax_inclusive "
    "freeze refund".split()
)
_PRODUCT = frozenset("slug description methods shown".split())


def add_service(tx: Tx, command: AddService, call: Call) -> Service:
    """Add a service; raises `AlreadyExists` for a slug in use, `Invalid`."""
    in_currency(tx, command.price)
    service = Service(
        id=call.ids.new("svc"),
        slug=_slug(command, (s.slug for s in tx.services.all())),
        name=clean(command.name, "name", 200),
        category=_category(command.category),
        kind=command.kind,
        duration_minutes=command.duration_minutes,
        price=command.price,
        tax_rate=command.tax_rate,
    )
    tx.services.add(service)
    return service


def edit_service(tx: Tx, command: EditService, _call: Call) -> Service:
    """Change a service; raises `Invalid` for a field it does not have."""
    changes = dict(command.changes)
    _only(changes, _EDITABLE_SERVICE)
    if "name" in changes:
        changes["name"] = clean(changes["name"], "name", 200)
    if "category" in changes:
        changes["category"] = _category(changes["category"])
    in_currency(tx, changes.get("price"))
    service = attrs.evolve(tx.services.get(command.service), **changes)
    tx.services.save(service)
    return attrs.evolve(service, version=service.version + 1)


def add_product(tx: Tx, command: AddProduct, call: Call) -> Product:
    """Add a product in its first version."""
    in_currency(tx, command.price)
    product_id = call.ids.new("prod")
    terms = Terms(
        product_id=product_id,
        version=1,
        name=clean(command.name, "name", 200),
        sessions=command.sessions,
        price=command.price,
        validity=command.validity,
        coverage=_coverage(tx, command.covers, command.excludes),
        costs=_costs(tx, command.costs),
        cancel=command.cancel,
        priority=command.priority,
        promotional=command.promotional,
        tax_rate=command.tax_rate,
        tax_inclusive=command.tax_inclusive,
        caps=_caps(tx, command.caps),
        freeze=command.freeze,
        refund=command.refund,
    )
    product = Product(
        id=product_id,
        slug=_slug(command, (p.slug for p in tx.products.all())),
        terms=terms,
        description=clean(command.description, "description", 2000, lines=True, empty=True),
        methods=command.methods,
        shown=command.shown,
    )
    tx.products.add(product)
    return product


def edit_product(tx: Tx, command: EditProduct, _call: Call) -> Product:
    """Change a product; a change of terms makes the next version."""
    changes = dict(command.changes)
    product = tx.products.get(command.product)
    _only(changes, _TERMS | _PRODUCT | {"covers", "excludes", "costs", "caps"})
    in_currency(tx, changes.get("price"))
    for field, longest in (("name", 200), ("description", 2000)):
        if field in changes:
            lines = field == "description"
            changes[field] = clean(changes[field], field, longest, lines=lines, empty=lines)
    new_terms = {key: value for key, value in changes.items() if key in _TERMS}
    if "covers" in changes or "excludes" in changes:
        old = product.terms.coverage
        covers = changes.get("covers", tuple(old.services | old.categories))
        excludes = changes.get("excludes", tuple(old.excluded))
        new_terms["coverage"] = _coverage(tx, covers, excludes, old)
    if "costs" in changes:
        new_terms["costs"] = _costs(tx, changes["costs"])
    if "caps" in changes:
        new_terms["caps"] = _caps(tx, changes["caps"])
    terms = attrs.evolve(product.terms, **new_terms)
    if terms != product.terms:
        terms = attrs.evolve(terms, version=terms.version + 1)
    rest = {key: value for key, value in changes.items() if key in _PRODUCT}
    product = attrs.evolve(product, terms=terms, **rest)
    tx.products.save(product)
    return product


def retire_product(tx: Tx, command: RetireProduct, _call: Call) -> Product:
    """Take a product off sale; doing so again changes nothing."""
    product = attrs.evolve(tx.products.get(command.product), retired=True)
    tx.products.save(product)
    return product


def _slug(command: AddService | AddProduct, taken: Iterable[str]) -> str:
    """Return the slug asked for, or a free one made from the name."""
    if command.slug:
        return slug(command.slug)
    made, used = slugify(command.name), frozenset(taken)
    numbered = (f"{made}-{number}" for number in itertools.count(2))
    return next(free for free in itertools.chain([made], numbered) if free not in used)


def _only(changes: Mapping[str, Any], allowed: frozenset[str]) -> None:
    for field in changes:
        if field not in allowed:
            raise Invalid(field=field, problem="cannot be changed")


def _category(category: str | None) -> str | None:
    return None if category is None else clean(category, "category", 100).lower()


def in_currency(tx: Tx, price: Money | None) -> None:
    """Raise `Invalid` for a price that is negative or not in the business's currency."""
    if price is not None and price.currency != tx.business().currency:
        raise Invalid(field="price.currency", problem=f"must be {tx.business().currency}")
    if price is not None and price.minor < 0:
        raise Invalid(field="price", problem="is negative")


def _coverage(
    tx: Tx, covers: tuple[str, ...], excludes: tuple[str, ...], old: Coverage = _EVERYTHING
) -> Coverage:
    """Tell services from categories: what no service is called must be a category in use. Places
    and hours stay as they are in *old*."""
    known = tx.services.all() if covers or excludes else ()
    by_ref = _by_ref(known)
    services, named = _told_apart(covers, known, "covers")
    for ref in excludes:
        if ref not in by_ref:
            raise Invalid(field="excludes", problem=f"names no service: {ref}")
    excluded = frozenset(by_ref[ref] for ref in excludes)
    return attrs.evolve(old, services=services, categories=named, excluded=excluded)


def _by_ref(known: Sequence[Service]) -> dict[str, str]:
    return {s.id: s.id for s in known} | {s.slug: s.id for s in known}


def _told_apart(
    refs: Iterable[str], known: Sequence[Service], field: str
) -> tuple[frozenset[str], frozenset[str]]:
    """Return the ids of the services among *refs*, and the categories."""
    given, by_ref = tuple(refs), _by_ref(known)
    services = frozenset(by_ref[ref] for ref in given if ref in by_ref)
    named = frozenset(ref.lower() for ref in given if ref not in by_ref)
    for ref in sorted(named - {s.category for s in known}):
        raise Invalid(field=field, problem=f"names no service or category: {ref}")
    return services, named


def _caps(tx: Tx, caps: Sequence[Cap]) -> tuple[Cap, ...]:
    known = tx.services.all() if any(cap.services or cap.categories for cap in caps) else ()
    found: list[Cap] = []
    for cap in caps:
        services, named = _told_apart(cap.services | cap.categories, known, "caps")
        found.append(attrs.evolve(cap, services=services, categories=named))
    return tuple(found)


def _costs(tx: Tx, costs: Mapping[str, int]) -> dict[str, int]:
    return {tx.services.get(ref).id: cost for ref, cost in costs.items()}
