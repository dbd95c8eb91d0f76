"""A whole business in memory for the tests of use cases, app and relay."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from passcore import (
    AddProduct,
    AddService,
    App,
    AssignPass,
    Book,
    Business,
    CancelledBy,
    ClientRef,
    FixedClock,
    Length,
    MemoryStore,
    Money,
    Outward,
    PlaceOrder,
    Product,
    Relay,
    SeededIds,
    Service,
    Validity,
    add_product,
    add_service,
    assign,
    book,
    place,
)
from passcore.adapters.recording import FakeGateway, PlainInvoices, PlainWriter, RecordingMailer
from passcore.domain.bookings import BookingStatus
from passcore.domain.notices import Message
from passcore.domain.orders import Order
from passcore.domain.passes import Balance, Pass
from passcore.domain.products import PaymentMethod
from passcore.ports.store import Store
from passcore.testing import builders
from passcore.testing.builders import NOW
from passcore.usecases.intake import Reported, VisitReport, report_one
from passcore.usecases.verification import Damage, Verify, verify
from passcore.usecases.views import BookingView, PassView

ANA = ClientRef(email="ana@example.com", name="Ana")


class House:
    """A studio with one service and one product of ten sessions, a clock that stands, and outward
    ports that keep what they are asked."""

    def __init__(self, store: Store | None = None, **business: Any) -> None:
        self.store = store or MemoryStore()
        self.clock = FixedClock(NOW)
        self.app = App(self.store, self.clock, SeededIds(1))
        self.business: Business = self.app.add_business(builders.business(**business))
        self.id = self.business.id
        self.service: Service = self.run(add_service, AddService("Reformer", price=_eur(1_500)))
        self.product: Product = self.add_product("10 x Reformer", 10)
        self.gateway = FakeGateway()
        self.mailer, self.invoices = RecordingMailer(), PlainInvoices()
        self.relay = Relay(self.app, self.outward())

    def outward(self, **changes: Any) -> Outward:
        """The outward ports, recording."""
        fields: dict[str, Any] = {
            "gateways": lambda _business_id, _provider: self.gateway,
            "writer": PlainWriter(),
            "mailer": self.mailer,
            "invoices": self.invoices,
            "sender": "studio@example.com",
            "base_url": "https://studio.example",
        }
        return Outward(**fields | changes)

    def run(self, use_case: Any, command: Any, **by: Any) -> Any:
        """Run a use case."""
        return self.app.run(self.id, use_case, command, **by)

    def add_product(self, name: str, sessions: int | None, **fields: Any) -> Product:
        """Add a product that is sold by every method."""
        fields.setdefault("price", _eur(12_000))
        fields.setdefault("methods", tuple(PaymentMethod))
        fields.setdefault("validity", Validity(length=Length(6, "months")))
        product: Product = self.run(add_product, AddProduct(name, sessions=sessions, **fields))
        return product

    def assign(self, product: Product | None = None, **fields: Any) -> PassView:
        """Give Ana a pass."""
        wanted = (product or self.product).id
        fields.setdefault("client", ANA)
        view: PassView = self.run(assign, AssignPass(wanted, **fields))
        return view

    def order(self, method: PaymentMethod = PaymentMethod.ONLINE, **fields: Any) -> Order:
        """Place an order of Ana's."""
        fields.setdefault("product", self.product.id)
        fields.setdefault("provider", "fake")
        order: Order = self.run(place, PlaceOrder(client=ANA, method=method, **fields))
        return order

    def paid_order(self) -> Order:
        """Place an order and pay it at the provider; nothing of that is known here yet."""
        order = self.relay.start_checkout(self.id, self.order().id)
        assert order.checkout_ref is not None
        self.gateway.pay(order.checkout_ref)
        return order

    def report(self, status: str = "completed", revision: int = 1, **fields: Any) -> Reported:
        """Report Ana's visit."""
        return self.app.run(self.id, report_one, self.visit(status, revision, **fields))

    def book(self, starts_at: datetime) -> BookingView:
        """Book a visit of Ana's here."""
        view: BookingView = self.run(book, Book(ANA, self.service.id, starts_at))
        return view

    def visit(self, status: str = "completed", revision: int = 1, **fields: Any) -> VisitReport:
        """Ana's visit tomorrow, as another system tells it."""
        fields.setdefault("source", "calendar")
        fields.setdefault("ref", "visit-1")
        fields.setdefault("client", ANA)
        fields.setdefault("service", self.service.id)
        fields.setdefault("starts_at", NOW + timedelta(days=1))
        fields.setdefault("by", CancelledBy.CLIENT)
        return VisitReport(revision=revision, status=BookingStatus(status), **fields)

    def state(self, pass_id: str) -> Pass:
        """Read a pass."""
        with self.store.begin(self.id, write=False) as tx:
            return tx.passes.get(pass_id).state

    def balance(self, pass_id: str) -> Balance:
        """Read what is left on a pass."""
        return self.state(pass_id).balance

    def kinds(self, pass_id: str) -> list[str]:
        """The names of a pass's facts, without the grant."""
        with self.store.begin(self.id, write=False) as tx:
            return [type(e.fact).__name__ for e in tx.passes.ledger(pass_id)][1:]

    def order_now(self, order_id: str) -> Order:
        """Read an order."""
        with self.store.begin(self.id, write=False) as tx:
            return tx.orders.get(order_id)

    def messages(self) -> list[Message]:
        """All messages, oldest first."""
        with self.store.begin(self.id, write=False) as tx:
            return sorted(tx.outbox.page(limit=200).items, key=lambda m: m.id)

    def told(self) -> list[str]:
        """The kinds of all notices queued, in alphabetical order."""
        return sorted(m.notice.kind.value for m in self.messages())

    def damage(self) -> tuple[Damage, ...]:
        """What `verify` finds."""
        return self.app.read(self.id, verify, Verify()).damage

    def later(self, **by: float) -> datetime:
        """Move the clock and return what it then says."""
        self.clock.move(timedelta(**by))
        return self.clock.now()


def _eur(minor: int) -> Money:
    return Money(minor, "EUR")
