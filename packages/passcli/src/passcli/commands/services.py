"""`passctl service`: what is booked."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from passcli.grammar import command, group
from passcli.wiring import Desk, answer, desk

app = group("What is booked.")

Kind = Literal["individual", "group"]
Ref = Annotated[str, typer.Argument(metavar="SERVICE", help="Its id or slug.")]


@command(app, "add")
def add(
    ctx: typer.Context,
    *,
    name: Annotated[str, typer.Option(help="What it is called.")],
    slug: Annotated[
        str | None, typer.Option(help="Its short name; else made from the name.")
    ] = None,
    category: Annotated[
        str | None, typer.Option(help="What it belongs to, such as pilates.")
    ] = None,
    kind: Annotated[Kind, typer.Option(help="One client at a time, or a class.")] = "individual",
    duration: Annotated[int, typer.Option(metavar="MINUTES", help="How long it takes.")] = 60,
    price: Annotated[str | None, typer.Option(help="For one seat without a pass.")] = None,
    tax_rate: Annotated[str, typer.Option(metavar="PERCENT", help="The tax on it.")] = "0",
) -> None:
    """Add a service."""
    from passcli import parsing
    from passcore.domain.services import ServiceKind
    from passcore.usecases.catalogue import AddService, add_service

    at = desk(ctx)
    wanted = AddService(
        name=name,
        slug=slug,
        category=category,
        kind=ServiceKind(kind),
        duration_minutes=duration,
        price=parsing.optional_money(price, "--price", at.business.currency),
        tax_rate=parsing.percent(tax_rate, "--tax-rate"),
    )
    _show(at, at.run(add_service, wanted))


@command(app, "list")
def list_(ctx: typer.Context) -> None:
    """List the services by name."""
    from passcli import shapes

    at = desk(ctx)
    found = at.look(lambda tx: tx.services.all())
    head = ("SLUG", "NAME", "CATEGORY", "KIND", "MINUTES", "PRICE", "ACTIVE")
    rows = [
        (s.slug, s.name, s.category, s.kind.value, s.duration_minutes, s.price, s.active)
        for s in found
    ]
    answer(
        at.out,
        shapes.page(map(shapes.service, found)),
        lambda: at.out.table(head, rows, none="No service yet: `passctl service add --name …`."),
    )


@command(app, "edit")
def edit(
    ctx: typer.Context,
    service: Ref,
    *,
    name: Annotated[str | None, typer.Option(help="What it is called from now on.")] = None,
    slug: Annotated[str | None, typer.Option(help="Its new short name.")] = None,
    category: Annotated[str | None, typer.Option(help="Its category; empty for none.")] = None,
    kind: Annotated[Kind | None, typer.Option(help="One client at a time, or a class.")] = None,
    duration: Annotated[int | None, typer.Option(metavar="MINUTES", help="How long.")] = None,
    price: Annotated[str | None, typer.Option(help="For one seat without a pass.")] = None,
    tax_rate: Annotated[str | None, typer.Option(metavar="PERCENT", help="The tax on it.")] = None,
    active: Annotated[
        bool | None, typer.Option("--active/--inactive", help="Whether it can be booked.")
    ] = None,
) -> None:
    """Change a service."""
    from passcli import parsing
    from passcore.domain.services import ServiceKind
    from passcore.usecases.catalogue import EditService, edit_service

    at = desk(ctx)
    told: dict[str, Any] = {
        "name": name,
        "slug": slug,
        "kind": None if kind is None else ServiceKind(kind),
        "duration_minutes": duration,
        "price": parsing.optional_money(price, "--price", at.business.currency),
        "tax_rate": None if tax_rate is None else parsing.percent(tax_rate, "--tax-rate"),
        "active": active,
    }
    changes = {field: value for field, value in told.items() if value is not None}
    if category is not None:
        changes["category"] = category or None
    _show(at, at.run(edit_service, EditService(service, changes)))


def _show(at: Desk, service: Any) -> None:
    from passcli import shapes

    shape = shapes.service(service)
    pairs = {
        "id": service.id,
        "slug": service.slug,
        "name": service.name,
        "category": service.category,
        "kind": service.kind.value,
        "minutes": service.duration_minutes,
        "price": service.price,
        "active": service.active,
    }
    answer(at.out, shape, lambda: at.out.pairs(pairs))
