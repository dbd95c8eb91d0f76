"""Money: whole minor units of one ISO 4217 currency, and the split of a price over sessions."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

import attrs

from passcore.errors import Invalid

#: Decimal places of the currencies whose minor unit is not the hundredth (ISO 4217, table A.1).
#: Payment providers count in the same units; CLDR does not, so it is no source here.
EXPONENTS: Final[dict[str, int]] = {
    **dict.fromkeys(
        ("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF").split(),
        0,
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}

#: The largest amount a price, payment or adjustment may have, in minor units.
MAX_MINOR: Final = 10**12
_AMOUNT: Final = re.compile(r"[+-]?[0-9]{1,13}(?:\.[0-9]{1,20})?")


def exponent(currency: str) -> int:
    """Return how many decimal places *currency* is written with."""
    return EXPONENTS.get(currency, 2)


def is_currency(code: str) -> bool:
    """Tell whether *code* has the shape of an ISO 4217 code (three ASCII capitals)."""
    return len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()


@attrs.frozen(slots=True, order=False)
class Money:
    """An amount in whole minor units, for example ``Money(12000, "EUR")`` for 120.00 euro."""

    minor: int
    currency: str

    @classmethod
    def of(cls, amount: Decimal | str | int, currency: str) -> Money:
        """Return *amount* of major units as money.

        Text is digits with an optional sign and point, nothing else. Raises `Invalid` where the
        amount is no such number, has more decimals than the currency, or is out of bounds.
        """
        if not is_currency(currency):
            raise Invalid(field="currency", problem="is not a three-letter ISO 4217 code")
        if isinstance(amount, bool | float):
            raise Invalid(field="amount", problem="is not a decimal number")
        if isinstance(amount, str) and not _AMOUNT.fullmatch(amount):
            raise Invalid(field="amount", problem="is not a decimal number")
        value, places = Decimal(amount), exponent(currency)
        if not value.is_finite() or abs(value) > Decimal(MAX_MINOR).scaleb(-places):
            raise Invalid(field="amount", problem="is out of bounds")
        if value != value.quantize(Decimal(1).scaleb(-places)):
            raise Invalid(field="amount", problem=f"has more than {places} decimal places")
        return cls(int(value.scaleb(places)), currency)

    @property
    def amount(self) -> Decimal:
        """The amount in major units, with the currency's decimal places."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise Invalid(
                field="currency", problem=f"is {other.currency} where {self.currency} is needed"
            )
        return other.minor


def split(minor: int, sessions: int) -> tuple[int, ...]:
    """Split *minor* units over *sessions* by largest remainder, so that the parts add up (I3).

    >>> split(10000, 7)
    (1429, 1429, 1429, 1429, 1428, 1428, 1428)
    """
    share, left = divmod(minor, sessions)
    return (share + 1,) * left + (share,) * (sessions - left)
