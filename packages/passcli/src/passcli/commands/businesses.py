"""`passctl init`: make the database ready and add a business with its owner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from passcli.grammar import command, group, state_of
from passcli.wiring import answer, database_url, open_app, origin, sqlite_file

if TYPE_CHECKING:
    from passcore.usecases.businesses import AddStaff

app = group("Make the database ready and add a business.")

#: The longest of each text, and whether it may have several lines; all may be empty but the name.
_TEXTS: Final = {
    "name": (200, False),
    "seller": (500, True),
    "tax_id": (50, False),
    "transfer_details": (1000, True),
    "invoice_prefix": (16, False),
}


@command(app, "init")
def init(
    ctx: typer.Context,
    *,
    name: Annotated[str, typer.Option(help="What the business is called.")],
    timezone: Annotated[str, typer.Option(help="Its IANA time zone, such as Europe/Budapest.")],
    currency: Annotated[str, typer.Option(help="The ISO 4217 code of its prices, such as EUR.")],
    slug: Annotated[
        str | None, typer.Option(help="Its address on the booking page; else made from the name.")
    ] = None,
    language: Annotated[str, typer.Option(help="en, hu, de or pl.")] = "en",
    email: Annotated[str | None, typer.Option(help="Where clients write to.")] = None,
    owner_email: Annotated[
        str | None, typer.Option(help="Add this person as owner of the console.")
    ] = None,
    owner_name: Annotated[str | None, typer.Option(help="The owner's name.")] = None,
    seller: Annotated[str, typer.Option(help="Name and address as invoices show them.")] = "",
    tax_id: Annotated[str, typer.Option(help="The tax number on invoices.")] = "",
    transfer_details: Annotated[
        str, typer.Option(help="Where clients transfer money to, as their mail shows it.")
    ] = "",
    invoice_prefix: Annotated[str, typer.Option(help="What invoice numbers begin with.")] = "",
    complete_from: Annotated[
        str, typer.Option(help="How long before its start a visit may be completed.")
    ] = "24 hours",
) -> None:
    """Make the database ready and add a business."""
    from passcli import parsing

    told = {"name": name, "seller": seller, "tax_id": tax_id}
    told |= {"transfer_details": transfer_details, "invoice_prefix": invoice_prefix}
    settings: dict[str, Any] = {
        "slug": slug,
        "time_zone": timezone,
        "currency": currency.upper(),
        "language": language,
        "email": email,
        "complete_window_hours": -(-parsing.minutes(complete_from, "--complete-from") // 60),
    }
    _add(ctx, told, settings, _owner(owner_email, owner_name))


def _owner(email: str | None, name: str | None) -> AddStaff | None:
    from passcore.domain import checks
    from passcore.domain.businesses import Role
    from passcore.usecases.businesses import AddStaff

    if email is None:
        return None
    address = checks.email(email, "owner_email")
    person = checks.clean(name or address.partition("@")[0], "owner_name", 200)
    return AddStaff(address, person, Role.OWNER)


def _add(
    ctx: typer.Context, told: dict[str, str], settings: dict[str, Any], owner: AddStaff | None
) -> None:
    """Check everything first, then make the database, then add what was checked."""
    from passcli import shapes
    from passcore.adapters.system import RandomIds
    from passcore.domain import checks
    from passcore.domain.businesses import Business
    from passcore.usecases.businesses import add_staff

    state = state_of(ctx)
    by = origin(state)
    texts: dict[str, Any] = {
        field: checks.clean(text, field, _TEXTS[field][0], lines=_TEXTS[field][1],
                            empty=field != "name")
        for field, text in told.items()
    }  # fmt: skip
    if settings["email"] is not None:
        settings["email"] = checks.email(settings["email"])
    if settings["slug"] is None:
        settings["slug"] = checks.slugify(texts["name"])
    business = Business(id=RandomIds().new("biz"), **texts, **settings)
    _make_ready(database_url(state))
    core = open_app(ctx)
    core.add_business(business)
    if owner is not None:
        core.run(business.id, add_staff, owner, by=by)
    out = state.out
    shape = shapes.business(business) | {"owner": None if owner is None else owner.email}
    answer(out, shape, lambda: out.pairs({k.replace("_", " "): v for k, v in shape.items()}))
    out.talk("Next: `passctl service add --name …`, then `passctl product add --name …`.")


def _make_ready(url: str) -> None:
    """Create the tables, or bring them up to date; a new SQLite file is its owner's alone."""
    from passcli import database

    path = sqlite_file(url)
    if path is not None and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
    database.bring_up(url)
