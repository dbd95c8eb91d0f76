"""Booking a visit in two steps: what it will cost is said before it is confirmed (C5, B8)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import attrs
from litestar import get, post
from litestar.params import FromPath, RawBody

from passcore import (
    AddClient,
    Book,
    BookingView,
    Client,
    ClientRef,
    ExplainVisit,
    Explanation,
    Invalid,
    NotFound,
    PassError,
    PassView,
    Service,
    StoredPass,
    Tx,
    Verdict,
    WrongClient,
    add_client,
    book,
    explain_visit,
)
from passcore.domain.bookings import AUTO
from passcore.domain.choice import explain
from passcore.domain.coverage import Visit
from passcore.domain.ids import read_code
from passcore.domain.time import from_local
from passcore.usecases.call import Call
from passcore.usecases.passes import find_own_pass
from passcore.usecases.views import booking_view
from passweb.pages.booking.selling import buyer
from passweb.pages.forms import Form, filled
from passweb.pages.halting import Halt
from passweb.pages.house import AnyRequest
from passweb.pages.page import Answer, Page, known_ref, open_page, take_form

_NONE: Final = "none"
_FURTHEST: Final = timedelta(days=366)


@attrs.frozen
class Choices:
    """What the form lets choose from: services, and the passes of the client signed in, the best
    one for the service first."""

    services: tuple[Service, ...]
    passes: tuple[tuple[Verdict, str], ...]


@attrs.frozen
class Wanted:
    """What a checked form asks for."""

    client: ClientRef
    service: Service
    starts_at: datetime
    code: str | None
    choice: str | None


@attrs.frozen
class Told:
    """What a client is told before confirming: who pays, what is left, until when it is free."""

    wanted: Wanted
    verdict: Verdict | None
    code: str
    free_until: datetime | None


@attrs.frozen
class _Asking:
    client_id: str | None
    service: str
    at: datetime


def choices(tx: Tx, command: _Asking, _call: Call) -> Choices:
    """Return what can be chosen; passes that are over are left out."""
    every = tx.services.all()
    services = tuple(s for s in every if s.active)
    if command.client_id is None or not services:
        return Choices(services, ())
    held: dict[str, StoredPass] = {s.state.id: s for s in tx.passes.of_client(command.client_id)}
    named = (s for s in services if command.service in (s.slug, s.id))
    service = next(named, services[0])
    visit = Visit(service.id, service.category, command.at + timedelta(hours=1))
    verdicts = explain([s.state for s in held.values()], visit, command.at, every)
    ranked = sorted(verdicts, key=lambda verdict: not verdict.eligible)
    live = [v for v in ranked if v.state.unlimited or v.state.balance.remaining]
    return Choices(services, tuple((v, held[v.state.id].code) for v in live[:20]))


def own_pass(tx: Tx, command: tuple[str, str], _call: Call) -> PassView:
    """Return the pass of a pass ID and its owner's e-mail together (B8)."""
    return find_own_pass(tx, *command)


def shown_booking(tx: Tx, ref: str, _call: Call) -> BookingView:
    """Return a booking with all it names."""
    return booking_view(tx, tx.bookings.get(ref))


@attrs.frozen
class _FirstBook:
    command: Book
    language: str


def book_visit(tx: Tx, command: _FirstBook, call: Call) -> BookingView:
    """Book; a client not yet known is made with the language of the page."""
    ref = command.command.client
    if ref.id is None and ref.email is not None and tx.clients.by_email(ref.email) is None:
        made: Client = add_client(tx, AddClient(ref.email, ref.name or "", command.language), call)
        ref = ClientRef(id=made.id)
    return book(tx, attrs.evolve(command.command, client=ref), call)


@get("/b/{slug:str}/book", name="book a visit", sync_to_thread=True, include_in_schema=False)
def visit_form(request: AnyRequest, slug: FromPath[str]) -> Answer:
    """Show the form; `service` and `code` in the address fill it in."""
    page = open_page(request, slug)
    given = {name: request.query_params.get(name, "")[:100] for name in ("service", "code")}
    return _form_page(page, filled(given))


@post("/b/{slug:str}/book", name="check a visit", sync_to_thread=True, status_code=200,
      include_in_schema=False)  # fmt: skip
def check_visit(request: AnyRequest, slug: FromPath[str], body: RawBody) -> Answer:
    """Say what the visit will cost; nothing is stored yet."""
    page = open_page(request, slug)
    form = take_form(page, body)
    told = _told(page, form)
    if told is None:
        return _form_page(page, form, status=422)
    return page.show("booking/check.html", told=told, form=form, wanted=told.wanted)


@post("/b/{slug:str}/book/confirm", name="confirm a visit", sync_to_thread=True,
      status_code=303, include_in_schema=False)  # fmt: skip
def confirm_visit(request: AnyRequest, slug: FromPath[str], body: RawBody) -> Answer:
    """Book the visit; everything is looked at again."""
    page = open_page(request, slug)
    form = take_form(page, body)
    if "change" in form.values:
        return _form_page(page, form)
    told = _told(page, form)
    if told is None:
        return _form_page(page, form, status=422)
    wanted = told.wanted
    command = Book(
        client=wanted.client,
        service=wanted.service.id,
        starts_at=wanted.starts_at,
        choice=told.verdict.state.id if told.verdict else None,
    )
    try:
        view = page.run_once(book_visit, _FirstBook(command, page.language), BookingView, form)
    except PassError as refusal:
        form.wrong("form", " ".join(page.refusal(refusal)))
        return _form_page(page, form, status=409)
    page.remember(view.booking.id)
    return page.go(f"/b/{slug}/visits/{view.booking.id}")


@get("/b/{slug:str}/visits/{booking_id:str}", name="booked visit", sync_to_thread=True,
     include_in_schema=False)  # fmt: skip
def booked_page(request: AnyRequest, slug: FromPath[str], booking_id: FromPath[str]) -> Answer:
    """Show a visit to the browser that booked it, or to its client."""
    page = open_page(request, slug)
    try:
        view = page.read(shown_booking, known_ref(booking_id))
    except NotFound:
        raise Halt(404) from None
    client = page.visitor.client if page.visitor else None
    if not page.placed(view.booking.id) and (client is None or client.id != view.client.id):
        raise Halt(404)
    payment = view.booking.lines[0].payment
    return page.show("booking/booked.html", view=view, payment=payment)


# --- what the form asks for -----------------------------------------------------------------------


def _told(page: Page, form: Form) -> Told | None:
    wanted = _wanted(page, form)
    if wanted is None:
        return None
    if wanted.code is None and wanted.choice is None:
        return Told(wanted, None, "", None)
    pass_ref = None if wanted.choice == AUTO else wanted.choice
    question = ExplainVisit(
        wanted.service.id, wanted.starts_at, client=wanted.client.id, pass_ref=pass_ref
    )
    try:
        explanation: Explanation = page.read(explain_visit, question)
    except PassError as refusal:
        form.wrong("choice", " ".join(page.refusal(refusal)))
        return None
    verdict = explanation.chosen
    if verdict is None:
        _say_why(page, form, explanation, "code" if wanted.code else "choice")
        return None
    free_until = verdict.state.terms.cancel.free_until(wanted.starts_at)
    code = explanation.codes[verdict.state.id]
    return Told(wanted, verdict, code, free_until)


def _say_why(page: Page, form: Form, explanation: Explanation, field: str) -> None:
    refusals = [reason for verdict in explanation.verdicts[:1] for reason in verdict.reasons[:1]]
    if refusals:
        form.wrong(field, " ".join(page.refusal(refusals[0])))
    else:
        form.wrong(field, page._("There is no pass that could pay for this visit."))


def _wanted(page: Page, form: Form) -> Wanted | None:
    service = _service(page, form)
    starts_at = _starts_at(page, form)
    client = page.visitor.client if page.visitor else None
    if client is not None:
        choice = form.raw("choice") or AUTO
        if service is None or starts_at is None:
            return None
        ref = ClientRef(id=client.id)
        return Wanted(ref, service, starts_at, None, None if choice == _NONE else choice[:100])
    who = buyer(page, form)
    code = _code(page, form)
    if who is None or service is None or starts_at is None or not form.ok:
        return None
    if code is None:
        return Wanted(who, service, starts_at, None, None)
    view = _own_pass(page, form, code, who.email or "")
    if view is None:
        return None
    return Wanted(ClientRef(id=view.client.id), service, starts_at, code, view.state.id)


def _code(page: Page, form: Form) -> str | None:
    """Return the pass ID typed; a mistyped one is caught here, before anything is looked up."""
    typed = form.raw("code")
    if not typed:
        return None
    try:
        return read_code(typed[:100])
    except Invalid:
        form.wrong(
            "code",
            page._(
                "This is not a pass ID: a character is missing or mistyped. "
                "It has 18 letters and digits, as in your mail."
            ),
        )
        return None


def _own_pass(page: Page, form: Form, code: str, email: str) -> PassView | None:
    """Return the pass, throttled; every wrong pair is answered alike."""
    sources, targets = page.throttles.codes, page.throttles.targets
    wait = max(sources.wait(page.source), targets.wait(code))
    if wait:
        raise Halt(429, retry_after=wait)
    try:
        found = page.read(own_pass, (code, email))
    except WrongClient as refusal:
        sources.fail(page.source)
        targets.fail(code)
        form.wrong("code", " ".join(page.refusal(refusal)))
        return None
    targets.clear(code)
    return found


def _service(page: Page, form: Form) -> Service | None:
    found = page.read(choices, _Asking(None, "", page.now)).services
    typed = form.raw("service")
    service = next((s for s in found if typed in (s.slug, s.id)), None)
    if service is None:
        form.wrong("service", page._("Choose a service."))
    return service


def _starts_at(page: Page, form: Form) -> datetime | None:
    day = form.day("date", page._("Choose a day."))
    clock = form.clock("time", page._("Choose a time."))
    if day is None:
        form.wrong("date", page._("Choose a day."))
    if clock is None:
        form.wrong("time", page._("Choose a time."))
    if day is None or clock is None:
        return None
    if not page.today <= day <= page.today + _FURTHEST:
        form.wrong("date", page._("Choose a day from today on, within a year."))
        return None
    starts_at = from_local(datetime.combine(day, clock), page.business.time_zone)
    if starts_at <= page.now:
        form.wrong("time", page._("This time is over. Choose a later one."))
        return None
    return starts_at


def _form_page(page: Page, form: Form, *, status: int = 200) -> Answer:
    client = page.visitor.client if page.visitor else None
    asking = _Asking(client.id if client else None, form.raw("service"), page.now)
    return page.show(
        "booking/visit.html", status=status, form=form, choices=page.read(choices, asking),
        last_day=page.today + _FURTHEST,
    )  # fmt: skip
