"""Nothing of one business is ever seen, found, counted or changed from another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from passcore.domain.businesses import ApiKey, Role, StaffMember
from passcore.domain.clients import ClientRef
from passcore.errors import NotFound
from passcore.ports.store import IntakeKey, Login, Receipt, Tx
from passstore import SqlStore
from tests.store import building as make
from tests.store.building import HOUR, NOW

LISTS: dict[str, Callable[[Tx], Any]] = {
    "services": lambda tx: tx.services.all(),
    "products": lambda tx: tx.products.all(),
    "clients": lambda tx: tx.clients.page().items,
    "email": lambda tx: tx.clients.by_email("ann@x.example"),
    "passes": lambda tx: tx.passes.page().items,
    "code": lambda tx: tx.passes.by_code("code-p1"),
    "of_client": lambda tx: tx.passes.of_client("client_ann"),
    "due": lambda tx: tx.passes.due(NOW + 10_000 * HOUR, 10),
    "ledger": lambda tx: tx.passes.ledger("pass_p1"),
    "bookings": lambda tx: tx.bookings.page().items,
    "bookings by pass": lambda tx: tx.bookings.page(pass_id="pass_p1").items,
    "orders": lambda tx: tx.orders.page().items,
    "payment": lambda tx: tx.payments.find("stripe", "pi_pay_1"),
    "payments": lambda tx: tx.payments.of_order("order_1"),
    "invoices": lambda tx: tx.invoices.page().items,
    "invoices of": lambda tx: tx.invoices.of_order("order_1"),
    "document": lambda tx: tx.invoices.document("inv_1", "pdf"),
    "outbox": lambda tx: tx.outbox.page().items,
    "receipt": lambda tx: tx.receipts.find("key"),
    "staff": lambda tx: tx.people.all_staff(),
    "member": lambda tx: tx.people.staff("s@x.example"),
    "keys": lambda tx: tx.people.keys(),
    "login": lambda tx: tx.people.login("login_1"),
    "token": lambda tx: tx.people.login_by_token("t"),
    "logins": lambda tx: tx.people.open_logins("staff", "s@x.example"),
}
GETS: dict[str, Callable[[Tx], Any]] = {
    "service": lambda tx: tx.services.get("svc_yoga"),
    "slug": lambda tx: tx.services.get("yoga"),
    "product": lambda tx: tx.products.get("prod_ten"),
    "terms": lambda tx: tx.products.terms("prod_ten", 1),
    "client": lambda tx: tx.clients.get("client_ann"),
    "pass": lambda tx: tx.passes.get("pass_p1"),
    "locked": lambda tx: tx.passes.get("pass_p1", lock=True),
    "booking": lambda tx: tx.bookings.get("bk_1"),
    "ref": lambda tx: tx.bookings.get("ref-bk_1"),
    "order": lambda tx: tx.orders.get("order_1", lock=True),
    "invoice": lambda tx: tx.invoices.get("inv_1"),
    "message": lambda tx: tx.outbox.get("msg_1"),
}


def write_everything(tx: Tx) -> None:
    tx.bookings.put([make.booking()])
    tx.orders.add(make.order())
    tx.payments.add(make.payment())
    tx.invoices.next_number("2026")
    tx.invoices.add(make.invoice())
    tx.invoices.keep_document("inv_1", "pdf", b"x")
    tx.outbox.add([make.message()])
    tx.inbox.add(make.event())
    tx.receipts.add(Receipt("key", "f", "{}", NOW))
    tx.people.add_staff(StaffMember("staff_1", "s@x.example", "Sam", Role.DESK))
    tx.people.add_key(ApiKey("key_1", "till", Role.DESK, f"digest-{tx.business_id}", NOW))
    tx.people.add_login(Login("login_1", "staff", "s@x.example", "c", "b", NOW, NOW + HOUR))
    opened = Login("login_2", "staff", "s@x.example", "c", "b", NOW, NOW, token_digest="t")
    tx.people.add_login(opened)


@pytest.fixture
def two(store: SqlStore) -> SqlStore:
    """`b1` with a row in every table, `b2` with nothing at all."""
    make.open_business(store, "b2", filled=False)
    with store.begin("b1") as tx:
        write_everything(tx)
    return store


def test_another_business_sees_nothing(two: SqlStore) -> None:
    with two.begin("b2") as tx:
        for name, read in LISTS.items():
            assert not read(tx), name
        for name, get in GETS.items():
            with pytest.raises(NotFound):
                get(tx)
                pytest.fail(name)


def test_the_check_can_fail(two: SqlStore) -> None:
    """Negative control: from its own business almost everything is seen."""
    with two.begin("b1") as tx:
        unseen = {name for name, read in LISTS.items() if not read(tx)}
        assert unseen <= {"due", "bookings by pass"}
        for get in GETS.values():
            get(tx)


def test_the_same_names_live_side_by_side(two: SqlStore) -> None:
    """Ids, slugs, e-mails, references, numbers and keys are each business's own."""
    with two.begin("b2") as tx:
        make.fill(tx)
        write_everything(tx)
        assert tx.invoices.next_number("2026") == 2


def test_an_intake_reads_its_own_business_only(two: SqlStore) -> None:
    keys = [
        IntakeKey("mindbody", "ref-bk_1", ClientRef(email="ann@x.example"), "yoga", "pass_p1"),
        IntakeKey("mindbody", "ref-bk_2", ClientRef(id="client_ann"), "svc_yoga", "auto"),
    ]
    for some in (keys, keys[:1], keys[1:]):
        with two.begin("b2") as tx:
            found = tx.intake(some)
        assert (found.bookings, found.clients, found.services, list(found.passes)) == (
            {},
            {},
            {},
            [],
        )
