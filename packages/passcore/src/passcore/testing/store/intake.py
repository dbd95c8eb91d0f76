"""What a store reads at once for a batch of booking reports."""

from __future__ import annotations

from datetime import timedelta

from passcore.domain.bookings import BookingLine, LinePayment, PaymentState
from passcore.domain.clients import ClientRef
from passcore.ports.store import IntakeKey
from passcore.testing import builders
from passcore.testing.builders import NOW
from passcore.testing.store.base import Shop, StoreTests


def _key(client: ClientRef, service: str = "none", choice: str | None = "auto") -> IntakeKey:
    return IntakeKey("calendar", builders.new_id("new"), client, service, choice)


class IntakeTests(StoreTests):
    """`Tx.intake`."""

    def test_an_empty_batch_finds_nothing(self, shop: Shop) -> None:
        """And reads nothing in vain."""
        shop.a_pass()
        with shop.tx() as tx:
            found = tx.intake([])
        assert (found.bookings, found.clients, found.services, list(found.passes)) == (
            {},
            {},
            {},
            [],
        )

    def test_names_that_are_not_there_are_left_out(self, shop: Shop) -> None:
        """Also those that could never be."""
        names = [
            ClientRef(id="nobody"),
            ClientRef(email="nobody@example.com"),
            ClientRef(email="no address"),
            ClientRef(),
        ]
        keys = [_key(name, choice=choice) for name in names for choice in ("auto", None, "gone")]
        with shop.tx() as tx:
            found = tx.intake([*keys, _key(names[0], choice=builders.new_code())])
        assert (found.bookings, found.clients, found.services) == ({}, {}, {})
        assert list(found.passes) == []

    def test_clients_and_services_stand_under_what_named_them(self, shop: Shop) -> None:
        """By id, e-mail, slug; an address in any case names its client."""
        client, service = shop.client(email="ana@example.com"), shop.service(slug="reformer")
        refs = [
            ClientRef(id=client.id),
            ClientRef(email="ana@example.com"),
            ClientRef(email="Ana@Example.COM", name="Ana"),
        ]
        keys = [_key(ref, name) for ref in refs for name in (service.id, "reformer")]
        with shop.tx() as tx:
            found = tx.intake(keys)
        assert found.clients == dict.fromkeys(refs, client)
        assert found.services == {service.id: service, "reformer": service}

    def test_bookings_stand_under_source_and_reference(self, shop: Shop) -> None:
        """One of the same reference from elsewhere is another booking."""
        booking = shop.booking(source="one", ref="42")
        shop.booking(source="two", ref="42")
        client = ClientRef(id=booking.client_id)
        with shop.tx() as tx:
            found = tx.intake([IntakeKey("one", "42", client, "none", None)])
        assert found.bookings == {("one", "42"): booking}

    def test_every_pass_that_may_be_needed_is_there_once(self, shop: Shop) -> None:
        """The clients' own, those named by id or pass ID, and those that pay for the bookings."""
        ana = shop.client()
        own = [shop.a_pass(client=ana), shop.a_pass(client=ana)]
        by_id, by_code = shop.a_pass(), shop.a_pass()
        shop.a_pass()
        told = shop.story()
        line = told.book(1)
        paying = shop.add(told)
        service = shop.service()
        hold = paying.state.balance.holds[0]
        payment = LinePayment(
            paying.state.id, PaymentState.HELD, 1, hold.units, hold.seq, 1, 9, None
        )
        booking = builders.booking(
            paying.state.client_id,
            service.id,
            id=line.booking_id,
            lines=(BookingLine(0, service.id, payment),),
        )
        with shop.tx() as tx:
            tx.bookings.put([booking])
        ref = ClientRef(id=ana.id)
        keys = [
            _key(ref, choice="auto"),
            _key(ref, choice=by_id.state.id),
            _key(ref, choice=by_code.code.lower().replace("-", " ")),
            IntakeKey(booking.source, booking.ref, ref, service.id, own[0].code),
        ]
        with shop.tx() as tx:
            found = sorted(tx.intake(keys).passes, key=lambda p: p.state.id)
        assert found == sorted([*own, by_id, by_code, paying], key=lambda p: p.state.id)

    def test_an_intake_sees_the_writes_of_its_own_block(self, shop: Shop) -> None:
        """A client made on the way is found by it."""
        service = shop.service()
        client = builders.client(created_at=NOW - timedelta(days=1))
        with shop.tx() as tx:
            tx.clients.add(client)
            found = tx.intake([_key(ClientRef(email=client.email), service.id)])
        assert found.clients == {ClientRef(email=client.email): client}

    def test_a_batch_of_hundreds_is_read_like_one(self, shop: Shop) -> None:
        """However many it names."""
        service = shop.service()
        clients = [shop.client() for _ in range(150)]
        keys = [_key(ClientRef(email=c.email), service.id) for c in clients]
        with shop.tx() as tx:
            found = tx.intake(keys * 3)
        assert {c.id for c in found.clients.values()} == {c.id for c in clients}
