"""`passctl booking`: visits, from booking to completion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from passcli.grammar import Cursor, Key, Limit, command, group, state_of
from passcli.wiring import Desk, answer, desk

if TYPE_CHECKING:
    from passcore.ports.store import Page, Tx
    from passcore.usecases.views import BookingView

app = group("Visits: book, complete, cancel.")

Status = Literal["booked", "completed", "cancelled", "no_show", "reversed"]
By = Literal["client", "business"]
Ref = Annotated[
    str, typer.Argument(metavar="BOOKING", help="Its id, or the name another system gave it.")
]
Whose = Annotated[str, typer.Option(help="E-mail address or id; a new address is added.")]
What = Annotated[str, typer.Option(help="Its id or slug.")]
When = Annotated[
    str,
    typer.Option(metavar="INSTANT", help="In the business's zone or with an offset; or now."),
]
Seats = Annotated[int, typer.Option(help="For how many people.")]
Which = Annotated[
    str,
    typer.Option("--pass", metavar="PASS", help="auto, none, a pass ID or an id."),
]


@command(app, "book")
def book(
    ctx: typer.Context,
    *,
    client: Whose,
    service: What,
    starts: When,
    seats: Seats = 1,
    pass_: Which = "auto",  # noqa: S107  # a pass, no password
    client_name: Annotated[str | None, typer.Option(help="The name of a new client.")] = None,
    external_id: Annotated[
        str | None, typer.Option(help="Your own name for it, to be used once.")
    ] = None,
    key: Key = None,
) -> None:
    """Book a visit; a pass holds what it costs."""
    from passcli import parsing
    from passcore.usecases.bookings import Book, book as use_case
    from passcore.usecases.views import BookingView

    at = desk(ctx)
    wanted = Book(
        client=parsing.client_ref(client, client_name),
        service=service,
        starts_at=parsing.instant(starts, "--starts", at.zone, at.now()),
        seats=seats,
        choice=_choice(pass_),
        external_id=external_id,
    )
    _show(at, at.run(use_case, wanted, key=key, returns=BookingView))


def _choice(told: str) -> str | None:
    """Return how a pass is named to the core: `none` is no pass at all."""
    return None if told.strip().lower() in ("none", "") else told.strip()


@command(app, "show")
def show(ctx: typer.Context, booking: Ref) -> None:
    """Show a visit."""
    from passcore.usecases.views import booking_view

    at = desk(ctx)
    _show(at, at.look(lambda tx: booking_view(tx, tx.bookings.get(booking))))


@command(app, "list")
def list_(
    ctx: typer.Context,
    *,
    client: Annotated[str | None, typer.Option(help="Only this client's.")] = None,
    pass_: Annotated[
        str | None, typer.Option("--pass", metavar="PASS", help="Only those paid by this pass.")
    ] = None,
    status: Annotated[Status | None, typer.Option(help="Only those at this status.")] = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="INSTANT", help="Starting then or later.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="Starting before then.")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> None:
    """List visits, the latest first."""
    from passcli import parsing, shapes, texts
    from passcore.domain.bookings import BookingStatus

    at = desk(ctx)
    wanted: dict[str, Any] = {
        "status": None if status is None else BookingStatus(status),
        "starts_from": None if from_ is None else parsing.instant(from_, "--from", at.zone),
        "starts_until": None if until is None else parsing.instant(until, "--until", at.zone),
        "cursor": cursor,
        "limit": limit,
    }
    found = at.look(lambda tx: _page(tx, client, pass_, wanted))
    head = ("ID", "STATUS", "STARTS", "SERVICE", "CLIENT", "SEATS", "PAID BY")
    rows = [
        (v.booking.id, v.booking.status.value, texts.local(v.booking.starts_at, at.zone),
         v.service.name, v.client.email, v.booking.seats, ", ".join(v.codes.values()) or "no pass")
        for v in found.items
    ]  # fmt: skip
    answer(
        at.out,
        shapes.page_of(found, shapes.booking),
        lambda: at.out.table(head, rows, none="No visit found."),
    )
    at.more(found.next_cursor)


def _page(
    tx: Tx, client: str | None, pass_: str | None, wanted: dict[str, Any]
) -> Page[BookingView]:
    """Read a page of visits."""
    from passcore.ports.store import Page
    from passcore.usecases.clients import find_client
    from passcore.usecases.passes import find_pass
    from passcore.usecases.views import booking_views

    client_id = None if client is None else find_client(tx, client).id
    pass_id = None if pass_ is None else find_pass(tx, pass_).state.id
    page = tx.bookings.page(client_id=client_id, pass_id=pass_id, **wanted)
    return Page(tuple(booking_views(tx, page.items)), page.next_cursor)


@command(app, "complete")
def complete(ctx: typer.Context, booking: Ref, *, key: Key = None) -> None:
    """Record that a visit took place: what it holds is used up, once."""
    from passcore.usecases.bookings import Complete, complete as use_case

    _move(ctx, use_case, Complete, booking, key)


@command(app, "cancel")
def cancel(
    ctx: typer.Context,
    booking: Ref,
    *,
    by: Annotated[By, typer.Option(help="Who calls it off; a business gives all back.")] = "client",
    key: Key = None,
) -> None:
    """Call a visit off; its sessions come back as the pass's policy says."""
    from passcore.domain.bookings import CancelledBy
    from passcore.usecases.bookings import CancelBooking, cancel as use_case

    _move(ctx, use_case, lambda found: CancelBooking(found, CancelledBy(by)), booking, key)


@command(app, "no-show")
def no_show(ctx: typer.Context, booking: Ref, *, key: Key = None) -> None:
    """Record that the client did not come."""
    from passcore.usecases.bookings import NoShow, no_show as use_case

    _move(ctx, use_case, NoShow, booking, key)


@command(app, "undo")
def undo(ctx: typer.Context, booking: Ref, *, key: Key = None) -> None:
    """Take an outcome back: the visit is booked again."""
    from passcore.usecases.bookings import Undo, undo as use_case

    _move(ctx, use_case, Undo, booking, key)


def _move(ctx: typer.Context, use_case: Any, made: Any, ref: str, key: str | None) -> None:
    from passcore.usecases.views import BookingView

    at = desk(ctx)
    _show(at, at.run(use_case, made(ref), key=key, returns=BookingView))


@command(app, "report")
def report(
    ctx: typer.Context,
    *,
    source: Annotated[str, typer.Option(help="The system that reports.")],
    ref: Annotated[str, typer.Option(help="Its name for the visit.")],
    revision: Annotated[int, typer.Option(help="Its revision of the visit; the highest counts.")],
    status: Annotated[Status, typer.Option(help="What became of the visit.")],
    client: Whose,
    service: What,
    starts: When,
    seats: Seats = 1,
    pass_: Which = "auto",  # noqa: S107  # a pass, no password
    client_name: Annotated[str | None, typer.Option(help="The name of a new client.")] = None,
    by: Annotated[By, typer.Option(help="Who called a cancelled one off.")] = "client",
) -> None:
    """Report a visit of another system, in any order, any number of times.

    With `--at` a cancelled visit was called off then.
    """
    from passcli import parsing
    from passcore.domain.bookings import OWN, BookingStatus, CancelledBy
    from passcore.domain.checks import clean
    from passcore.errors import Invalid
    from passcore.usecases.intake import VisitReport, report_one

    at = desk(ctx)
    moment = state_of(ctx).at
    name = clean(source, "source", 100)
    if name == OWN:
        raise Invalid(field="--source", problem=f"cannot be {OWN}, which books with `booking book`")
    wanted = VisitReport(
        source=name,
        ref=clean(ref, "ref", 200),
        revision=revision,
        status=BookingStatus(status),
        client=parsing.client_ref(client, client_name),
        service=service,
        starts_at=parsing.instant(starts, "--starts", at.zone, at.now()),
        seats=seats,
        choice=_choice(pass_),
        by=CancelledBy(by),
        cancelled_at=None if moment is None else parsing.instant(moment, "--at", at.zone),
    )
    reported = at.run(report_one, wanted)
    if not reported.applied:
        at.out.talk("Nothing changed: this, or a newer report, was known.")
    _show(at, reported.view)


def _show(at: Desk, view: BookingView) -> None:
    from passcli import shapes, texts

    pairs = texts.booking_pairs(view, at.zone)
    answer(at.out, shapes.booking(view), lambda: at.out.pairs(pairs))
