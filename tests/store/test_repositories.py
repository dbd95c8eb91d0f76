"""Every repository gives back what it was given, finds what it should, refuses what is taken."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from passcore.codec import entry_body
from passcore.domain import commands as cm
from passcore.domain.bookings import BookingStatus
from passcore.domain.businesses import ApiKey, Role, StaffMember
from passcore.domain.coverage import Coverage, Visit
from passcore.domain.ledger import Line, chained
from passcore.domain.money import Money
from passcore.domain.notices import MessageState
from passcore.domain.orders import OrderStatus
from passcore.domain.time import Length
from passcore.domain.validity import Anchor, Validity
from passcore.errors import AlreadyExists, Contention, Invalid, NotFound
from passcore.ports.store import Login, Receipt
from passstore import SqlStore
from tests.store import building as make
from tests.store.building import HOUR, NOW


def test_a_business_is_found_and_saved_over_what_was_read(store: SqlStore) -> None:
    with store.begin("b1") as tx:
        read = tx.business()
        assert read == make.business()
        tx.save_business(attrs.evolve(read, name="Other", email="o@x.example"))
    with store.begin("b1") as tx, pytest.raises(Contention):
        tx.save_business(attrs.evolve(read, name="Stale"))
    with store.registry() as registry:
        assert registry.business("b1").name == "Other"
        assert registry.business("studio-b1").version == 2
        assert [b.id for b in registry.businesses()] == ["b1"]


def test_a_business_that_is_not_there_cannot_be_opened(store: SqlStore) -> None:
    with pytest.raises(NotFound), store.begin("nobody"):
        pass
    with store.registry() as registry, pytest.raises(NotFound):
        registry.business("nobody")


def test_a_slug_belongs_to_one_business(store: SqlStore) -> None:
    with pytest.raises(AlreadyExists) as refused, store.registry() as registry:
        registry.add_business(attrs.evolve(make.business("b2"), slug="studio-b1"))
    assert refused.value.fields() == {"what": "business", "field": "slug", "value": "studio-b1"}


def test_services_round_trip_by_id_and_slug(store: SqlStore) -> None:
    plain = make.service("pilates", price=None, category="floor")
    with store.begin("b1") as tx:
        tx.services.add(plain)
    with store.begin("b1", write=False) as tx:
        assert tx.services.get("pilates") == tx.services.get("svc_pilates") == plain
        assert tx.services.get("yoga") == make.service()
        assert [s.slug for s in tx.services.all()] == ["pilates", "yoga"]
        with pytest.raises(NotFound):
            tx.services.get("none")


def test_a_service_is_saved_over_the_version_that_was_read(store: SqlStore) -> None:
    with store.begin("b1") as tx:
        tx.services.save(attrs.evolve(make.service(), active=False))
    with pytest.raises(Contention), store.begin("b1") as tx:
        tx.services.save(make.service())
    with pytest.raises(NotFound), store.begin("b1") as tx:
        tx.services.save(make.service("none"))
    with store.begin("b1") as tx:
        assert tx.services.get("yoga") == attrs.evolve(make.service(), active=False, version=2)
    with pytest.raises(AlreadyExists), store.begin("b1") as tx:
        tx.services.add(attrs.evolve(make.service("other"), slug="yoga"))


def test_a_product_keeps_every_version_of_its_terms(store: SqlStore) -> None:
    first = make.product()
    second = attrs.evolve(
        first, terms=attrs.evolve(first.terms, version=2, price=Money(15000, "EUR")), shown=False
    )
    with store.begin("b1") as tx:
        tx.products.save(second)
        tx.products.save(attrs.evolve(second, retired=True))
    with store.begin("b1") as tx:
        assert tx.products.get("ten") == attrs.evolve(second, retired=True)
        assert tx.products.terms("prod_ten", 1) == first.terms
        assert tx.products.terms("prod_ten", 2) == second.terms
        assert tx.products.all() == [attrs.evolve(second, retired=True)]
        with pytest.raises(NotFound):
            tx.products.terms("prod_ten", 3)
    with pytest.raises(Contention), store.begin("b1") as tx:
        tx.products.save(attrs.evolve(second, terms=attrs.evolve(second.terms, name="Else")))


def test_clients_are_found_by_id_and_email(store: SqlStore) -> None:
    with store.begin("b1") as tx:
        assert tx.clients.get("client_ann") == tx.clients.by_email("ann@x.example") == make.client()
        assert tx.clients.by_email("bob@x.example") is None
        saved = attrs.evolve(make.client(), name="Änn", card_ref="pm_1")
        tx.clients.save(saved)
        assert tx.clients.get("client_ann") == attrs.evolve(saved, version=2)
    with pytest.raises(NotFound), store.begin("b1") as tx:
        tx.clients.get("client_bob")


def test_an_email_belongs_to_one_client_at_once(store: SqlStore) -> None:
    """Where it was not looked for, `add` itself refuses, so that the caller can tell."""
    with store.begin("b1") as tx, pytest.raises(AlreadyExists) as refused:
        tx.clients.add(attrs.evolve(make.client(), id="client_2"))
    assert refused.value.fields()["value"] == "ann@x.example"


def test_an_email_taken_since_it_was_looked_for_is_contention(store: SqlStore) -> None:
    """Decided again, the use case finds the client; a refusal would be wrong."""
    with pytest.raises(Contention), store.begin("b1") as tx:
        assert tx.clients.by_email("bob@x.example") is None
        with store.begin("b1") as other:
            other.clients.add(make.client("bob"))
        tx.clients.add(attrs.evolve(make.client("bob"), id="client_2"))


def test_a_search_takes_wildcards_literally_and_folds_any_letter(store: SqlStore) -> None:
    with store.begin("b1") as tx:
        for name, email in (("100% Éva", "e"), ("Under_score", "u"), ("Back\\slash", "b")):
            tx.clients.add(attrs.evolve(make.client(email), name=name))
    with store.begin("b1", write=False) as tx:
        for wanted, found in (
            ("%", ["100% Éva"]), ("_", ["Under_score"]), ("\\", ["Back\\slash"]),
            ("éVA", ["100% Éva"]), ("x.example", ["100% Éva", "Ann", "Back\\slash", "Under_score"]),
            ("zzz", []), ("\0", []),
        ):  # fmt: skip
            assert [c.name for c in tx.clients.page(search=wanted).items] == found


def test_a_pass_and_its_ledger_round_trip(store: SqlStore) -> None:
    stored, entry = make.new_pass()
    head = chained("", entry_body(entry))
    with store.begin("b1", write=False) as tx:
        read = tx.passes.get("pass_p1")
        assert read == attrs.evolve(stored, head=head)
        assert tx.passes.by_code("code-p1") == read
        assert tx.passes.by_code("code-none") is None
        assert tx.passes.of_client("client_ann") == [read]
        assert tx.passes.ledger("pass_p1") == [entry]
        assert list(tx.passes.bodies("pass_p1")) == [(1, "", entry_body(entry))]
        with pytest.raises(NotFound):
            tx.passes.get("pass_none")


def test_every_part_of_a_state_round_trips(store: SqlStore) -> None:
    """Window, freezes, holds, lapsed units, changed cover and owner: all of it comes back equal."""
    length = Validity(anchor=Anchor.PURCHASE, length=Length(6, "months"), grace_days=5)
    visit = Visit("svc_yoga", None, NOW + HOUR)
    with store.begin("b1") as tx:
        tx.clients.add(make.client("bob"))
        tx.passes.add(*make.new_pass("p2", validity=length, price=Money(10000, "EUR"), sessions=7))
        commands: list[tuple[cm.Command, ...]] = [
            (cm.Reserve(Line("bk_1"), visit), cm.Reserve(Line("bk_2", 1, 2), visit)),
            (cm.ChangeCover(Coverage(services=frozenset({"svc_yoga"}))),),
            (cm.Adjust(2),),
            (cm.Freeze(NOW.date() + 24 * HOUR, NOW.date() + 72 * HOUR),),
            (cm.Freeze(bookings=cm.Inside.KEEP),),
            (cm.Release(Line("bk_1")), cm.Release(Line("bk_2", 1, 2)), cm.Unfreeze()),
            (cm.ChangeOwner("client_bob"),),
            (cm.Suspend(),),
        ]
        for some in commands:
            done = make.change(tx.passes.get("pass_p2"), *some)
            tx.passes.append([done])
            assert tx.passes.get("pass_p2").state == done.after
        seen = tx.passes.get("pass_p2").state
        assert len(tx.passes.ledger("pass_p2")) == seen.version


def test_an_expired_pass_keeps_what_lapsed(store: SqlStore) -> None:
    length = Validity(anchor=Anchor.PURCHASE, length=Length(1, "months"))
    later = NOW + timedelta(days=60)
    with store.begin("b1") as tx:
        tx.passes.add(*make.new_pass("p2", validity=length))
        assert [p.state.id for p in tx.passes.due(later, 5)] == ["pass_p2"]
        assert tx.passes.due(NOW, 5) == []
        done = make.change(tx.passes.get("pass_p2"), cm.Expire(), at=later)
        tx.passes.append([done])
        assert tx.passes.get("pass_p2").state == done.after
        assert done.after.balance.lapsed
        assert tx.passes.due(later, 5) == []


def test_a_pass_id_is_given_once(store: SqlStore) -> None:
    again, entry = make.new_pass("p2")
    with store.begin("b1") as tx, pytest.raises(AlreadyExists):
        tx.passes.add(attrs.evolve(again, code="code-p1"), entry)


def test_a_transaction_sees_its_own_buffered_writes(store: SqlStore) -> None:
    with store.begin("b1") as tx:
        done = make.deduction(tx.passes.get("pass_p1"))
        tx.passes.append([done])
        tx.bookings.put([make.booking()])
        assert tx.passes.get("pass_p1").state == done.after
        again = make.deduction(tx.passes.get("pass_p1"), "bk_2")
        tx.passes.append([again])
        third = make.deduction(attrs.evolve(tx.passes.get("pass_p1")), "bk_3")
        tx.passes.append([third])
        tx.bookings.put([attrs.evolve(make.booking(), revision=2, version=2)])
        tx.bookings.put([attrs.evolve(make.booking(), revision=3, version=3)])
    with store.begin("b1", write=False) as tx:
        assert tx.passes.get("pass_p1").state == third.after
        assert tx.bookings.get("bk_1").version == 3


def test_nothing_of_a_failed_block_stays(store: SqlStore) -> None:
    with pytest.raises(ZeroDivisionError), store.begin("b1") as tx:
        tx.passes.append([make.deduction(tx.passes.get("pass_p1"))])
        tx.bookings.put([make.booking()])
        tx.orders.add(make.order())
        assert tx.bookings.get("bk_1").version == 1
        raise ZeroDivisionError
    with store.begin("b1", write=False) as tx:
        assert tx.passes.get("pass_p1").state.version == 1
        assert tx.bookings.page().items == ()
        assert tx.orders.page().items == ()


def test_a_reading_block_refuses_to_write(store: SqlStore) -> None:
    with store.begin("b1", write=False) as tx:
        with pytest.raises(RuntimeError):
            tx.bookings.put([make.booking()])
        with pytest.raises(RuntimeError):
            tx.orders.add(make.order())


def test_bookings_round_trip_and_are_found(store: SqlStore) -> None:
    first = make.booking()
    unpaid = make.booking(
        "bk_2", lines=(attrs.evolve(first.lines[0], payment=None),), starts_at=NOW + HOUR
    )
    elsewhere = make.booking(
        "bk_3", source="eversports", ref="ref-bk_1", status=BookingStatus.BOOKED
    )
    with store.begin("b1") as tx:
        tx.passes.append([make.deduction(tx.passes.get("pass_p1"))])
        tx.bookings.put([first, unpaid, elsewhere])
    with store.begin("b1", write=False) as tx:
        assert tx.bookings.get("bk_1") == first
        assert tx.bookings.get("ref-bk_2") == unpaid
        with pytest.raises(NotFound):
            tx.bookings.get("ref-bk_1")  # two sources use it
        page = tx.bookings.page
        assert [b.id for b in page().items] == ["bk_2", "bk_3", "bk_1"]
        assert [b.id for b in page(pass_id="pass_p1").items] == ["bk_1"]
        assert page(pass_id="pass_p%").items == ()
        assert [b.id for b in page(status=BookingStatus.BOOKED).items] == ["bk_3"]
        assert [b.id for b in page(starts_from=NOW + HOUR).items] == ["bk_2"]
        assert [b.id for b in page(starts_until=NOW + HOUR).items] == ["bk_3", "bk_1"]
        assert page(client_id="client_none").items == ()


def test_a_booking_is_put_over_the_version_before(store: SqlStore) -> None:
    with store.begin("b1") as tx:
        tx.bookings.put([make.booking()])
    for wrong in (make.booking(), make.booking("bk_9", ref="ref-bk_1"), make.booking(version=3)):
        with pytest.raises(Contention), store.begin("b1") as tx:
            tx.bookings.put([wrong])
    with store.begin("b1") as tx:
        changed = make.booking(version=2, revision=2, status=BookingStatus.REVERSED)
        tx.bookings.put([changed])
        assert tx.bookings.get("bk_1") == changed


def test_orders_and_payments_round_trip(store: SqlStore) -> None:
    with store.begin("b1") as tx:
        tx.orders.add(make.order())
        tx.orders.add(make.order("order_2", created_at=NOW + HOUR, status=OrderStatus.PAID))
        tx.payments.add(make.payment())
        tx.payments.save(make.payment(refunded=Money(12000, "EUR")))
    with store.begin("b1") as tx:
        assert tx.orders.get("order_1", lock=True) == make.order()
        assert [o.id for o in tx.orders.page().items] == ["order_2", "order_1"]
        assert [o.id for o in tx.orders.page(status=OrderStatus.PAID).items] == ["order_2"]
        paid = tx.payments.find("stripe", "pi_pay_1")
        assert paid == make.payment(refunded=Money(12000, "EUR"))
        assert tx.payments.of_order("order_1") == [paid]
        assert tx.payments.find("stripe", "none") is None
        tx.orders.save(attrs.evolve(make.order(), status=OrderStatus.PAID, pass_id="pass_p1"))
        assert tx.orders.get("order_1").version == 2
    with pytest.raises(Contention), store.begin("b1") as tx:
        tx.orders.save(make.order())
    with store.begin("b1") as tx, pytest.raises(AlreadyExists):
        tx.payments.add(make.payment("pay_2", payment_ref="pi_pay_1"))


def test_invoice_numbers_run_without_a_gap_and_are_undone_with_the_block(store: SqlStore) -> None:
    with store.begin("b1") as tx:
        tx.orders.add(make.order())
        assert [tx.invoices.next_number("2026") for _ in range(2)] == [1, 2]
        tx.invoices.add(make.invoice())
    with pytest.raises(ZeroDivisionError), store.begin("b1") as tx:
        assert tx.invoices.next_number("2026") == 3
        raise ZeroDivisionError
    with store.begin("b1") as tx:
        assert tx.invoices.next_number("2026") == 3
        assert tx.invoices.next_number("2027") == 1
        assert tx.invoices.get("inv_1") == make.invoice()
        assert tx.invoices.of_order("order_1") == [make.invoice()]
        assert tx.invoices.page(client_id="client_ann").items == (make.invoice(),)


def test_a_document_that_was_kept_stays_as_it_is(store: SqlStore) -> None:
    with store.begin("b1") as tx:
        tx.orders.add(make.order())
        tx.invoices.add(make.invoice())
        assert tx.invoices.document("inv_1", "pdf") is None
        tx.invoices.keep_document("inv_1", "pdf", b"%PDF\x00one")
        tx.invoices.keep_document("inv_1", "pdf", b"two")
    with store.begin("b1", write=False) as tx:
        assert tx.invoices.document("inv_1", "pdf") == b"%PDF\x00one"


def test_a_message_is_queued_once(store: SqlStore) -> None:
    with store.begin("b1") as tx:
        tx.outbox.add([make.message(), make.message("msg_2", dedupe="msg_1")])
    with store.begin("b1") as tx:
        tx.outbox.add([make.message("msg_3", dedupe="msg_1")])
    with store.begin("b1") as tx:
        assert tx.outbox.page().items == (make.message(),)
        sent = make.message(state=MessageState.SENT, attempts=1, sent_at=NOW)
        tx.outbox.save(sent)
        assert tx.outbox.get("msg_1") == sent
        assert tx.outbox.page(state=MessageState.DUE).items == ()
        with pytest.raises(NotFound):
            tx.outbox.get("msg_2")


def test_an_event_is_kept_once(store: SqlStore) -> None:
    with store.begin("b1") as tx:
        assert tx.inbox.add(make.event())
        assert not tx.inbox.add(make.event("ev_2", event_id="evt_ev_1"))
        with pytest.raises(NotFound):
            tx.inbox.save(make.event("ev_2"))


def test_a_receipt_is_stored_once(store: SqlStore) -> None:
    receipt = Receipt("key", "print", '{"a":1}', NOW)
    with store.begin("b1") as tx:
        assert tx.receipts.find("key") is None
        tx.receipts.add(receipt)
    with pytest.raises(Contention), store.begin("b1") as tx:
        tx.receipts.add(attrs.evolve(receipt, result="{}"))
    with store.begin("b1", write=False) as tx:
        assert tx.receipts.find("key") == receipt


def test_people_round_trip(store: SqlStore) -> None:
    member = StaffMember("staff_1", "s@x.example", "Sam", Role.DESK)
    key = ApiKey("key_1", "till", Role.MANAGER, "d" * 64, NOW)
    login = Login("login_1", "staff", "s@x.example", "c", "b", NOW, NOW + HOUR)
    with store.begin("b1") as tx:
        tx.people.add_staff(member)
        tx.people.add_key(key)
        tx.people.add_login(login)
    with store.begin("b1") as tx:
        assert tx.people.staff("s@x.example") == member
        assert tx.people.all_staff() == [member]
        assert tx.people.keys() == [key]
        assert tx.people.login("login_1") == login
        assert tx.people.open_logins("staff", "s@x.example") == [login]
        tx.people.save_login(attrs.evolve(login, token_digest="t"))
        assert tx.people.login_by_token("t") == attrs.evolve(login, token_digest="t", version=2)
        assert tx.people.open_logins("staff", "s@x.example") == []
        tx.people.save_key(attrs.evolve(key, revoked_at=NOW))
    with pytest.raises(Contention), store.begin("b1") as tx:
        tx.people.save_login(login)
    with store.begin("b1") as tx, pytest.raises(AlreadyExists):
        tx.people.add_staff(attrs.evolve(member, id="staff_2"))
    with store.registry() as registry:
        assert registry.key("d" * 64) == ("b1", attrs.evolve(key, revoked_at=NOW))
        assert registry.key("e" * 64) is None


def test_open_orders_are_those_that_wait(store: SqlStore) -> None:
    with store.begin("b1") as tx:
        tx.orders.add(make.order())
        tx.orders.add(make.order("order_2", status=OrderStatus.PAID))
        tx.orders.add(make.order("order_3", created_at=NOW + HOUR))
    with store.registry() as registry:
        early = registry.claim_orders(NOW, NOW + HOUR, 10, placed_before=NOW)
        assert early == [("b1", "order_1")]
        now = NOW + HOUR
        assert len(registry.claim_orders(now, now + HOUR, 1, placed_before=now)) == 1


def test_pages_follow_one_another_while_rows_are_added(store: SqlStore) -> None:
    """By key, not by offset: a newer row neither repeats nor hides another."""
    with store.begin("b1") as tx:
        for number in range(5):
            tx.orders.add(make.order(f"order_{number}", created_at=NOW + number * HOUR))
    seen: list[str] = []
    cursor = None
    for _ in range(10):
        with store.begin("b1") as tx:
            page = tx.orders.page(cursor=cursor, limit=2)
            seen += [order.id for order in page.items]
            late = f"late_{len(seen)}"
            tx.orders.add(make.order(late, created_at=NOW + 100 * HOUR))
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [f"order_{number}" for number in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize(
    "cursor", ["", "!", "x" * 50, "W10", "WzFd", "WyJhIiwxXQ", "é", "WzFlNDAwLCJhIl0", "bnVsbA"]
)
def test_a_cursor_we_did_not_give_is_invalid(store: SqlStore, cursor: str) -> None:
    with store.begin("b1", write=False) as tx:
        for page in (tx.passes.page, tx.bookings.page, tx.clients.page, tx.invoices.page):
            with pytest.raises(Invalid) as refused:
                page(cursor=cursor)
            assert refused.value.field == "cursor"


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_page_has_one_to_a_thousand_rows(store: SqlStore, limit: int) -> None:
    with store.begin("b1", write=False) as tx, pytest.raises(Invalid):
        tx.clients.page(limit=limit)
