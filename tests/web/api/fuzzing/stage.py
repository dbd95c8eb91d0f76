"""The stage: one house on every store, in it a studio that has something of everything.

Each request is put to memory, to SQLite and to PostgreSQL, and all must answer it the same to the
byte: clock and ids are the test's own, so nothing else may differ. Before a studio is used up (its
passes cancelled, its products retired) the requests go on in another, whose things have the same
ids: a request finds them there again, and must not find those next door.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, TypeVar
from urllib.parse import unquote

import attrs
import schemathesis
from litestar import Litestar
from schemathesis.core.failures import FailureGroup
from schemathesis.core.transport import Response
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.specs.openapi.checks import ensure_resource_availability, positive_data_acceptance

from passcore.adapters.system import SeededIds
from passcore.app import App, UseCase
from passcore.domain.businesses import Role
from passcore.domain.clients import ClientRef
from passcore.domain.money import Money
from passcore.domain.products import PaymentMethod
from passcore.ports.store import Store
from passcore.usecases.assignment import AssignPass, assign
from passcore.usecases.bookings import Book, Complete, book, complete
from passcore.usecases.businesses import AddKey, add_key
from passcore.usecases.catalogue import AddProduct, AddService, add_product, add_service
from passcore.usecases.orders import PlaceOrder, place
from passweb.server import create_app
from tests.web.gateways import FakeGateway
from tests.web.houses import STUDIO, TOMORROW, make_house, secret

C = TypeVar("C")
R = TypeVar("R")
Case = schemathesis.Case[Any]
Answers = Mapping[str, Response]

ANA: Final = "ana@example.com"
BO: Final = "bo@example.com"
SEED: Final = 1
FIRST_KEY: Final = secret(STUDIO, Role.OWNER)
#: As many requests about one operation are put to one studio.
USED_UP: Final = 20
_KEY: Final = re.compile(r"[!-~]{1,255}")
_CURSOR: Final = re.compile(rb'("next_cursor":)"[^"]+"')


def open_house(store: Store | None = None) -> tuple[Litestar, dict[str, str]]:
    """Serve a house with a studio; return it with the names of what every studio here has."""
    hosts = ("testserver", "testserver.local")
    house = make_house(store, gateways={"stripe": FakeGateway()}, trusted_hosts=hosts)
    house.app.ids = SeededIds(SEED)
    return create_app(house), stock(house.app, STUDIO.id)


def open_studio(app: App, name: str) -> str:
    """Add another studio with the very ids of the first, and return its key."""
    key = f"key-{name}-".ljust(43, "x")
    app.add_business(attrs.evolve(STUDIO, id=name, slug=name))
    app.run(name, add_key, AddKey(name, Role.OWNER, key))
    app.ids = SeededIds(SEED)
    stock(app, name)
    return key


def stock(app: App, business_id: str) -> dict[str, str]:
    """Sell, assign, book and complete something; return an id or name of each thing."""

    def made(use_case: UseCase[C, R], command: C) -> R:
        return app.run(business_id, use_case, command)

    service = made(add_service, AddService("Reformer", category="mat"))
    terms: dict[str, Any] = {"sessions": 10, "covers": ("reformer",), "methods": (*PaymentMethod,)}
    product = made(add_product, AddProduct("10 x Reformer", Money.of("120.00", "EUR"), **terms))
    ana, bo = ClientRef(email=ANA), ClientRef(email=BO)
    paid = made(assign, AssignPass(product.id, ana, payment=PaymentMethod.ON_SITE))
    given = made(assign, AssignPass(product.id, bo))
    waiting = made(place, PlaceOrder(product.id, ana, PaymentMethod.ON_SITE))
    online = made(place, PlaceOrder(product.id, ana, PaymentMethod.ONLINE, provider="stripe"))
    visit = Book(ana, service.id, datetime.fromisoformat(TOMORROW), external_id="visit-1")
    booked = made(book, visit).booking
    done = made(book, attrs.evolve(visit, external_id=None)).booking
    made(complete, Complete(done.id))
    with app.store.begin(business_id, write=False) as tx:
        (invoice,) = tx.invoices.page().items
    return {
        "service": service.id,
        "product": product.id,
        "client": paid.client.id,
        "pass": paid.state.id,
        "code": paid.code,
        "other_pass": given.state.id,
        "other_code": given.code,
        "order": waiting.id,
        "online_order": online.id,
        "booking": booked.id,
        "completed": done.id,
        "invoice": invoice.id,
    }


class Stage:
    """Puts requests to every one of *apps*, in a studio that is not used up yet."""

    def __init__(self, apps: Mapping[str, Litestar]) -> None:
        self.apps = apps
        self._key = FIRST_KEY
        self._studios = self._requests = self._here = 0
        self._operation = ""

    def move(self) -> None:
        """Go on in another studio."""
        self._studios += 1
        self._here = 0
        for app in self.apps.values():
            self._key = open_studio(app.state.house.app, f"another-{self._studios}")

    def ask(self, case: Case) -> Answers:
        """Return every store's answer."""
        if case.operation.label != self._operation or self._here >= USED_UP:
            self._operation = case.operation.label
            self.move()
        self._here += 1
        self.prepare(case)
        return {name: case.call(app=app) for name, app in self.apps.items()}

    def prepare(self, case: Case) -> None:
        """Make the request one of the present studio, and a new one."""
        well_formed = case.meta is not None and case.meta.generation.mode.is_positive
        # No schema can say that a client is named by one of two.
        if case.path.endswith("/eligibility") and well_formed and "client_id" in case.query:
            case.query.pop("email", None)
        if case.headers.get("Authorization") == f"Bearer {FIRST_KEY}":
            case.headers["Authorization"] = f"Bearer {self._key}"
        # The schema's examples share one key, and all but the first would be told it was used.
        given = case.headers.get("Idempotency-Key", "")
        if _KEY.fullmatch(given):
            self._requests += 1
            case.headers["Idempotency-Key"] = f"{self._requests}-{given}"[:255]

    def check(self, case: Case, answers: Answers, recorder: ScenarioRecorder | None = None) -> None:
        """Let Schemathesis judge each answer, and compare them."""
        for name, answer in answers.items():
            # The client that a pass is handed to may not exist: that 404 is not about the pass,
            # which was made just now, and says so.
            excluded = [ensure_resource_availability] * _of_body(case, answer)
            if recorder is not None:
                # In a chain a required parameter of the query may be left out, and the request is
                # taken for a valid one all the same. Single requests are held to it.
                excluded.append(positive_data_acceptance)
            with _told(name):
                case.validate_response(
                    answer,
                    excluded_checks=excluded,
                    transport_kwargs={"app": self.apps[name]},
                    recorder=recorder,
                )
        _check_same(case, answers)


def _of_body(case: Case, answer: Response) -> bool:
    """Whether a 404 is about something that the body names."""
    if answer.status_code != 404:
        return False
    addressed = {unquote(str(value)) for value in case.path_parameters.values()}
    return answer.json().get("ref", "") not in {"", *addressed}


@contextmanager
def _told(store: str) -> Iterator[None]:
    try:
        yield
    except FailureGroup as wrong:
        wrong.add_note(f"on {store}")
        raise


def _check_same(case: Case, answers: Answers) -> None:
    """Assert that the stores agree. Cursors are each store's own, and what is outside the API tells
    about the server."""
    if not case.path.startswith("/api/") or "cursor" in case.query:
        return
    seen = {
        name: (answer.status_code, _CURSOR.sub(rb"\1", answer.content))
        for name, answer in answers.items()
    }
    assert len(set(seen.values())) == 1, f"the stores disagree on {case.as_curl_command()}: {seen}"
