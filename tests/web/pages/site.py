"""A browser in a few lines: it keeps cookies, reads forms and sends them as people do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any, Final

import attrs
import httpx
from litestar import Litestar
from litestar.testing import TestClient

from passcore import (
    AddProduct,
    AddService,
    AddStaff,
    AssignPass,
    CancelPolicy,
    CancelTier,
    ClientRef,
    FixedClock,
    Length,
    Money,
    PassView,
    PaymentMethod,
    Role,
    Validity,
    add_product,
    add_service,
    add_staff,
    assign,
)
from passweb.house import House
from passweb.server import create_app
from tests.web.gateways import FakeGateway
from tests.web.houses import NOW, STUDIO, make_house

ORIGIN: Final = "https://passes.example"
ANA: Final = "ana@example.com"
_EVERY: Final = (PaymentMethod.ONLINE, PaymentMethod.ON_SITE, PaymentMethod.BANK_TRANSFER)


class Hidden(HTMLParser):
    """The hidden fields of a page's forms, the first of each name."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "input" and found.get("type") == "hidden":
            self.fields.setdefault(str(found.get("name")), found.get("value") or "")


@attrs.frozen
class Site:
    """The pages of one house as one browser sees them."""

    http: httpx.Client
    app: Litestar
    house: House
    clock: FixedClock
    gateway: FakeGateway

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Look at a page, following nothing."""
        return self.http.get(path, headers=headers, follow_redirects=False)

    def send(
        self, path: str, fields: dict[str, str], *, form: str | None = None, **headers: str
    ) -> httpx.Response:
        """Fill in the form of the page *form* (the same address unless given) and send it."""
        hidden = Hidden(self.get(form or path).text).fields
        sent = {"csrf": hidden.get("csrf", ""), "once": hidden.get("once", "")} | fields
        return self.raw(path, sent, **{"origin": ORIGIN, **headers})

    def raw(self, path: str, fields: dict[str, str], **headers: str) -> httpx.Response:
        """Send fields as they are."""
        return self.http.post(path, data=fields, headers=headers, follow_redirects=False)

    def run(self, use_case: Any, command: object) -> Any:
        """Do something behind the pages."""
        return self.house.app.run(STUDIO.id, use_case, command)

    def give(self, product: str = "ten", email: str = ANA, **more: Any) -> PassView:
        """Give a client a pass."""
        ref = ClientRef(email=email, name=more.pop("name", "Ana"))
        found: PassView = self.run(assign, AssignPass(product, ref, **more))
        return found

    def mails(self) -> list[Any]:
        """Send what waits and return all mail so far."""
        self.house.relay.send_mail()
        sent: list[Any] = self.house.relay.out.mailer.sent  # type: ignore[attr-defined]  # a KeptMail
        return sent

    def sign_in(self, email: str = ANA, door: str = "/my") -> httpx.Response:
        """Ask for a code and type it."""
        slug = f"?b={STUDIO.slug}"
        asked = self.send(f"{door}/sign-in{slug}", {"email": email}, form=f"{door}{slug}")
        assert asked.status_code == 303, asked.text
        return self.send(f"{door}/code{slug}", {"code": self.code()})

    def code(self) -> str:
        """The newest sign-in code mailed."""
        text = next(m.text for m in reversed(self.mails()) if "code" in m.subject)
        found = re.search(r"\b\d{4} ?\d{4}\b", text)
        assert found is not None, text
        return found[0].replace(" ", "")

    @property
    def tomorrow(self) -> dict[str, str]:
        """Day and time of a visit tomorrow at noon."""
        return {"date": (NOW + timedelta(days=1)).date().isoformat(), "time": "12:00"}


@contextmanager
def site(**changes: Any) -> Iterator[Site]:
    """Serve a stocked studio from memory."""
    clock, gateway = FixedClock(NOW), FakeGateway()
    house = make_house(gateways={"stripe": gateway}, clock=clock, **changes)
    _stock(house)
    app = create_app(house)
    with TestClient(app, base_url=ORIGIN, raise_server_exceptions=False) as http:
        yield Site(http, app, house, clock, gateway)


def another(first: Site) -> Site:
    """The same house in another browser."""
    fresh = TestClient(first.app, base_url=ORIGIN, raise_server_exceptions=False)
    return attrs.evolve(first, http=fresh)


def _stock(house: House) -> None:
    def do(use_case: Any, command: object) -> None:
        house.app.run(STUDIO.id, use_case, command)

    def euro(text: str) -> Money:
        return Money.of(text, "EUR")

    do(add_service, AddService("Reformer", price=euro("18.00")))
    do(add_service, AddService("Mat"))
    policy = CancelPolicy((CancelTier(12 * 60, 0),))
    half_year = Validity(length=Length(6, "months"))
    for product in (
        AddProduct(
            "Ten", euro("120.00"), 10, covers=("reformer",), validity=half_year, methods=_EVERY,
            cancel=policy,
        ),
        AddProduct("Free trial", euro("0.00"), 1),
        AddProduct("Secret", euro("10.00"), 1, shown=False),
    ):  # fmt: skip
        do(add_product, product)
    do(add_staff, AddStaff("owner@example.com", "Olga", Role.OWNER))
    do(add_staff, AddStaff("desk@example.com", "Dani", Role.DESK))
    do(add_staff, AddStaff("books@example.com", "Ada", Role.ACCOUNTANT))
