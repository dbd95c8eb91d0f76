"""The contract of the store port.

Subclass `StoreContract` and give it an empty store:

```python
class TestMyStore(StoreContract):
    @pytest.fixture
    def store(self) -> Store:
        return MyStore()
```

`StoreRaceContract` proves what threads may do at once; it takes the same fixture. Both need pytest.
"""

from __future__ import annotations

from passcore.testing.store.bookings import BookingTests
from passcore.testing.store.catalogue import ProductTests, ServiceTests
from passcore.testing.store.clients import ClientTests
from passcore.testing.store.intake import IntakeTests
from passcore.testing.store.isolation import IsolationTests
from passcore.testing.store.messages import InboxTests, OutboxTests, ReceiptTests
from passcore.testing.store.passes import PassTests
from passcore.testing.store.people import PeopleTests
from passcore.testing.store.races import StoreRaceContract
from passcore.testing.store.registry import RegistryTests
from passcore.testing.store.sales import InvoiceTests, OrderTests, PaymentTests
from passcore.testing.store.transactions import TransactionTests

__all__ = ["StoreContract", "StoreRaceContract"]


class StoreContract(
    BookingTests,
    ClientTests,
    InboxTests,
    IntakeTests,
    InvoiceTests,
    IsolationTests,
    OrderTests,
    OutboxTests,
    PassTests,
    PaymentTests,
    PeopleTests,
    ProductTests,
    ReceiptTests,
    RegistryTests,
    ServiceTests,
    TransactionTests,
):
    """What every store promises (see `passcore.ports.store`), call by call."""
