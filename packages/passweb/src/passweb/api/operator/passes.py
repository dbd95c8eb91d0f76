"""Passes: assign, look at, and edit by hand."""

from __future__ import annotations

from typing import Any, Final

from litestar import Response, Router
from litestar.params import JSONBody

from passcore.app import UseCase
from passcore.domain import commands as cm
from passcore.ports.store import Tx
from passcore.usecases.assignment import assign
from passcore.usecases.call import Call
from passcore.usecases.clients import ensure_client
from passcore.usecases.passes import EditPass, ShowPass, adjust, edit, show
from passcore.usecases.views import PassView
from passweb.api.operator.routes import IdempotencyKey, PathRef, moving, reading
from passweb.auth import PASSES, ApiRequest, replying
from passweb.schemas import passes as shape
from passweb.schemas.common import client_in


@moving("/passes", "assign_pass", PASSES, status=201)
def add(
    request: ApiRequest, data: JSONBody[shape.NewPass], idempotency_key: IdempotencyKey
) -> Response[shape.PassOut]:
    """Give a client a pass by hand; the client gets the pass mail unless `notify` is false."""
    return request.auth.answer(
        idempotency_key, replying(assign, shape.pass_out, 201), shape.assign_in(data)
    )


@reading("/passes/{pass_id:str}", "get_pass")
def one(request: ApiRequest, pass_id: PathRef) -> shape.PassOut:
    """Get a pass by id or pass ID."""
    view = request.auth.read(show, ShowPass(pass_id))
    return shape.pass_out(view, request.auth.house.clock.now())


@moving("/passes/{pass_id:str}/adjust", "adjust_pass", PASSES)
def adjusted(
    request: ApiRequest,
    pass_id: PathRef,
    data: JSONBody[shape.Adjustment],
    idempotency_key: IdempotencyKey,
) -> Response[shape.PassOut]:
    """Add or take away sessions by hand."""
    command = shape.adjust_in(pass_id, data)
    return request.auth.answer(idempotency_key, replying(adjust, shape.pass_out), command)


@moving("/passes/{pass_id:str}/extend", "extend_pass", PASSES)
def extended(
    request: ApiRequest,
    pass_id: PathRef,
    data: JSONBody[shape.Extension],
    idempotency_key: IdempotencyKey,
) -> Response[shape.PassOut]:
    """Set another last day, also to revive a pass that is over."""
    return _edited(request, idempotency_key, edit, shape.extend_in(pass_id, data))


@moving("/passes/{pass_id:str}/freeze", "freeze_pass", PASSES)
def frozen(
    request: ApiRequest,
    pass_id: PathRef,
    data: JSONBody[shape.FreezeIn],
    idempotency_key: IdempotencyKey,
) -> Response[shape.PassOut]:
    """Set a pass aside; each frozen day moves its end by one day, days frozen twice once."""
    return _edited(request, idempotency_key, edit, shape.freeze_in(pass_id, data))


@moving("/passes/{pass_id:str}/unfreeze", "unfreeze_pass", PASSES)
def unfrozen(
    request: ApiRequest,
    pass_id: PathRef,
    data: JSONBody[shape.Unfreezing],
    idempotency_key: IdempotencyKey,
) -> Response[shape.PassOut]:
    """Take a frozen pass up again; only the days really frozen count."""
    return _edited(request, idempotency_key, edit, shape.unfreeze_in(pass_id, data))


@moving("/passes/{pass_id:str}/transfer", "transfer_pass", PASSES)
def transferred(
    request: ApiRequest,
    pass_id: PathRef,
    data: JSONBody[shape.Transfer],
    idempotency_key: IdempotencyKey,
) -> Response[shape.PassOut]:
    """Hand a pass over to another client, whole, with its value and history."""

    def hand_over(tx: Tx, given: shape.Transfer, call: Call) -> PassView:
        client = ensure_client(tx, client_in(given.client), call)
        return edit(tx, EditPass(pass_id, cm.ChangeOwner(client.id), given.reason), call)

    return _edited(request, idempotency_key, hand_over, data)


@moving("/passes/{pass_id:str}/cancel", "cancel_pass", PASSES)
def cancelled(
    request: ApiRequest,
    pass_id: PathRef,
    data: JSONBody[shape.Cancellation],
    idempotency_key: IdempotencyKey,
) -> Response[shape.PassOut]:
    """Call a pass off: what is left on it is void."""
    return _edited(request, idempotency_key, edit, shape.cancel_in(pass_id, data))


def _edited(
    request: ApiRequest, idempotency_key: str, use_case: UseCase[Any, PassView], command: object
) -> Response[shape.PassOut]:
    return request.auth.answer(idempotency_key, replying(use_case, shape.pass_out), command)


ROUTES: Final = (
    add, one, adjusted, extended, frozen, unfrozen, transferred, cancelled,
)  # fmt: skip


def router() -> Router:
    """Return the routes that show and change one pass."""
    return Router("/", route_handlers=ROUTES, tags=["passes"])
