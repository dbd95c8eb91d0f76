"""Hostile and clumsy people at the pages: an answer that says what to do, on every store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from passcore.ports.store import Store
from tests.web.pages.site import ANA, ORIGIN, Hidden, Site, another, site as serve

TEN = "/b/studio/passes/ten"
WHO = {"name": "Ana", "email": ANA}


@pytest.fixture
def stored(store: Store) -> Iterator[Site]:
    """A stocked studio on every store."""
    with serve(store=store) as found:
        yield found


def test_no_nul_reaches_a_database(stored: Site) -> None:
    """PostgreSQL takes none in a text: not in addresses, not in cookies, not in fields."""
    for path in ("/b/%00", "/b/a%00b/book", "/my?b=%00", "/console?b=a%00b", "/desk?b=%00"):
        assert stored.get(path).status_code == 404, path
    for door, name in (("/my", "guest"), ("/console", "staff")):
        answer = stored.get(door, cookie=f'__Host-{name}="a\\000b~x"')
        assert answer.status_code == 404
    stored.give()
    stored.sign_in()
    visit = {"service": "reformer", "choice": "a\0b", **stored.tomorrow}
    assert stored.send("/b/studio/book", visit).status_code == 422
    stored.sign_in("owner@example.com", "/console")
    given = {"product": "\0", "email": ANA}
    assert stored.send("/console/assign?b=studio", given).status_code == 422


def test_no_nul_in_a_login_reaches_a_database(stored: Site) -> None:
    page = stored.get("/my/code?b=studio")
    browser = page.cookies["__Host-browser"]
    answer = stored.raw(
        "/my/code?b=studio",
        {"csrf": Hidden(page.text).fields["csrf"], "code": "12345678"},
        origin=ORIGIN,
        cookie=f'__Host-browser={browser}; __Host-login="a\\000b"',
    )
    assert answer.status_code == 422


def test_a_form_counts_once_for_its_own_browser_only(site: Site) -> None:
    """Without the field that makes forms different, strangers do not get one another's orders."""
    bought = {**WHO, "method": "on_site", "once": ""}
    own = site.send(TEN, bought)
    assert site.send(TEN, bought).headers["location"] == own.headers["location"]
    stranger = another(site).send(TEN, bought)
    assert stranger.status_code == 303
    assert stranger.headers["location"] != own.headers["location"]


def test_a_form_sent_again_after_paying_leads_to_the_order(site: Site) -> None:
    """The back button and a second click end on the page that says it is paid."""
    fields = Hidden(site.get(TEN).text).fields | WHO | {"method": "online"}
    checkout = site.raw(TEN, fields, origin=ORIGIN).headers["location"]
    own = f"/b/studio/orders/{checkout.removeprefix('https://pay.example/')}"
    assert site.raw(TEN, fields, origin=ORIGIN).headers["location"] == checkout
    assert "Thank you, it is paid" in site.get(f"{own}/return").text
    assert site.raw(TEN, fields, origin=ORIGIN).headers["location"] == own


def test_how_long_to_wait_is_said(site: Site) -> None:
    for _ in range(5):
        site.send("/my/sign-in?b=studio", {"email": ANA}, form="/my?b=studio")
    answer = site.send("/my/sign-in?b=studio", {"email": ANA}, form="/my?b=studio")
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "600"
    assert "Wait 10 minutes and try again." in answer.text


@pytest.mark.parametrize("name", ["\u200b", "\u200d\ufeff", "\u3164", "\u00a0\u2060", "\u2800"])
def test_a_name_has_something_to_see(site: Site, name: str) -> None:
    """A client of such a name could not be clicked on in the console."""
    answer = site.send(TEN, {"name": name, "email": ANA, "method": "on_site"})
    assert answer.status_code == 422
    assert "Write your name" in answer.text


@pytest.mark.parametrize("name", ["ک\u200cا", "👩\u200d👧", "Ana\u00ad"])
def test_a_name_may_join_what_can_be_seen(site: Site, name: str) -> None:
    answer = site.send(TEN, {"name": name, "email": ANA, "method": "on_site"})
    assert answer.status_code == 303
