"""The machine of a whole business: passes of every kind, orders, visits, and time that passes.

Every command is run in each store, with ids and clocks that agree; results and refusals must be
equal. What a command added to the ledgers is then folded, and compared entry by entry with the
model and with what the stores keep. Reports of another system are in `reports`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from passcore.adapters.memory import MemoryStore
from passcore.domain import commands as cm
from passcore.domain.bookings import AUTO, OWN, Booking, BookingStatus, CancelledBy
from passcore.domain.businesses import Business
from passcore.domain.clients import ClientRef
from passcore.domain.orders import OrderStatus
from passcore.domain.passes import Standing
from passcore.domain.products import PaymentMethod
from passcore.domain.time import local_day
from passcore.errors import PassError
from passcore.ports.store import Store
from passcore.usecases import bookings as visits, orders, passes
from passcore.usecases.assignment import AssignPass, assign
from passcore.usecases.catalogue import AddService, add_product, add_service
from passcore.usecases.clients import AddClient, add_client
from passcore.usecases.intake import VisitReport
from tests.core.state_machine.bench import Bench
from tests.core.state_machine.comparing import agree, follow, outcome_of, recognised, within_caps
from tests.core.state_machine.products import DEALS, SERVICES, product_of
from tests.core.state_machine.visits import Model

NOW: Final = datetime(2027, 3, 1, 9, tzinfo=UTC)
ZONE: Final = "Europe/Budapest"
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
#: The most passes of one run, so that they meet each other often.
MOST: Final = 8
EMAILS: Final = ("ana@example.com", "ben@example.com")

_number = itertools.count(1)

index = st.integers(0, 63)
passing = st.sampled_from([HOUR, 5 * HOUR, DAY, 3 * DAY, 7 * DAY, 20 * DAY, -2 * HOUR])
offsets = st.sampled_from([1, 2, 5, 20, 25, 50, 150, 0, -1, -20, -70, -300]).map(HOUR.__mul__)
statuses = st.sampled_from([*BookingStatus, BookingStatus.COMPLETED])
parties = st.sampled_from(CancelledBy)
choices = st.sampled_from([AUTO, AUTO, AUTO, "named", "coded", "none"])
seats = st.sampled_from([1, 1, 1, 2])
days = st.integers(-3, 20)
EDITS: Final = (
    "extend", "revive", "freeze", "freeze_kept", "freeze_open", "unfreeze", "unfreeze_on", "hand",
)  # fmt: skip


def some(what: Callable[[Any], object]) -> Callable[[Any], Any]:
    """Let a rule run only where there is something it can work on."""
    return precondition(lambda machine: bool(what(machine)))


class BusinessMachine(RuleBasedStateMachine):
    """A business with a few clients, services and products, and what happens to it."""

    @staticmethod
    def stores() -> Sequence[Store]:
        """Make the stores of one run; the first is a memory store."""
        return (MemoryStore(),)

    def __init__(self) -> None:
        super().__init__()
        name = f"studio-{next(_number)}"
        business = Business(f"biz_{name}", name, "Studio", ZONE, "EUR")
        self.bench = Bench(business, self.stores(), NOW)
        self.model = Model()
        self.sound = False  # between a command and the comparison after it
        self.clients = [self.run(add_client, AddClient(email)).id for email in EMAILS]
        for service in SERVICES:
            self.run(add_service, AddService(service))
        self.products = [self.run(add_product, product_of(deal)).id for deal in DEALS]
        self.codes: dict[str, str] = {}
        self.orders: dict[str, tuple[str, bool]] = {}

    @property
    def now(self) -> datetime:
        """What the clock says."""
        return self.bench.clock.now()

    def run(self, use_case: Any, command: Any) -> Any:
        """Run a command in all stores; return its result or refusal."""
        self.sound = False
        return self.bench.run(use_case, command)

    def compare(self, *, nothing: bool = False) -> None:
        """Compare model, fold and stores; where *nothing* may have changed, it has not."""
        before = self.bench.held
        added = self.bench.added()
        assert not nothing or self.bench.held == before, "a refusal has changed something"
        for pass_id, trace in added.items():
            follow(self.model, pass_id, trace)
            spent = sum(map(sum, self.model.passes[pass_id].spent.values()))
            assert recognised(self.bench.ledger(pass_id)) == spent
        self.model.check()
        bookings = self.bench.held.bookings
        assert bookings.keys() == self.model.visits.keys()
        for booking_id, visit in self.model.visits.items():
            agree(visit, bookings[booking_id])
        for pass_id in added:
            within_caps(self.model, self.bench.states[pass_id])
        self.sound = True

    def teardown(self) -> None:
        """At the end of a run that found nothing every invariant holds in every store."""
        if self.sound:
            self.bench.check_all()

    @rule(by=passing)
    def later(self, by: timedelta) -> None:
        """Time passes, and sometimes a clock is set back."""
        self.bench.clock.move(by)

    # --- passes ---------------------------------------------------------------------------------

    def issued(self, number: int, pass_id: str, code: str, sessions: int | None = None) -> None:
        """Tell the model of a new pass."""
        self.codes[pass_id] = code
        deal = DEALS[number]
        self.model.grant(pass_id, replace(deal, sessions=sessions) if sessions else deal)

    def pass_at(self, at: int) -> str:
        """Pick a pass; mostly one that is not cancelled."""
        known = list(self.codes)
        usable = [pass_id for pass_id in known if not self.model.passes[pass_id].cancelled]
        among = usable if usable and at % 8 else known
        return among[at % len(among)]

    def over(self) -> list[str]:
        """The passes that lapse when the sweep comes."""
        return [
            pass_id
            for pass_id, state in self.bench.states.items()
            if state.ends_at is not None
            and state.ends_at <= self.now
            and state.standing is Standing.LIVE
            and self.model.passes[pass_id].free
        ]

    def client(self, who: int) -> ClientRef:
        """Pick a client."""
        return ClientRef(id=self.clients[who % len(self.clients)])

    @initialize(numbers=st.lists(index, min_size=2, max_size=4))
    def open(self, numbers: list[int]) -> None:
        """Every client has a pass to begin with."""
        for who, number in enumerate(numbers):
            self.assign(number, who, None, 0)

    @some(lambda self: len(self.codes) < MOST)
    @rule(number=index, who=index, sessions=st.sampled_from([None, None, 1, 5]), start=days)
    def assign(self, number: int, who: int, sessions: int | None, start: int) -> None:
        """Staff give a client a pass, some with another number of sessions, some with a sale."""
        number %= len(DEALS)
        first = local_day(self.now, ZONE) + start * DAY
        command = AssignPass(
            self.products[number],
            self.client(who),
            sessions=sessions,
            starts_on=first if DEALS[number].name == "chosen" else None,
            payment=PaymentMethod.ON_SITE if sessions == 5 else None,
        )
        view = self.run(assign, command)
        self.issued(number, view.state.id, view.code, sessions)
        self.compare()

    @some(lambda self: self.codes)
    @rule(at=index, delta=st.sampled_from([-5, -2, -1, 0, 1, 3]))
    def adjust(self, at: int, delta: int) -> None:
        """Sessions added are worth nothing, those taken away are the dearest."""
        pass_id = self.pass_at(at)
        state = self.model.passes[pass_id]
        answer = self.run(passes.adjust, passes.AdjustPass(pass_id, delta, "counted"))
        code = None
        if state.cancelled:
            code = "pass_cancelled"
        elif state.unlimited or delta == 0:
            code = "validation"
        elif -delta > len(state.free):
            code = "pass_exhausted"
        assert outcome_of(answer) == code
        if code is None:
            self.model.step(pass_id, "Adjusted", count=delta)
        self.compare(nothing=code is not None)

    @some(lambda self: sum(p.cancelled for p in self.model.passes.values()) < MOST // 3)
    @rule(at=index)
    def cancel_pass(self, at: int) -> None:
        """What is left is void, unless bookings hold something."""
        pass_id = self.pass_at(at)
        state = self.model.passes[pass_id]
        answer = self.edit(pass_id, cm.Cancel())
        code = "invalid_transition" if state.held else None
        assert outcome_of(answer) == ("pass_cancelled" if state.cancelled else code)
        if not isinstance(answer, PassError):
            self.model.step(pass_id, "Cancelled")
        self.compare(nothing=isinstance(answer, PassError))

    def edit(self, pass_id: str, command: Any) -> Any:
        """Edit a pass by hand."""
        return self.run(passes.edit, passes.EditPass(pass_id, command, "asked for"))

    @some(lambda self: self.codes)
    @rule(at=index, kind=st.sampled_from(EDITS),
          first=st.integers(-1, 6), length=days)  # fmt: skip
    def edit_validity(self, at: int, kind: str, first: int, length: int) -> None:
        """Edits move no session, whatever they do to the validity."""
        today = local_day(self.now, ZONE)
        begin, end = today + first * DAY, today + length * DAY
        command = {
            "extend": cm.Extend(end),
            "revive": cm.Extend(end, revive=True),
            "freeze": cm.Freeze(begin, end),
            "freeze_kept": cm.Freeze(begin, end, cm.Inside.KEEP, revive=length % 2 == 0),
            "freeze_open": cm.Freeze(),
            "unfreeze": cm.Unfreeze(),
            "unfreeze_on": cm.Unfreeze(end),
            "hand": cm.ChangeOwner(self.clients[length % len(self.clients)]),
        }[kind]
        answer = self.edit(self.pass_at(at), command)
        self.compare(nothing=isinstance(answer, PassError))

    @some(lambda self: self.over())
    @rule()
    def sweep(self) -> None:
        """The sweep lapses exactly what is left on passes that are over."""
        due = self.over()
        for pass_id in due:
            self.model.step(pass_id, "Expired")
        assert self.run(passes.sweep_expired, passes.SweepExpired()) == len(due)
        self.compare()

    # --- orders ---------------------------------------------------------------------------------

    @some(lambda self: len(self.codes) < MOST)
    @rule(number=index, who=index)
    def order(self, number: int, who: int) -> None:
        """An order by bank transfer waits, and its pass with it; a free one does not."""
        number %= len(DEALS)
        deal = DEALS[number]
        chosen = local_day(self.now, ZONE) if deal.name == "chosen" else None
        command = orders.PlaceOrder(
            self.products[number], self.client(who), PaymentMethod.BANK_TRANSFER, starts_on=chosen
        )
        placed = self.run(orders.place, command)
        assert placed.pass_id is not None
        waits = placed.status is OrderStatus.AWAITING_APPROVAL
        assert waits is (deal.price > 0)
        self.orders[placed.id] = (placed.pass_id, waits)
        code = self.run(passes.show, passes.ShowPass(placed.pass_id)).code
        self.issued(number, placed.pass_id, code)
        self.compare()

    @some(lambda self: self.orders)
    @rule(at=index, approve=st.booleans())
    def decide_order(self, at: int, approve: bool) -> None:
        """The money has come, or will not; said again it changes nothing."""
        order_id = list(self.orders)[at % len(self.orders)]
        pass_id, waits = self.orders[order_id]
        was_void = self.model.passes[pass_id].cancelled
        use_case: Any = orders.approve if approve else orders.decline
        command = (orders.ApproveOrder if approve else orders.DeclineOrder)(order_id)
        answer = self.run(use_case, command)
        refused = isinstance(answer, PassError)
        assert not refused or was_void or not waits
        if waits and not refused:
            self.orders[order_id] = (pass_id, False)
            if not approve:
                self.model.step(pass_id, "Cancelled")
        self.compare(nothing=refused or not waits)

    # --- visits ---------------------------------------------------------------------------------

    def client_for(self, who: int, kind: str, at: int) -> ClientRef:
        """Pick a client: mostly the owner of the pass that `choice` names for the same *at*."""
        if kind in ("named", "coded") and who % 4 and self.codes:
            return ClientRef(id=self.bench.states[self.pass_at(at)].client_id)
        return self.client(who)

    def choice(self, kind: str, at: int) -> str | None:
        """Name a pass: by id, by its pass ID, by rule, or none."""
        if kind == "none":
            return None
        if kind == AUTO or not self.codes:
            return AUTO
        pass_id = self.pass_at(at)
        return self.codes[pass_id] if kind == "coded" else pass_id

    @rule(who=index, what=index, starts=offsets, seats=seats, kind=choices, at=index)
    def book(self, who: int, what: int, starts: timedelta, seats: int, kind: str, at: int) -> None:
        """Book here."""
        client, service = self.client_for(who, kind, at), SERVICES[what % len(SERVICES)]
        command = visits.Book(client, service, self.now + starts, seats, self.choice(kind, at))
        answer = self.run(visits.book, command)
        if not isinstance(answer, PassError):
            booked = VisitReport(
                OWN, answer.booking.ref, 1, BookingStatus.BOOKED, client, service,
                command.starts_at, seats, command.choice,
            )  # fmt: skip
            self.heard(booked, answer.booking)
        self.compare(nothing=isinstance(answer, PassError))

    @some(lambda self: self.model.visits)
    @rule(at=index, what=st.sampled_from("complete complete cancel no_show undo".split()),
          by=parties)  # fmt: skip
    def settle_visit(self, at: int, what: str, by: CancelledBy) -> None:
        """Complete, cancel, miss or undo a visit; said again it changes nothing."""
        self.settle(list(self.model.visits)[at % len(self.model.visits)], what, by)

    def held(self) -> list[str]:
        """The visits that hold sessions."""
        return [name for name, visit in self.model.visits.items() if visit.state == "held"]

    @some(lambda self: self.held())
    @rule(at=index, what=st.sampled_from("complete complete cancel no_show".split()), by=parties)
    def wait_for_visit(self, at: int, what: str, by: CancelledBy) -> None:
        """The time of a visit comes, and then what became of it is recorded."""
        booking_id = self.held()[at % len(self.held())]
        starts_at = self.model.visits[booking_id].report.starts_at
        self.bench.clock.set(max(self.now, starts_at))
        self.settle(booking_id, what, by)

    def settle(self, booking_id: str, what: str, by: CancelledBy) -> None:
        """Move a visit on."""
        known = self.model.visits[booking_id].report
        table: dict[str, tuple[Any, Any, BookingStatus]] = {
            "complete": (visits.complete, visits.Complete, BookingStatus.COMPLETED),
            "cancel": (visits.cancel, visits.CancelBooking, BookingStatus.CANCELLED),
            "no_show": (visits.no_show, visits.NoShow, BookingStatus.NO_SHOW),
            "undo": (visits.undo, visits.Undo, BookingStatus.BOOKED),
        }
        use_case, command, status = table[what]
        who = (by,) if what == "cancel" else ()
        answer = self.run(use_case, command(booking_id, *who))
        refused, again = isinstance(answer, PassError), known.status is status
        assert not (again and refused)
        if not again and not refused:
            moved = attrs.evolve(
                known,
                revision=known.revision + 1,
                status=status,
                by=by if who else CancelledBy.CLIENT,
                cancelled_at=None,
            )
            self.heard(moved, answer.booking)
        self.compare(nothing=refused or again)

    def heard(self, report: VisitReport, booking: Booking) -> None:
        """Tell the model of a report that was accepted, and came to *booking*."""
        (line,) = booking.lines
        self.model.take(booking.id, self.resolved(report), line.payment, self.now)

    def resolved(self, report: VisitReport) -> VisitReport:
        """Return a report with client and pass named by their ids."""
        client = report.client
        if client.id is None:
            client = ClientRef(id=self.clients[EMAILS.index(client.email or "")])
        names = {code: pass_id for pass_id, code in self.codes.items()}
        choice = names.get(report.choice or "", report.choice)
        return attrs.evolve(report, client=client, choice=choice)
