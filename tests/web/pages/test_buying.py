"""Buying a pass on the booking page."""

from __future__ import annotations

import pytest

from passcore import PaymentMethod, ProviderUnavailable
from tests.web.houses import STUDIO
from tests.web.pages.site import ANA, Site, another

TEN = "/b/studio/passes/ten"
WHO = {"name": "Ana", "email": ANA}


def orders(site: Site) -> list[object]:
    found = site.house.app.read(STUDIO.id, lambda tx, _c, _call: tx.orders.page().items, None)
    return list(found)


def test_the_booking_page_shows_what_is_on_sale(site: Site) -> None:
    """Shown products with price and share per visit; hidden ones only at their own address."""
    text = site.get("/b/studio").text
    assert "€120.00" in text
    assert "€12.00 per visit" in text
    assert "Valid for 6 months from purchase" in text
    assert "Secret" not in text
    assert "Secret" in site.get("/b/studio/passes/secret").text


def test_buying_online_leads_to_the_provider_and_back(site: Site) -> None:
    """Place, pay, and the page of the browser that placed it shows the pass ID; no other does."""
    answer = site.send(TEN, WHO | {"method": "online"})
    assert answer.status_code == 303
    order_id = answer.headers["location"].removeprefix("https://pay.example/")
    (request,) = site.gateway.started.values()
    own = f"/b/studio/orders/{order_id}"
    assert request.success_url == f"https://passes.example{own}/return"
    shown = site.get(f"{own}/return").text
    assert "Thank you, it is paid" in shown
    assert 'id="pass-id"' in shown
    stranger = another(site).get(own).text
    assert "Thank you, it is paid" in stranger
    assert 'id="pass-id"' not in stranger
    assert ANA not in stranger


def test_a_form_sent_twice_is_one_order(site: Site) -> None:
    """The form's own key makes the second sending an answer to the first."""
    fields = WHO | {"method": "on_site", "once": "a" * 43}
    first, second = (site.send(TEN, fields) for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    assert len(orders(site)) == 1


@pytest.mark.parametrize(
    ("method", "words"),
    [("on_site", "when you come"), ("bank_transfer", "Please transfer €120.00")],
)
def test_what_happens_next_is_said(site: Site, method: str, words: str) -> None:
    answer = site.send(TEN, WHO | {"method": method})
    assert words in site.get(answer.headers["location"]).text


def test_a_free_pass_needs_no_payment(site: Site) -> None:
    answer = site.send("/b/studio/passes/free-trial", WHO)
    assert "Your pass is ready" in site.get(answer.headers["location"]).text


def test_an_unreachable_provider_leaves_a_way_on(site: Site) -> None:
    """The order is kept; the page says that nothing was paid and offers the payment again."""
    site.gateway.faults.append(ProviderUnavailable("stripe"))
    answer = site.send(TEN, WHO | {"method": "online"})
    page = answer.headers["location"]
    assert "Nothing was charged" in site.get(page).text
    again = site.send(f"{page}/pay", {}, form=page)
    assert again.headers["location"].startswith("https://pay.example/")


def test_wrong_input_keeps_what_was_typed(site: Site) -> None:
    """Each field says what is wrong with it, and nothing typed is lost."""
    answer = site.send(TEN, {"name": "", "email": "no-address", "method": "online"})
    assert answer.status_code == 422
    assert 'value="no-address"' in answer.text
    assert 'id="e-email"' in answer.text
    assert 'id="e-name"' in answer.text
    assert not orders(site)


def test_a_method_that_is_not_offered_is_refused(site: Site) -> None:
    answer = site.send(TEN, WHO | {"method": "gold"})
    assert answer.status_code == 422
    assert PaymentMethod.ONLINE.value in answer.text


def test_a_new_client_is_written_to_in_the_language_of_the_page(site: Site) -> None:
    site.send(f"{TEN}?lang=hu", WHO | {"method": "on_site"})
    client = site.house.app.read(STUDIO.id, lambda tx, _c, _call: tx.clients.by_email(ANA), None)
    assert client is not None
    assert client.language == "hu"
