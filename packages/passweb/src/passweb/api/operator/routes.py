"""How the operator API declares a route: its right, its answers, its parameters, all documented."""

from __future__ import annotations

from typing import Annotated, Any, Final

from litestar import get, patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, PathParameter, QueryParameter

from passweb.auth import READ
from passweb.problems import MEDIA_TYPE, Problem
from passweb.security.bodies import JsonBody

PathRef = Annotated[
    str, PathParameter(min_length=1, max_length=200, description="The id, or another name of it.")
]
IdempotencyKey = Annotated[
    str,
    HeaderParameter(
        name="Idempotency-Key",
        pattern="^[!-~]{1,255}$",
        description="Your own name for this request: the same one each time it is repeated.",
    ),
]
Cursor = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=500,
        pattern="^[!-~]+$",
        description="`next_cursor` of the page before.",
    ),
]
Limit = Annotated[int, QueryParameter(ge=1, le=200, description="How many at most.")]
Text = Annotated[
    str | None, QueryParameter(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")
]
When = Annotated[
    str,
    QueryParameter(
        max_length=64,
        schema_extra={"format": "date-time"},
        description="RFC 3339 with an offset; write + as %2B.",
    ),
]

_TEXTS: Final = {
    400: "Not as documented",
    401: "No valid key",
    403: "The key's role may not do this",
    404: "No such thing in this business",
    408: "The body did not arrive in time",
    409: "Refused by a rule; nothing was changed",
    413: "The body is too large",
    415: "The body is not JSON",
    422: "A value breaks a rule, or the Idempotency-Key was used for something else",
    503: "Too many at once, or the database or the payment provider is not available",
}
_READ: Final = (400, 401, 403, 404, 422, 503)
_WRITE: Final = (400, 401, 403, 404, 408, 409, 413, 415, 422, 503)


def _responses(statuses: tuple[int, ...]) -> dict[int, ResponseSpec]:
    return {
        status: ResponseSpec(
            Problem,
            description=_TEXTS[status],
            media_type=MEDIA_TYPE,
            generate_examples=False,
        )
        for status in statuses
    }


def reading(path: str, name: str, *, refuses: bool = False, **more: Any) -> HTTPRouteHandler:
    """Declare a GET called *name*, which rules may refuse to answer; it runs in a thread."""
    return get(
        path,
        operation_id=name,
        opt={"right": READ},
        sync_to_thread=True,
        responses=_responses((*_READ, 409) if refuses else _READ),
        **more,
    )


def writing(
    path: str, name: str, right: str, *, status: int = 200, **more: Any
) -> HTTPRouteHandler:
    """Declare a POST that may be repeated without harm."""
    return post(
        path,
        operation_id=name,
        opt={"right": right},
        status_code=status,
        sync_to_thread=True,
        dto=JsonBody,
        return_dto=None,
        responses=_responses(_WRITE),
        **more,
    )


def moving(
    path: str, name: str, right: str, *, status: int = 200, threaded: bool = True, **more: Any
) -> HTTPRouteHandler:
    """Declare a POST that moves value: it needs an idempotency key (rule 17).

    One that is not *threaded* is asynchronous and finds its threads by itself.
    """
    return post(
        path,
        operation_id=name,
        opt={"right": right, "once": True},
        status_code=status,
        sync_to_thread=True if threaded else None,
        dto=JsonBody,
        return_dto=None,
        responses=_responses(_WRITE),
        **more,
    )


def changing(path: str, name: str, right: str, **more: Any) -> HTTPRouteHandler:
    """Declare a PATCH."""
    return patch(
        path,
        operation_id=name,
        opt={"right": right},
        sync_to_thread=True,
        dto=JsonBody,
        return_dto=None,
        responses=_responses(_WRITE),
        **more,
    )
