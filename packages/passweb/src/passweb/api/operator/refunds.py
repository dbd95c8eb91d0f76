"""Refunds: the quote of a pass, and the refund."""

from __future__ import annotations

from typing import Final

from litestar import Response, Router
from litestar.params import JSONBody

from passcore.usecases.refunds import QuoteRefund, refund, refund_quote
from passweb.api.operator.routes import IdempotencyKey, PathRef, moving, reading
from passweb.auth import PASSES, ApiRequest, replying
from passweb.schemas import passes as shape, refunds
from passweb.schemas.refunds import QuoteOut, RefundIn


@reading("/passes/{pass_id:str}/refund-quote", "get_refund_quote", refuses=True)
def quoted(request: ApiRequest, pass_id: PathRef) -> QuoteOut:
    """Tell what goes back of a pass now, line by line; nothing changes."""
    return refunds.quote_out(request.auth.read(refund_quote, QuoteRefund(pass_id)))


@moving("/passes/{pass_id:str}/refund", "refund_pass", PASSES)
def refunded(
    request: ApiRequest,
    pass_id: PathRef,
    data: JSONBody[RefundIn],
    idempotency_key: IdempotencyKey,
) -> Response[shape.PassOut]:
    """Refund a pass: what is left on it is void, and at most what the quote says goes back."""
    command = refunds.refund_in(pass_id, data)
    return request.auth.answer(idempotency_key, replying(refund, shape.pass_out), command)


ROUTES: Final = (quoted, refunded)


def router() -> Router:
    """Return the routes of refunds."""
    return Router("/", route_handlers=ROUTES, tags=["passes"])
