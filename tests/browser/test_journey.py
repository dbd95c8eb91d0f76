"""The main job in a real browser: buy, pay, read the mail, book, sign in, renew; then the desk."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from passcore.domain.time import local_day
from passweb.demo.running import Demo, running_demo
from passweb.demo.seed import OWNER, ZONE
from tests.browser.walking import Walk

Violations = Callable[[Page], list[str]]
LOOKS = [(360, "light"), (360, "dark"), (1200, "light"), (1200, "dark")]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo on its own ports, with its payment page and mail server."""
    folder: Path = tmp_path_factory.mktemp("demo")
    with running_demo(folder) as found:
        yield found


@pytest.fixture(params=LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
def walk(
    request: pytest.FixtureRequest, demo: Demo, browser: Browser, violations: Violations
) -> Iterator[Walk]:
    """A person on a phone or at a desk, by day and by night."""
    width, scheme = request.param
    found = Walk(demo, browser, violations, width, scheme)
    yield found
    found.leave()


@pytest.fixture
def plain(demo: Demo, browser: Browser, violations: Violations) -> Iterator[Walk]:
    """A person whose browser runs no scripts."""
    found = Walk(demo, browser, violations, 360, "light", scripts=False)
    yield found
    found.leave()


def buy(walk: Walk) -> str:
    """Buy ten classes online; return the pass ID."""
    walk.go("/b/studio")
    walk.look("booking-page")
    walk.page.get_by_role("link", name="Buy 10 Reformer classes").click()
    walk.look("product")
    walk.fill(your_name="Ana Kovács", your_e__mail=walk.email)
    walk.press("Buy for")
    walk.page.wait_for_url(re.compile("/demo/pay/"))
    walk.press("Pay")
    walk.page.wait_for_url(re.compile("/orders/"))
    shown = walk.page.locator("#pass-id")
    expect(shown).to_be_visible()
    walk.look("paid")
    return shown.text_content() or ""


def book(walk: Walk, code: str | None) -> None:
    """Book a visit in a month, with *code* or with the pass filled in already."""
    walk.go("/b/studio/book?service=reformer")
    now = walk.demo.house.clock.now()
    day = local_day(now + timedelta(days=30), ZONE).isoformat()
    walk.fill(day=day, time="18:00")
    if code is not None:
        walk.fill(your_name="Ana", your_e__mail=walk.email, pass_id=code)
    walk.look("book")
    walk.press("Continue")
    expect(walk.page.get_by_role("heading", name="Check your visit")).to_be_visible()
    expect(walk.page.get_by_text("Left afterwards")).to_be_visible()
    walk.look("check")
    walk.press("Confirm the visit")
    expect(walk.page.get_by_role("heading", name="Your visit is booked")).to_be_visible()
    walk.look("booked")


def journey(walk: Walk) -> None:
    """From the first look to the renewed pass."""
    code = buy(walk)
    assert code in walk.mail("ready")
    walk.context.clear_cookies()
    book(walk, code)
    walk.sign_in(walk.email)
    walk.look("my-passes")
    walk.go("/b/studio/book?service=reformer")
    expect(walk.page.get_by_text(code)).to_be_visible()
    book(walk, None)
    walk.go("/my?b=studio")
    walk.page.get_by_role("link", name=re.compile("^Cancel")).first.click()
    expect(walk.page.get_by_text("1 session comes back")).to_be_visible()
    walk.look("cancel")
    walk.press("Yes, cancel")
    walk.page.locator("a.cover").first.click()
    expect(walk.page.get_by_text("1 session came back")).to_be_visible()
    walk.look("pass")
    walk.page.get_by_role("link", name="Renew").click()
    walk.look("renew")
    walk.press("Renew now for")
    walk.page.wait_for_url(re.compile("/orders/"))
    expect(walk.page.get_by_role("heading", name="Thank you, it is paid")).to_be_visible()
    walk.look("renewed")
    walk.go("/my?b=studio")
    expect(walk.page.locator("article.pass")).to_have_count(2)
    walk.look("two-passes")


def test_the_whole_journey(walk: Walk) -> None:
    """On a phone and at a desk, light and dark, every page on the way without a violation."""
    journey(walk)


def test_the_whole_journey_without_scripts(plain: Walk) -> None:
    """Every step works where the browser runs no scripts."""
    journey(plain)


def test_mail_is_read_in_the_viewer(walk: Walk) -> None:
    """The demo's mail: list, frame, plain text, attachment."""
    walk.go("/b/studio/passes/5-private-lessons")
    walk.fill(your_name="Ana", your_e__mail=walk.email)
    walk.press("Buy for")
    walk.look("transfer")
    walk.mail("waiting")
    walk.go("/demo/mail")
    walk.look("mails")
    walk.page.get_by_role("link", name=re.compile("waiting for payment")).first.click()
    frame = walk.page.frame_locator("iframe.mail")
    expect(frame.get_by_role("cell", name="5 private lessons")).to_be_visible()
    walk.look("mail")


def test_staff_see_the_day_and_check_in(walk: Walk) -> None:
    """Console and desk, each page looked at."""
    walk.sign_in(OWNER, "/console")
    walk.look("console")
    for name in ("Orders", "Clients", "Assign", "Desk"):
        walk.page.get_by_role("link", name=name, exact=True).click()
        walk.look(name.lower())
    walk.go("/console/clients?b=studio&q=Emil")
    walk.page.get_by_role("link", name="Emil Weber").click()
    walk.look("client")
    walk.page.locator("a.cover").first.click()
    code = walk.page.locator(".code").first.text_content() or ""
    for edit in walk.page.locator("details").all():
        edit.locator("summary").click()
    walk.look("console-pass")
    walk.go("/desk?b=studio")
    walk.fill(pass_id=code)
    walk.press("Find the pass")
    expect(walk.page.get_by_role("heading", name="Emil Weber")).to_be_visible()
    walk.look("desk-pass")


def test_mistakes_are_told_kindly(walk: Walk) -> None:
    """Wrong pass ID, empty form, nothing there, embed: each without a violation."""
    walk.go("/b/studio/book?service=mat")
    walk.fill(day="2027-01-14", time="10:00", your_name="Ana", your_e__mail=walk.email)
    walk.fill(pass_id="9TQ4-0HXN-7RKC-Z1M8-00")
    walk.press("Continue")
    expect(walk.page.get_by_role("alert")).to_be_visible()
    walk.look("wrong-pass-id")
    walk.go("/b/nobody")
    walk.look("not-found")
    walk.go("/b/studio/embed")
    walk.look("embed")


@pytest.mark.parametrize("language", ["hu", "de", "pl"])
def test_other_languages_fit_a_phone(
    demo: Demo, browser: Browser, violations: Violations, language: str
) -> None:
    """Longer words break nothing at 360 pixels."""
    walk = Walk(demo, browser, violations, 360, "light")
    for path in ("/b/studio", "/b/studio/passes/10-reformer-classes", "/b/studio/book", "/my"):
        walk.go(f"{path}?b=studio&lang={language}")
        walk.look(f"{language}-{path.rsplit('/', 1)[-1]}")
    walk.leave()


def test_the_booking_page_is_light_and_still(walk: Walk) -> None:
    """Under 100 kB in all, and nothing moves while it loads."""
    sizes: list[int] = []
    walk.page.on("response", lambda answer: sizes.append(len(answer.body())))
    walk.page.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => list.getEntries().forEach(entry => {"
        " window.shift += entry.value; })).observe({type: 'layout-shift', buffered: true});"
    )
    walk.go("/b/studio")
    walk.page.wait_for_load_state("networkidle")
    assert 0 < sum(sizes) < 100_000
    assert walk.page.evaluate("window.shift") == 0


def test_the_keyboard_is_enough(demo: Demo, browser: Browser, violations: Violations) -> None:
    """The first stop skips to the content; every stop shows where it is."""
    walk = Walk(demo, browser, violations, 1200, "light")
    walk.go("/b/studio")
    walk.page.keyboard.press("Tab")
    assert walk.page.evaluate("document.activeElement.className") == "skip"
    walk.page.keyboard.press("Enter")
    assert walk.page.evaluate("document.activeElement.id") == "main"
    walk.page.keyboard.press("Tab")
    outline = walk.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    walk.leave()
