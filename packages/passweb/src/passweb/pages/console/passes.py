"""One pass in the console: ledger, and manual edits with a reason (S6)."""

from __future__ import annotations

from typing import Final

import attrs
from litestar import get, post
from litestar.params import FromPath, RawBody

from passcore import (
    AdjustPass,
    Cancel,
    EditPass,
    Entry,
    Extend,
    Freeze,
    Inside,
    NotFound,
    PassError,
    PassView,
    Service,
    Tx,
    Unfreeze,
    adjust,
    edit,
)
from passcore.domain.freezes import ended_on
from passcore.domain.time import local_day
from passcore.usecases.call import Call
from passcore.usecases.passes import find_pass
from passcore.usecases.views import pass_view
from passweb.auth import PASSES, READ
from passweb.pages.cards import card_of
from passweb.pages.console.door import may, need_staff
from passweb.pages.forms import Form
from passweb.pages.halting import Halt
from passweb.pages.house import AnyRequest
from passweb.pages.page import Answer, Page, known_ref, take_form

_MOST_ENTRIES: Final = 500


@attrs.frozen
class Ledger:
    """A pass with its entries, the newest first."""

    view: PassView
    entries: tuple[Entry, ...]
    services: tuple[Service, ...]


def ledger_of(tx: Tx, ref: str, _call: Call) -> Ledger:
    """Return a pass by id with its ledger."""
    stored = find_pass(tx, ref)
    entries = tuple(reversed(tx.passes.ledger(stored.state.id)))[:_MOST_ENTRIES]
    return Ledger(pass_view(tx, stored), entries, tuple(tx.services.all()))


@get("/console/passes/{pass_id:str}", name="console pass", sync_to_thread=True,
     include_in_schema=False)  # fmt: skip
def pass_page(request: AnyRequest, pass_id: FromPath[str]) -> Answer:
    """Show a pass."""
    page = need_staff(request, READ)
    return _show(page, known_ref(pass_id), Form())


@post("/console/passes/{pass_id:str}", name="edit a pass", sync_to_thread=True, status_code=303,
      include_in_schema=False)  # fmt: skip
def edit_pass(request: AnyRequest, pass_id: FromPath[str], body: RawBody) -> Answer:
    """Make one manual edit."""
    page = need_staff(request, PASSES)
    form = take_form(page, body)
    ref = known_ref(pass_id)
    reason = form.text("reason", 500, page._("Say why, in at most 500 characters.")) or ""
    command = _command(page, form, ref, reason)
    if command is None:
        return _show(page, ref, form, status=422)
    try:
        if isinstance(command, AdjustPass):
            page.run_once(adjust, command, PassView, form)
        else:
            page.run_once(edit, command, PassView, form)
    except NotFound:
        raise Halt(404) from None
    except PassError as refusal:
        form.wrong("form", " ".join(page.refusal(refusal)))
        return _show(page, ref, form, status=409)
    return page.go(f"/console/passes/{ref}?b={page.business.slug}")


def _command(page: Page, form: Form, ref: str, reason: str) -> AdjustPass | EditPass | None:
    """Return the edit the form asks for, None where something in it is not right."""
    wrong_day = page._("Choose a day.")
    made: AdjustPass | EditPass | None = None
    match form.raw("action"):
        case "adjust":
            delta = form.whole("delta", -1000, 1000, page._("Write a number from −1000 to 1000."))
            if not delta:
                form.wrong("delta", page._("Write a number from −1000 to 1000."))
            elif form.ok:
                made = AdjustPass(ref, delta, reason, notify="notify" in form.values)
        case "extend":
            last_day = form.day("last_day", wrong_day)
            if last_day is None:
                form.wrong("last_day", wrong_day)
            elif form.ok:
                made = EditPass(ref, Extend(last_day, "revive" in form.values), reason)
        case "freeze":
            first, last = form.day("first_day", wrong_day), form.day("until", wrong_day)
            inside = {"keep": Inside.KEEP, "release": Inside.RELEASE}.get(form.raw("bookings"))
            if form.ok:
                beyond = "beyond_limits" in form.values
                made = EditPass(ref, Freeze(first, last, inside, beyond), reason)
        case "unfreeze":
            made = EditPass(ref, Unfreeze(), reason) if form.ok else None
        case "cancel":
            made = EditPass(ref, Cancel(), reason) if form.ok else None
        case _:
            raise Halt(400)
    return made


def _show(page: Page, ref: str, form: Form, *, status: int = 200) -> Answer:
    try:
        found = page.read(ledger_of, ref)
    except NotFound:
        raise Halt(404) from None
    assert page.visitor is not None and page.visitor.staff is not None
    state = found.view.state
    return page.show(
        "console/pass.html", status=status, form=form, person=found.view.client,
        card=card_of(state, found.view.code, found.services, page.say, page.now),
        history=[(e, page.say.entry(e, state.zone)) for e in found.entries],
        may_edit=may(page.visitor.staff, PASSES),
        may_unfreeze=ended_on(state.freezes, local_day(page.now, state.zone)) != state.freezes,
    )  # fmt: skip
