"""Texts, addresses and numbers at the boundary."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, strategies as st

from passcore.domain.checks import bounded, clean, email, slug, slugify
from passcore.domain.clients import Client
from passcore.errors import Invalid
from passcore.testing import builders


@pytest.mark.parametrize("bad", ["\0", "\x1b", "\x7f", "\x9f", "\u202e", "\u2066", "\ud800"])
def test_characters_nobody_types_are_refused_everywhere(bad: str) -> None:
    """Also where line breaks are allowed."""
    for lines in (False, True):
        with pytest.raises(Invalid):
            clean(f"a{bad}b", "name", 10, lines=lines)


@pytest.mark.parametrize("line_break", ["\t", "\n", "\r", "\u2028", "\u2029"])
def test_line_breaks_stand_only_where_they_may(line_break: str) -> None:
    """A name is one line, a description is not."""
    assert clean(f"a{line_break}b", "text", 10, lines=True) == f"a{line_break}b"
    with pytest.raises(Invalid):
        clean(f"a{line_break}b", "name", 10)


def test_text_is_kept_in_nfc_without_outer_space() -> None:
    """Its length is bounded in code points, after that."""
    assert clean("  e\u0301 ", "name", 1) == "é"
    assert clean("   ", "name", 5, empty=True) == ""
    for wrong in ("", "  ", "ab"):
        with pytest.raises(Invalid):
            clean(wrong, "name", 1)


@given(st.text(max_size=40))
def test_what_was_cleaned_stays_as_it_is(text: str) -> None:
    """Or it is refused; nothing else happens whatever is typed."""
    try:
        found = clean(text, "name", 40, lines=True, empty=True)
    except Invalid:
        return
    assert clean(found, "name", 40, lines=True, empty=True) == found
    assert unicodedata.is_normalized("NFC", found)


def test_a_field_takes_only_clean_text() -> None:
    """A value that would have to be changed first is refused by the constructor."""
    with pytest.raises(Invalid, match="normal form"):
        builders.service(name=" Yoga ")
    with pytest.raises(Invalid):
        Client("client_1", "a@example.com", "a\0b", builders.NOW)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ana@Example.COM", "ana@example.com"),
        (" a.b+c@x-y.example ", "a.b+c@x-y.example"),
        ("o'brien_1@example.co.uk", "o'brien_1@example.co.uk"),
    ],
)
def test_an_address_is_kept_in_one_form(typed: str, kept: str) -> None:
    """Lower case, without outer space."""
    assert email(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["", "a", "@example.com", "a@b", "a@@example.com", "a b@example.com", "a@exa mple.com",
     "a,b@example.com", "a@example.com,b@example.com", '"a b"@example.com', "A <a@example.com>",
     "a@example.com\nBcc: x@y.example", "a%0d%0a@exam\rple.com", "=?utf-8?q?a?=@example.com",
     ".a@example.com", "a.@example.com", "a..b@example.com", "a@-example.com", "a@example-.com",
     "a@.example.com", "a@example..com", "ä@example.com", "a@exämple.com",
     "a" * 65 + "@example.com",
     "a@" + "b" * 64 + ".com", "a@" + "b.c" * 70 + ".com", "a@[127.0.0.1]"],
)  # fmt: skip
def test_what_is_not_one_plain_address_is_refused(typed: str) -> None:
    """Lists, headers, quoted names, addresses that no post takes (X3)."""
    with pytest.raises(Invalid) as refused:
        email(typed)
    assert refused.value.field == "email"


def test_a_hostile_address_is_refused_quickly() -> None:
    """The pattern is linear: 100 000 characters are no work (X17)."""
    for text in ("a" * 100_000, "a@" + "b-" * 50_000, "a@" + "b." * 50_000):
        with pytest.raises(Invalid):
            email(text)


def test_a_slug_can_stand_in_an_address() -> None:
    """Small letters, digits, inner hyphens, at most 64."""
    for good in ("a", "10-x-reformer", "a" * 64):
        assert slug(good) == good
    for bad in ("", "-a", "a-", "A", "a b", "a/b", "a" * 65, "é"):
        with pytest.raises(Invalid):
            slug(bad)


@given(st.text(max_size=200))
def test_a_slug_is_made_from_any_name(name: str) -> None:
    """And always is one."""
    assert slug(slugify(name)) == slugify(name)


def test_a_slug_keeps_what_can_be_kept() -> None:
    """Accents go, other scripts too."""
    assert slugify("10 × Jóga & Pilates!") == "10-joga-pilates"
    assert slugify("瑜伽") == "item"


@pytest.mark.parametrize("bad", [0, 11, True, 1.0, "5", None, 2**63])
def test_a_bounded_number_is_a_whole_number_within(bad: object) -> None:
    """True is no number, nor is 1.0; None only where it may be."""
    check = bounded("delta", 1, 10)
    check(None, None, 1)
    check(None, None, 10)
    with pytest.raises(Invalid, match="1 to 10"):
        check(None, None, bad)
    bounded("delta", 1, 10, optional=True)(None, None, None)


def test_people_and_businesses_speak_languages_there_are() -> None:
    """A client of none takes the business's."""
    assert builders.client(language=None).language is None
    assert builders.client(language="hu").language == "hu"
    with pytest.raises(Invalid, match="not one of"):
        builders.client(language="xx")
    with pytest.raises(Invalid, match="not one of"):
        builders.business(language="xx")


def test_a_business_has_a_zone_a_currency_and_a_plain_address() -> None:
    """Each is refused by its field where it is none."""
    assert builders.business(email="Desk@Studio.example").email == "desk@studio.example"
    for field, bad in (("time_zone", "Mars"), ("currency", "euro"), ("email", "a\nb@x.example")):
        with pytest.raises(Invalid) as refused:
            builders.business(**{field: bad})
        assert refused.value.field == field
