"""Console and desk."""

from __future__ import annotations

from datetime import timedelta

import pytest

from passcore import Book, BookingView, ClientRef, PaymentMethod, PlaceOrder, book, place
from tests.web.houses import NOW, STUDIO
from tests.web.pages.site import ANA, Site

TODAY = "/console?b=studio"


def visit(site: Site, hours: int = 2) -> BookingView:
    starts = NOW + timedelta(hours=hours)
    found: BookingView = site.run(book, Book(ClientRef(email=ANA), "reformer", starts))
    return found


def status(site: Site, booking_id: str) -> str:
    found = site.house.app.read(STUDIO.id, lambda tx, _c, _k: tx.bookings.get(booking_id), None)
    return str(found.status.value)


def test_a_visit_is_completed_and_undone_with_one_tap_each(site: Site) -> None:
    site.give()
    booking = visit(site).booking.id
    site.sign_in("owner@example.com", "/console")
    assert "Ana" in site.get(TODAY).text
    path = f"/console/visits/{booking}?b=studio"
    assert site.send(path, {"action": "complete"}, form=TODAY).status_code == 303
    assert status(site, booking) == "completed"
    site.send(path, {"action": "undo"}, form=TODAY)
    assert status(site, booking) == "booked"


def test_a_refusal_is_said_on_the_page(site: Site) -> None:
    site.give()
    booking = visit(site).booking.id
    site.sign_in("owner@example.com", "/console")
    answer = site.send(f"/console/visits/{booking}?b=studio", {"action": "no_show"}, form=TODAY)
    assert answer.status_code == 409
    assert "too early" in answer.text


@pytest.mark.parametrize("action", ["approve", "decline"])
def test_an_order_is_approved_or_declined(site: Site, action: str) -> None:
    client = ClientRef(email=ANA, name="Ana")
    order = site.run(place, PlaceOrder("ten", client, PaymentMethod.BANK_TRANSFER))
    site.sign_in("desk@example.com", "/console")
    page = "/console/orders?b=studio"
    assert "approve" in site.get(page).text
    path = f"/console/orders/{order.id}?b=studio"
    assert site.send(path, {"action": action}, form=page).status_code == 303
    found = site.house.app.read(STUDIO.id, lambda tx, _c, _k: tx.orders.get(order.id), None)
    assert found.status.value == {"approve": "fulfilled", "decline": "cancelled"}[action]


def test_a_pass_is_assigned_adjusted_and_extended(site: Site) -> None:
    """Each edit needs a reason and stands in the ledger under the name of who made it (S6)."""
    site.sign_in("owner@example.com", "/console")
    products = site.get("/console/assign?b=studio").text
    ten = products.split(">Ten")[0].rsplit('value="', 1)[1].split('"')[0]
    made = site.send(
        "/console/assign?b=studio", {"email": ANA, "product": ten, "payment": "on_site"}
    )
    path = made.headers["location"]
    refused = site.send(path, {"action": "adjust", "delta": "2", "reason": ""})
    assert refused.status_code == 422
    site.send(path, {"action": "adjust", "delta": "2", "reason": "sorry"})
    site.send(path, {"action": "extend", "last_day": "2027-08-01", "reason": "was ill"})
    text = site.get(path).text
    assert "2 sessions added by the business" in text
    assert "Valid until 1 August 2027" in text
    assert "Olga, web" in text


def test_a_freeze_in_the_console_asks_about_visits(site: Site) -> None:
    """Nothing is frozen until it is said what becomes of them (V7)."""
    given = site.give()
    booking = visit(site).booking.id
    site.sign_in("owner@example.com", "/console")
    path = f"/console/passes/{given.state.id}?b=studio"
    asked = site.send(path, {"action": "freeze", "reason": "away"})
    assert asked.status_code == 409
    assert "Visits are booked inside the freeze." in asked.text
    assert "End the freeze" not in site.get(path).text
    site.send(path, {"action": "freeze", "reason": "away", "bookings": "release"})
    assert "End the freeze" in site.get(path).text
    assert status(site, booking) == "cancelled"
    site.send(path, {"action": "unfreeze", "reason": "back"})
    assert "End the freeze" not in site.get(path).text


def test_roles_keep_to_their_rights(site: Site) -> None:
    """Desk staff sell and check in; changing a pass takes a manager; accountants look only."""
    given = site.give()
    booking = visit(site).booking.id
    site.sign_in("books@example.com", "/console")
    assert site.get(TODAY).status_code == 200
    done = site.send(f"/console/visits/{booking}?b=studio", {"action": "complete"}, form=TODAY)
    assert done.status_code == 403
    assert site.get("/desk?b=studio").status_code == 403
    site.send("/console/sign-out?b=studio", {}, form=TODAY)
    site.sign_in("desk@example.com", "/console")
    path = f"/console/passes/{given.state.id}?b=studio"
    assert "Change by hand" not in site.get(path).text
    edited = site.send(path, {"action": "cancel", "reason": "no"}, form=TODAY)
    assert edited.status_code == 403


def test_nobody_gets_in_who_is_not_staff(site: Site) -> None:
    """A client's code opens no console, and a client's session is none here."""
    site.give()
    site.sign_in()
    for path in ("/console/orders", "/console/clients", "/desk", "/console/assign"):
        assert site.get(f"{path}?b=studio").headers["location"] == TODAY
    asked = site.send("/console/sign-in?b=studio", {"email": ANA}, form=TODAY)
    assert asked.status_code == 303
    assert len([m for m in site.mails() if "code" in m.subject]) == 1


def test_the_desk_checks_in_and_takes_walk_ins(site: Site) -> None:
    """The pass ID never stands in an address; a walk-in sent twice is one visit."""
    given = site.give()
    booking = visit(site).booking.id
    site.sign_in("desk@example.com", "/console")
    found = site.send("/desk?b=studio", {"code": given.code})
    page = found.headers["location"]
    assert given.code not in page
    site.send(page, {"action": "complete", "booking": booking})
    assert status(site, booking) == "completed"
    services = site.get(page).text
    service = services.split('name="service" value="')[1].split('"')[0]
    fields = {"action": "walk_in", "service": service, "once": "c" * 43}
    for _ in range(2):
        assert site.send(page, fields).status_code == 303
    left = site.house.app.read(STUDIO.id, lambda tx, _c, _k: tx.passes.get(given.state.id), None)
    assert left.state.balance.available == 8


def test_clients_are_searched_literally(site: Site) -> None:
    site.give(name="100% Ana")
    site.give(email="bela@example.com", name="Béla")
    site.sign_in("owner@example.com", "/console")
    text = site.get("/console/clients?b=studio&q=100%25").text
    assert "100% Ana" in text
    assert "Béla" not in text
