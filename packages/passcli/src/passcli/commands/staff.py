"""`passctl staff`: who signs in to the console."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from passcli.grammar import command, group
from passcli.wiring import answer, desk

app = group("Let people sign in to the console.")

Role = Literal["owner", "manager", "desk", "accountant", "read_only"]


@command(app, "add")
def add(
    ctx: typer.Context,
    *,
    email: Annotated[str, typer.Option(help="The address they sign in with.")],
    name: Annotated[str, typer.Option(help="Their name, as the ledger shows it.")],
    role: Annotated[Role, typer.Option(help="What they may do.")] = "desk",
) -> None:
    """Let a person sign in."""
    from passcli import shapes
    from passcore.domain.businesses import Role as Roles
    from passcore.usecases.businesses import AddStaff, add_staff

    at = desk(ctx)
    shape = shapes.staff(at.run(add_staff, AddStaff(email, name, Roles(role))))
    answer(at.out, shape, lambda: at.out.pairs(shape))


@command(app, "list")
def list_(ctx: typer.Context) -> None:
    """List who may sign in."""
    from passcli import shapes

    at = desk(ctx)
    found = at.look(lambda tx: tx.people.all_staff())
    rows = [(m.email, m.name, m.role.value, m.active) for m in found]
    answer(
        at.out,
        shapes.page(map(shapes.staff, found)),
        lambda: at.out.table(("EMAIL", "NAME", "ROLE", "ACTIVE"), rows, none="No staff yet."),
    )
