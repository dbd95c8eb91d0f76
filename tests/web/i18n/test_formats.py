"""Money, days and moments as each language writes them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, strategies as st

from passcore.domain.businesses import LANGUAGES
from passcore.domain.money import EXPONENTS, MAX_MINOR, exponent
from passweb.i18n import (
    format_day,
    format_local,
    format_moment,
    format_money,
    format_number,
    format_percent,
    zone_name,
)


def _plain(text: str) -> str:
    return re.sub("[\u00a0\u202f]", " ", text)


@pytest.mark.parametrize(
    ("minor", "currency", "language", "words"),
    [
        (12_000, "EUR", "en", "€120.00"),
        (12_000, "EUR", "hu", "120,00 EUR"),
        (12_000, "EUR", "de", "120,00 €"),
        (12_000, "PLN", "pl", "120,00 zł"),
        (123_456_789, "EUR", "de", "1.234.567,89 €"),
        (-12_000, "EUR", "de", "-120,00 €"),
        (4_200_000, "HUF", "hu", "42 000 Ft"),
        (4_200_050, "HUF", "hu", "42 000,50 Ft"),
        (4_200_000, "HUF", "en", "HUF 42,000"),
        (1_200, "JPY", "de", "1.200 ¥"),
        (12_345, "KWD", "en", "KWD 12.345"),
        (0, "EUR", "en", "€0.00"),
    ],
)
def test_money(minor: int, currency: str, language: str, words: str) -> None:
    assert _plain(format_money(minor, currency, language)) == words


def test_exact_keeps_the_decimals_of_a_column() -> None:
    assert _plain(format_money(4_200_000, "HUF", "hu", exact=True)) == "42 000,00 Ft"


@given(
    st.integers(-MAX_MINOR, MAX_MINOR),
    st.sampled_from([*EXPONENTS, "EUR", "HUF", "USD", "ZZZ"]),
    st.sampled_from(LANGUAGES),
)
def test_no_minor_unit_is_lost_or_made(minor: int, currency: str, language: str) -> None:
    """The digits of the words are the digits of the amount."""
    digits = re.sub(r"\D", "", format_money(minor, currency, language, exact=True))
    assert int(digits) == abs(minor)
    assert len(digits) > exponent(currency)


@pytest.mark.parametrize(
    ("language", "day", "weekday"),
    [
        ("en", "31 December 2026", "Thursday 31 December 2026"),
        ("hu", "2026. december 31.", "2026. december 31., csütörtök"),
        ("de", "31. Dezember 2026", "Donnerstag, 31. Dezember 2026"),
        ("pl", "31 grudnia 2026", "czwartek, 31 grudnia 2026"),
    ],
)
def test_days(language: str, day: str, weekday: str) -> None:
    assert format_day("2026-12-31", language) == day
    assert (
        format_day(date(2026, 12, 31), language, weekday=True).replace("y, 31", "y 31") == weekday
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_moment_stands_on_the_wall_clock_of_its_zone(language: str) -> None:
    """17:30 UTC is 18:30 in Budapest in winter and 19:30 in summer."""
    winter = format_moment(datetime(2026, 1, 5, 17, 30, tzinfo=UTC), "Europe/Budapest", language)
    summer = format_moment(datetime(2026, 7, 5, 17, 30, tzinfo=UTC), "Europe/Budapest", language)
    assert winter.endswith("18:30")
    assert summer.endswith("19:30")
    assert winter == format_local("2026-01-05T18:30", language)


def test_a_zone_is_named_and_one_without_a_name_stands_as_it_is() -> None:
    assert zone_name("Europe/Budapest", "de") == "Mitteleuropäische Zeit"
    assert zone_name("Europe/Budapest", "hu") == "közép-európai időzóna"
    assert zone_name("Asia/Almaty", "en") == "Asia/Almaty"


def test_numbers_and_rates() -> None:
    assert format_number(1234567, "de") == "1.234.567"
    assert _plain(format_percent(2700, "de")) == "27 %"
    assert format_percent(550, "hu") == "5,5%"
    assert format_percent(0, "en") == "0%"
