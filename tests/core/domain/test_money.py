"""Money: exact, bounded, of one currency."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from passcore.domain.money import MAX_MINOR, Money, exponent, is_currency, split
from passcore.errors import Invalid


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("120.00", "EUR", 12_000),
        ("120", "EUR", 12_000),
        ("-0.01", "EUR", -1),
        ("+1.5", "EUR", 150),
        ("1.500", "EUR", 150),
        ("120", "JPY", 120),
        ("1.234", "KWD", 1_234),
        ("0", "HUF", 0),
        ("10000000000.00", "EUR", MAX_MINOR),
    ],
)
def test_an_amount_is_whole_minor_units(text: str, currency: str, minor: int) -> None:
    """Read as text and as a decimal, and written with the currency's places."""
    assert Money.of(text, currency) == Money(minor, currency)
    assert Money.of(Decimal(text), currency) == Money(minor, currency)
    assert Money.of(str(Money(minor, currency).amount), currency).minor == minor


def test_a_whole_number_is_major_units() -> None:
    """And money reads well."""
    assert Money.of(120, "EUR") == Money(12_000, "EUR")
    assert (str(Money(12_000, "EUR")), str(Money(120, "JPY"))) == ("120.00 EUR", "120 JPY")
    assert (exponent("KWD"), exponent("XYZ")) == (3, 2)


@pytest.mark.parametrize(
    "text",
    ["", " 1", "1_000", "1e3", "NaN", "Infinity", "0x10", "1,5", "١٢", "1.", ".5", "--1", "\x001",
     "0.001", "10000000000.01", "9" * 400, "100.0000000000000000001"],
)  # fmt: skip
def test_what_is_no_amount_is_invalid(text: str) -> None:
    """Not a number, too exact, too much."""
    with pytest.raises(Invalid) as refused:
        Money.of(text, "EUR")
    assert refused.value.field == "amount"


@pytest.mark.parametrize(
    "amount",
    [True, 0.1, Decimal("NaN"), Decimal("-Infinity"), Decimal("1E+400"), Decimal("1E-400"),
     Decimal("100.0000000000000000000000000000000001")],
)  # fmt: skip
def test_numbers_that_are_no_amount_are_invalid(amount: Decimal) -> None:
    """A float never is; a decimal only within bounds and to the last place."""
    with pytest.raises(Invalid):
        Money.of(amount, "EUR")


@pytest.mark.parametrize("code", ["eur", "EURO", "EU", "E1R", "ÉUR", ""])
def test_what_is_no_currency_is_invalid(code: str) -> None:
    """Three ASCII capitals are."""
    assert not is_currency(code)
    with pytest.raises(Invalid) as refused:
        Money.of("1", code)
    assert refused.value.field == "currency"


def test_money_of_two_currencies_does_not_add_up() -> None:
    """Of one it does."""
    assert Money(3, "EUR") + Money(4, "EUR") - Money(1, "EUR") == Money(6, "EUR")
    with pytest.raises(Invalid):
        Money(3, "EUR") + Money(4, "USD")
    with pytest.raises(Invalid):
        Money(3, "EUR") - Money(4, "USD")


@given(minor=st.integers(0, MAX_MINOR), sessions=st.integers(1, 400))
def test_a_split_adds_up_and_is_as_even_as_can_be(minor: int, sessions: int) -> None:
    """Dearest first, no two parts further apart than one unit."""
    parts = split(minor, sessions)
    assert sum(parts) == minor
    assert len(parts) == sessions
    assert list(parts) == sorted(parts, reverse=True)
    assert parts[0] - parts[-1] <= 1
