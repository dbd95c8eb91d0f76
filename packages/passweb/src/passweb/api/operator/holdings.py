"""Holdings: the passes a business has given out, listed, their ledgers, and who may use what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

import attrs
import msgspec
from litestar import Router
from litestar.params import QueryParameter

from passcore.domain.clients import Client
from passcore.domain.ledger import Entry
from passcore.domain.passes import Status
from passcore.errors import Invalid, NotFound
from passcore.ports.store import StoredPass, Tx
from passcore.usecases.call import Call
from passcore.usecases.clients import find_client
from passcore.usecases.passes import (
    ExplainVisit,
    Explanation,
    ListPasses,
    explain_visit,
    find_pass,
    page_of_passes,
)
from passcore.usecases.views import PassView, pass_view
from passweb.api.operator.routes import Cursor, Limit, PathRef, Text, When, reading
from passweb.auth import ApiRequest
from passweb.problems import Malformed
from passweb.schemas import eligibility, passes as shape
from passweb.schemas.common import Instant, Listed, instant_in
from passweb.schemas.ledger import EntryOut, entries_out

StatusFilter = Annotated[shape.StatusName | None, QueryParameter(description="Only these, now.")]
ServiceRef = Annotated[
    str,
    QueryParameter(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$"),
]
SeatCount = Annotated[int, QueryParameter(ge=1, le=1000)]


@attrs.frozen
class Filter:
    """Which passes to list."""

    client_id: str | None
    email: str | None
    code: str | None
    status: Status | None
    product_id: str | None
    cursor: str | None
    limit: int


@reading("/passes", "list_passes")
def some(  # one parameter a filter
    request: ApiRequest,
    client_id: Text = None,
    email: Text = None,
    code: Text = None,
    status: StatusFilter = None,
    product_id: Text = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Listed[shape.PassOut]:
    """List passes, newest first. With `status`, a page may hold fewer than `limit`."""
    wanted = None if status is None else Status(status)
    command = Filter(client_id, email, code, wanted, product_id, cursor, limit)
    views, cursor = request.auth.read(_page, command)
    now = request.auth.house.clock.now()
    return Listed([shape.pass_out(view, now) for view in views], cursor)


@reading("/passes/{pass_id:str}/ledger", "get_ledger")
def ledger(request: ApiRequest, pass_id: PathRef) -> Listed[EntryOut]:
    """Get everything that ever happened to a pass, in order."""
    return Listed(entries_out(request.auth.read(_ledger, pass_id)))


@reading("/eligibility", "get_eligibility", refuses=True)
def eligible(  # one parameter a question
    request: ApiRequest,
    service_id: ServiceRef,
    starts_at: When,
    client_id: Text = None,
    email: Text = None,
    code: Text = None,
    seats: SeatCount = 1,
) -> eligibility.EligibilityOut:
    """Tell which passes would pay for a visit, in the order of use, and why the others would not.

    The client is named by `client_id` or `email`, or one pass alone by `code`.
    """
    if client_id is not None and email is not None:
        raise Invalid(field="email", problem="does not go together with client_id")
    client = client_id or email
    if client is None and code is None:
        raise Invalid(field="client_id", problem="or email, or code, is required")
    command = ExplainVisit(service_id, _instant(starts_at), seats, client, code)
    found, owner = request.auth.read(_explain, command)
    return eligibility.eligibility_out(found, owner, request.auth.house.clock.now())


def _instant(text: str) -> datetime:
    try:
        return instant_in(msgspec.convert(text, Instant), "starts_at")
    except msgspec.ValidationError:
        raise Malformed("starts_at", "is not an RFC 3339 instant with an offset") from None


def _explain(tx: Tx, command: ExplainVisit, call: Call) -> tuple[Explanation, Client | None]:
    found = explain_visit(tx, command, call)
    if not found.verdicts:
        return found, None
    return found, tx.clients.get(found.verdicts[0].state.client_id)


def _ledger(tx: Tx, ref: str, _call: Call) -> list[Entry]:
    return list(tx.passes.ledger(find_pass(tx, ref).state.id))


def _page(tx: Tx, command: Filter, call: Call) -> tuple[Sequence[PassView], str | None]:
    """Return the first page that is not empty, and where the next one begins."""
    try:
        client_id = _client_id(tx, command)
        if command.code is not None:
            return _by_code(tx, command, client_id, call), None
    except NotFound:
        return [], None
    asked = ListPasses(client_id, command.product_id, command.status, command.cursor, command.limit)
    page = page_of_passes(tx, asked, call.now)
    return page.items, page.next_cursor


def _client_id(tx: Tx, command: Filter) -> str | None:
    if command.email is None:
        return command.client_id
    found = find_client(tx, command.email if "@" in command.email else f"{command.email}@").id
    if command.client_id not in (None, found):
        raise NotFound("client", command.email)
    return found


def _by_code(tx: Tx, command: Filter, client_id: str | None, call: Call) -> list[PassView]:
    try:
        stored = find_pass(tx, command.code or "")
    except Invalid:
        return []
    others = client_id not in (None, stored.state.client_id) or command.product_id not in (
        None,
        stored.state.terms.product_id,
    )
    return [] if others or not _wanted(stored, command, call) else [pass_view(tx, stored)]


def _wanted(stored: StoredPass, command: Filter, call: Call) -> bool:
    return command.status is None or stored.state.status(call.now) is command.status


ROUTES: Final = (some, ledger, eligible)


def router() -> Router:
    """Return the routes that list passes and explain them."""
    return Router("/", route_handlers=ROUTES, tags=["passes"])
