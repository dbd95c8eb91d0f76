"""Services on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from passcore.domain.services import Service, ServiceKind
from passcore.usecases.catalogue import AddService, EditService
from passweb.schemas.common import (
    Input,
    Money,
    Name,
    Output,
    Percent,
    Short,
    Slug,
    money_in,
    money_out,
    percent_in,
    percent_out,
)

Kind = Literal["individual", "group"]
Minutes = Annotated[int, Meta(ge=1, le=10080)]


class NewService(Input, frozen=True):
    """A service to add; `slug` is made from the name where not given."""

    name: Name
    slug: Slug | None = None
    category: Short | None = None
    kind: Kind = "individual"
    duration_minutes: Minutes = 60
    price: Money | None = None
    tax_rate: Percent = "0.00"


class ServiceChange(Input, frozen=True):
    """What to change of a service; what is left out stays."""

    name: Name | UnsetType = UNSET
    slug: Slug | UnsetType = UNSET
    category: Short | UnsetType | None = UNSET
    kind: Kind | UnsetType = UNSET
    duration_minutes: Minutes | UnsetType = UNSET
    price: Money | UnsetType | None = UNSET
    tax_rate: Percent | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class ServiceOut(Output, frozen=True):
    """A service: what is booked."""

    id: str
    slug: str
    name: str
    category: str | None
    kind: Kind
    duration_minutes: int
    price: Money | None
    tax_rate: str
    active: bool


class ServiceBrief(Output, frozen=True):
    """A service as named by a booking."""

    id: str
    slug: str
    name: str


def add_in(given: NewService) -> AddService:
    """Return the command."""
    return AddService(
        name=given.name,
        slug=given.slug,
        category=given.category,
        kind=ServiceKind(given.kind),
        duration_minutes=given.duration_minutes,
        price=None if given.price is None else money_in(given.price, "price"),
        tax_rate=percent_in(given.tax_rate),
    )


def change_in(ref: str, given: ServiceChange) -> EditService:
    """Return the command: the fields that were given."""
    changes: dict[str, Any] = {
        name: value
        for name in ("name", "slug", "category", "duration_minutes", "active")
        if (value := getattr(given, name)) is not UNSET
    }
    if given.kind is not UNSET:
        changes["kind"] = ServiceKind(given.kind)
    if given.price is not UNSET:
        changes["price"] = None if given.price is None else money_in(given.price, "price")
    if given.tax_rate is not UNSET:
        changes["tax_rate"] = percent_in(given.tax_rate)
    return EditService(ref, changes)


def service_out(service: Service, _at: datetime | None = None) -> ServiceOut:
    """Return a service in full."""
    return ServiceOut(
        id=service.id,
        slug=service.slug,
        name=service.name,
        category=service.category,
        kind=service.kind.value,
        duration_minutes=service.duration_minutes,
        price=None if service.price is None else money_out(service.price),
        tax_rate=percent_out(service.tax_rate),
        active=service.active,
    )


def service_brief(service: Service) -> ServiceBrief:
    """Return a service in short."""
    return ServiceBrief(id=service.id, slug=service.slug, name=service.name)
