"""What belongs to no page in particular: the front door and static files."""

from __future__ import annotations

from litestar import Response, get
from litestar.params import FromPath

from passweb.pages.halting import Elsewhere, Halt
from passweb.pages.house import AnyRequest, house_of
from passweb.pages.page import Answer
from passweb.pages.rendering import static_file


@get("/", name="front door", sync_to_thread=True, include_in_schema=False)
def front_door(request: AnyRequest) -> Answer:
    """Lead to the only business there is; with several, each has an address of its own."""
    with house_of(request).app.store.registry() as registry:
        every = registry.businesses()
    if len(every) == 1:
        raise Elsewhere(f"/b/{every[0].slug}")
    raise Halt(404, "business")


@get("/static/{name:str}", name="static file", sync_to_thread=False, include_in_schema=False)
def static(request: AnyRequest, name: FromPath[str]) -> Answer:
    """Return one of our own files; asked for by its version it may be kept for ever."""
    found = static_file(name)
    if found is None:
        raise Halt(404)
    content, media_type, version = found
    fresh = request.query_params.get("v") == version
    keep = "public, max-age=31536000, immutable" if fresh else "public, max-age=300"
    return Response(
        content,
        media_type=media_type,
        headers={
            "cache-control": keep,
            "etag": f'"{version}"',
            "x-content-type-options": "nosniff",
        },
    )


handlers = [front_door, static]
