"""Amounts as Stripe counts them, which is not always the currency's ISO minor unit.

Stripe's own list (its "Supported currencies" page) wins over ISO 4217 for what goes over the wire:
ISK and UGX have no minor unit but are sent with two zeros behind, MGA has one but is sent whole,
and three-decimal currencies must end in 0 because card networks cannot carry the last digit.
"""

from __future__ import annotations

from typing import Final

from passcore.domain.money import Money, exponent, is_currency
from passcore.errors import ProviderRefused, ProviderUnavailable

PROVIDER: Final = "stripe"

_WHOLE: Final = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
_THOUSANDTHS: Final = frozenset("BHD JOD KWD OMR TND".split())
#: Currencies whose scale Stripe does not document: guessing could charge ten or a hundred times.
_UNKNOWN: Final = frozenset("IQD LYD UYI".split())


def _scale(currency: str) -> int:
    """Return the decimal places Stripe's amounts of *currency* have."""
    if currency in _WHOLE:
        return 0
    return 3 if currency in _THOUSANDTHS else 2


def _power(shift: int) -> int:
    return int(10**shift)


def to_stripe(money: Money) -> int:
    """Return *money* in Stripe's unit.

    Raises `ProviderRefused` for an amount Stripe cannot take: nothing is rounded, since a rounded
    charge would never match its order.
    """
    currency = money.currency
    if money.minor <= 0:
        raise ProviderRefused(provider=PROVIDER, detail="an amount must be more than zero")
    if currency in _UNKNOWN:
        raise ProviderRefused(provider=PROVIDER, detail=f"Stripe does not take {currency}")
    shift = _scale(currency) - exponent(currency)
    if shift >= 0:
        amount = money.minor * _power(shift)
    else:
        amount, left = divmod(money.minor, _power(-shift))
        if left:
            raise ProviderRefused(
                provider=PROVIDER, detail=f"Stripe takes whole {currency} only, not {money}"
            )
    if currency in _THOUSANDTHS and amount % 10:
        raise ProviderRefused(
            provider=PROVIDER,
            detail=f"the last digit of a {currency} amount must be 0, not {money}",
        )
    return amount


def from_stripe(amount: int, currency: str) -> Money:
    """Return Stripe's *amount* of *currency* (any case) as money, exactly.

    Raises `ProviderUnavailable` where the answer makes no sense, so that it is asked again rather
    than believed.
    """
    code = currency.upper()
    if not is_currency(code):
        raise ProviderUnavailable(provider=PROVIDER, detail="the answer names no currency")
    shift = exponent(code) - _scale(code)
    if shift >= 0:
        return Money(amount * _power(shift), code)
    minor, left = divmod(amount, _power(-shift))
    if left:
        raise ProviderUnavailable(
            provider=PROVIDER, detail=f"the answer has a fraction of a {code}"
        )
    return Money(minor, code)
