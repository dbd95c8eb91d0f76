"""The reference model, second half: what a report about a visit moves (B1 to B6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from passcore.domain.bookings import AUTO, BookingStatus, CancelledBy, LinePayment
from passcore.usecases.intake import VisitReport
from tests.core.state_machine.model import Deal, ModelPass, Step, Walk


@dataclass
class Visit:
    """A booking as its newest report has it, and its claim on a pass."""

    report: VisitReport
    pass_id: str | None = None
    state: str | None = None
    sessions: int = 0
    occasion: int = 0

    @property
    def live(self) -> bool:
        return self.state in ("held", "captured", "forfeited")


def wanted(report: VisitReport) -> str | None:
    """What the newest report wants of the claim."""
    match report.status:
        case BookingStatus.BOOKED:
            return "held"
        case BookingStatus.COMPLETED:
            return "captured"
        case BookingStatus.REVERSED:
            return None
        case BookingStatus.CANCELLED if report.by is CancelledBy.BUSINESS:
            return None
    return "forfeited"


def claim(report: VisitReport) -> tuple[object, ...]:
    """What a claim is for."""
    return (report.client, report.service, report.starts_at, report.seats, report.choice)


def content(report: VisitReport) -> tuple[object, ...]:
    return (report.status, report.by, *claim(report))


class Model:
    """All passes and visits of a business, and the steps predicted for the command at hand."""

    def __init__(self) -> None:
        self.passes: dict[str, ModelPass] = {}
        self.visits: dict[str, Visit] = {}
        self.steps: dict[str, list[Step]] = {}

    def grant(self, pass_id: str, deal: Deal) -> None:
        values = deal.values()
        self.passes[pass_id] = ModelPass(deal, list(values), values)

    def step(self, pass_id: str, kind: str, booking: str = "", count: int = 0) -> None:
        self.steps.setdefault(pass_id, []).append((kind, booking, count))

    def newness(self, booking: str | None, report: VisitReport) -> str:
        """Tell how a report stands to what is known: ``new``, ``repeated`` and so on (B2)."""
        known = self.visits[booking].report if booking in self.visits and booking else None
        if known is None or report.revision > known.revision:
            return "new"
        if report.revision < known.revision:
            return "stale"
        return "repeated" if content(known) == content(report) else "conflicting"

    def take(
        self, booking: str, report: VisitReport, paid: LinePayment | None, now: datetime
    ) -> None:
        """Predict what an accepted report moves; *paid* tells which pass was chosen, if any."""
        visit = self.visits.setdefault(booking, Visit(report))
        old, visit.report = visit.report, report
        if old is not report and content(old) == content(report) and report.cancelled_at is None:
            return
        same, want, was = claim(old) == claim(report), wanted(report), visit.state
        if same and was == "held" and want != "held":
            self._resolve(booking, visit, want, now)
            return
        if same and was is not None and was == want and was in ("held", "captured"):
            return
        if visit.live and visit.pass_id is not None:
            self.step(visit.pass_id, "Released" if was == "held" else "Reversed", booking)
            visit.state = "released"
        if want is None or report.choice is None:
            return
        took = paid is not None and paid.occasion > visit.occasion
        undone = same and want == "held" and was in ("captured", "forfeited")
        assert took or want == "forfeited" or undone, "a visit is not paid for"
        if paid is None or not took:
            return
        assert report.choice in (AUTO, paid.pass_id), "another pass than the one named"
        visit.pass_id, visit.occasion = paid.pass_id, visit.occasion + 1
        visit.sessions = cost = self.passes[paid.pass_id].deal.cost(report)
        kind, visit.state = ("Deducted", want) if want == "captured" else ("Reserved", "held")
        self.step(paid.pass_id, kind, booking, cost)
        if want == "forfeited":
            self._resolve(booking, visit, want, now)

    def _resolve(self, booking: str, visit: Visit, want: str | None, now: datetime) -> None:
        assert visit.pass_id is not None
        deal = self.passes[visit.pass_id].deal
        lost = deal.lost(visit.report, visit.sessions, now) if want == "forfeited" else 0
        if want == "captured":
            self.step(visit.pass_id, "Captured", booking)
        elif lost:
            self.step(visit.pass_id, "Forfeited", booking, lost)
            visit.sessions = lost
        else:
            self.step(visit.pass_id, "Released", booking)
            want = "released"
        visit.state = want

    def walk(self, pass_id: str) -> Walk:
        """Return what reads the entries a pass got, next to the steps predicted for it."""
        return Walk(self.passes[pass_id], self.steps.pop(pass_id, []))

    def check(self) -> None:
        """Every predicted step was seen, and no booking has sessions of two passes."""
        assert not any(self.steps.values()), f"did not happen: {self.steps}"
        owned = [b for p in self.passes.values() for b in (*p.held, *p.spent)]
        assert len(owned) == len(set(owned)), "one booking, two deductions"
        live = {b for b, visit in self.visits.items() if visit.live}
        assert live == set(owned), f"{live ^ set(owned)} are not as their reports say"
