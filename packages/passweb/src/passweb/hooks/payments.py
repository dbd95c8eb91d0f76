"""Payment events: verify over the raw bytes, keep in the inbox, answer; the worker acts on them.

Nothing of the database is touched before the signature was found good (P19), and no 2xx is sent
before the event is kept (K5): a provider that gets no answer sends it again.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from litestar import Request, Response, post
from litestar.concurrency import sync_to_thread
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter

from passcore.errors import SignatureInvalid
from passcore.ports.payments import ProviderEvent
from passcore.ports.store import InboxEvent, Tx
from passcore.usecases.call import Call
from passweb.house import House
from passweb.problems import MEDIA_TYPE, Problem
from passweb.security.bodies import JSON_BYTES

_PROVIDER: Final = r"^[a-z][a-z0-9_-]{0,31}$"
_BUSINESS: Final = r"^[A-Za-z0-9_-]{1,100}$"


def _problem(text: str) -> ResponseSpec:
    return ResponseSpec(
        Problem,
        description=text,
        media_type=MEDIA_TYPE,
        generate_examples=False,
    )


@post(
    "/hooks/payments/{provider:str}/{business:str}",
    operation_id="payment_event",
    tags=["hooks"],
    status_code=204,
    request_max_body_size=JSON_BYTES,
    responses={
        400: _problem("Not freshly and rightly signed"),
        404: _problem("No such provider or business"),
        408: _problem("The body did not arrive in time"),
        413: _problem("The body is too large"),
        503: _problem("Not kept; send it again"),
    },
)
async def payment_event(
    request: Request[Any, Any, Any],
    provider: Annotated[str, PathParameter(pattern=_PROVIDER)],
    business: Annotated[str, PathParameter(pattern=_BUSINESS)],
) -> Response[None]:
    """Take a payment provider's event; one that was taken before changes nothing."""
    house: House = request.app.state.house
    body = await request.body()
    headers = {name.lower(): value for name, value in request.headers.items()}
    event = _verified(house, provider, business, headers, body)
    await sync_to_thread(_keep, house, provider, business, event)
    house.wake.set()
    return Response(None, status_code=204)


def _verified(
    house: House, provider: str, business: str, headers: dict[str, str], body: bytes
) -> ProviderEvent:
    """Return the event; whatever goes wrong while reading it is a wrong signature."""
    gateway = house.gateway(business, provider)
    try:
        return gateway.verify_event(headers, body, now=house.clock.now())
    except SignatureInvalid:
        raise
    except Exception:  # noqa: BLE001  # hostile bytes must not become a 500 (0.4)
        raise SignatureInvalid("cannot be read") from None


def _keep(house: House, provider: str, business: str, event: ProviderEvent) -> None:
    """Put the event into the inbox of the business; raises `NotFound` where there is none."""
    with house.store.registry() as registry:
        business_id = registry.business(business).id
    house.app.run(business_id, _add(house), (provider, event))


def _add(house: House) -> Any:
    def add(tx: Tx, command: tuple[str, ProviderEvent], call: Call) -> bool:
        provider, event = command
        kept = tx.inbox.add(
            InboxEvent(
                id=call.ids.new("event"),
                provider=provider,
                event_id=event.event_id,
                kind=event.kind,
                checkout_ref=event.checkout_ref,
                payment_ref=event.payment_ref,
                received_at=call.now,
            )
        )
        house.relay.out.fail_at("K5")
        return kept

    return add
