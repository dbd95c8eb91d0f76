"""What holds on every page: languages, headers, foreign forms, hostile names, bounded reading."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import passweb
from passcore import AddProduct, EditBusiness, Money, add_product, edit_business
from passcore.domain.messages import WORDINGS
from passweb.i18n import LANGUAGES
from passweb.pages import refusals
from tests.web.houses import STUDIO
from tests.web.pages import site as sites
from tests.web.pages.site import ANA, ORIGIN, Site

PUBLIC = (
    "/b/studio", "/b/studio/embed", "/b/studio/passes/ten", "/b/studio/book", "/my?b=studio",
    "/my/code?b=studio", "/console?b=studio", "/console/code?b=studio", "/b/none",
)  # fmt: skip
STAFF = (
    "/console", "/console/orders", "/console/clients", "/console/passes/{}", "/console/assign",
    "/desk", "/desk/passes/{}",
)  # fmt: skip
TITLES = {"en": "Pass ID", "hu": "Bérletazonosító", "de": "Kartennummer", "pl": "Numer karnetu"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_speaks_every_language(site: Site, language: str) -> None:
    """Public pages, then guest and staff pages, all render in the language asked for."""
    given = site.give()
    for path in PUBLIC:
        text = site.get(path, **{"accept-language": language}).text
        assert f'<html lang="{language}">' in text
    site.sign_in()
    site.get(f"/b/studio?lang={language}")
    assert TITLES[language] in site.get(f"/my/passes/{given.state.id}?b=studio").text
    for path in ("/my", f"/my/passes/{given.state.id}/renew", "/b/studio/book"):
        assert f'<html lang="{language}">' in site.get(f"{path}?b=studio").text
    site.http.cookies.clear()
    site.sign_in("owner@example.com", "/console")
    site.get(f"/b/studio?lang={language}")
    for path in STAFF:
        text = site.get(f"{path.format(given.state.id)}?b=studio").text
        assert f'<html lang="{language}">' in text


@pytest.mark.parametrize("path", PUBLIC)
def test_no_page_needs_inline_code(site: Site, path: str) -> None:
    """The policy forbids it, and no page has any; only the embeddable page may be framed (X4)."""
    answer = site.get(path)
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "object-src 'none'" in policy
    framed = path.endswith("/embed")
    assert f"frame-ancestors {'*' if framed else chr(39) + 'none' + chr(39)}" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not re.search(r"<script(?![^>]*src=)|<style| style=| on\w+=", answer.text)


FORMS = (
    ("/b/studio/passes/ten", "/b/studio/passes/ten"),
    ("/b/studio/book", "/b/studio/book"),
    ("/b/studio/book/confirm", "/b/studio/book"),
    ("/my/sign-in?b=studio", "/my?b=studio"),
    ("/my/code?b=studio", "/my/code?b=studio"),
    ("/my/sign-out?b=studio", "/my?b=studio"),
    ("/console/sign-in?b=studio", "/console?b=studio"),
    ("/console/code?b=studio", "/console/code?b=studio"),
)


@pytest.mark.parametrize(("path", "form"), FORMS)
def test_forms_of_other_sites_are_refused(site: Site, path: str, form: str) -> None:
    """No token, another browser's token, a foreign or null origin, another media type (X13)."""
    site.get(form)
    assert site.raw(path, {"email": ANA}, origin=ORIGIN).status_code == 403
    foreign = sites.another(site)
    stolen = sites.Hidden(foreign.get(form).text).fields.get("csrf", "")
    assert site.raw(path, {"csrf": stolen}, origin=ORIGIN).status_code == 403
    for origin in ("null", "https://evil.example", "https://passes.example.evil.example"):
        assert site.send(path, {}, form=form, origin=origin).status_code == 403
    own = sites.Hidden(site.get(form).text).fields.get("csrf", "")
    cross = site.raw(path, {"csrf": own}, **{"sec-fetch-site": "cross-site"})
    assert cross.status_code == 403
    plain = site.http.post(path, content=f"csrf={own}", headers={"content-type": "text/plain"})
    assert plain.status_code == 415


@pytest.mark.parametrize(
    "body",
    [b"csrf=%ff", b"a=1&a=2", b"&".join(b"f%d=1" % n for n in range(60)), b"a=" + b"x" * 20_000],
)
def test_forms_are_bounded_and_strict(site: Site, body: bytes) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded", "origin": ORIGIN}
    answer = site.http.post("/b/studio/book", content=body, headers=headers)
    assert answer.status_code in (400, 413)
    assert "text/html" in answer.headers["content-type"]


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}"


def test_hostile_names_are_shown_as_text(site: Site) -> None:
    """In products, clients, the business and what people typed (X4)."""
    site.run(edit_business, EditBusiness({"name": HOSTILE}))
    site.run(add_product, AddProduct(HOSTILE, Money.of("1.00", "EUR"), 1, slug="evil"))
    given = site.give("evil", name=HOSTILE)
    typed = site.send("/b/studio/book", {"name": HOSTILE, "email": HOSTILE, "code": HOSTILE})
    pages = [typed.text, site.get("/b/studio").text, site.get("/b/studio/embed").text]
    site.sign_in()
    pages += [site.get(f"/my{more}?b=studio").text for more in ("", f"/passes/{given.state.id}")]
    for text in pages:
        assert "&lt;script&gt;" in text
        assert "<script>" not in text
        assert "<img" not in text
        assert "49" not in re.sub(r"<svg.*?</svg>|[?]v=\w+|value=\"[^\"]*\"", "", text)


def test_a_fault_of_ours_tells_a_number_and_nothing_else(site: Site, monkeypatch: Any) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("passweb.pages.booking.front.front", broken)
    answer = site.get("/b/studio")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert re.search(r"<code>[0-9a-f]{8}</code>", answer.text)


class Counting:
    """A store that counts what its repositories are asked."""

    lanes = 0

    def __init__(self, store: Any) -> None:
        self.store, self.calls = store, 0

    def begin(self, business_id: str, **how: Any) -> Any:
        self.calls += 1
        return self.store.begin(business_id, **how)

    def registry(self) -> Any:
        return self.store.registry()


@pytest.mark.parametrize(
    ("path", "most"), [("/b/studio", 1), ("/my?b=studio", 2), ("/b/studio/book", 2)]
)
def test_a_page_opens_few_transactions(site: Site, path: str, most: int) -> None:
    """One to know the visitor, one to read what the page shows."""
    site.give()
    site.sign_in()
    counting = Counting(site.house.app.store)
    site.house.app.store = counting
    site.get(path)
    assert counting.calls <= most + 1


def test_pages_are_light(site: Site) -> None:
    """The booking page, style and script included, is far below 100 kB; the style below 20."""
    static = Path(passweb.__file__).parent / "static"
    style = (static / "pages.css").stat().st_size
    assert style < 20_000
    rest = sum((static / name).stat().st_size for name in ("pages.js", "icon.svg"))
    assert len(site.get("/b/studio").content) + style + rest < 60_000


def test_static_files_are_kept_by_their_version(site: Site) -> None:
    address = re.search(r"/static/pages\.css\?v=\w+", site.get("/b/studio").text)
    assert address is not None
    assert "immutable" in site.get(address[0]).headers["cache-control"]
    assert site.get("/static/../settings.py").status_code == 404


def test_the_catalogue_has_the_cores_own_sentences() -> None:
    """What pages translate of the core's wordings is what the core says."""
    own = {text for words in WORDINGS.values() for text in (words.detail, words.mend)}
    assert set(refusals.TRANSLATED) <= own
    used = {
        text
        for code, words in WORDINGS.items()
        if code not in refusals._GENTLER and code not in ("signature_invalid", "ledger_damaged")
        for text in (words.detail, words.mend)
    }
    assert used <= set(refusals.TRANSLATED) | {
        t for pair in refusals._GENTLER.values() for t in pair
    }


def test_the_demo_is_closed_without_its_setting(site: Site) -> None:
    assert site.get("/demo/mail").status_code == 404


def test_the_front_door_leads_to_the_only_business(site: Site) -> None:
    """There are two here, so it asks which."""
    answer = site.get("/")
    assert answer.status_code == 404
    assert "Which business?" in answer.text
    assert STUDIO.name not in answer.text


def test_an_address_that_nobody_has_gets_a_page_or_a_problem(site: Site) -> None:
    """People get a page; programs, and everything under the API, a problem document."""
    page = site.get("/nothing/here", accept="text/html,*/*")
    assert page.status_code == 404
    assert "There is nothing here" in page.text
    for path, accept in (("/nothing", "application/json"), ("/api/v1/none", "text/html")):
        answer = site.get(path, accept=accept)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
