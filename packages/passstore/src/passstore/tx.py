"""One transaction of one business: the port's `Tx` on a unit of work."""

from __future__ import annotations

from collections.abc import Sequence

from passcore.domain.businesses import Business
from passcore.ports.store import Intake, IntakeKey
from passstore.intake import read_intake
from passstore.repositories.bookings import Bookings
from passstore.repositories.businesses import business_of, save_business
from passstore.repositories.catalogue import Products, Services
from passstore.repositories.clients import Clients
from passstore.repositories.invoices import Invoices
from passstore.repositories.mail import Inbox, Outbox
from passstore.repositories.orders import Orders, Payments
from passstore.repositories.passes import Passes
from passstore.repositories.people import People
from passstore.repositories.receipts import Receipts
from passstore.unit import Unit


class SqlTx:
    """The repositories of one business, within one transaction.

    A visit needs three of them: each is made when it is asked for.
    """

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self.business_id = unit.business_id

    @property
    def services(self) -> Services:
        return Services(self._unit)

    @property
    def products(self) -> Products:
        return Products(self._unit)

    @property
    def clients(self) -> Clients:
        return Clients(self._unit)

    @property
    def passes(self) -> Passes:
        return Passes(self._unit)

    @property
    def bookings(self) -> Bookings:
        return Bookings(self._unit)

    @property
    def orders(self) -> Orders:
        return Orders(self._unit)

    @property
    def payments(self) -> Payments:
        return Payments(self._unit)

    @property
    def invoices(self) -> Invoices:
        return Invoices(self._unit)

    @property
    def outbox(self) -> Outbox:
        return Outbox(self._unit)

    @property
    def inbox(self) -> Inbox:
        return Inbox(self._unit)

    @property
    def receipts(self) -> Receipts:
        return Receipts(self._unit)

    @property
    def people(self) -> People:
        return People(self._unit)

    def business(self) -> Business:
        """Return the business itself; raises `NotFound`."""
        return business_of(self._unit)

    def save_business(self, business: Business) -> None:
        """Store the business over the version that was read; raises `Contention`."""
        save_business(self._unit, business)

    def intake(self, keys: Sequence[IntakeKey]) -> Intake:
        """Read all that a batch of reports needs."""
        return read_intake(self._unit, keys)
