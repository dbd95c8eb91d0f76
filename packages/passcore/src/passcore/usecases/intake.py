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
from passcore.domain.bookings import Booking, BookingLine, BookingStatus, PaymentState
from passcore.domain.checks import bounded, text
from passcore.domain.clients import Client, ClientRef
from passcore.domain.ids import looks_like_code, read_code
from passcore.domain.services import Service
from passcore.domain.time import utc
from passcore.errors import (
    BookingConflict,
    NotFound,
    PassError,
)
from passcore.ports.store import Intake, IntakeKey, Tx
from passcore.usecases.call import Call
from passcore.usecases.claims import Claim, owned_by
from passcore.usecases.clients import new_client
from passcore.usecases.gathered import Gathered
from passcore.usecases.ledgers import Ledgers
from passcore.usecases.notices import tell_used_up
from passcore.usecases.views import BookingView


def _instant(value: datetime) -> datetime:
    return utc(value, "starts_at")


@attrs.frozen
class VisitReport:
    """A report as it comes in: client, service and pass by name. See `Report` for the rest."""

    source: str = attrs.field(validator=text("source", 100))
    ref: str = attrs.field(validator=text("ref", 200))
    revision: int = attrs.field(validator=bounded("revision", 0, bk.MAX_REVISION))
    status: BookingStatus
    client: ClientRef
    service: str
    starts_at: datetime = attrs.field(converter=_instant)
    seats: int = attrs.field(default=1, validator=bounded("seats", 1, 1000))
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
        self._tell: list[tuple[Client, str]] = []
        self._all_services: Sequence[Service] | None = None

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
        booking = self._bookings.get((incoming.source, incoming.ref))
        if booking is not None and incoming.revision < booking.revision:
            return Reported(self._as_known(booking), applied=False)
        service = self._services.get(incoming.service)
        if service is None:
            raise NotFound("service", incoming.service)
        client = self._client(incoming.client)
        report = bk.Report(
            incoming.source,
            incoming.ref,
            incoming.revision,
            incoming.status,
            client.id,
            service.id,
            incoming.starts_at,
            incoming.seats,
            self._choice(incoming.choice),
            incoming.by,
            incoming.cancelled_at,
        )
        kind = bk.newness(booking, report)
        if booking is not None and kind is not bk.Newness.NEW:
            if kind is bk.Newness.CONFLICTING:
                raise BookingConflict(report.source, report.ref, report.revision)
            return Reported(self._view(booking, client, service), applied=False)
        decided = self._decide(booking, report, client, service)
        self._bookings[report.source, report.ref] = decided
        self._put[decided.id] = decided
        return Reported(self._view(decided, client, service), applied=True)

    def _as_known(self, booking: Booking) -> BookingView:
        """Return a booking whose newest report is not the one at hand, and may name others."""
        client = self._tx.clients.get(booking.client_id)
        return self._view(booking, client, self._tx.services.get(booking.lines[0].service_id))

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

    def _choice(self, named: str | None) -> str | None:
        """Return ``auto``, None, or the id of the pass named by id or pass ID."""
        if named is None or named == bk.AUTO:
            return named
        if not looks_like_code(named):
            return self.ledgers.state(named).id
        state = self.ledgers.by_code(read_code(named))
        if state is None:
            raise NotFound("pass", named)
        return state.id

    def _decide(
        self, booking: Booking | None, report: bk.Report, client: Client, service: Service
    ) -> Booking:
        if booking is None or not bk.same_claim(booking, booking.lines[0], report):
            self._must_own(report)
        booking_id = booking.id if booking is not None else self._call.ids.new("booking")
        paid = booking.lines[0].payment if booking is not None else None
        payment = Claim(
            self.ledgers,
            self._catalogue,
            self._call.now,
            booking_id,
            report,
            service,
            booking,
            paid,
        ).settle()
        if payment is not None and payment.state in (PaymentState.CAPTURED, PaymentState.FORFEITED):
            self._tell.append((client, payment.pass_id))
        return Booking(
            id=booking_id,
            source=report.source,
            ref=report.ref,
            revision=report.revision,
            status=report.status,
            client_id=client.id,
            starts_at=report.starts_at,
            ends_at=report.starts_at + timedelta(minutes=service.duration_minutes),
            seats=report.seats,
            lines=(BookingLine(0, service.id, payment),),
            choice=report.choice,
            fingerprint=report.fingerprint,
            created_at=booking.created_at if booking is not None else self._call.now,
            version=self._next_version(booking),
        )

    def _must_own(self, report: bk.Report) -> None:
        """Refuse a pass that is named but is not the client's own (B8). One that already paid may
        have changed hands meanwhile, and can still be undone."""
        if report.choice is not None and report.choice != bk.AUTO:
            owned_by(self.ledgers.state(report.choice), report.client_id)

    def _next_version(self, booking: Booking | None) -> int:
        """Count what is stored: several reports of one batch on one booking are one write."""
        if booking is None:
            return 1
        return booking.version if booking.id in self._put else booking.version + 1

    def _view(self, booking: Booking, client: Client, service: Service) -> BookingView:
        paid = [line.payment.pass_id for line in booking.lines if line.payment is not None]
        codes = {pass_id: self.ledgers.code(pass_id) for pass_id in paid}
        return BookingView(booking, client, service, codes)

    def _catalogue(self) -> Sequence[Service]:
        """Return all services; read once, and only where several passes compete."""
        if self._all_services is None:
            self._all_services = self._tx.services.all()
        return self._all_services

    def write(self) -> None:
        """Store everything the batch decided."""
        for client in self._new_clients:
            self._tx.clients.add(client)
        self.ledgers.write(self._tx)
        if self._put:
            self._tx.bookings.put(list(self._put.values()))
        for client, pass_id in self._tell:
            before, after = self.ledgers.before(pass_id), self.ledgers.state(pass_id)
            code = self.ledgers.code(pass_id)
            tell_used_up(self._tx, self._call, client, before, after, code)


@attrs.frozen
class ReportMany:
    """A batch of reports, in the order in which they came."""

    reports: tuple[VisitReport, ...]


def report_many(tx: Tx, command: ReportMany, call: Call) -> tuple[Reported | PassError, ...]:
    """Take a batch of booking reports; each is answered on its own, in order.

    A refusal is an answer: it changes nothing and costs the other reports nothing.
    """
    return _take_all(tx, command.reports, call)


def _take_all(
    tx: Tx, reports: Sequence[VisitReport], call: Call
) -> tuple[Reported | PassError, ...]:
    desk = Desk(tx, call, tx.intake([report.key for report in reports]))
    answers: list[Reported | PassError] = []
    for report in reports:
        try:
            answers.append(desk.take(report))
        except PassError as refusal:
            answers.append(refusal)
    desk.write()
    return tuple(answers)


#: Takes one booking report, `(tx, VisitReport, call) -> Reported`, with those that other callers
#: wait with. Raises what it was refused with.
report_one: Final = Gathered(_take_all)
