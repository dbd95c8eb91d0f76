"""`passctl pass`: give, look at and change passes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from passcli.grammar import Cursor, Key, Limit, Reason, command, group, state_of
from passcli.wiring import Desk, answer, confirm, desk

if TYPE_CHECKING:
    from datetime import datetime

    from passcore.domain import commands as cm
    from passcore.domain.clients import Client
    from passcore.ports.store import Page, Tx
    from passcore.usecases.passes import Explanation
    from passcore.usecases.views import PassView

app = group("Passes: give, look at and change them.")

#: How many pages of passes are looked through for the next that stand at a status.
_PAGES: Final = 1000

Status = Literal[
    "pending", "active", "frozen", "suspended", "used_up", "expired", "cancelled", "refunded"
]
Payment = Literal["on_site", "bank_transfer"]
Ref = Annotated[str, typer.Argument(metavar="PASS", help="The pass ID, or the id.")]
Whose = Annotated[str, typer.Option(help="E-mail address or id; a new address is added.")]
Day = Annotated[str | None, typer.Option(metavar="DAY", help="Such as 2027-03-01.")]


@command(app, "assign")
def assign(
    ctx: typer.Context,
    *,
    client: Whose,
    product: Annotated[str, typer.Option(help="Its id or slug.")],
    client_name: Annotated[str | None, typer.Option(help="The name of a new client.")] = None,
    sessions: Annotated[int | None, typer.Option(help="Other than the product's.")] = None,
    last_day: Annotated[
        str | None, typer.Option(metavar="DAY", help="Other than the product's.")
    ] = None,
    starts_on: Annotated[
        str | None, typer.Option(metavar="DAY", help="The first day, where the product asks.")
    ] = None,
    price: Annotated[str | None, typer.Option(help="Other than the product's.")] = None,
    payment: Annotated[
        Payment | None, typer.Option(help="Record how it was paid, with an invoice.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why; it is kept in the ledger.")] = None,
    notify: Annotated[bool, typer.Option("--notify/--silent", help="Mail the client.")] = True,
    key: Key = None,
) -> None:
    """Give a client a pass."""
    from passcli import parsing
    from passcore.domain.products import PaymentMethod
    from passcore.usecases.assignment import AssignPass, assign as use_case
    from passcore.usecases.views import PassView

    at = desk(ctx)
    wanted = AssignPass(
        product=product,
        client=parsing.client_ref(client, client_name),
        sessions=sessions,
        last_day=parsing.optional_day(last_day, "--last-day"),
        starts_on=parsing.optional_day(starts_on, "--starts-on"),
        price=parsing.optional_money(price, "--price", at.business.currency),
        payment=None if payment is None else PaymentMethod(payment),
        reason=reason,
        notify=notify,
    )
    show_pass(at, at.run(use_case, wanted, key=key, returns=PassView))


@command(app, "list")
def list_(
    ctx: typer.Context,
    *,
    client: Annotated[str | None, typer.Option(help="Only this client's.")] = None,
    product: Annotated[str | None, typer.Option(help="Only those of this product.")] = None,
    status: Annotated[Status | None, typer.Option(help="Only those at this status.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> None:
    """List passes, the newest first. With `--status`, a page may hold fewer than `--limit`."""
    from passcli import shapes, texts
    from passcore.domain.passes import Status as Standing
    from passcore.usecases.clients import find_client
    from passcore.usecases.passes import ListPasses, page_of_passes

    at = desk(ctx)
    now = _moment(ctx, at)
    wanted = None if status is None else Standing(status)

    def read(tx: Tx) -> Page[PassView]:
        owner = None if client is None else find_client(tx, client).id
        product_id = None if product is None else tx.products.get(product).id
        asked = ListPasses(owner, product_id, wanted, cursor, limit)
        return page_of_passes(tx, asked, now, pages=_PAGES)

    found = at.look(read)
    head = ("PASS ID", "STATUS", "CLIENT", "PRODUCT", "REMAINING", "LAST DAY")
    rows = [
        (v.code, v.state.status(now).value, v.client.email, v.state.terms.name,
         texts.sessions_left(v.state), texts.last_day(v.state))
        for v in found.items
    ]  # fmt: skip
    answer(
        at.out,
        shapes.page_of(found, lambda view: shapes.pass_(view, now)),
        lambda: at.out.table(head, rows, none="No pass found."),
    )
    at.more(found.next_cursor)


@command(app, "show")
def show(ctx: typer.Context, pass_: Ref) -> None:
    """Show a pass, with `--at` as it was then."""
    from passcore.usecases.passes import ShowPass, show as use_case

    at = desk(ctx)
    moment = _moment(ctx, at)
    if state_of(ctx).at is None or moment >= at.now():
        show_pass(at, at.read(use_case, ShowPass(pass_)), moment)
    else:
        show_pass(at, at.look(lambda tx: _as_of(tx, pass_, moment)), moment)


def _moment(ctx: typer.Context, at: Desk) -> datetime:
    """Return the instant of `--at`, else now."""
    from passcli import parsing

    told = state_of(ctx).at
    return at.now() if told is None else parsing.instant(told, "--at", at.zone)


def _as_of(tx: Tx, ref: str, moment: datetime) -> PassView:
    """Return a pass as its entries of then fold."""
    import attrs

    from passcore.domain.folding import fold
    from passcore.errors import Invalid
    from passcore.usecases.passes import find_pass
    from passcore.usecases.views import pass_view

    stored = find_pass(tx, ref)
    entries = [entry for entry in tx.passes.ledger(stored.state.id) if entry.at <= moment]
    if not entries:
        raise Invalid(field="--at", problem="is before the pass was made")
    return pass_view(tx, attrs.evolve(stored, state=fold(entries)))


@command(app, "history")
def history(ctx: typer.Context, pass_: Ref) -> None:
    """Print the ledger of a pass."""
    from passcli import shapes, texts
    from passcore.usecases.passes import find_pass

    at = desk(ctx)
    stored, entries = at.look(
        lambda tx: (found := find_pass(tx, pass_), tx.passes.ledger(found.state.id))
    )
    walked = list(texts.walk(entries))
    shape = shapes.page(shapes.entry(e, after) for e, after in walked)
    shape |= {"pass_id": stored.state.id, "code": stored.code}
    head = ("#", "RECORDED", "WHAT HAPPENED", "LEFT", "BY", "REASON")
    rows = [
        (e.seq, texts.local(e.at, at.zone), texts.happened(e, at.zone), texts.sessions_left(after),
         f"{e.origin.actor} ({e.origin.channel})", e.reason)
        for e, after in walked
    ]  # fmt: skip
    answer(at.out, shape, lambda: at.out.table(head, rows, none="The ledger is empty."))


@command(app, "explain")
def explain(
    ctx: typer.Context,
    *,
    client: Annotated[str | None, typer.Option(help="E-mail address or id.")] = None,
    pass_: Annotated[
        str | None, typer.Option("--pass", metavar="PASS", help="Ask about this pass only.")
    ] = None,
    service: Annotated[str, typer.Option(help="Its id or slug.")],
    starts: Annotated[str, typer.Option(metavar="INSTANT", help="When the visit starts.")],
    seats: Annotated[int, typer.Option(help="For how many people.")] = 1,
) -> None:
    """Say which pass would pay for a visit, and why the others would not."""
    from passcli import parsing, shapes
    from passcore.adapters.system import FixedClock
    from passcore.app import App
    from passcore.errors import Invalid
    from passcore.usecases.passes import ExplainVisit, explain_visit

    if client is None and pass_ is None:
        raise Invalid(field="--client", problem="or --pass is needed")
    at = desk(ctx)
    starts_at = parsing.instant(starts, "--starts", at.zone, at.now())
    at.app = App(at.app.store, FixedClock(_moment(ctx, at)), at.app.ids)
    found = at.read(explain_visit, ExplainVisit(service, starts_at, seats, client, pass_))
    rows = []
    for rank, verdict in enumerate(found.verdicts, start=1):
        left = "" if verdict.remaining_after is None else f", {verdict.remaining_after} left"
        what = f"pays {verdict.cost}{left}" if verdict.eligible else "does not pay"
        why = " ".join(f"{r['detail']} {r['mend']}" for r in map(shapes.reason, verdict.reasons))
        rows.append((rank, found.codes[verdict.state.id], verdict.state.terms.name, what, why))
    owner = at.look(lambda tx: _owner(tx, found))
    shape = shapes.explanation(found, owner, at.now())
    head = ("RANK", "PASS ID", "PRODUCT", "VERDICT", "WHY")
    answer(at.out, shape, lambda: at.out.table(head, rows, none="The client has no pass."))


def _owner(tx: Tx, found: Explanation) -> Client | None:
    """Return whose passes these are, None where there are none."""
    states = [verdict.state for verdict in found.verdicts]
    return tx.clients.get(states[0].client_id) if states else None


@command(app, "adjust")
def adjust(
    ctx: typer.Context,
    pass_: Ref,
    *,
    delta: Annotated[int, typer.Option(help="Sessions to add, or with a minus to take away.")],
    reason: Reason,
    notify: Annotated[bool, typer.Option("--notify/--silent", help="Mail the client.")] = False,
    key: Key = None,
) -> None:
    """Add sessions to a pass, or take some away."""
    from passcore.usecases.passes import AdjustPass, adjust as use_case
    from passcore.usecases.views import PassView

    at = desk(ctx)
    wanted = AdjustPass(pass_, delta, reason, notify)
    show_pass(at, at.run(use_case, wanted, key=key, returns=PassView))


@command(app, "extend")
def extend(
    ctx: typer.Context,
    pass_: Ref,
    *,
    last_day: Annotated[str, typer.Option(metavar="DAY", help="Its last day from now on.")],
    reason: Reason,
    revive: Annotated[
        bool, typer.Option("--revive", help="Also if it is over; what lapsed comes back.")
    ] = False,
    key: Key = None,
) -> None:
    """Set the last day of a pass."""
    from passcli import parsing
    from passcore.domain import commands as cm

    _edit(ctx, pass_, cm.Extend(parsing.day(last_day, "--last-day"), revive), reason, key)


@command(app, "freeze")
def freeze(
    ctx: typer.Context,
    pass_: Ref,
    *,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="First day; else today.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="DAY", help="Last day; else until further notice.")
    ] = None,
    reason: Reason,
    release: Annotated[
        bool | None,
        typer.Option("--release/--keep", help="Call off the visits booked inside, or keep them."),
    ] = None,
    beyond_limits: Annotated[
        bool, typer.Option("--beyond-limits", help="Leave the limits of the product aside.")
    ] = False,
    revive: Annotated[
        bool, typer.Option("--revive", help="Also if it is over, for days before its end.")
    ] = False,
    key: Key = None,
) -> None:
    """Set a pass aside; each day frozen moves its end by one."""
    from passcli import parsing
    from passcore.domain import commands as cm

    asked = cm.Freeze(
        parsing.optional_day(from_, "--from"),
        parsing.optional_day(until, "--until"),
        None if release is None else cm.Inside.RELEASE if release else cm.Inside.KEEP,
        beyond_limits,
        revive,
    )
    _edit(ctx, pass_, asked, reason, key)


@command(app, "unfreeze")
def unfreeze(
    ctx: typer.Context,
    pass_: Ref,
    *,
    on: Annotated[
        str | None, typer.Option(metavar="DAY", help="The first day it counts again; else today.")
    ] = None,
    reason: Reason,
    key: Key = None,
) -> None:
    """Take a frozen pass up again, or take back the freeze that comes next."""
    from passcli import parsing
    from passcore.domain import commands as cm

    _edit(ctx, pass_, cm.Unfreeze(parsing.optional_day(on, "--on")), reason, key)


@command(app, "cancel")
def cancel(ctx: typer.Context, pass_: Ref, *, reason: Reason, key: Key = None) -> None:
    """Void what is left on a pass."""
    from passcore.domain import commands as cm

    _edit(ctx, pass_, cm.Cancel(), reason, key, question="Void what is left on {}?")


@command(app, "transfer")
def transfer(
    ctx: typer.Context,
    pass_: Ref,
    *,
    to: Annotated[
        str, typer.Option(metavar="CLIENT", help="E-mail address or id of the new owner.")
    ],
    reason: Reason,
    key: Key = None,
) -> None:
    """Hand a pass over to another client, whole."""
    from passcli import parsing
    from passcli.requests import TransferPass, transfer as use_case
    from passcore.usecases.views import PassView

    at = desk(ctx)
    sure(ctx, at, pass_, "Hand {} over to " + to + "?")
    wanted = TransferPass(pass_, parsing.client_ref(to), reason)
    show_pass(at, at.run(use_case, wanted, key=key, returns=PassView))


def _edit(
    ctx: typer.Context,
    ref: str,
    change: cm.Extend | cm.Freeze | cm.Unfreeze | cm.Cancel,
    reason: str,
    key: str | None,
    *,
    question: str | None = None,
) -> None:
    from passcore.usecases.passes import EditPass, edit as use_case
    from passcore.usecases.views import PassView

    at = desk(ctx)
    if question is not None:
        sure(ctx, at, ref, question)
    show_pass(at, at.run(use_case, EditPass(ref, change, reason), key=key, returns=PassView))


def sure(ctx: typer.Context, at: Desk, ref: str, question: str) -> None:
    """Ask, naming the pass and what is on it."""
    from passcli.texts import sessions_left
    from passcore.usecases.passes import find_pass

    found = at.look(lambda tx: find_pass(tx, ref))
    left = f"{found.code} ({sessions_left(found.state)})"
    confirm(state_of(ctx), question.replace("{}", left))


def show_pass(at: Desk, view: PassView, moment: datetime | None = None) -> None:
    """Answer with a pass."""
    from passcli import shapes, texts

    now = moment or at.now()
    shape = shapes.pass_(view, now)
    named = any(cap.services for cap in view.state.terms.caps)
    services = at.look(lambda tx: tx.services.all()) if named else ()
    names = {service.id: service.slug for service in services}
    answer(at.out, shape, lambda: at.out.pairs(texts.pass_pairs(view, now, names)))


from passcli.commands import refunds  # noqa: E402, F401  # adds its commands to `app`
