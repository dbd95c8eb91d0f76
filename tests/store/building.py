"""Values the store's tests are made of: small, valid, with only the interesting part given."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import attrs

from passcore.domain import commands as cm
from passcore.domain.bookings import Booking, BookingLine, BookingStatus, LinePayment, PaymentState
from passcore.domain.businesses import Business
from passcore.domain.clients import Client
from passcore.domain.coverage import Visit
from passcore.domain.decisions import decide, issue
from passcore.domain.folding import apply, fold
from passcore.domain.invoices import Invoice, InvoiceLine, Party
from passcore.domain.ledger import Entry, Line
from passcore.domain.money import Money
from passcore.domain.notices import Message, Notice, NoticeKind
from passcore.domain.orders import Order, OrderStatus
from passcore.domain.payments import Payment, PaymentStanding
from passcore.domain.products import PaymentMethod, Product, Terms
from passcore.domain.services import Service, ServiceKind
from passcore.ports.store import InboxEvent, PassChange, Store, StoredPass, Tx

NOW = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)


def business(name: str = "b1") -> Business:
    return Business(name, f"studio-{name}", "Studio", "Europe/Berlin", "EUR")


def client(name: str = "ann") -> Client:
    return Client(f"client_{name}", f"{name}@x.example", name.title(), NOW)


def service(name: str = "yoga", **more: Any) -> Service:
    given: dict[str, Any] = {"kind": ServiceKind.GROUP, "price": Money(1500, "EUR"), **more}
    return Service(f"svc_{name}", name, name.title(), **given)


def terms(**more: Any) -> Terms:
    given: dict[str, Any] = {"sessions": 10, "price": Money(12000, "EUR"), **more}
    return Terms("prod_ten", given.pop("version", 1), given.pop("name", "Ten"), **given)


def product(name: str = "ten", **more: Any) -> Product:
    return Product(f"prod_{name}", name, attrs.evolve(terms(**more), product_id=f"prod_{name}"))


def new_pass(
    name: str = "p1", owner: str = "client_ann", *, at: datetime = NOW, **more: Any
) -> tuple[StoredPass, Entry]:
    entry = issue(cm.Issue(f"pass_{name}", owner, terms(**more), "Europe/Berlin"), at=at)
    return StoredPass(fold([entry]), f"code-{name}", ""), entry


def deduction(stored: StoredPass, booking: str = "bk_1", *, at: datetime = NOW) -> PassChange:
    command = cm.Deduct(Line(booking), Visit("svc_yoga", None, NOW))
    return change(stored, command, at=at)


def change(stored: StoredPass, *commands: cm.Command, at: datetime = NOW) -> PassChange:
    state, entries = stored.state, list[Entry]()
    for command in commands:
        for entry in decide(state, command, at=at, reason="test"):
            state = apply(state, entry)
            entries.append(entry)
    return PassChange(stored, tuple(entries), state)


def booking(name: str = "bk_1", **more: Any) -> Booking:
    paid = LinePayment("pass_p1", PaymentState.CAPTURED, 1, ((1200, 1),), 2, 1, 9, NOW)
    given: dict[str, Any] = {
        "id": name,
        "source": "mindbody",
        "ref": f"ref-{name}",
        "revision": 1,
        "status": BookingStatus.COMPLETED,
        "client_id": "client_ann",
        "starts_at": NOW,
        "ends_at": NOW + HOUR,
        "seats": 1,
        "lines": (BookingLine(0, "svc_yoga", paid),),
        "choice": "auto",
        "fingerprint": "f",
        "created_at": NOW,
    }
    return Booking(**(given | more))


def order(name: str = "order_1", **more: Any) -> Order:
    given: dict[str, Any] = {
        "id": name,
        "client_id": "client_ann",
        "product_id": "prod_ten",
        "terms": terms(),
        "price": Money(12000, "EUR"),
        "method": PaymentMethod.ONLINE,
        "status": OrderStatus.AWAITING_PAYMENT,
        "provider_key": f"key-{name}",
        "created_at": NOW,
        "starts_on": date(2027, 1, 31),
    }
    return Order(**(given | more))


def payment(name: str = "pay_1", **more: Any) -> Payment:
    given: dict[str, Any] = {
        "id": name,
        "provider": "stripe",
        "payment_ref": f"pi_{name}",
        "order_id": "order_1",
        "amount": Money(12000, "EUR"),
        "refunded": Money(0, "EUR"),
        "standing": PaymentStanding.APPLIED,
        "received_at": NOW,
    }
    return Payment(**(given | more))


def invoice(number: int = 1, **more: Any) -> Invoice:
    party = Party("Studio", "Street 1\nTown", "DE1", "s@x.example")
    given: dict[str, Any] = {
        "id": f"inv_{number}",
        "series": "2026",
        "number": number,
        "code": f"2026-{number:05d}",
        "order_id": "order_1",
        "client_id": "client_ann",
        "issued_on": date(2026, 11, 22),
        "issued_at": NOW,
        "currency": "EUR",
        "language": "de",
        "seller": party,
        "buyer": party,
        "lines": (InvoiceLine("Ten", 1, 10084, 1900, 1916, 12000),),
        "paid_by": "stripe",
    }
    return Invoice(**(given | more))


def message(name: str = "msg_1", **more: Any) -> Message:
    notice = Notice(
        NoticeKind.PURCHASE, "ann@x.example", "de", {"code": "x", "left": 3, "no": None}
    )
    given: dict[str, Any] = {"id": name, "dedupe": name, "notice": notice, "due_at": NOW}
    return Message(**(given | more))


def event(name: str = "ev_1", **more: Any) -> InboxEvent:
    given: dict[str, Any] = {
        "id": name,
        "provider": "stripe",
        "event_id": f"evt_{name}",
        "kind": "payment",
        "checkout_ref": "cs_1",
        "payment_ref": None,
        "received_at": NOW,
    }
    return InboxEvent(**(given | more))


def fill(tx: Tx) -> None:
    """Store what most tests need: a client, a service, a product and a pass of ten sessions."""
    tx.clients.add(client())
    tx.services.add(service())
    tx.products.add(product())
    tx.passes.add(*new_pass())


def open_business(store: Store, name: str = "b1", *, filled: bool = True) -> None:
    with store.registry() as registry:
        registry.add_business(business(name))
    if filled:
        with store.begin(name) as tx:
            fill(tx)
