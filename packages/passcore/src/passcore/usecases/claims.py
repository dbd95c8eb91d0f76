"""Claims: a booking line's hold on a pass, from what it is to what the newest report wants (B2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import attrs

from passcore.domain import bookings as bk, commands as cm
from passcore.domain.bookings import Booking, BookingStatus, LinePayment, PaymentState
from passcore.domain.choice import choose
from passcore.domain.coverage import Visit
from passcore.domain.ledger import Captured, Deducted, Forfeited, Line, Reserved
from passcore.domain.passes import Pass
from passcore.domain.services import Service
from passcore.errors import Refusal, WrongClient
from passcore.usecases.ledgers import Ledgers

_OUTCOMES: Final = (PaymentState.CAPTURED, PaymentState.FORFEITED)


def owned_by(state: Pass, client_id: str) -> None:
    """Raise `WrongClient` where the pass is somebody else's."""
    if state.client_id != client_id:
        raise WrongClient(state.id)


@attrs.define
class Claim:
    """One booking line's claim on a pass, on the way from what it is to what a report wants."""

    ledgers: Ledgers
    catalogue: Callable[[], Sequence[Service]]
    now: datetime
    booking_id: str
    report: bk.Report
    service: Service
    was: Booking | None
    payment: LinePayment | None

    def settle(self) -> LinePayment | None:
        """Post the difference between the line's payment and what the report wants (B2)."""
        was, report = self.was, self.report
        same = was is None or bk.same_claim(was, was.lines[0], report)
        if was is not None and was.fingerprint == report.fingerprint and not report.cancelled_at:
            return self.payment  # said again with a higher revision, perhaps past a deadline
        wanted = self._wanted()
        state = self.payment.state if self.payment is not None else None
        if same and state is PaymentState.HELD and wanted is not PaymentState.HELD:
            return self._resolve(wanted)
        if same and state is wanted and state in (PaymentState.HELD, PaymentState.CAPTURED):
            return self.payment
        outcome_undone = wanted is PaymentState.HELD and state in _OUTCOMES
        preferred = self._undo(same)
        if wanted is None or report.choice is None:
            return self.payment
        if outcome_undone and preferred is not None:
            return self._hold_again(preferred)
        return self._claim(wanted, preferred)

    def _hold_again(self, pass_id: str) -> LinePayment | None:
        """Hold for a visit whose outcome was undone. Undone here, a pass that ended meanwhile keeps
        what came back, and lets it lapse (B6). Another system's report that it is booked holds as
        if the outcome had never been reported, which may be how the reports arrive (B2)."""
        state = self.ledgers.state(pass_id)
        ends_at = state.ends_at
        ended = ends_at is not None and max(self.now, state.at) >= ends_at
        if ended and self.report.source == bk.OWN:
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
        if status is BookingStatus.REVERSED:
            return None
        by_business = self.report.by is bk.CancelledBy.BUSINESS
        called_off = status is BookingStatus.CANCELLED and by_business
        return None if called_off else PaymentState.FORFEITED

    def _lost(self, state: Pass, held: int) -> int:
        """Return how many of *held* sessions the policy forfeits (B4)."""
        policy, report = state.terms.cancel, self.report
        if report.status is BookingStatus.NO_SHOW:
            return policy.no_show(held)
        return policy.forfeited(held, report.starts_at, report.cancelled_at or self.now)

    def _resolve(self, wanted: PaymentState | None) -> LinePayment:
        """Capture, forfeit or release the hold the line has."""
        payment = self.payment
        assert payment is not None
        line = Line(self.booking_id, 0, payment.occasion)
        pass_id = payment.pass_id
        if wanted is PaymentState.CAPTURED:
            entries = self.ledgers.decide(pass_id, cm.Capture(line))
        elif wanted is PaymentState.FORFEITED:
            lost = self._lost(self.ledgers.state(pass_id), payment.sessions)
            entries = self.ledgers.decide(pass_id, cm.Forfeit(line, lost))
        else:
            entries = self.ledgers.decide(pass_id, cm.Release(line))
        for entry in entries:
            match entry.fact:
                case Captured():
                    state = PaymentState.CAPTURED
                case Forfeited():
                    state = PaymentState.FORFEITED
                case _:
                    continue
            return self._paid(pass_id, state, entry.seq, payment.occasion, entry.fact)
        left = self._left(pass_id)
        return attrs.evolve(payment, state=PaymentState.RELEASED, remaining_after=left)

    def _undo(self, same: bool) -> str | None:
        """Give back what the line has taken; return the pass to prefer for a new claim."""
        payment = self.payment
        if payment is None or self.was is None:
            return None
        if payment.state not in bk.LIVE:
            return payment.pass_id if same else None
        line = Line(self.booking_id, 0, payment.occasion)
        if payment.state is PaymentState.HELD:
            self.ledgers.decide(payment.pass_id, cm.Release(line))
        else:
            self.ledgers.decide(
                payment.pass_id,
                cm.Reverse(payment.seq, line, payment.sessions, payment.units, self.was.starts_at),
            )
        self.payment = attrs.evolve(
            payment,
            state=PaymentState.RELEASED,
            remaining_after=self._left(payment.pass_id),
        )
        return payment.pass_id if same else None

    def _claim(self, wanted: PaymentState, preferred: str | None) -> LinePayment | None:
        """Take the visit's sessions from the pass named, or from the one that rule C4 gives."""
        report = self.report
        visit = Visit(self.service.id, self.service.category, report.starts_at, report.seats)
        occasion = self.payment.occasion + 1 if self.payment is not None else 1
        line = Line(self.booking_id, 0, occasion)
        try:
            booked_at = None if self.was is None else self._booked_at(self.was)
            if wanted is PaymentState.CAPTURED:
                pass_id = self._pick(visit, preferred, booked_at or report.starts_at)
                entries = self.ledgers.decide(pass_id, cm.Deduct(line, visit, booked_at))
            else:
                pass_id = self._pick(visit, preferred, booked_at)
                entries = self.ledgers.decide(pass_id, cm.Reserve(line, visit, booked_at))
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

    def _booked_at(self, was: Booking) -> datetime | None:
        """Return when the visit was booked, as far as it is known: when the first report of it
        came, but for one that was changed since, which is booked anew (V6)."""
        same = bk.same_claim(was, was.lines[0], self.report)
        return was.created_at if same else None

    def _pick(self, visit: Visit, preferred: str | None, booked_at: datetime | None) -> str:
        report = self.report
        if report.choice is not None and report.choice != bk.AUTO:
            owned_by(self.ledgers.state(report.choice), report.client_id)
            return report.choice
        passes = self.ledgers.of_client(report.client_id)
        if preferred is not None:
            kept = [state for state in passes if state.id == preferred]
            try:
                return choose(kept, visit, self.now, (), report.client_id, booked_at).id
            except Refusal:
                pass
        several = len(passes) > 1
        catalogue = self.catalogue() if several else ()
        return choose(passes, visit, self.now, catalogue, report.client_id, booked_at).id

    def _paid(
        self,
        pass_id: str,
        state: PaymentState,
        seq: int,
        occasion: int,
        fact: Captured | Forfeited | Deducted | Reserved,
    ) -> LinePayment:
        held = state is PaymentState.HELD
        policy = self.ledgers.state(pass_id).terms.cancel
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
        state = self.ledgers.state(pass_id)
        return None if state.unlimited else state.balance.available
