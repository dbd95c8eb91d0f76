"""Around the API: health, readiness, counts, and its documentation as a page of our own."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import MediaType, Request, Response, Router, get
from litestar.openapi.datastructures import ResponseSpec

from passcore.errors import NotFound, StorageUnavailable
from passweb.api.document import document_of
from passweb.api.reference import STYLE, page
from passweb.house import House
from passweb.problems import MEDIA_TYPE, Problem


class Standing(msgspec.Struct, frozen=True):
    """How the server stands."""

    status: str


@get("/health", operation_id="health", tags=["server"], sync_to_thread=False)
def health() -> Standing:
    """Answer as long as the process runs."""
    return Standing("ok")


@get(
    "/ready",
    operation_id="ready",
    tags=["server"],
    sync_to_thread=True,
    responses={
        503: ResponseSpec(
            Problem,
            description="The database does not answer",
            media_type=MEDIA_TYPE,
            generate_examples=False,
        )
    },
)
def ready(request: Request[Any, Any, Any]) -> Standing:
    """Answer 200 when the database answers, 503 when it does not."""
    house: House = request.app.state.house
    try:
        with house.store.registry() as registry:
            registry.business("")
    except NotFound:
        return Standing("ready")
    except OSError:
        raise StorageUnavailable from None
    return Standing("ready")


@get("/metrics", operation_id="metrics", tags=["server"], sync_to_thread=False,
     media_type=MediaType.TEXT)  # fmt: skip
def counts(request: Request[Any, Any, Any]) -> str:
    """Return counts of requests in Prometheus' text format."""
    return str(request.app.state.metrics.text())


@get("/docs", include_in_schema=False, sync_to_thread=True)
def docs(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the API for people: made from the OpenAPI document, with nothing from elsewhere."""
    return Response(page(document_of(request.app)), media_type=MediaType.HTML)


@get("/docs/style.css", include_in_schema=False, sync_to_thread=False)
def style() -> Response[str]:
    """Return the documentation's style sheet."""
    return Response(STYLE, media_type=MediaType.CSS)


def route_handlers() -> list[Any]:
    """Return what is served beside the API."""
    return [Router("/", route_handlers=[health, ready, counts, docs, style])]
