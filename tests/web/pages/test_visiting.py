"""Booking a visit with a pass ID, without an account, and signed in."""

from __future__ import annotations

import re

import pytest

from passcore import RandomIds
from tests.web.houses import STUDIO
from tests.web.pages.site import ANA, Site

BOOK = "/b/studio/book"


def wanted(site: Site, **more: str) -> dict[str, str]:
    return {"service": "reformer", "name": "Ana", "email": ANA} | site.tomorrow | more


def available(site: Site, pass_id: str) -> int:
    found = site.house.app.read(STUDIO.id, lambda tx, _c, _call: tx.passes.get(pass_id), None)
    return int(found.state.balance.available)


def test_what_it_takes_is_said_before_it_is_confirmed(site: Site) -> None:
    """The check page names the pass, what is left and the deadline; nothing is held yet (C5)."""
    given = site.give()
    fields = wanted(site, code=given.code.lower().replace("-", " "))
    checked = site.send(BOOK, fields)
    assert checked.status_code == 200
    assert "9 sessions" in checked.text
    assert "Until Tuesday, 24 November" not in checked.text
    assert "Until Monday, 23 November 2026, 00:00" in checked.text
    assert available(site, given.state.id) == 10
    booked = site.send(f"{BOOK}/confirm", fields, form=BOOK)
    assert booked.status_code == 303
    assert available(site, given.state.id) == 9
    assert "Your visit is booked" in site.get(booked.headers["location"]).text


def test_confirming_twice_is_one_visit(site: Site) -> None:
    given = site.give()
    fields = wanted(site, code=given.code, once="b" * 43)
    answers = [site.send(f"{BOOK}/confirm", fields, form=BOOK) for _ in range(2)]
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert available(site, given.state.id) == 9


def test_every_wrong_pair_is_answered_alike(site: Site) -> None:
    """A pass ID nobody has, somebody else's and an unknown address tell nothing apart (B8)."""
    given, other = site.give(), site.give(email="bela@example.com")
    pairs = [(RandomIds().code(), ANA), (other.code, ANA), (given.code, "nobody@example.com")]
    answers = [site.send(BOOK, wanted(site, code=code, email=who)) for code, who in pairs]
    assert {answer.status_code for answer in answers} == {422}
    told = {re.sub(r'value="[^"]*"', "", answer.text) for answer in answers}
    assert len(told) == 1
    assert "do not belong together" in told.pop()


def test_a_mistyped_pass_id_is_caught_before_any_look_up(site: Site) -> None:
    """The check characters tell; it does not count as guessing."""
    code = site.give().code
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    for _ in range(12):
        answer = site.send(BOOK, wanted(site, code=wrong))
        assert answer.status_code == 422
        assert "18 letters and digits" in answer.text
    assert site.send(BOOK, wanted(site, code=code)).status_code == 200


def test_guessing_is_throttled(site: Site) -> None:
    """Ten failures a minute and source; then 429 with the time to wait, even for a right pair."""
    given = site.give()
    for _ in range(10):
        assert site.send(BOOK, wanted(site, code=RandomIds().code())).status_code == 422
    answer = site.send(BOOK, wanted(site, code=given.code))
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 61
    assert "Too many attempts" in answer.text


def test_a_pass_id_can_be_guessed_at_a_hundred_times_only(site: Site) -> None:
    """From however many sources; its owner, signed in, is not locked out (X10)."""
    given = site.give()
    site.send(BOOK, wanted(site, code=given.code))
    throttles = site.app.state.page_throttles
    for _ in range(100):
        throttles.targets.fail(given.code)
    assert site.send(BOOK, wanted(site, code=given.code)).status_code == 429
    site.sign_in()
    fields = {"service": "reformer", "choice": given.state.id} | site.tomorrow
    assert site.send(BOOK, fields).status_code == 200


def test_the_e_mail_alone_never_uses_a_pass(site: Site) -> None:
    """Without a pass ID and without signing in, the visit is booked without a pass."""
    given = site.give()
    checked = site.send(BOOK, wanted(site))
    assert "you pay on site" in checked.text
    site.send(f"{BOOK}/confirm", wanted(site), form=BOOK)
    assert available(site, given.state.id) == 10


def test_a_pass_that_does_not_cover_says_so(site: Site) -> None:
    given = site.give()
    answer = site.send(BOOK, wanted(site, code=given.code, service="mat"))
    assert answer.status_code == 422
    assert "does not cover" in answer.text


def test_a_signed_in_client_has_the_best_pass_filled_in(site: Site) -> None:
    given = site.give()
    site.sign_in()
    form = site.get(f"{BOOK}?service=reformer").text
    assert given.code in form
    assert 'name="email"' not in form
    fields = {"service": "reformer", "choice": "auto"} | site.tomorrow
    assert "9 sessions" in site.send(BOOK, fields).text
    assert site.send(f"{BOOK}/confirm", fields, form=BOOK).status_code == 303
    assert available(site, given.state.id) == 9


def test_a_signed_in_client_cannot_name_anothers_pass(site: Site) -> None:
    site.give()
    other = site.give(email="bela@example.com")
    site.sign_in()
    fields = {"service": "reformer", "choice": other.state.id} | site.tomorrow
    assert site.send(f"{BOOK}/confirm", fields, form=BOOK).status_code == 422
    assert available(site, other.state.id) == 10


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("date", "2026-11-21"), ("date", "2028-01-01"), ("date", "20261123"), ("date", "x" * 9000),
        ("time", "25:00"), ("time", ""), ("service", "none"), ("name", "a\x00b"),
        ("name", "\u202eevil"), ("email", "a@b@c"),
    ],
)  # fmt: skip
def test_nonsense_is_refused_at_its_field(site: Site, field: str, value: str) -> None:
    answer = site.send(BOOK, wanted(site, **{field: value}))
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text
