"""The demo's studio, made by the use cases a real one would use, on a clock that runs ahead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final, TypeVar

import attrs

from passcore import (
    AddKey,
    AddProduct,
    AddService,
    AddStaff,
    AdjustPass,
    App,
    AssignPass,
    Book,
    Business,
    CancelBooking,
    CancelPolicy,
    CancelTier,
    ClientRef,
    Complete,
    Extend,
    FixedClock,
    Length,
    Money,
    NoShow,
    Origin,
    PassError,
    PaymentMethod,
    PlaceOrder,
    RandomIds,
    Role,
    Store,
    Validity,
    add_key,
    add_product,
    add_service,
    add_staff,
    adjust,
    assign,
    book,
    cancel,
    complete,
    edit,
    no_show,
    place,
)
from passcore.domain.notices import MessageState
from passcore.domain.services import ServiceKind
from passcore.domain.time import from_local
from passcore.ports.store import Tx
from passcore.usecases.call import Call
from passcore.usecases.passes import EditPass

R = TypeVar("R")

BUSINESS_ID: Final = "studio"
SLUG: Final = "studio"
ZONE: Final = "Europe/Budapest"
OWNER: Final = "owner@studio.example"
DESK: Final = "desk@studio.example"
ANA: Final = "ana@example.com"
_WEEKS: Final = 8
_ONLINE: Final = (PaymentMethod.ONLINE, PaymentMethod.ON_SITE, PaymentMethod.BANK_TRANSFER)

#: Who comes: e-mail, name, which product, on which weekdays, at which hour.
_REGULARS: Final = (
    ("bela.kovacs@example.com", "Béla Kovács", "10-reformer-classes", (0, 3), 18),
    ("chloe.martin@example.com", "Chloé Martin", "5-classes-of-your-choice", (1,), 9),
    ("dora.nagy@example.com", "Dóra Nagy", "unlimited-month", (0, 1, 2, 3), 7),
    ("emil.weber@example.com", "Emil Weber", "10-reformer-classes", (2, 4), 19),
    ("fanni.toth@example.com", "Fanni Tóth", "10-reformer-classes", (5,), 10),
    ("grzegorz.nowak@example.com", "Grzegorz Nowak", "5-classes-of-your-choice", (4,), 17),
    ("hana.suzuki@example.com", "Hana Suzuki", "5-private-lessons", (2,), 12),
)


@attrs.frozen
class Seeded:
    """What a person needs to look around: the API key is shown once, here."""

    business: Business
    api_key: str


class _Past:
    """Runs use cases at moments of the past, in order."""

    def __init__(self, store: Store, start: datetime) -> None:
        self.clock = FixedClock(start)
        self.app = App(store, self.clock, RandomIds())

    def do(self, use_case: Callable[[Tx, Any, Call], R], command: object, actor: str) -> R:
        by = Origin(actor, "web" if actor == "client" else "console")
        return self.app.run(BUSINESS_ID, use_case, command, by=by)


def seed(store: Store, now: datetime, api_key: str) -> Seeded:
    """Fill *store* with the demo's studio as it stands at *now*; mails of the past stay unsent."""
    past = _Past(store, now - timedelta(weeks=_WEEKS))
    business = past.app.add_business(_studio())
    _people(past, api_key)
    _catalogue(past)
    _history(past, now)
    _today(past, now)
    past.app.run(BUSINESS_ID, _quiet, now)
    return Seeded(business, api_key)


def _studio() -> Business:
    return Business(
        id=BUSINESS_ID,
        slug=SLUG,
        name="Studio Lumen",
        time_zone=ZONE,
        currency="EUR",
        language="en",
        email="hello@studio.example",
        seller="Studio Lumen Ltd.\nFény utca 12\n1024 Budapest",
        tax_id="HU12345678",
        transfer_details="Studio Lumen Ltd.\nIBAN HU00 1234 5678 9012 3456 7890 1234",
        invoice_prefix="SL",
    )


def _people(past: _Past, api_key: str) -> None:
    past.do(add_staff, AddStaff(OWNER, "Olga Owner", Role.OWNER), "system")
    past.do(add_staff, AddStaff(DESK, "Dani Desk", Role.DESK), "system")
    past.do(add_key, AddKey("demo", Role.OWNER, api_key), "system")


def _catalogue(past: _Past) -> None:
    def euro(amount: str) -> Money:
        return Money.of(amount, "EUR")

    group = ServiceKind.GROUP
    for service in (
        AddService("Reformer Pilates", "reformer", "pilates", group, 55, euro("18.00"), 2700),
        AddService("Mat Pilates", "mat", "pilates", group, 50, euro("14.00"), 2700),
        AddService("Morning Yoga", "yoga", "yoga", group, 60, euro("14.00"), 2700),
        AddService("Private lesson", "private", "private", price=euro("45.00"), tax_rate=2700),
    ):
        past.do(add_service, service, "Olga Owner")
    half_year = Validity(length=Length(6, "months"))
    day_before = CancelPolicy((CancelTier(12 * 60, 0),))
    for product in (
        AddProduct(
            "10 Reformer classes", euro("120.00"), 10, covers=("reformer",), validity=half_year,
            description="Our favourite: ten reformer classes, half a year to take them.",
            methods=_ONLINE, tax_rate=2700, cancel=day_before,
        ),
        AddProduct(
            "5 classes of your choice", euro("65.00"), 5, covers=("pilates", "yoga"),
            validity=Validity(length=Length(3, "months")), methods=_ONLINE, tax_rate=2700,
            description="Reformer, mat or yoga, as the week goes.", cancel=day_before,
        ),
        AddProduct(
            "Unlimited month", euro("95.00"), None, covers=("pilates", "yoga"),
            validity=Validity(length=Length(1, "months")), tax_rate=2700,
            description="As many classes as you like for a month.", methods=_ONLINE,
        ),
        AddProduct(
            "5 private lessons", euro("200.00"), 5, covers=("private",), validity=half_year,
            methods=(PaymentMethod.BANK_TRANSFER, PaymentMethod.ON_SITE), tax_rate=2700,
        ),
        AddProduct(
            "Friends of the house", euro("0.00"), 1, covers=("yoga",), promotional=True,
            validity=Validity(length=Length(1, "months")), shown=False,
        ),
    ):  # fmt: skip
        past.do(add_product, product, "Olga Owner")


def _history(past: _Past, now: datetime) -> None:
    """Let the regulars buy, come, cancel late, stay away, and buy again."""
    today = now.astimezone(UTC).date()
    day = past.clock.now().date()
    while day < today:
        for number, (email, name, product, weekdays, hour) in enumerate(_REGULARS):
            if day.weekday() in weekdays:
                starts_at = from_local(datetime.combine(day, time(hour)), ZONE)
                _visit(past, ClientRef(email=email, name=name), product, starts_at, number)
        day += timedelta(days=1)
    past.clock.set(now - timedelta(hours=20))


def _visit(past: _Past, client: ClientRef, product: str, starts_at: datetime, number: int) -> None:
    service = {"5-private-lessons": "private", "unlimited-month": "mat"}.get(product, "reformer")
    past.clock.set(starts_at - timedelta(days=1, minutes=number))
    try:
        view = past.do(book, Book(client, service, starts_at), "client")
    except PassError:
        paid = PaymentMethod.ON_SITE
        past.do(assign, AssignPass(product, client, payment=paid, reason="desk"), "Dani Desk")
        view = past.do(book, Book(client, service, starts_at), "client")
    outcome = (starts_at.toordinal() * 7 + number * 3) % 17
    if outcome == 0:
        past.clock.set(starts_at - timedelta(hours=20))
        past.do(cancel, CancelBooking(view.booking.id), "client")
        return
    past.clock.set(starts_at + timedelta(hours=1))
    if outcome == 1:
        past.do(no_show, NoShow(view.booking.id), "Dani Desk")
    else:
        past.do(complete, Complete(view.booking.id), "Dani Desk")


def _today(past: _Past, now: datetime) -> None:
    """Leave something to do: visits today and tomorrow, a transfer to approve, edits to look at."""
    local = now.astimezone(UTC)
    for hours, (email, name, product, _, _) in zip((1, 2, 3, 26, 27), _REGULARS, strict=False):
        service = {"unlimited-month": "yoga"}.get(product, "reformer")
        starts_at = (local + timedelta(hours=hours)).replace(minute=0, second=0, microsecond=0)
        client = ClientRef(email=email, name=name)
        if service == "yoga" or product != "5-private-lessons":
            _book_ahead(past, client, product, service, starts_at)
    past.clock.set(now - timedelta(hours=3))
    late = ClientRef(email="ines.silva@example.com", name="Inês Silva")
    transfer = PaymentMethod.BANK_TRANSFER
    past.do(place, PlaceOrder("10-reformer-classes", late, transfer), "client")
    gift = ClientRef(email="jonas.berg@example.com", name="Jonas Berg")
    given = past.do(
        assign,
        AssignPass("friends-of-the-house", gift, reason="helped with the move"),
        "Olga Owner",
    )
    edited = AdjustPass(given.code, 1, "brought a friend")
    past.do(adjust, edited, "Olga Owner")
    last_day = (now + timedelta(days=60)).date()
    past.do(edit, EditPass(given.code, Extend(last_day), "was away"), "Olga Owner")


def _book_ahead(
    past: _Past, client: ClientRef, product: str, service: str, starts_at: datetime
) -> None:
    try:
        past.do(book, Book(client, service, starts_at), "client")
    except PassError:
        past.do(assign, AssignPass(product, client, payment=PaymentMethod.ON_SITE), "Dani Desk")
        past.do(book, Book(client, service, starts_at), "client")


def _quiet(tx: Tx, _now: datetime, _call: Call) -> None:
    """Nobody wants eight weeks of old mail at once."""
    while True:
        page = tx.outbox.page(state=MessageState.DUE, limit=200)
        if not page.items:
            return
        for message in page.items:
            tx.outbox.save(attrs.evolve(message, state=MessageState.DISCARDED))
