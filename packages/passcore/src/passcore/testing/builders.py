"""Builders: businesses, services, products, clients and passes in any state, ready to use.

Every builder takes the fields to change by name. Ids count up within the process, so that two
values built alike are still two.
"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs

from passcore.domain import commands as cm
from passcore.domain.bookings import Booking, BookingLine, BookingStatus
from passcore.domain.businesses import Business
from passcore.domain.clients import Client
from passcore.domain.coverage import Visit
from passcore.domain.decisions import decide, issue
from passcore.domain.folding import apply, begin
from passcore.domain.ids import pass_code
from passcore.domain.invoices import Invoice, InvoiceLine, Party
from passcore.domain.ledger import SYSTEM, Entry, Line, Origin
from passcore.domain.money import Money
from passcore.domain.notices import Message, Notice, NoticeKind
from passcore.domain.orders import Order, OrderStatus
from passcore.domain.passes import Pass, Status
from passcore.domain.payments import Payment, PaymentStanding
from passcore.domain.products import PaymentMethod, Product, Terms
from passcore.domain.services import Service
from passcore.domain.time import Length
from passcore.domain.validity import Validity
from passcore.ports.store import InboxEvent, Login, Receipt, StoredPass

#: A Monday noon in UTC; what the builders take for now.
NOW: Final = datetime(2027, 3, 1, 12, tzinfo=UTC)
ZONE: Final = "Europe/Budapest"
CURRENCY: Final = "EUR"

_count = itertools.count(1)


def new_id(kind: str) -> str:
    """Return an id nothing else in this process has."""
    return f"{kind}_{next(_count):06d}"


def new_code() -> str:
    """Return a pass ID nothing else in this process has."""
    return pass_code(next(_count) * 0x9E3779B97F4A7C15 % 2**80)


def business(**changes: Any) -> Business:
    """Return a studio in Budapest that takes euro."""
    made = new_id("biz")
    fields: dict[str, Any] = {
        "id": made,
        "slug": made.replace("_", "-"),
        "name": "Studio One",
        "time_zone": ZONE,
        "currency": CURRENCY,
    }
    return Business(**fields | changes)


def service(**changes: Any) -> Service:
    """Return an hour of reformer class."""
    made = new_id("svc")
    fields: dict[str, Any] = {"id": made, "slug": made.replace("_", "-"), "name": "Reformer"}
    return Service(**fields | changes)


def terms(**changes: Any) -> Terms:
    """Return the terms of ten sessions for 120.00 euro, valid six months from the purchase."""
    fields: dict[str, Any] = {
        "product_id": new_id("prod"),
        "version": 1,
        "name": "10 x Reformer",
        "sessions": 10,
        "price": Money(12_000, CURRENCY),
        "validity": Validity(length=Length(6, "months")),
    }
    return Terms(**fields | changes)


def product(**changes: Any) -> Product:
    """Return a product on sale by every way of paying; fields of `Terms` go into its terms."""
    sold = {a.name for a in attrs.fields(Terms)}
    inner = {name: changes.pop(name) for name in list(changes) if name in sold}
    on_sale = changes.pop("terms", None) or terms(**inner)
    fields: dict[str, Any] = {
        "id": on_sale.product_id,
        "slug": on_sale.product_id.replace("_", "-"),
        "terms": on_sale,
        "methods": tuple(PaymentMethod),
    }
    return Product(**fields | changes)


def client(**changes: Any) -> Client:
    """Return a client with an address of their own."""
    made = new_id("client")
    fields: dict[str, Any] = {
        "id": made,
        "email": f"{made}@example.com",
        "name": "Ana Example",
        "created_at": NOW,
    }
    return Client(**fields | changes)


def visit(**changes: Any) -> Visit:
    """Return an hour on the day after `NOW`."""
    fields: dict[str, Any] = {
        "service_id": "svc_reformer",
        "category": None,
        "starts_at": NOW + timedelta(days=1),
    }
    return Visit(**fields | changes)


@attrs.define
class Story:
    """A pass and the entries that made it what it is; `do` adds to both."""

    entries: list[Entry]
    state: Pass

    def do(
        self,
        command: cm.Command,
        *,
        at: datetime | None = None,
        by: Origin = SYSTEM,
        reason: str | None = None,
    ) -> tuple[Entry, ...]:
        """Decide *command* (now, or *at*), keep the entries and return them."""
        made = decide(self.state, command, at=at or self.state.at, by=by, reason=reason)
        for entry in made:
            self.state = apply(self.state, entry)
        self.entries.extend(made)
        return made

    def book(self, number: int = 0, *, starts_at: datetime | None = None, seats: int = 1) -> Line:
        """Hold a visit as booking *number* and return the name of its line."""
        line = Line(f"booking_{number}")
        about = visit(starts_at=starts_at or NOW + timedelta(days=1), seats=seats)
        self.do(cm.Reserve(line, about))
        return line


def story(*, at: datetime = NOW, of: Terms | None = None, **issued: Any) -> Story:
    """Begin a pass on the terms *of*; *issued* are fields of `passcore.Issue`."""
    fields: dict[str, Any] = {
        "pass_id": new_id("pass"),
        "client_id": new_id("client"),
        "terms": of or terms(),
        "zone": ZONE,
    }
    first = issue(cm.Issue(**fields | issued), at=at)
    return Story([first], begin(first))


def story_at(status: Status, **issued: Any) -> Story:
    """Return a pass that stands at *status* at the instant `NOW`; *issued* as for `story`."""
    if status is Status.PENDING:
        return story(pending=True, **issued)
    if status is Status.EXPIRED:
        return story(at=NOW - timedelta(days=365), **issued)
    told = story(**issued)
    commands: dict[Status, cm.Command] = {
        Status.USED_UP: cm.Deduct(Line("booking_used"), visit(seats=told.state.balance.available)),
        Status.FROZEN: cm.Freeze(),
        Status.SUSPENDED: cm.Suspend(),
        Status.CANCELLED: cm.Cancel(),
        Status.REFUNDED: cm.Refund(12_000),
    }
    if status in commands:
        told.do(commands[status])
    return told


def stored(state: Pass, code: str | None = None) -> StoredPass:
    """Return *state* as a new row for a store to add."""
    return StoredPass(state, code or new_code(), "")


def booking(client_id: str, service_id: str, **changes: Any) -> Booking:
    """Return a visit on the day after `NOW`, reported by another system, paid by no pass."""
    fields: dict[str, Any] = {
        "id": new_id("booking"),
        "source": "calendar",
        "ref": new_id("ref"),
        "revision": 1,
        "status": BookingStatus.BOOKED,
        "client_id": client_id,
        "starts_at": NOW + timedelta(days=1),
        "ends_at": NOW + timedelta(days=1, hours=1),
        "seats": 1,
        "lines": (BookingLine(0, service_id),),
        "choice": None,
        "fingerprint": "fingerprint",
        "created_at": NOW,
    }
    return Booking(**fields | changes)


def order(client_id: str, of: Terms, **changes: Any) -> Order:
    """Return an online order that waits for its payment."""
    fields: dict[str, Any] = {
        "id": new_id("order"),
        "client_id": client_id,
        "product_id": of.product_id,
        "terms": of,
        "price": of.gross,
        "method": PaymentMethod.ONLINE,
        "status": OrderStatus.AWAITING_PAYMENT,
        "provider_key": new_id("key"),
        "created_at": NOW,
        "provider": "fake",
    }
    return Order(**fields | changes)


def payment(of: Order, **changes: Any) -> Payment:
    """Return the payment of an order, applied."""
    fields: dict[str, Any] = {
        "id": new_id("pay"),
        "provider": "fake",
        "payment_ref": new_id("ref"),
        "order_id": of.id,
        "amount": of.price,
        "refunded": Money(0, of.price.currency),
        "standing": PaymentStanding.APPLIED,
        "received_at": NOW,
    }
    return Payment(**fields | changes)


def invoice(of: Order, number: int, **changes: Any) -> Invoice:
    """Return the invoice of an order, with *number* in the series ``2027``."""
    party = Party("Somebody", "", "", "somebody@example.com")
    net = of.terms.net_minor
    fields: dict[str, Any] = {
        "id": new_id("inv"),
        "series": "2027",
        "number": number,
        "code": f"2027-{number:05d}",
        "order_id": of.id,
        "client_id": of.client_id,
        "issued_on": NOW.date(),
        "issued_at": NOW,
        "currency": of.price.currency,
        "language": "en",
        "seller": party,
        "buyer": party,
        "lines": (InvoiceLine(of.terms.name, 1, net, 0, of.price.minor - net, of.price.minor),),
        "paid_by": "online",
    }
    return Invoice(**fields | changes)


def message(**changes: Any) -> Message:
    """Return a message that is due now."""
    made = new_id("msg")
    values: dict[str, str | int | None] = {"client_name": "Ana", "remaining": 3, "last_day": None}
    fields: dict[str, Any] = {
        "id": made,
        "dedupe": f"used_up:{made}",
        "notice": Notice(NoticeKind.USED_UP, "ana@example.com", "en", values),
        "due_at": NOW,
    }
    return Message(**fields | changes)


def event(**changes: Any) -> InboxEvent:
    """Return a provider's event about a checkout."""
    made = new_id("event")
    fields: dict[str, Any] = {
        "id": made,
        "provider": "fake",
        "event_id": f"evt_{made}",
        "kind": "checkout.completed",
        "checkout_ref": "checkout_1",
        "payment_ref": None,
        "received_at": NOW,
    }
    return InboxEvent(**fields | changes)


def receipt(**changes: Any) -> Receipt:
    """Return the stored answer to a command."""
    fields: dict[str, Any] = {
        "key": new_id("key"),
        "fingerprint": "f" * 64,
        "result": '{"answer":42}',
        "created_at": NOW,
    }
    return Receipt(**fields | changes)


def login(**changes: Any) -> Login:
    """Return a sign-in that waits for its code."""
    fields: dict[str, Any] = {
        "id": new_id("login"),
        "audience": "guest",
        "email": "ana@example.com",
        "code_digest": "c" * 64,
        "browser_digest": "b" * 64,
        "created_at": NOW,
        "expires_at": NOW + timedelta(minutes=10),
    }
    return Login(**fields | changes)
