"""Intake: what a batch of booking reports changes (B1, B2, B6; ARCHITECTURE decision 14).

Everything the batch needs is read at once, each report is decided purely on what those before it
left, and everything is written at once. A refused report costs the others nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import attrs

from passcore.domain import bookings as bk
from passcore.domain import commands as cm
from passcore.domain.bookings import Booking, BookingLine, BookingStatus, LinePayment, PaymentState
from passcore.domain.choice import choose
from passcore.domain.clients import Client, ClientRef
from passcore.domain.coverage import Visit
from passcore.domain.ids import looks_like_code, read_code
from passcore.domain.ledger import Captured, Deducted, Forfeited, Line, Reserved
from passcore.domain.passes import Pass
from passcore.domain.services import Service
from passcore.errors import (
    BookingConflict,
    NotFound,
    PassError,
    Refusal,
    WrongClient,
)
from passcore.ports.store import Intake, IntakeKey, Tx
from passcore.usecases.call import Call
from passcore.usecases.clients import new_client
from passcore.usecases.ledgers import Ledgers
from passcore.usecases.notices import tell_used_up
from passcore.usecases.views import BookingView


_OUTCOMES: Final = (PaymentState.CAPTURED, PaymentState.FORFEITED)


@attrs.frozen
class VisitReport:
    """A report as it comes in: client, service and pass by name. See `Report` for the rest."""

    source: str
    ref: str
    revision: int
    status: BookingStatus
    client: ClientRef
    service: str
    starts_at: datetime
    seats: int = 1
    choice: str | None = bk.AUTO
    by: bk.CancelledBy = bk.CancelledBy.CLIENT
    cancelled_at: datetime | None = None

    @property
    def key(self) -> IntakeKey:
        """What has to be read to decide this report."""
        return IntakeKey(self.source, self.ref, self.client, self.service, self.choice)


@attrs.frozen
class Reported:
    """What a report came to: the booking as it is now, and whether the report changed it."""

    view: BookingView
    applied: bool


class Desk:
    """One batch at work: what was read, what has been decided, what will be written."""

    def __init__(self, tx: Tx, call: Call, found: Intake) -> None:
        self._tx = tx
        self._call = call
        self._bookings = dict(found.bookings)
        self._clients = dict(found.clients)
        self._services = found.services
        self.ledgers = Ledgers(call, found.passes)
        self._new_clients: list[Client] = []
        self._put: dict[str, Booking] = {}
        self._tell: list[tuple[Client, Pass, Pass]] = []

    def take(self, report: VisitReport) -> Reported:
        """Decide one report; raises a `PassError` and leaves no trace of it."""
        mark, tell, made = self.ledgers.mark(), len(self._tell), len(self._new_clients)
        try:
            return self._take(report)
        except PassError:
            self.ledgers.back_to(mark)
            del self._tell[tell:]
            for client in self._new_clients[made:]:
                self._clients = {k: v for k, v in self._clients.items() if v is not client}
            del self._new_clients[made:]
            raise

    def _take(self, incoming: VisitReport) -> Reported:
        service = self._services.get(incoming.service)
        if service is None:
            raise NotFound("service", incoming.service)
        client = self._client(incoming.client)
        choice = self._choice(incoming.choice, client)
        report = bk.Report(
            incoming.source,
            incoming.ref,
            incoming.revision,
            incoming.status,
            client.id,
            service.id,
            incoming.starts_at,
            incoming.seats,
            choice,
            incoming.by,
            incoming.cancelled_at,
        )
        booking = self._bookings.get((report.source, report.ref))
        kind = bk.newness(booking, report)
        if booking is not None and kind is not bk.Newness.NEW:
            if kind is bk.Newness.CONFLICTING:
                raise BookingConflict(report.source, report.ref, report.revision)
            return Reported(self._view(booking, client, service), applied=False)
        decided = self._decide(booking, report, client, service)
        self._bookings[report.source, report.ref] = decided
        self._put[decided.id] = decided
        return Reported(self._view(decided, client, service), applied=True)

    def _client(self, ref: ClientRef) -> Client:
        found = self._clients.get(ref)
        if found is not None:
            return found
        if ref.id is not None or ref.email is None:
            raise NotFound("client", ref.id or "")
        made = new_client(ref.email, ref.name or "", self._call)
        same = next((c for c in self._new_clients if c.email == made.email), None)
        if same is None:
            self._new_clients.append(made)
        client = same or made
        self._clients[ref] = client
        return client

    def _choice(self, named: str | None, client: Client) -> str | None:
        """Return ``auto``, None, or the id of the pass named by id or pass ID, which must be the
        client's own (B8)."""
        if named is None or named == bk.AUTO:
            return named
        if looks_like_code(named):
            state = self.ledgers.by_code(read_code(named))
            if state is None:
                raise NotFound("pass", named)
        else:
            state = self.ledgers.state(named)
        if state.client_id != client.id:
            raise WrongClient(state.id)
        return state.id

    def _decide(
        self, booking: Booking | None, report: bk.Report, client: Client, service: Service
    ) -> Booking:
        line = booking.lines[0] if booking is not None else BookingLine(0, service.id)
        booking_id = booking.id if booking is not None else self._call.ids.new("booking")
        same = booking is None or bk.same_claim(booking, line, report)
        claim = _Claim(self, booking_id, report, service, line.payment)
        payment = claim.settle(same)
        self._notice_used_up(client, payment)
        ends_at = report.starts_at + timedelta(minutes=service.duration_minutes)
        return Booking(
            id=booking_id,
            source=report.source,
            ref=report.ref,
            revision=report.revision,
            status=report.status,
            client_id=client.id,
            starts_at=report.starts_at,
            ends_at=ends_at,
            seats=report.seats,
            lines=(BookingLine(0, service.id, payment),),
            choice=report.choice,
            fingerprint=report.fingerprint,
            created_at=booking.created_at if booking is not None else self._call.now,
            version=self._next_version(booking),
        )

    def _next_version(self, booking: Booking | None) -> int:
        """Count what is stored: several reports of one batch on one booking are one write."""
        if booking is None:
            return 1
        return booking.version if booking.id in self._put else booking.version + 1

    def _notice_used_up(self, client: Client, payment: LinePayment | None) -> None:
        if payment is not None and payment.state in (PaymentState.CAPTURED, PaymentState.FORFEITED):
            after = self.ledgers.state(payment.pass_id)
            if not after.unlimited and not after.balance.remaining:
                owner = client if after.client_id == client.id else None
                if owner is not None:
                    self._tell.append((owner, self.ledgers.before(after.id), after))

    def _view(self, booking: Booking, client: Client, service: Service) -> BookingView:
        paid = [line.payment.pass_id for line in booking.lines if line.payment is not None]
        codes = {pass_id: self.ledgers.code(pass_id) for pass_id in paid}
        return BookingView(booking, client, service, codes)

    def candidates(self, client_id: str) -> list[Pass]:
        """Return the passes the client could use, as decided so far."""
        return self.ledgers.of_client(client_id)

    def catalogue(self) -> Sequence[Service]:
        """Return all services; read only where several passes compete."""
        return self._tx.services.all()

    @property
    def now(self) -> datetime:
        """When the batch is decided."""
        return self._call.now

    def write(self) -> None:
        """Store everything the batch decided."""
        for client in self._new_clients:
            self._tx.clients.add(client)
        self.ledgers.write(self._tx)
        if self._put:
            self._tx.bookings.put(list(self._put.values()))
        for client, before, after in self._tell:
            tell_used_up(
                self._tx, self._call, client, before, after, self.ledgers.code(after.id)
            )


@attrs.define
class _Claim:
    """One booking line's claim on a pass, on the way from what it is to what a report wants."""

    desk: Desk
    booking_id: str
    report: bk.Report
    service: Service
    payment: LinePayment | None

    def settle(self, same: bool) -> LinePayment | None:
        """Post the difference between the line's payment and what the report wants (B2)."""
        wanted = self._wanted()
        state = self.payment.state if self.payment is not None else None
        if same and state is PaymentState.HELD and wanted is not PaymentState.HELD:
            return self._resolve(wanted)
        if same and state is wanted and state in bk.LIVE:
            return self.payment
        outcome_undone = wanted is PaymentState.HELD and state in _OUTCOMES
        preferred = self._undo(same)
        if wanted is None or self.report.choice is None:
            return self.payment
        if outcome_undone and preferred is not None:
            return self._hold_again(preferred)
        return self._claim(wanted, preferred)

    def _hold_again(self, pass_id: str) -> LinePayment | None:
        """Hold for a visit whose outcome was undone; a pass that ended meanwhile keeps what came
        back, and lets it lapse (B6)."""
        ends_at = self.desk.ledgers.state(pass_id).ends_at
        if ends_at is not None and self.desk.now >= ends_at:
            return self.payment
        try:
            return self._claim(PaymentState.HELD, pass_id)
        except Refusal:
            return self.payment

    def _wanted(self) -> PaymentState | None:
        status = self.report.status
        if status is BookingStatus.BOOKED:
            return PaymentState.HELD
        if status is BookingStatus.COMPLETED:
            return PaymentState.CAPTURED
        if status is BookingStatus.REVERSED or self.report.by is bk.CancelledBy.BUSINESS:
            return None
        return PaymentState.FORFEITED

    def _lost(self, state: Pass, held: int) -> int:
        """Return how many of *held* sessions the policy forfeits (B4)."""
        policy, report = state.terms.cancel, self.report
        if report.status is BookingStatus.NO_SHOW:
            return policy.no_show(held)
        return policy.forfeited(held, report.starts_at, report.cancelled_at or self.desk.now)

    def _resolve(self, wanted: PaymentState | None) -> LinePayment:
        """Capture, forfeit or release the hold the line has."""
        payment = self.payment
        assert payment is not None
        line = Line(self.booking_id, 0, payment.occasion)
        pass_id = payment.pass_id
        if wanted is PaymentState.CAPTURED:
            entries = self.desk.ledgers.decide(pass_id, cm.Capture(line))
        elif wanted is PaymentState.FORFEITED:
            lost = self._lost(self.desk.ledgers.state(pass_id), payment.sessions)
            entries = self.desk.ledgers.decide(pass_id, cm.Forfeit(line, lost))
        else:
            entries = self.desk.ledgers.decide(pass_id, cm.Release(line))
        for entry in entries:
            if isinstance(entry.fact, Captured | Forfeited):
                state = (
                    PaymentState.CAPTURED
                    if isinstance(entry.fact, Captured)
                    else PaymentState.FORFEITED
                )
                return self._paid(pass_id, state, entry.seq, payment.occasion, entry.fact)
        return attrs.evolve(
            payment, state=PaymentState.RELEASED, remaining_after=self._left(pass_id)
        )

    def _undo(self, same: bool) -> str | None:
        """Give back what the line has taken; return the pass to prefer for a new claim."""
        payment = self.payment
        if payment is None:
            return None
        if payment.state not in bk.LIVE:
            return payment.pass_id if same else None
        line = Line(self.booking_id, 0, payment.occasion)
        if payment.state is PaymentState.HELD:
            self.desk.ledgers.decide(payment.pass_id, cm.Release(line))
        else:
            self.desk.ledgers.decide(
                payment.pass_id,
                cm.Reverse(
                    payment.seq, line, payment.sessions, payment.units, self.report.starts_at
                ),
            )
        self.payment = attrs.evolve(
            payment,
            state=PaymentState.RELEASED,
            remaining_after=self._left(payment.pass_id),
        )
        return payment.pass_id if same else None

    def _claim(self, wanted: PaymentState, preferred: str | None) -> LinePayment | None:
        """Take the visit's sessions from the pass named, or from the one that rule C4 gives."""
        desk, report = self.desk, self.report
        visit = Visit(self.service.id, self.service.category, report.starts_at, report.seats)
        occasion = self.payment.occasion + 1 if self.payment is not None else 1
        line = Line(self.booking_id, 0, occasion)
        try:
            pass_id = self._pick(visit, preferred)
            if wanted is PaymentState.CAPTURED:
                entries = desk.ledgers.decide(pass_id, cm.Deduct(line, visit))
            else:
                entries = desk.ledgers.decide(pass_id, cm.Reserve(line, visit))
        except Refusal:
            if wanted is not PaymentState.FORFEITED:
                raise
            return self.payment  # a visit that did not happen needs no pass to be recorded
        for entry in entries:
            if isinstance(entry.fact, Deducted | Reserved):
                self.payment = self._paid(pass_id, wanted, entry.seq, occasion, entry.fact)
        if wanted is PaymentState.FORFEITED:
            return self._resolve(PaymentState.FORFEITED)
        return self.payment

    def _pick(self, visit: Visit, preferred: str | None) -> str:
        desk, report = self.desk, self.report
        if report.choice is not None and report.choice != bk.AUTO:
            return report.choice
        passes = desk.candidates(report.client_id)
        if preferred is not None:
            kept = [state for state in passes if state.id == preferred]
            try:
                return choose(kept, visit, desk.now, (), report.client_id).id
            except Refusal:
                pass
        several = len(passes) > 1
        catalogue = desk.catalogue() if several else ()
        return choose(passes, visit, desk.now, catalogue, report.client_id).id

    def _paid(
        self,
        pass_id: str,
        state: PaymentState,
        seq: int,
        occasion: int,
        fact: Captured | Forfeited | Deducted | Reserved,
    ) -> LinePayment:
        held = state is PaymentState.HELD
        policy = self.desk.ledgers.state(pass_id).terms.cancel
        return LinePayment(
            pass_id,
            state,
            fact.sessions,
            fact.units,
            seq,
            occasion,
            self._left(pass_id),
            policy.free_until(self.report.starts_at) if held else None,
        )

    def _left(self, pass_id: str) -> int | None:
        state = self.desk.ledgers.state(pass_id)
        return None if state.unlimited else state.balance.available


@attrs.frozen
class ReportMany:
    """A batch of reports, in the order in which they came."""

    reports: tuple[VisitReport, ...]


def report_many(tx: Tx, command: ReportMany, call: Call) -> tuple[Reported | PassError, ...]:
    """Take a batch of booking reports; each is answered on its own, in order.

    A refusal is an answer: it changes nothing and costs the other reports nothing.
    """
    desk = Desk(tx, call, tx.intake([report.key for report in command.reports]))
    answers: list[Reported | PassError] = []
    for report in command.reports:
        try:
            answers.append(desk.take(report))
        except PassError as refusal:
            answers.append(refusal)
    desk.write()
    return tuple(answers)


def report_one(tx: Tx, command: VisitReport, call: Call) -> Reported:
    """Take one booking report: a batch of one. Raises what it was refused with."""
    desk = Desk(tx, call, tx.intake([command.key]))
    answer = desk.take(command)
    desk.write()
    return answer
