"""No N+1: a list costs as many statements with many rows as with few (QUALITY, section 1).

Everything is shown of things that name different clients, passes, services and products, so that
a read for each of them would be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from typing import Any, Final

import attrs
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from passcore import (
    AddProduct,
    AddService,
    AddStaff,
    AssignPass,
    Book,
    ClientRef,
    FixedClock,
    Money,
    PaymentMethod,
    PlaceOrder,
    Role,
    add_product,
    add_service,
    add_staff,
    assign,
    book,
    place,
)
from passstore import open_store, upgrade
from passweb.house import House
from passweb.server import create_app
from tests.support.statements import Counter, listening
from tests.web.gateways import FakeGateway
from tests.web.houses import NOW, STUDIO, Api, make_house, secret
from tests.web.pages.site import ANA, ORIGIN, Site

FEW: Final = 2
MANY: Final = 9
SLUG: Final = f"?b={STUDIO.slug}"

#: Every list of the API, with what it is asked for; `{ana}` is the client who has all of them.
LISTS: Final = (
    "/services",
    "/products",
    "/clients",
    "/clients?search=example",
    "/passes",
    "/passes?status=active",
    "/passes?email=ana@example.com",
    "/bookings",
    "/bookings?client_id={ana}",
    "/orders",
    "/orders?client_id={ana}",
    "/invoices",
    "/eligibility?service_id=service-0&starts_at=2026-11-23T10:00:00Z&email=ana@example.com",
)
PAGES: Final = (
    f"/b/{STUDIO.slug}",
    f"/b/{STUDIO.slug}/book",
    f"/console/clients{SLUG}",
    f"/console/clients/{{ana}}{SLUG}",
    f"/console/orders{SLUG}",
    f"/console/assign{SLUG}",
    f"/console{SLUG}&day=2026-11-23",
    f"/desk/passes/{{pass}}{SLUG}",
)


@attrs.define
class Grown:
    """A house on SQLite that can be filled, what it is asked, and a browser of its owner."""

    house: House
    site: Site
    counter: Counter
    rows: int = 0
    names: dict[str, str] = attrs.field(factory=dict)

    def run(self, use_case: Any, command: object) -> Any:
        """Do something behind the pages."""
        return self.house.app.run(STUDIO.id, use_case, command)

    def grow(self, rows: int) -> None:
        """Fill up to *rows* of everything, each of them once for Ana and once for another."""
        for number in range(self.rows, rows):
            self.run(add_service, AddService(f"Service {number}"))
            product = AddProduct(
                f"Product {number}", Money.of("10.00", "EUR"), 10,
                covers=(f"service-{number}",), methods=tuple(PaymentMethod),
            )  # fmt: skip
            self.run(add_product, product)
            for email in (ANA, f"c{number}@example.com"):
                self._sell_and_book(number, ClientRef(email=email))
        self.rows = rows

    def _sell_and_book(self, number: int, client: ClientRef) -> None:
        paid = AssignPass(f"product-{number}", client, payment=PaymentMethod.ON_SITE)
        view = self.run(assign, paid)
        if client.email == ANA:
            self.names |= {"ana": view.client.id, "pass": view.state.id}
        start = NOW + timedelta(days=1, hours=number % 5)
        self.run(book, Book(client, f"service-{number}", start, choice=view.code))
        self.run(place, PlaceOrder(f"product-{number}", client, PaymentMethod.BANK_TRANSFER))

    def cost(self, ask: Callable[[str], Any], path: str) -> tuple[list[str], str]:
        """Return the statements that showing *path* takes, and what was shown."""
        path = path.format(**self.names)
        ask(path)
        with self.counter.counting() as heard:
            answer = ask(path)
        assert answer.status_code == 200, answer.text
        return heard, answer.text


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Grown]]:
    """Make a house that has few rows yet; every call gives another."""
    with ExitStack() as stack:
        counter = stack.enter_context(listening())

        def make() -> Grown:
            url = f"sqlite:///{tmp_path_factory.mktemp('grown') / 'passes.sqlite'}"
            upgrade(url)
            store = stack.enter_context(closing(open_store(url)))
            clock, gateway = FixedClock(NOW), FakeGateway()
            house = make_house(store, gateways={"stripe": gateway}, clock=clock)
            app: Litestar = create_app(house)
            http = stack.enter_context(TestClient(app, base_url=ORIGIN))
            made = Grown(house, Site(http, app, house, clock, gateway), counter)
            made.run(add_staff, AddStaff("owner@example.com", "Olga", Role.OWNER))
            made.grow(FEW)
            return made

        yield make


@pytest.fixture(scope="module")
def costs(grown: Callable[[], Grown]) -> dict[str, list[tuple[list[str], str]]]:
    """What every list and page costs, and what it shows, with few rows and then with many."""
    made = grown()
    site = made.site
    api = Api(site.http, secret(STUDIO, Role.OWNER))
    asked: dict[str, Callable[[str], Any]] = dict.fromkeys(LISTS, api.get)
    asked |= dict.fromkeys(PAGES, site.get)
    assert site.sign_in("owner@example.com", "/console").status_code == 303
    assert site.sign_in(ANA, "/my").status_code == 303
    asked[f"/my{SLUG}"] = site.get
    found: dict[str, list[tuple[list[str], str]]] = {path: [] for path in asked}
    for rows in (FEW, MANY):
        made.grow(rows)
        for path, ask in asked.items():
            found[path].append(made.cost(ask, path))
    return found


@pytest.mark.parametrize("path", [*LISTS, *PAGES, f"/my{SLUG}"])
def test_a_list_costs_no_more_statements_with_more_rows(
    costs: dict[str, list[tuple[list[str], str]]], path: str
) -> None:
    (few, before), (many, after) = costs[path]
    assert few, "nothing was counted"
    assert len(after) > len(before), "nothing more was shown"
    assert len(many) == len(few), "\n".join(many)


def test_every_list_of_the_api_is_counted(grown: Callable[[], Grown]) -> None:
    """A new one fails here until it stands above."""
    paths = grown().site.http.get("/schema/openapi.json").json()["paths"]
    lists = {
        path.removeprefix("/api/v1")
        for path, item in paths.items()
        if path.startswith("/api/v1/") and "get" in item and "{" not in path
    }
    assert lists
    assert {path.partition("?")[0] for path in LISTS} == lists


def test_the_counter_sees_a_read_for_each_row(grown: Callable[[], Grown]) -> None:
    """Negative control: owners read one by one cost as many statements as there are."""
    made = grown()

    def owners(tx: Any, _command: None, _call: Any) -> int:
        return len([tx.clients.get(order.client_id) for order in tx.orders.page().items])

    heard = []
    for rows in (FEW, MANY):
        made.grow(rows)
        with made.counter.counting() as told:
            found = made.house.app.read(STUDIO.id, owners, None)
        heard.append(len(told) - found)
    assert heard[0] == heard[1]
