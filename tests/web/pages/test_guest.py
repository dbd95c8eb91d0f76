"""The guest app: the way in, passes, cancelling, renewing, the way out."""

from __future__ import annotations

import pytest

from passcore import Book, ClientRef, Freeze, PaymentMethod, PlaceOrder, book, edit, place
from passcore.usecases.passes import EditPass
from tests.web.houses import NOW, STUDIO
from tests.web.pages.site import ANA, Site, another

HOME = "/my?b=studio"


def test_signing_in_and_out(site: Site) -> None:
    """A code opens a session with a new secret; signing out ends it on the server (X15)."""
    site.give()
    site.get(HOME)
    before = site.http.cookies["__Host-browser"]
    entered = site.sign_in()
    assert entered.headers["location"] == HOME
    assert site.http.cookies["__Host-browser"] != before
    assert "Ana" in site.get(HOME).text
    kept = site.http.cookies["__Host-guest"]
    site.send("/my/sign-out?b=studio", {}, form=HOME)
    site.http.cookies.set("__Host-guest", kept, domain="passes.example")
    assert "Send me a code" in site.get(HOME).text


def test_cookies_are_bound_to_the_host(site: Site) -> None:
    site.give()
    for cookie in site.sign_in().headers.get_list("set-cookie"):
        assert cookie.startswith("__Host-")
        assert all(word in cookie for word in ("HttpOnly", "Secure", "Path=/", "SameSite=lax"))


def test_an_unknown_address_is_answered_like_a_known_one(site: Site) -> None:
    """Status, address and body are the same; only the mail tells (X11)."""
    site.give()
    answers = []
    for email in (ANA, "nobody@example.com"):
        browser = another(site)
        sent = browser.send("/my/sign-in?b=studio", {"email": email}, form=HOME)
        shown = browser.get(sent.headers["location"])
        masked = shown.text.replace(browser.http.cookies["__Host-browser"], "")
        answers.append((sent.status_code, sent.headers["location"], sent.content, len(masked)))
    assert answers[0] == answers[1]


def test_a_code_counts_in_the_browser_that_asked(site: Site) -> None:
    """Another browser cannot use it, with the login's id or without (X12)."""
    site.give()
    site.send("/my/sign-in?b=studio", {"email": ANA}, form=HOME)
    code, thief = site.code(), another(site)
    thief.get(HOME)
    login = site.http.cookies["__Host-login"]
    thief.http.cookies.set("__Host-login", login, domain="passes.example")
    assert thief.send("/my/code?b=studio", {"code": code}).status_code == 422
    assert site.send("/my/code?b=studio", {"code": code}).status_code == 303


def test_wrong_codes_are_throttled(site: Site) -> None:
    site.give()
    site.send("/my/sign-in?b=studio", {"email": ANA}, form=HOME)
    answers = [site.send("/my/code?b=studio", {"code": f"{n:08d}"}).status_code for n in range(11)]
    assert answers == [422] * 10 + [429]


def test_asking_for_codes_is_throttled_alike(site: Site) -> None:
    for email in (ANA, "nobody@example.com"):
        answers = [
            site.send("/my/sign-in?b=studio", {"email": email}, form=HOME).status_code
            for _ in range(6)
        ]
        assert answers == [303] * 5 + [429]


def test_a_pass_page_tells_the_whole_story(site: Site) -> None:
    """Punch card in words and dots, QR, last day, history in sentences."""
    given = site.give()
    when = NOW.replace(day=25)
    site.run(book, Book(ClientRef(email=ANA), "reformer", when))
    site.sign_in()
    text = site.get(f"/my/passes/{given.state.id}?b=studio").text
    assert 'aria-label="9 of 10 sessions left, 1 set aside"' in text
    assert text.count('class="hole free"') == 9
    assert "Valid until 22 May 2027" in text
    assert "1 session set aside for the visit on Wednesday, 25 November 2026" in text
    assert "<svg" in text


def test_nobody_sees_anothers_things(site: Site) -> None:
    """Another client's pass, visit and renewal are not there, as for a made-up id."""
    other = site.give(email="bela@example.com")
    visit = site.run(
        book, Book(ClientRef(email="bela@example.com"), "reformer", NOW.replace(day=25))
    )
    site.give()
    site.sign_in()
    for path in (
        f"/my/passes/{other.state.id}", f"/my/passes/{other.state.id}/renew",
        f"/my/visits/{visit.booking.id}/cancel", "/my/invoices/inv_1", "/my/passes/pass_none",
    ):  # fmt: skip
        assert site.get(f"{path}?b=studio").status_code == 404


@pytest.mark.parametrize(
    ("hours", "words"), [(48, "1 session comes back"), (3, "1 session is lost")]
)
def test_cancelling_says_first_what_it_does(site: Site, hours: int, words: str) -> None:
    given = site.give()
    when = NOW.replace(day=22 + hours // 24, hour=12 + hours % 24)
    visit = site.run(book, Book(ClientRef(email=ANA), "reformer", when))
    site.sign_in()
    path = f"/my/visits/{visit.booking.id}/cancel?b=studio"
    assert words in site.get(path).text
    assert site.send(path, {}).status_code == 303
    left = site.house.app.read(STUDIO.id, lambda tx, _c, _k: tx.passes.get(given.state.id), None)
    assert left.state.balance.available == (10 if hours == 48 else 9)


def test_renewing_leads_through_the_sign_in_and_back(site: Site) -> None:
    """The mail's link works for who is signed out; only ids travel, never addresses (X14)."""
    given = site.give()
    path = f"/my/passes/{given.state.id}/renew"
    sent = site.get(f"{path}?b=studio")
    assert sent.headers["location"] == f"/my?b=studio&renew={given.state.id}"
    site.send(
        "/my/sign-in?b=studio", {"email": ANA, "renew": given.state.id},
        form=sent.headers["location"],
    )  # fmt: skip
    entered = site.send("/my/code?b=studio", {"code": site.code(), "renew": given.state.id})
    assert entered.headers["location"] == f"{path}?b=studio"
    paid = site.send(path + "?b=studio", {"method": "online"})
    assert paid.headers["location"].startswith("https://pay.example/")


@pytest.mark.parametrize("evil", ["//evil.example", "/\\evil", "https:evil", "javascript:alert(1)"])
def test_no_address_is_taken_from_outside(site: Site, evil: str) -> None:
    site.give()
    site.send("/my/sign-in?b=studio", {"email": ANA, "renew": evil}, form=HOME)
    entered = site.send("/my/code?b=studio", {"code": site.code(), "renew": evil})
    assert entered.headers["location"] == HOME


def test_every_state_of_a_pass_has_its_page(site: Site) -> None:
    """Waiting, frozen, expired and used up are said in words."""
    site.run(place, PlaceOrder("ten", ClientRef(email=ANA), PaymentMethod.BANK_TRANSFER))
    frozen = site.give()
    site.run(edit, EditPass(frozen.state.id, Freeze(), "away"))
    site.sign_in()
    home = site.get(HOME).text
    assert "Waits for its payment" in home
    assert "Frozen until further notice" in home
    assert "Waiting for your transfer" in home
