"""A day's visits with one-tap complete, no-show and undo."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

import attrs
from litestar import get, post
from litestar.params import FromPath, RawBody

from passcore import (
    BookingView,
    CancelBooking,
    CancelledBy,
    Complete,
    NoShow,
    NotFound,
    OrderStatus,
    PassError,
    Tx,
    Undo,
    cancel,
    complete,
    no_show,
    undo,
)
from passcore.domain.time import start_of_day
from passcore.usecases.call import Call
from passweb.auth import VISITS
from passweb.pages.console.door import may, need_staff, staff_page
from passweb.pages.forms import Form
from passweb.pages.halting import Halt
from passweb.pages.house import AnyRequest
from passweb.pages.page import Answer, Page, known_ref, take_form
from passweb.pages.reading import Visit, visits
from passweb.pages.signing_in import STAFF, show_sign_in

_MOST: Final = 200
_DAY: Final = timedelta(days=1)


@attrs.frozen
class Day:
    """The visits of one day in their order; `more` where the page does not show all of them."""

    visits: tuple[Visit, ...]
    more: bool
    to_approve: int


def day_of(tx: Tx, command: tuple[datetime, datetime], _call: Call) -> Day:
    """Return the visits that start from the first instant up to the second."""
    found = tx.bookings.page(starts_from=command[0], starts_until=command[1], limit=_MOST)
    shown = sorted(found.items, key=lambda b: (b.starts_at, b.id))
    waiting = tx.orders.page(status=OrderStatus.AWAITING_APPROVAL, limit=50).items
    return Day(visits(tx, shown), found.next_cursor is not None, len(waiting))


def move(tx: Tx, command: tuple[str, str], call: Call) -> BookingView:
    """Do *command* (what, booking id) to a visit."""
    what, booking_id = command
    match what:
        case "complete":
            return complete(tx, Complete(booking_id), call)
        case "no_show":
            return no_show(tx, NoShow(booking_id), call)
        case "undo":
            return undo(tx, Undo(booking_id), call)
        case "cancel":
            return cancel(tx, CancelBooking(booking_id, CancelledBy.BUSINESS), call)
        case _:
            raise NotFound("action", what)


@get("/console", name="console", sync_to_thread=True, include_in_schema=False)
def today_page(request: AnyRequest) -> Answer:
    """Show a day's visits, or the way in."""
    page = staff_page(request)
    if page.visitor is None or page.visitor.staff is None:
        return show_sign_in(page, STAFF, Form(), renew="")
    return show_day(page, _asked_day(page, page.request.query_params.get("day", "")))


@post("/console/visits/{booking_id:str}", name="visit outcome", sync_to_thread=True,
      status_code=303, include_in_schema=False)  # fmt: skip
def move_visit(request: AnyRequest, booking_id: FromPath[str], body: RawBody) -> Answer:
    """Record what became of a visit."""
    page = need_staff(request, VISITS)
    form = take_form(page, body)
    day = _asked_day(page, form.raw("day"))
    try:
        page.run(move, (form.raw("action")[:20], known_ref(booking_id)))
    except NotFound:
        raise Halt(404) from None
    except PassError as refusal:
        return show_day(page, day, status=409, trouble=" ".join(page.refusal(refusal)))
    return page.go(f"/console?b={page.business.slug}&day={day.isoformat()}#{booking_id}")


def show_day(page: Page, day: date, *, status: int = 200, trouble: str = "") -> Answer:
    """Show the visits of *day*."""
    zone = page.business.time_zone
    bounds = (start_of_day(day, zone), start_of_day(day + _DAY, zone))
    assert page.visitor is not None and page.visitor.staff is not None
    return page.show(
        "console/today.html", status=status, found=page.read(day_of, bounds), shown_day=day,
        before=day - _DAY, after=day + _DAY, trouble=trouble,
        may_move=may(page.visitor.staff, VISITS),
    )  # fmt: skip


def _asked_day(page: Page, typed: str) -> date:
    try:
        found = date.fromisoformat(typed) if len(typed) == 10 else page.today
    except ValueError:
        return page.today
    return found if 1970 < found.year < 9000 else page.today
