"""Passes: assigning by hand, manual edits, showing, explaining, and the expiry sweep."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import attrs

from passcore.domain import checks, commands as cm
from passcore.domain.bookings import CancelledBy
from passcore.domain.checks import bounded, clean
from passcore.domain.choice import Verdict, explain
from passcore.domain.clients import Client
from passcore.domain.coverage import Visit
from passcore.domain.decisions import issue
from passcore.domain.folding import begin
from passcore.domain.freezes import Freeze
from passcore.domain.ids import looks_like_code, read_code
from passcore.domain.ledger import Entry, Frozen
from passcore.domain.notices import NoticeKind
from passcore.domain.passes import Pass, Status
from passcore.domain.products import Terms
from passcore.domain.services import Service
from passcore.domain.time import utc
from passcore.errors import NotFound, WrongClient
from passcore.ports.store import Page, StoredPass, Tx
from passcore.usecases.bookings import CancelBooking, cancel
from passcore.usecases.call import Call
from passcore.usecases.clients import find_client
from passcore.usecases.ledgers import Ledgers
from passcore.usecases.notices import Values, queue
from passcore.usecases.views import PassView, pass_view, pass_views


@attrs.frozen
class AdjustPass:
    """Add or take away sessions by hand (S6)."""

    pass_ref: str
    delta: int = attrs.field(validator=bounded("delta", -1000, 1000))
    reason: str
    notify: bool = False


@attrs.frozen
class EditPass:
    """Make one manual edit, *command*, for a *reason* (S6)."""

    pass_ref: str
    command: cm.Extend | cm.Freeze | cm.Unfreeze | cm.Cancel | cm.ChangeCover | cm.ChangeOwner
    reason: str


@attrs.frozen
class ShowPass:
    """Look at a pass, named by id or pass ID."""

    pass_ref: str


@attrs.frozen
class ListPasses:
    """A page of passes, newest first; `status` is how they stand at the instant asked about."""

    client_id: str | None = None
    product_id: str | None = None
    status: Status | None = None
    cursor: str | None = None
    limit: int = 50


@attrs.frozen
class ExplainVisit:
    """Ask which passes would pay for a visit, and why the others would not (C4).

    One of `client` (id or e-mail) and `pass_ref` is given; `pass_ref` narrows to one pass.
    """

    service: str
    starts_at: datetime
    seats: int = attrs.field(default=1, validator=bounded("seats", 1, 1000))
    client: str | None = None
    pass_ref: str | None = None


@attrs.frozen
class Explanation:
    """The verdicts in the order of use, with the pass IDs, and the first that pays."""

    service: Service
    verdicts: tuple[Verdict, ...]
    codes: dict[str, str]

    @property
    def chosen(self) -> Verdict | None:
        """The verdict on the pass that would be used."""
        return next((v for v in self.verdicts if v.eligible), None)


def find_pass(tx: Tx, ref: str, *, lock: bool = False) -> StoredPass:
    """Find a pass by id or pass ID; raises `NotFound`."""
    if not looks_like_code(ref):
        return tx.passes.get(ref, lock=lock)
    found = tx.passes.by_code(read_code(ref))
    if found is None:
        raise NotFound("pass", ref)
    return tx.passes.get(found.state.id, lock=True) if lock else found


def page_of_passes(tx: Tx, asked: ListPasses, at: datetime, *, pages: int = 10) -> Page[PassView]:
    """Return the first page that has any pass *asked* for, with the owners, or an empty one.

    Status is a function of time and no column (V5), so it is asked of each pass: with a status a
    page may hold fewer than the limit, and at most *pages* of the store's are read for it.
    """
    cursor, kept = asked.cursor, list[StoredPass]()
    for _ in range(pages):
        page = tx.passes.page(
            client_id=asked.client_id,
            product_id=asked.product_id,
            cursor=cursor,
            limit=asked.limit,
        )
        cursor = page.next_cursor
        kept = [p for p in page.items if not asked.status or p.state.status(at) is asked.status]
        if kept or cursor is None:
            break
    return Page(tuple(pass_views(tx, kept)), cursor)


def find_own_pass(tx: Tx, code: str, email: str) -> PassView:
    """Find a pass by pass ID and its owner's e-mail together (B8).

    Raises `WrongClient` alike for an unknown pass ID and for somebody else's.
    """
    try:
        view = pass_view(tx, find_pass(tx, read_code(code)))
    except NotFound:
        raise WrongClient("") from None
    if view.client.email != checks.email(email):
        raise WrongClient("")
    return view


def new_pass(  # noqa: PLR0913  # each may be given or not
    tx: Tx,
    call: Call,
    client: Client,
    terms: Terms,
    *,
    pending: bool = False,
    starts_on: date | None = None,
    last_day: date | None = None,
    reason: str | None = None,
    order_id: str | None = None,
) -> StoredPass:
    """Store a new pass with its first entry."""
    command = cm.Issue(
        pass_id=call.ids.new("pass"),
        client_id=client.id,
        terms=terms,
        zone=tx.business().time_zone,
        pending=pending,
        starts_on=starts_on,
        last_day=last_day,
    )
    entry = issue(command, at=call.now, by=call.by, reason=reason, order_id=order_id)
    stored = StoredPass(begin(entry), call.ids.code(), "")
    tx.passes.add(stored, entry)
    return stored


def adjust(tx: Tx, command: AdjustPass, call: Call) -> PassView:
    """Add or take away sessions; the reason is required, a mail to the client is not."""
    reason = clean(command.reason, "reason", 500)
    stored = find_pass(tx, command.pass_ref, lock=True)
    ledgers = Ledgers(call, [stored])
    pass_id = stored.state.id
    ledgers.decide(pass_id, cm.Adjust(command.delta), reason=reason)
    ledgers.write(tx)
    view = pass_view(tx, ledgers.stored(pass_id))
    if command.notify:
        values: Values = {
            "product": view.state.terms.name,
            "code": view.code,
            "delta": command.delta,
            "remaining": view.state.balance.available,
            "reason": reason,
        }
        about = f"{pass_id}:{view.state.version}"
        queue(tx, call, view.client, NoticeKind.SESSIONS_CHANGED, values, about=about)
    return view


def edit(tx: Tx, command: EditPass, call: Call) -> PassView:
    """Extend, freeze, unfreeze, cancel, re-cover or hand over a pass, with a reason.

    A freeze over bookings raises `BookingsInside` with their ids until it is said what becomes of
    them. Those released are called off by the business, so that all they hold comes back (V7).
    """
    reason = clean(command.reason, "reason", 500)
    if isinstance(command.command, cm.ChangeOwner):
        tx.clients.get(command.command.client_id)
    stored = find_pass(tx, command.pass_ref, lock=True)
    ledgers = Ledgers(call, [stored])
    entries = ledgers.decide(stored.state.id, command.command, reason=reason)
    ledgers.write(tx)
    if isinstance(command.command, cm.Freeze) and command.command.bookings is cm.Inside.RELEASE:
        for booking_id in _inside(stored.state, entries):
            cancel(tx, CancelBooking(booking_id, CancelledBy.BUSINESS), call)
        return pass_view(tx, tx.passes.get(stored.state.id))
    return pass_view(tx, ledgers.stored(stored.state.id))


def _inside(state: Pass, entries: Sequence[Entry]) -> list[str]:
    """Return the bookings that *state* holds something for on days the freeze in *entries* has."""
    (fact,) = (entry.fact for entry in entries if isinstance(entry.fact, Frozen))
    freeze = Freeze(fact.first_day, fact.last_day)
    holds = (h for h in state.balance.holds if freeze.holds(h.starts_at, state.zone))
    return [hold.line.booking_id for hold in holds]


def show(tx: Tx, command: ShowPass, _call: Call) -> PassView:
    """Return one pass with its owner."""
    return pass_view(tx, find_pass(tx, command.pass_ref))


def explain_visit(tx: Tx, command: ExplainVisit, call: Call) -> Explanation:
    """Return every pass of the client with its verdict on a visit, in the order of use."""
    service = tx.services.get(command.service)
    if command.pass_ref is not None:
        found = [find_pass(tx, command.pass_ref)]
        if command.client is not None:
            owner = find_client(tx, command.client)
            if owner.id != found[0].state.client_id:
                raise WrongClient(found[0].state.id)
    else:
        found = list(tx.passes.of_client(find_client(tx, command.client or "").id))
    starts_at = utc(command.starts_at, "starts_at")
    visit = Visit(service.id, service.category, starts_at, command.seats)
    verdicts = explain([s.state for s in found], visit, call.now, tx.services.all())
    return Explanation(service, verdicts, {s.state.id: s.code for s in found})


@attrs.frozen
class SweepExpired:
    """Book what lapsed, at most *limit* passes at a time."""

    limit: int = 500


def sweep_expired(tx: Tx, command: SweepExpired, call: Call) -> int:
    """Book the `expired` entry of passes whose window ended; returns how many were looked at.

    Status never depends on this having run (V5); running it twice books nothing twice.
    """
    due = tx.passes.due(call.now, command.limit)
    ledgers = Ledgers(call, due)
    for stored in due:
        ledgers.decide(stored.state.id, cm.Expire())
    ledgers.write(tx)
    return len(due)
