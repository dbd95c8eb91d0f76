"""Bookings in a store."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from passcore.domain.bookings import BookingLine, BookingStatus, LinePayment, PaymentState
from passcore.domain.ledger import Line
from passcore.errors import Contention, NotFound
from passcore.testing import builders
from passcore.testing.builders import NOW
from passcore.testing.store.base import Shop, StoreTests, whole


class BookingTests(StoreTests):
    """`Bookings`."""

    def test_a_booking_comes_back_as_it_was_put(self, shop: Shop) -> None:
        """With every part of what pays for it, by id and by reference."""
        told = shop.story()
        service = shop.service()
        line = told.book(1)
        held = shop.add(told).state.balance.holds[0]
        payment = LinePayment(
            told.state.id, PaymentState.HELD, 1, held.units, held.seq, 1, 9, NOW - timedelta(1)
        )
        booking = builders.booking(
            told.state.client_id,
            service.id,
            id=line.booking_id,
            lines=(BookingLine(0, service.id, payment),),
            choice=told.state.id,
            seats=3,
        )
        with shop.tx() as tx:
            tx.bookings.put([booking])
        with shop.tx(write=False) as tx:
            assert tx.bookings.get(booking.id) == booking
            assert tx.bookings.get(booking.ref) == booking

    def test_an_unknown_booking_is_not_found(self, shop: Shop) -> None:
        """Nor is a reference that two sources use."""
        first = shop.booking(source="one", ref="42")
        shop.booking(source="two", ref="42")
        with shop.tx(write=False) as tx:
            for ref in ("nothing", "42"):
                with pytest.raises(NotFound):
                    tx.bookings.get(ref)
            assert tx.bookings.get(first.id) == first

    def test_a_booking_is_put_over_the_version_before(self, shop: Shop) -> None:
        """All that may change is changed."""
        booking = shop.booking()
        moved = attrs.evolve(
            booking,
            revision=2,
            status=BookingStatus.COMPLETED,
            client_id=shop.client().id,
            starts_at=booking.starts_at + timedelta(hours=2),
            ends_at=booking.ends_at + timedelta(hours=2),
            seats=2,
            lines=(BookingLine(0, shop.service().id),),
            choice="auto",
            fingerprint="other",
            version=2,
        )
        with shop.tx() as tx:
            tx.bookings.put([moved])
        with shop.tx(write=False) as tx:
            assert tx.bookings.get(booking.id) == moved

    def test_a_booking_put_over_another_version_is_contention(self, shop: Shop) -> None:
        """Too old, too new or not there at all."""
        booking = shop.booking()
        with shop.tx() as tx:
            tx.bookings.put([attrs.evolve(booking, version=2)])
        wrong = [
            attrs.evolve(booking, seats=9, version=2),
            attrs.evolve(booking, seats=9, version=4),
            builders.booking(booking.client_id, booking.lines[0].service_id, version=2),
        ]
        for one in wrong:
            with pytest.raises(Contention), shop.tx() as tx:
                tx.bookings.put([one])
        with shop.tx(write=False) as tx:
            assert tx.bookings.get(booking.id) == attrs.evolve(booking, version=2)

    def test_a_reference_of_a_source_is_one_booking(self, shop: Shop) -> None:
        """A second one is contention: deciding again finds the first."""
        first = shop.booking(source="one", ref="42")
        second = builders.booking(
            first.client_id, first.lines[0].service_id, source="one", ref="42"
        )
        with pytest.raises(Contention), shop.tx() as tx:
            tx.bookings.put([second])
        with shop.tx(write=False) as tx:
            assert tx.bookings.get("42") == first

    def test_several_bookings_are_put_at_once_or_not_at_all(self, shop: Shop) -> None:
        """One that cannot be takes the others with it."""
        booking = shop.booking()
        fresh = builders.booking(booking.client_id, booking.lines[0].service_id)
        with pytest.raises(Contention), shop.tx() as tx:
            tx.bookings.put([fresh, attrs.evolve(booking, version=7)])
        with shop.tx(write=False) as tx, pytest.raises(NotFound):
            tx.bookings.get(fresh.id)

    def test_pages_of_bookings_hold_each_once_the_latest_start_first(self, shop: Shop) -> None:
        """All of them, one client's, one status's, a stretch of time from its first instant up to,
        not including, its last."""
        clients, service = [shop.client(), shop.client()], shop.service()
        statuses = (BookingStatus.BOOKED, BookingStatus.COMPLETED)
        added = [
            shop.booking(
                clients[n % 2],
                service,
                starts_at=NOW + timedelta(hours=n // 2),
                status=statuses[n // 3],
            )
            for n in range(5)
        ]
        order = sorted(added, key=lambda b: (b.starts_at, b.id), reverse=True)
        hour = NOW + timedelta(hours=1)
        with shop.tx(write=False) as tx:
            page = tx.bookings.page
            assert whole(page) == order
            for client in clients:
                of_client = [b for b in order if b.client_id == client.id]
                assert whole(page, client_id=client.id) == of_client
            for status in statuses:
                assert whole(page, status=status) == [b for b in order if b.status is status]
            assert whole(page, starts_from=hour) == [b for b in order if b.starts_at >= hour]
            assert whole(page, starts_until=hour) == [b for b in order if b.starts_at < hour]
            both = whole(page, client_id=clients[0].id, starts_from=hour)
            mine = [b for b in order if b.client_id == clients[0].id]
            assert both == [b for b in mine if b.starts_at >= hour]

    def test_the_bookings_a_pass_pays_for_are_found_by_it(self, shop: Shop) -> None:
        """Also one it paid for and got back; not those another pass pays for."""
        client, service = shop.client(), shop.service()
        told = shop.story(client=client)
        line = told.book(1)
        hold = shop.add(told).state.balance.holds[0]
        paid = LinePayment(told.state.id, PaymentState.RELEASED, 1, hold.units, 2, 1, 10, None)
        mine = builders.booking(
            client.id, service.id, id=line.booking_id, lines=(BookingLine(0, service.id, paid),)
        )
        with shop.tx() as tx:
            tx.bookings.put([mine])
        shop.booking(client, service)
        with shop.tx(write=False) as tx:
            assert whole(tx.bookings.page, pass_id=told.state.id) == [mine]
            assert whole(tx.bookings.page, pass_id=builders.new_id("pass")) == []
        assert Line(mine.id) == line
