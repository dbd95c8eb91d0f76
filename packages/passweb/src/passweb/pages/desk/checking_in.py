"""Checking in: find the pass, complete a visit of today, or take a walk-in in one step (B1)."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs
from litestar import get, post
from litestar.params import FromPath, RawBody

from passcore import (
    BookingStatus,
    BookingView,
    ClientRef,
    Invalid,
    NotFound,
    PassError,
    PassView,
    Service,
    Tx,
    VisitReport,
    report_one,
)
from passcore.domain.bookings import OWN
from passcore.domain.choice import Verdict, explain
from passcore.domain.coverage import Visit as Line
from passcore.domain.ids import read_code
from passcore.domain.time import start_of_day
from passcore.usecases.call import Call
from passcore.usecases.passes import find_pass
from passcore.usecases.views import pass_view
from passweb.auth import VISITS
from passweb.pages.cards import card_of
from passweb.pages.console.door import need_staff
from passweb.pages.console.today import move
from passweb.pages.forms import Form
from passweb.pages.halting import Halt
from passweb.pages.house import AnyRequest
from passweb.pages.page import Answer, Page, known_ref, take_form
from passweb.pages.reading import Visit, visits


@attrs.frozen
class Arrival:
    """A pass at the desk: its client's visits of the day, and which services it pays for now."""

    view: PassView
    today: tuple[Visit, ...]
    services: tuple[Service, ...]
    walk_ins: tuple[tuple[Service, Verdict], ...]


@attrs.frozen
class _Asked:
    ref: str
    day_from: datetime
    day_until: datetime


@attrs.frozen
class WalkIn:
    """A visit that happens now, without a booking. `ref` is the form's own, so that sending it
    twice is one visit."""

    pass_id: str
    service: str
    ref: str


def arrival(tx: Tx, asked: _Asked, call: Call) -> Arrival:
    """Return what the desk needs to know of a pass, by id or pass ID."""
    stored = find_pass(tx, asked.ref)
    view = pass_view(tx, stored)
    found = tx.bookings.page(
        client_id=view.client.id, starts_from=asked.day_from, starts_until=asked.day_until,
        limit=20,
    )  # fmt: skip
    services = tuple(tx.services.all())
    walk_ins = []
    for service in services:
        if service.active:
            line = Line(service.id, service.category, call.now)
            walk_ins.append((service, explain([view.state], line, call.now, services)[0]))
    walk_ins.sort(key=lambda pair: not pair[1].eligible)
    today = sorted(found.items, key=lambda b: b.starts_at)
    return Arrival(view, visits(tx, today), services, tuple(walk_ins))


def walk_in(tx: Tx, command: WalkIn, call: Call) -> BookingView:
    """Record a walk-in: the pass is deducted in one step."""
    stored = find_pass(tx, command.pass_id)
    report = VisitReport(
        source=OWN,
        ref=command.ref,
        revision=1,
        status=BookingStatus.COMPLETED,
        client=ClientRef(id=stored.state.client_id),
        service=command.service,
        starts_at=call.now,
        choice=stored.state.id,
    )
    return report_one(tx, report, call).view


@get("/desk", name="desk", sync_to_thread=True, include_in_schema=False)
def desk_page(request: AnyRequest) -> Answer:
    """Ask for a pass ID."""
    page = need_staff(request, VISITS)
    return page.show("desk/find.html", form=Form())


@post("/desk", name="desk finds a pass", sync_to_thread=True, status_code=303,
      include_in_schema=False)  # fmt: skip
def find(request: AnyRequest, body: RawBody) -> Answer:
    """Find a pass; the pass ID itself never stands in an address."""
    page = need_staff(request, VISITS)
    form = take_form(page, body)
    try:
        found = page.read(arrival, _asked(page, read_code(form.raw("code")[:100])))
    except Invalid:
        form.wrong("code", page._("This is not a pass ID: a character is missing or mistyped."))
    except NotFound:
        form.wrong("code", page._("There is no pass with this ID here."))
    else:
        return page.go(f"/desk/passes/{found.view.state.id}?b={page.business.slug}")
    return page.show("desk/find.html", form=form, status=422)


@get("/desk/passes/{pass_id:str}", name="desk pass", sync_to_thread=True, include_in_schema=False)
def desk_pass(request: AnyRequest, pass_id: FromPath[str]) -> Answer:
    """Show a pass at the desk."""
    page = need_staff(request, VISITS)
    return _show(page, known_ref(pass_id), Form())


@post("/desk/passes/{pass_id:str}", name="check in", sync_to_thread=True, status_code=303,
      include_in_schema=False)  # fmt: skip
def check_in(request: AnyRequest, pass_id: FromPath[str], body: RawBody) -> Answer:
    """Complete a visit, undo it, or take a walk-in."""
    page = need_staff(request, VISITS)
    form = take_form(page, body)
    ref = known_ref(pass_id)
    try:
        if form.raw("action") == "walk_in":
            command = WalkIn(ref, form.raw("service")[:100], f"walk-in-{form.raw('once')[:64]}")
            page.run_once(walk_in, command, BookingView, form)
        else:
            page.run(move, (form.raw("action")[:20], known_ref(form.raw("booking"))))
    except NotFound:
        raise Halt(404) from None
    except PassError as refusal:
        form.wrong("form", " ".join(page.refusal(refusal)))
        return _show(page, ref, form, status=409)
    return page.go(f"/desk/passes/{ref}?b={page.business.slug}&done=1")


def _asked(page: Page, ref: str) -> _Asked:
    zone = page.business.time_zone
    return _Asked(
        ref, start_of_day(page.today, zone), start_of_day(page.today + timedelta(days=1), zone)
    )


def _show(page: Page, ref: str, form: Form, *, status: int = 200) -> Answer:
    try:
        found = page.read(arrival, _asked(page, ref))
    except NotFound:
        raise Halt(404) from None
    state = found.view.state
    return page.show(
        "desk/pass.html", status=status, form=form, found=found, person=found.view.client,
        card=card_of(state, found.view.code, found.services, page.say, page.now),
        done=page.request.query_params.get("done") == "1",
    )  # fmt: skip
