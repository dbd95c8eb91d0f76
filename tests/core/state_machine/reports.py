"""The machine's other half: another system's reports, in any order, any number of times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import rule

from passcore.domain.bookings import AUTO, BookingStatus, CancelledBy
from passcore.domain.clients import ClientRef
from passcore.domain.passes import Pass
from passcore.errors import BookingConflict, PassError
from passcore.usecases.intake import Reported, ReportMany, VisitReport, report_many, report_one
from passcore.usecases.passes import SweepExpired, sweep_expired
from tests.core.state_machine import business as m
from tests.core.state_machine.business import EMAILS, BusinessMachine, some
from tests.core.state_machine.comparing import moved_start, summary
from tests.core.state_machine.products import SERVICES

SOURCE: Final = "calendar"
HOUR = timedelta(hours=1)

#: How a later report differs from the one before it, besides its status.
corrections = st.sampled_from("same same same client service time seats choice late".split())
#: Revisions go up; now and then one is said again, or an older one.
bumps = st.sampled_from([1, 1, 1, 2, 0, -1])
changes = st.tuples(bumps, m.statuses, m.parties, corrections, m.index)


@dataclass(frozen=True)
class First:
    """What is drawn for the first report of a visit."""

    who: int
    what: int
    starts: timedelta
    seats: int
    kind: str
    at: int
    status: BookingStatus
    by: CancelledBy


firsts = st.builds(
    First, m.index, m.index, m.offsets, m.seats, m.choices, m.index, m.statuses, m.parties
)


class ReportMachine(BusinessMachine):
    """Everything that can happen to a business, with another system's reports."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[VisitReport] = []
        self.newest: dict[str, VisitReport] = {}

    @rule(drawn=firsts)
    def report_first(self, drawn: First) -> None:
        """Another system tells of a visit for the first time."""
        self.tell(self.first(drawn))

    def first(self, drawn: First) -> VisitReport:
        """Return the first report of a visit not yet known, its client named by e-mail."""
        owner = self.client_for(drawn.who, drawn.kind, drawn.at)
        return VisitReport(
            source=SOURCE,
            ref=f"visit-{len(self.newest)}",
            revision=2,
            status=drawn.status,
            client=ClientRef(email=EMAILS[self.clients.index(owner.id or "")]),
            service=SERVICES[drawn.what % len(SERVICES)],
            starts_at=self.now + drawn.starts,
            seats=drawn.seats,
            choice=self.choice(drawn.kind, drawn.at),
            by=drawn.by,
        )

    def changed(self, report: VisitReport, change: Any) -> VisitReport:
        """Return another report of the same visit."""
        bump, status, by, correction, at = change
        more: dict[str, Any] = {"revision": report.revision + bump, "status": status, "by": by}
        match correction:
            case "client":
                more["client"] = ClientRef(id=self.clients[at % len(self.clients)])
            case "service":
                more["service"] = SERVICES[at % len(SERVICES)]
            case "time":
                more["starts_at"] = report.starts_at + (at - 32) * HOUR
            case "seats":
                more["seats"] = 1 + at % 2
            case "choice":
                more["choice"] = self.choice("named", at)
            case "late":
                more["cancelled_at"] = report.starts_at - at * HOUR
            case _:
                pass
        return attrs.evolve(report, **more)

    @some(lambda self: self.lapsed())
    @rule(at=m.index, before=st.integers(0, 200), status=m.statuses, named=st.booleans())
    def report_late(self, at: int, before: int, status: BookingStatus, named: bool) -> None:
        """A visit inside the window of a pass is reported when its sessions have lapsed (R11)."""
        among = self.lapsed()
        state = among[at % len(among)]
        end = state.ends_at
        assert end is not None
        drawn = First(0, at, -before * HOUR, 1, AUTO, 0, status, CancelledBy.CLIENT)
        report = self.first(drawn)
        client, choice = ClientRef(id=state.client_id), state.id if named else report.choice
        starts = end - before * HOUR
        self.tell(attrs.evolve(report, client=client, starts_at=starts, choice=choice))

    def lapsed(self) -> list[Pass]:
        """The passes of which something has lapsed."""
        return [s for s in self.bench.states.values() if s.balance.lapsed and s.ends_at is not None]

    @some(lambda self: self.newest)
    @rule(at=m.index, change=changes)
    def report_more(self, at: int, change: Any) -> None:
        """Something new is said of a visit, or something else under a revision used before."""
        known = list(self.newest.values())
        self.tell(self.changed(known[at % len(known)], change))

    @some(lambda self: self.sent)
    @rule(at=m.index)
    def report_again(self, at: int) -> None:
        """A report comes a second time, word for word."""
        self.tell(self.sent[at % len(self.sent)])

    @some(lambda self: self.newest)
    @rule(drawn=st.lists(st.tuples(m.index, changes), min_size=2, max_size=4))
    def report_batch(self, drawn: list[Any]) -> None:
        """Several reports come at once; each is answered as if it had come alone."""
        known = list(self.newest.values())
        self.tell_many([self.changed(known[at % len(known)], change) for at, change in drawn])

    @rule(
        drawn=firsts,
        more=st.lists(changes, min_size=1, max_size=3),
        shuffled=st.permutations(range(4)),
        again=m.index,
    )
    def report_shuffled(
        self, drawn: First, more: list[Any], shuffled: list[int], again: int
    ) -> None:
        """Reports in another order, and one of them twice, come to what they come to in order."""
        ordered = [self.first(drawn)]
        for _, *change in more:
            ordered.append(self.changed(ordered[-1], (1, *change)))
        mixed = [ordered[n] for n in shuffled if n < len(ordered)]
        mixed.append(mixed[again % len(mixed)])
        before, fork = self.bench.held, self.bench.fork()
        for report in ordered:
            fork.run(report_one, report)
        self.tell_many(mixed)
        # What came back to a pass that is over has lapsed; the sweep lets the rest of it follow.
        self.sweep()
        fork.run(sweep_expired, SweepExpired())
        here, there = self.bench.look(), fork.look()
        if not (moved_start(before, here) or moved_start(before, there)):
            assert summary(here) == summary(there)

    # --- telling --------------------------------------------------------------------------------

    def tell(self, report: VisitReport) -> None:
        """Take one report, and compare."""
        answer = self.run(report_one, report)
        changed = self.answered(report, answer)
        self.compare(nothing=not changed)

    def tell_many(self, reports: list[VisitReport]) -> None:
        """Take a batch, and compare."""
        answers = self.run(report_many, ReportMany(tuple(reports)))
        pairs = zip(reports, answers, strict=True)
        changed = [self.answered(report, answer) for report, answer in pairs]
        self.compare(nothing=not any(changed))

    def answered(self, report: VisitReport, answer: Reported | PassError) -> bool:
        """Check what a report came to and tell the model; return whether it was taken."""
        self.sent.append(report)
        newness = self.model.newness(self.booking_id(report), self.resolved(report))
        assert isinstance(answer, BookingConflict) is (newness == "conflicting")
        if isinstance(answer, PassError):
            assert newness in ("conflicting", "new"), "what is known already is refused"
            return False
        assert answer.applied is (newness == "new")
        if answer.applied:
            self.heard(report, answer.view.booking)
            self.newest[report.ref] = report
        return answer.applied

    def booking_id(self, report: VisitReport) -> str | None:
        """Find the booking a report is about."""
        for booking_id, visit in self.model.visits.items():
            if (visit.report.source, visit.report.ref) == (report.source, report.ref):
                return booking_id
        return None
