"""Every notice in every language, both parts: right, whole, linked and safe (M2, X1, X4, X6)."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import attrs
import pytest
from hypothesis import given, strategies as st

from passcore.domain.businesses import LANGUAGES
from passcore.domain.notices import NoticeKind
from passcore.errors import Invalid
from passcore.ports.documents import NoticeWriter, Written
from passweb.mail import JinjaNotices, WriterSettings
from passweb.mail.kinds import ALLOWED
from tests.web.mail.samples import BASE_URL, CODE, LILA, PASS_ID, VALUES, notice

WRITER: NoticeWriter = JinjaNotices(WriterSettings(BASE_URL))
BOOKING = f"{BASE_URL}/b/studio-lila"
GUEST = f"{BASE_URL}/my?b=studio-lila"
RENEW = f"{BASE_URL}/my/passes/{PASS_ID}/renew?b=studio-lila"
HOSTILE = '<script>alert(1)</script><img src=x onerror="a()"> {{ 7*7 }} %(product)s {% raw %} 😀 אב'
EVERY = [(kind, language) for kind in NoticeKind for language in LANGUAGES]
#: Only text a template prints can hold these: what the kinds must show of their values.
SHOWN = {
    NoticeKind.PURCHASE: ["10 × Reformer", CODE],
    NoticeKind.ASSIGNED: ["10 × Reformer", CODE],
    NoticeKind.PENDING_APPROVAL: ["10 × Reformer", "ord_1zq2m8", "IBAN HU42", CODE],
    NoticeKind.DECLINED: ["10 × Reformer"],
    NoticeKind.SESSIONS_CHANGED: ["10 × Reformer", "Typed twice", "2", "5"],
    NoticeKind.USED_UP: ["10 × Reformer", CODE],
    NoticeKind.REFUNDED: ["10 × Reformer", CODE, "400"],
    NoticeKind.BOOKING_CONFIRMED: ["Reformer", "18:00", "2026", "7", "SB-20931", CODE],
    NoticeKind.SIGN_IN_CODE: ["481 205", "10"],
}


class _Page(HTMLParser):
    """The text, links, pictures and elements of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.pictures: list[str] = []
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        found = dict(attrs)
        if tag == "a":
            self.links.append(found.get("href") or "")
        if tag == "img":
            self.pictures.append(found.get("src") or "")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


def _write(kind: NoticeKind, language: str = "en", /, **changes: str | int | None) -> Written:
    return WRITER.write(notice(kind, language, **changes), LILA)


def _plain(text: str) -> str:
    """Text with ordinary spaces where Babel set others."""
    return re.sub("[\u00a0\u202f\u2009]", " ", text)


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_both_parts_show_the_facts_and_link_where_they_should(
    kind: NoticeKind, language: str
) -> None:
    written = _write(kind, language)
    page = _Page(written.html)
    for fact in ["Studio Lila", *SHOWN[kind]]:
        assert fact in page.text
        assert fact in written.text
    expected = {BOOKING, GUEST} | ({RENEW} if kind is NoticeKind.USED_UP else set())
    assert set(page.links) == expected
    assert set(re.findall(r"https?://\S+", written.text)) == expected
    assert f'<html lang="{language}"' in written.html
    assert "\n" not in written.subject
    assert 10 < len(written.subject) < 100


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_no_placeholder_and_no_nothing_is_left(kind: NoticeKind, language: str) -> None:
    written = _write(kind, language)
    for part in (written.subject, written.text, _Page(written.html).text):
        assert not re.search(r"%\(|\{\{|\{%|\bNone\b|Undefined", part)


@pytest.mark.parametrize("kind", NoticeKind)
def test_languages_differ(kind: NoticeKind) -> None:
    """A catalogue that silently falls back to English would make two of them equal."""
    assert len({_write(kind, language).text for language in LANGUAGES}) == len(LANGUAGES)


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_the_optional_values_may_all_be_missing(kind: NoticeKind, language: str) -> None:
    values = {name: VALUES[kind][name] for name in ALLOWED[kind].needed}
    bare = attrs.evolve(notice(kind, language), values=values)
    written = WRITER.write(bare, attrs.evolve(LILA, email=None))
    for part in (written.subject, written.text, _Page(written.html).text):
        assert not re.search(r"\bNone\b|Undefined", part)


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind in NoticeKind for name in sorted(ALLOWED[kind].needed)],
)
def test_a_needed_value_that_is_missing_is_named(kind: NoticeKind, name: str) -> None:
    with pytest.raises(Invalid) as raised:
        _write(kind, **{name: None})
    assert raised.value.field == f"values.{name}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("last_day", "soon"),
        ("sessions", "10"),
        ("price_minor", None),
        ("product", 3),
    ],
)
def test_a_misshapen_value_is_named(name: str, value: str | int | None) -> None:
    with pytest.raises(Invalid) as raised:
        _write(NoticeKind.PURCHASE, **{name: value})
    assert raised.value.field == f"values.{name}"


def test_a_wall_clock_time_with_an_offset_is_refused() -> None:
    """It would be shown as if it were the business's own."""
    with pytest.raises(Invalid, match="offset"):
        _write(NoticeKind.BOOKING_CONFIRMED, starts_local="2026-11-25T18:00+01:00")


def test_a_value_that_is_not_on_the_list_reaches_no_template() -> None:
    assert "secret" not in str(_write(NoticeKind.DECLINED, reason="secret", code="secret"))


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_hostile_values_are_text(kind: NoticeKind, language: str) -> None:
    names = ("client_name", "product", "service", "reason", "transfer_details")
    hostile = {name: HOSTILE for name in names if name in VALUES[kind]}
    written = WRITER.write(
        notice(kind, language, **hostile), attrs.evolve(LILA, name=HOSTILE.strip())
    )
    page, calm = _Page(written.html), _Page(_write(kind, language).html)
    assert page.elements <= calm.elements  # a hostile value has one line, so it lacks <br>
    assert page.attributes <= calm.attributes
    assert page.links == calm.links
    assert HOSTILE in page.text
    assert HOSTILE in written.text
    assert "49" not in page.text.replace(CODE, "")


def test_without_escaping_the_hostile_name_would_be_an_element() -> None:
    """The negative control of the test above."""
    assert "script" in _Page(f"<p>{HOSTILE}</p>").elements


def test_peoples_words_stand_apart_from_the_direction_of_the_sentence() -> None:
    assert "<bdi>אבג</bdi>" in _write(NoticeKind.DECLINED, product="אבג").html


@given(st.text(max_size=60), st.sampled_from(NoticeKind), st.sampled_from(LANGUAGES))
def test_any_name_makes_one_subject_line_and_whole_parts(
    name: str, kind: NoticeKind, language: str
) -> None:
    written = _write(kind, language, **{"client_name": name, **_named(kind, name)})
    assert not re.search("[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]", written.subject)
    written.text.encode()
    written.html.encode()
    assert _Page(written.html).elements == _Page(_write(kind, language).html).elements | (
        {"p"} if name else set()
    )


def _named(kind: NoticeKind, name: str) -> dict[str, str | int | None]:
    return {field: name for field in ("product", "service") if field in VALUES[kind]}


def test_a_pass_comes_with_the_qr_code_of_its_id() -> None:
    for kind in (NoticeKind.PURCHASE, NoticeKind.ASSIGNED):
        (picture,) = _Page(_write(kind).html).pictures
        assert picture.startswith("data:image/png;base64,iVBOR")
    assert not _Page(_write(NoticeKind.SIGN_IN_CODE).html).pictures


def test_dark_mode_and_phone_rules_survive_inlining() -> None:
    html = _write(NoticeKind.PURCHASE).html
    assert "@media (prefers-color-scheme: dark)" in html
    assert "@media (max-width: 480px)" in html
    assert 'style="' in html
    assert "http://" not in html


@pytest.mark.parametrize(
    ("language", "last_day", "price", "sessions"),
    [
        ("en", "22 May 2027", "HUF 42,000", "10 sessions"),
        ("hu", "2027. május 22.", "42 000 Ft", "10 alkalom"),
        ("de", "22. Mai 2027", "42.000 HUF", "10 Einheiten"),
        ("pl", "22 maja 2027", "42 000 HUF", "10 wejść"),
    ],
)
def test_days_money_and_plurals_are_the_languages_own(
    language: str, last_day: str, price: str, sessions: str
) -> None:
    text = _plain(_write(NoticeKind.PURCHASE, language).text)
    for words in (last_day, price, sessions):
        assert words in text


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "zostanie 1 wejście"),
        (3, "zostaną 3 wejścia"),
        (5, "zostanie 5 wejść"),
        (22, "22 wejścia"),
    ],
)
def test_polish_counts_in_three_forms(count: int, words: str) -> None:
    written = _write(NoticeKind.BOOKING_CONFIRMED, "pl", remaining_after=count)
    assert words in written.text


def test_taking_sessions_off_is_said_without_a_minus_sign() -> None:
    text = _write(NoticeKind.SESSIONS_CHANGED, delta=-1).text
    assert "has taken 1 session off your pass" in text
    assert "has added 3 sessions to your pass" in _write(NoticeKind.SESSIONS_CHANGED, delta=3).text


@pytest.mark.parametrize(
    ("asked", "spoken"), [("fr", "hu"), ("", "hu"), ("de-AT", "de"), ("PL_pl", "pl"), ("en", "en")]
)
def test_an_unknown_language_falls_back_to_the_businesss(asked: str, spoken: str) -> None:
    written = WRITER.write(notice(NoticeKind.DECLINED, asked), LILA)
    assert f'<html lang="{spoken}"' in written.html


def test_on_site_asks_for_no_transfer() -> None:
    text = _write(NoticeKind.PENDING_APPROVAL, method="on_site").text
    assert "pay on site" in text
    assert "IBAN" not in text


def test_the_invoice_is_announced_only_where_there_is_one() -> None:
    with_invoice = attrs.evolve(notice(NoticeKind.PURCHASE), invoice_id="inv_1")
    assert "invoice is attached" in WRITER.write(with_invoice, LILA).text
    assert "invoice" not in _write(NoticeKind.PURCHASE).text


@pytest.mark.parametrize("missing", ["sessions", "last_day"])
def test_no_limit_is_said_or_left_out(missing: str) -> None:
    text = _write(NoticeKind.PURCHASE, **{missing: None}).text
    assert ("Unlimited sessions" in text) is (missing == "sessions")
    assert ("Last day" in text) is (missing != "last_day")


@pytest.mark.parametrize(
    "address",
    ["", "book.example.com", "ftp://x", "https://x/", "https://u@x", "https://x?y", "http://["],
)
def test_links_are_built_from_a_plain_address_only(address: str) -> None:
    with pytest.raises(Invalid):
        WriterSettings(address)
