"""The server: one Litestar application over a house."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from litestar import Litestar, Request, Response, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException, NotFoundException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

from passweb import __version__, api, hooks
from passweb.api.document import ExactJson
from passweb.auth import KeyRing
from passweb.gathering import Gathering
from passweb.house import House
from passweb.problems import HANDLERS
from passweb.security.bodies import JSON_BYTES
from passweb.security.metrics import Metrics
from passweb.security.shield import Shield
from passweb.settings import Settings
from passweb.wiring import wire
from passweb.worker import Worker

OUTWARD_THREADS: Final = 16
_CHECKOUT_PAGES: Final = {"stripe": "https://checkout.stripe.com"}


def create_app(given: House | Settings) -> Litestar:
    """Return the application: API, provider hooks, pages, documentation.

    Handlers find the `House` as the dependency `house` and as `request.app.state.house`. Raises
    `Invalid` naming a wrong setting.
    """
    house = given if isinstance(given, House) else wire(given)
    metrics = Metrics()
    state = {
        "house": house,
        "metrics": metrics,
        "key_ring": KeyRing(house.store),
    }
    app = Litestar(
        route_handlers=[*api.route_handlers(), *hooks.route_handlers, *_pages()],
        dependencies={"house": Provide(provide_house, sync_to_thread=False)},
        exception_handlers={**HANDLERS, NotFoundException: _nowhere},
        lifespan=[_running],
        openapi_config=_openapi(),
        request_max_body_size=JSON_BYTES,
        state=State(state),
        debug=house.settings.debug,
        logging_config=None,
    )
    app.asgi_handler = Shield(app.asgi_handler, house.settings, metrics, form_targets(house))
    return app


def provide_house(request: Request[Any, Any, Any]) -> House:
    """Return the house the application serves."""
    house: House = request.app.state.house
    return house


def _nowhere(request: Request[Any, Any, Any], error: NotFoundException) -> Response[bytes]:
    """Answer an address that nobody has: a person with a page, a program with a problem."""
    person = "text/html" in request.headers.get("accept", "")
    if person and not request.url.path.startswith(("/api/", "/hooks/")) and _pages():
        from passweb.pages.problems import error_page  # noqa: PLC0415  # with the pages

        return error_page(request, 404)
    found: Response[bytes] = HANDLERS[HTTPException](request, error)
    return found


def form_targets(house: House) -> tuple[str, ...]:
    """Return the origins of the payment pages that our forms may lead to."""
    found = []
    for provider, config in house.settings.payments.items():
        base = urlsplit(config.get("api_base", ""))
        page = f"{base.scheme}://{base.netloc}" if base.netloc else _CHECKOUT_PAGES.get(provider)
        if page:
            found.append(page)
    return tuple(found)


@asynccontextmanager
async def _running(app: Litestar) -> AsyncIterator[None]:
    """Run the handlers' threads, and the worker where the settings say so. An application that was
    stopped may be started again."""
    house: House = app.state.house
    threads = ThreadPoolExecutor(house.settings.threads, thread_name_prefix="passweb")
    asyncio.get_running_loop().set_default_executor(threads)
    # Calls to payment providers, which may take ten seconds each, have threads of their own.
    outward = ThreadPoolExecutor(OUTWARD_THREADS, thread_name_prefix="passweb-outward")
    app.state.outward = outward
    gathering = app.state.gathering = Gathering(house.app)
    worker = Worker(house) if house.settings.worker_in_process else None
    if worker is not None:
        worker.start()
    try:
        yield
    finally:
        if worker is not None:
            await asyncio.to_thread(worker.stop)
        gathering.close()
        outward.shutdown(wait=False, cancel_futures=True)


def _pages() -> list[Any]:
    """Return the pages where they are installed: the API runs without them too."""
    if importlib.util.find_spec("passweb.pages") is None:
        return []
    handlers = getattr(importlib.import_module("passweb.pages"), "route_handlers", ())
    return [Router("/", route_handlers=list(handlers), include_in_schema=False)]


def _openapi() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Sessionpass",
        version=__version__,
        description="Prepaid session passes: sold, booked against, counted down and renewed.",
        path="/schema",
        use_handler_docstrings=True,
        render_plugins=[ExactJson(path="/openapi.json")],
        components=Components(
            security_schemes={
                "key": SecurityScheme(
                    type="http",
                    scheme="bearer",
                    description="A key of one business, made with `passctl key create`.",
                )
            }
        ),
    )
