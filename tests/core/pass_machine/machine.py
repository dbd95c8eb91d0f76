"""The state machine: whatever is done in whatever order, the stores, the fold and the model agree.

`PassMachine` plays the same calls on every store it is given. After each call it compares their
answers, the cached passes, the fold of their ledgers and the model, and that no session and no cent
came or went.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Final

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from passcore import (
    AddProduct,
    AddService,
    AdjustPass,
    App,
    ApproveOrder,
    AssignPass,
    Book,
    CancelBooking,
    CancelledBy,
    CancelPolicy,
    CancelTier,
    ClientRef,
    Complete,
    DeclineOrder,
    EditPass,
    FixedClock,
    Length,
    MemoryStore,
    Money,
    NoShow,
    PaymentMethod,
    PlaceOrder,
    Product,
    SeededIds,
    SweepExpired,
    Undo,
    Validity,
    VisitReport,
    add_product,
    add_service,
    adjust,
    approve,
    assign,
    book,
    cancel,
    complete,
    decline,
    edit,
    no_show,
    place,
    report_one,
    sweep_expired,
    undo,
)
from passcore.domain import commands as cm
from passcore.domain.bookings import BookingStatus
from passcore.domain.folding import fold
from passcore.domain.ledger import Units, units_of
from passcore.domain.passes import Pass
from passcore.errors import PassError
from passcore.ports.store import Store
from passcore.testing import builders
from passcore.testing.builders import NOW
from passcore.testing.model import DAY, ZONE, Model, ModelPass, No
from passcore.usecases.verification import Verify, verify

CLIENTS: Final = ("ana@example.com", "bea@example.com")
POLICY: Final = CancelPolicy((CancelTier(1_440, 0), CancelTier(0, 1)), no_show_forfeit=1)
PRODUCTS: Final = ((5, 10_000, 20), (3, 1_000, 60))  # sessions, cents, days
MOST_PASSES: Final = 6
_names = itertools.count()

clients = st.sampled_from(CLIENTS)
seats = st.integers(1, 3)
refs = st.sampled_from(["v1", "v2", "v3"])
hours = st.integers(-36, 24 * 40)
numbers = st.integers(0, 30)


def values_of(units: Units) -> list[int]:
    """Return the worth of each session, dearest first."""
    return [value for value, count in units for _ in range(count)]


class PassMachine(RuleBasedStateMachine):
    """One business with two products, two clients, three visits reported from elsewhere and any
    number booked here."""

    @staticmethod
    def make_stores() -> list[Store]:
        """What every run is played on; subclasses add stores."""
        return [MemoryStore()]

    def __init__(self) -> None:
        super().__init__()
        self.clock = FixedClock(NOW)
        self.model = Model()
        self.orders: list[tuple[str, int, bool]] = []
        self.own: list[tuple[str, str]] = []
        self.folded: dict[str, tuple[int, Pass]] = {}
        self.business = builders.business(id=f"machine-{next(_names)}", slug=f"m-{next(_names)}")
        stores = self.make_stores()
        self.apps = [App(store, self.clock, SeededIds(1)) for store in stores]

    @initialize()
    def open_business(self) -> None:
        for app in self.apps:
            app.add_business(self.business)
        self.service = self.all(add_service, AddService("Reformer")).id
        self.products: list[Product] = [
            self.all(
                add_product,
                AddProduct(
                    "Some",
                    Money(cents, "EUR"),
                    sessions=sessions,
                    validity=Validity(length=Length(days, "days")),
                    cancel=POLICY,
                    methods=(PaymentMethod.ON_SITE,),
                ),
            )
            for sessions, cents, days in PRODUCTS
        ]

    # --- playing --------------------------------------------------------------------------------

    def all(self, use_case: Any, command: Any) -> Any:
        """Run a use case on every store; they answer or refuse alike."""
        answers: list[Any] = []
        for app in self.apps:
            try:
                answers.append(app.run(self.business.id, use_case, command))
            except PassError as refusal:
                answers.append(refusal)
        first = answers[0]
        for other in answers[1:]:
            if isinstance(first, PassError):
                assert (other.code, other.fields()) == (first.code, first.fields())
            else:
                assert other == first
        if isinstance(first, PassError):
            raise first
        return first

    def both(self, use_case: Any, command: Any, modelled: Callable[[], object]) -> Any:
        """Do it and let the model do it; both or neither. Return the answer, None if refused."""
        try:
            modelled()
        except No as no:
            expected: No | None = no
        else:
            expected = None
        answer = refusal = None
        try:
            answer = self.all(use_case, command)
        except PassError as error:
            refusal = error
        assert (expected is None) == (refusal is None), (expected, refusal)
        return answer

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def _granted(self, product: int, sessions: int | None, owner: str) -> ModelPass:
        count, cents, days = PRODUCTS[product]
        values = values_of(units_of(cents, sessions or count))
        return ModelPass(owner, values, days, created=self.now, at=self.now)

    # --- passes ---------------------------------------------------------------------------------

    @precondition(lambda self: len(self.model.passes) < MOST_PASSES)
    @rule(product=st.integers(0, 1), client=clients, sessions=st.none() | st.integers(1, 6))
    def assign(self, product: int, client: str, sessions: int | None) -> None:
        made = self._granted(product, sessions, client)
        made.start(self.now)
        wanted = self.products[product].id
        view = self.all(assign, AssignPass(wanted, ClientRef(email=client), sessions=sessions))
        made.id = view.state.id
        self.model.passes.append(made)

    @precondition(lambda self: len(self.model.passes) < MOST_PASSES)
    @rule(product=st.integers(0, 1), client=clients)
    def place_order(self, product: int, client: str) -> None:
        made = self._granted(product, None, client)
        made.pending = True
        wanted = self.products[product].id
        command = PlaceOrder(wanted, ClientRef(email=client), PaymentMethod.ON_SITE)
        order = self.all(place, command)
        made.id = order.pass_id
        self.orders.append((order.id, len(self.model.passes), True))
        self.model.passes.append(made)

    @precondition(lambda self: self.orders)
    @rule(number=numbers, approved=st.booleans())
    def decide_order(self, number: int, approved: bool) -> None:
        """Approve or decline; again it changes nothing, the other way it is refused."""
        place_in_list = number % len(self.orders)
        order_id, pass_number, waits = self.orders[place_in_list]
        passed = self.model.passes[pass_number]

        def modelled() -> None:
            if waits and approved:
                passed.start(max(self.now, passed.at))
                passed.at = max(self.now, passed.at)
            elif waits:
                self._void(passed)
            elif (passed.starts is not None) != approved:
                raise No("decided otherwise")

        command: Any = ApproveOrder(order_id) if approved else DeclineOrder(order_id)
        self.both(approve if approved else decline, command, modelled)
        self.orders[place_in_list] = (order_id, pass_number, False)

    def _void(self, passed: ModelPass) -> None:
        passed.void, passed.free = passed.void + passed.free, []
        passed.cancelled, passed.pending = True, False
        passed.at = max(self.now, passed.at)

    @precondition(lambda self: self.model.passes)
    @rule(number=numbers, delta=st.integers(-3, 3))
    def adjust(self, number: int, delta: int) -> None:
        passed = self.model.passes[number % len(self.model.passes)]

        def modelled() -> None:
            if passed.cancelled or delta == 0 or -delta > len(passed.free):
                raise No("cannot be adjusted")
            passed.free += [0] * delta
            for _ in range(-delta):
                dearest = max(passed.free)
                passed.free.remove(dearest)
                passed.void.append(dearest)
            passed.at = max(self.now, passed.at)

        self.both(adjust, AdjustPass(passed.id, delta, "why not"), modelled)

    @precondition(lambda self: self.model.passes)
    @rule(number=numbers, days=st.integers(-5, 60))
    def extend(self, number: int, days: int) -> None:
        passed = self.model.passes[number % len(self.model.passes)]
        last_day = self._today() + timedelta(days=days)

        def modelled() -> None:
            now = max(self.now, passed.at)
            self._must_live(passed)
            assert passed.starts is not None
            ended = attrs.evolve(passed, last=last_day, frozen=None).end <= now
            if last_day < _local(passed.starts) or ended or now >= passed.end:
                raise No("cannot be extended")
            passed.last, passed.at = last_day, now

        self.both(edit, EditPass(passed.id, cm.Extend(last_day), "was ill"), modelled)

    @precondition(lambda self: self.model.passes)
    @rule(number=numbers, starts_in=st.integers(-1, 10), days=st.none() | st.integers(-1, 9))
    def freeze(self, number: int, starts_in: int, days: int | None) -> None:
        passed = self.model.passes[number % len(self.model.passes)]
        first = self._today() + timedelta(days=starts_in)
        last = None if days is None else first + timedelta(days=days)

        def modelled() -> None:
            now = max(self.now, passed.at)
            self._must_live(passed)
            assert passed.last is not None
            spent = not passed.free and not passed.held and passed.lapsed
            busy = passed.frozen and (passed.frozen[1] is None or passed.frozen[1] >= _local(now))
            wrong = first < _local(now) or (last is not None and last < first)
            if now >= passed.end or spent or busy or wrong or first > passed.last:
                raise No("cannot be frozen")
            passed.frozen, passed.at = (first, last), now
            passed.last += DAY * self._frozen_days(passed)

        self.both(edit, EditPass(passed.id, cm.Freeze(first, last), "away"), modelled)

    @precondition(lambda self: self.model.passes)
    @rule(number=numbers, in_days=st.integers(-2, 5))
    def unfreeze(self, number: int, in_days: int) -> None:
        passed = self.model.passes[number % len(self.model.passes)]
        day = self._today() + timedelta(days=in_days)

        def modelled() -> None:
            self._must_live(passed)
            frozen = passed.frozen
            if frozen is None or (frozen[1] is not None and frozen[1] < day):
                raise No("is not frozen")
            assert passed.last is not None
            passed.last -= DAY * self._frozen_days(passed)
            passed.frozen = (frozen[0], day - DAY) if day > frozen[0] else None
            passed.last += DAY * self._frozen_days(passed)
            passed.at = max(self.now, passed.at)

        self.both(edit, EditPass(passed.id, cm.Unfreeze(day), "back"), modelled)

    def _frozen_days(self, passed: ModelPass) -> int:
        if passed.frozen is None or passed.frozen[1] is None:
            return 0
        assert passed.starts is not None
        first = max(passed.frozen[0], _local(passed.starts))
        return max(0, (passed.frozen[1] - first).days + 1)

    def _must_live(self, passed: ModelPass) -> None:
        if passed.pending or passed.cancelled:
            raise No("does not stand")

    @precondition(lambda self: self.model.passes)
    @rule(number=numbers)
    def give_up(self, number: int) -> None:
        passed = self.model.passes[number % len(self.model.passes)]

        def modelled() -> None:
            if passed.cancelled or passed.held:
                raise No("cannot be cancelled")
            pending = passed.pending
            self._void(passed)
            if pending:  # its order still waits, and is then neither approved nor declined
                self.orders = [o for o in self.orders if self.model.passes[o[1]] is not passed]

        self.both(edit, EditPass(passed.id, cm.Cancel(), "moved away"), modelled)

    # --- visits ---------------------------------------------------------------------------------

    @rule(
        ref=refs,
        revision=st.integers(0, 6),
        status=st.sampled_from([s.value for s in BookingStatus]),
        by=st.sampled_from(["client", "business"]),
        client=clients,
        seats=seats,
        starts_in=st.sampled_from([-30, -1, 2, 30, 200, 700]),
        times=st.integers(1, 2),
    )
    def report(self, ref: str, starts_in: int, times: int, **said: Any) -> None:
        """Another system reports; now and then twice."""
        starts = NOW + timedelta(hours=starts_in)
        command = VisitReport(
            source="calendar",
            ref=ref,
            revision=said["revision"],
            status=BookingStatus(said["status"]),
            client=ClientRef(email=said["client"]),
            service=self.service,
            starts_at=starts,
            seats=said["seats"],
            by=CancelledBy(said["by"]),
        )
        content = (said["client"], starts, said["seats"])
        for _ in range(times):
            self.both(
                report_one,
                command,
                lambda: self.model.report(
                    ref, said["revision"], said["status"], said["by"], content, self.now
                ),
            )

    @rule(client=clients, seats=seats, starts_in=hours)
    def book(self, client: str, seats: int, starts_in: int) -> None:
        """Book here; what comes of it has a name of its own."""
        starts = self.now + timedelta(hours=starts_in)
        ref = f"own-{len(self.own)}"
        command = Book(ClientRef(email=client), self.service, starts, seats, external_id=ref)
        view = self.both(
            book,
            command,
            lambda: self.model.report(
                ref, 1, "booked", "client", (client, starts, seats), self.now
            ),
        )
        if view is not None:
            self.own.append((view.booking.id, ref))

    @precondition(lambda self: self.own)
    @rule(number=numbers, status=st.sampled_from(["completed", "cancelled", "no_show", "booked"]),
          by=st.sampled_from(["client", "business"]))  # fmt: skip
    def move(self, number: int, status: str, by: str) -> None:
        """Complete, cancel, miss or undo a visit booked here."""
        booking_id, ref = self.own[number % len(self.own)]
        visit = self.model.visits[ref]
        by = by if status == "cancelled" else "client"
        use_case, command = {
            "completed": (complete, Complete(booking_id)),
            "cancelled": (cancel, CancelBooking(booking_id, CancelledBy(by))),
            "no_show": (no_show, NoShow(booking_id)),
            "booked": (undo, Undo(booking_id)),
        }[status]

        def modelled() -> None:
            if visit.status == status:
                return
            starts = visit.content[1]
            assert isinstance(starts, datetime)
            early = {"completed": starts - DAY, "no_show": starts}.get(status, self.now)
            leads = {
                "completed": ("booked", "no_show"),
                "no_show": ("booked", "completed"),
                "cancelled": ("booked",),
                "booked": ("completed", "no_show", "cancelled"),
            }
            if self.now < early or visit.status not in leads[status]:
                raise No("leads nowhere")
            content: Any = visit.content
            self.model.report(ref, visit.revision + 1, status, by, content, self.now)

        self.both(use_case, command, modelled)

    # --- time -----------------------------------------------------------------------------------

    @rule(step=st.sampled_from([-48, -1, 1, 6, 24, 24 * 7, 24 * 25]))
    def let_time_pass(self, step: int) -> None:
        """Mostly forward, sometimes back."""
        self.clock.move(timedelta(hours=step))

    @rule()
    def sweep(self) -> None:
        due = [
            p
            for p in self.model.passes
            if p.free and not p.pending and not p.cancelled and p.end <= self.now
        ]
        for passed in due:
            passed.lapsed, passed.free = passed.lapsed + passed.free, []
            passed.at = max(self.now, passed.at)
        assert self.all(sweep_expired, SweepExpired()) == len(due)

    def _today(self) -> date:
        return _local(self.now)

    # --- what holds after every step ------------------------------------------------------------

    @invariant()
    def all_agree(self) -> None:
        """Stores, fold and model; and nothing comes or goes."""
        for app in self.apps:
            with app.store.begin(self.business.id, write=False) as tx:
                found = {p.state.id: p.state for p in tx.passes.page(limit=50).items}
                for passed in self.model.passes:
                    state = found.pop(passed.id)
                    _same(passed, state)
                    if self.folded.get(passed.id, (0, None))[0] != state.version:
                        ledger = tx.passes.ledger(passed.id)
                        self.folded[passed.id] = (state.version, fold(ledger))
                    assert state == self.folded[passed.id][1]
                assert not found

    def teardown(self) -> None:
        """At the end every invariant of the books holds, too (I1 to I9)."""
        for app in self.apps:
            with app.store.begin(self.business.id, write=False) as tx:
                assert verify(tx, Verify(), builders.call(self.now)).damage == ()
                known = {b.ref: b.status.value for b in tx.bookings.page(limit=200).items}
            visits = self.model.visits.items()
            assert known == {ref: visit.status for ref, visit in visits if visit.status}


def _local(instant: datetime) -> date:
    return instant.astimezone(ZONE).date()


def _same(passed: ModelPass, state: Pass) -> None:
    """Every session of the model is where the state has it, at the same worth."""
    b = state.balance
    assert values_of(b.units) == sorted(passed.free, reverse=True)
    assert values_of(b.lapsed) == sorted(passed.lapsed, reverse=True)
    assert (b.available, b.expired) == (len(passed.free), len(passed.lapsed))
    assert b.used == len(passed.used)
    held = sorted(v for values in passed.held.values() for v in values)
    assert sorted(v for h in b.holds for v in values_of(h.units)) == held
    assert b.held == len(held)
    assert b.remaining == len(passed.free) + len(held)
    assert state.client_id
    last = state.window.last_day if state.window is not None else None
    assert last == passed.last
    all_values = passed.free + passed.lapsed + passed.used + passed.void + held
    granted = state.balance.granted
    added = len(all_values) - granted
    assert b.adjusted == added - len(passed.void)
    assert sum(all_values) == state.terms.net_minor
