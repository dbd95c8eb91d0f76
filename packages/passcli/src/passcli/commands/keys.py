"""`passctl key`: the keys of other programs. A secret is shown once, when it is made."""

from __future__ import annotations

import secrets
from typing import Annotated, Final, Literal

import typer

from passcli.grammar import command, group, state_of
from passcli.wiring import answer, confirm, desk

app = group("Let other programs in, and keep them out again.")

Role = Literal["owner", "manager", "desk", "accountant", "read_only"]
PREFIX: Final = "sp_"
_BYTES: Final = 32  # 256 random bits


@command(app, "create")
def create(
    ctx: typer.Context,
    *,
    label: Annotated[str, typer.Option(help="What the key is for.")],
    role: Annotated[Role, typer.Option(help="What it may do.")] = "desk",
) -> None:
    """Make a key and show its secret, once."""
    from passcli import shapes
    from passcore.domain.businesses import Role as Roles
    from passcore.usecases.businesses import AddKey, add_key

    at = desk(ctx)
    secret = PREFIX + secrets.token_urlsafe(_BYTES)
    shape = shapes.key(at.run(add_key, AddKey(label, Roles(role), secret))) | {"secret": secret}
    answer(at.out, shape, lambda: at.out.pairs(shape))
    at.out.talk("Keep the secret now: it is not stored and cannot be shown again.")


@command(app, "list")
def list_(ctx: typer.Context) -> None:
    """List the keys, without their secrets."""
    from passcli import shapes
    from passcli.texts import local

    at = desk(ctx)
    found = at.look(lambda tx: tx.people.keys())
    rows = [
        (k.id, k.label, k.role.value, local(k.created_at, at.zone), local(k.revoked_at, at.zone))
        for k in found
    ]
    answer(
        at.out,
        shapes.page(map(shapes.key, found)),
        lambda: at.out.table(("ID", "LABEL", "ROLE", "MADE", "REVOKED"), rows, none="No key yet."),
    )


@command(app, "revoke")
def revoke(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key's id, as listed.")],
) -> None:
    """End a key for good."""
    from passcli import shapes
    from passcore.usecases.businesses import RevokeKey, revoke_key

    at = desk(ctx)
    confirm(state_of(ctx), f"Revoke the key {key}?")
    shape = shapes.key(at.run(revoke_key, RevokeKey(key)))
    answer(at.out, shape, lambda: at.out.pairs(shape))
