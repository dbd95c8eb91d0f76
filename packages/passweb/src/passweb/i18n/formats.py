"""Money, days, moments and numbers as the people of a language write them.

Babel knows the languages. How many decimal places an amount has is the core's own table
(`passcore.domain.money`): payment providers count in it, and CLDR differs.
"""

from __future__ import annotations

import copy
import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

from babel import Locale
from babel.dates import format_date, format_time, get_timezone_name
from babel.numbers import format_decimal

from passcore.domain.money import Money, exponent
from passcore.domain.time import zone
from passweb.i18n.catalogues import resolve

#: English without a country is American in CLDR; the businesses are in Europe, so day comes first.
_LOCALES: Final = {"en": "en_GB"}
#: Nobody writes these decimals although ISO 4217 counts them: shown only where they are not zero.
_WHOLE_IN_PRINT: Final = frozenset({"HUF"})
#: CLDR asks for a space between a currency's letters and a figure; Babel sets none.
_LETTERS_ON_FIGURE: Final = re.compile(r"(?<=[A-Za-z])(?=\d)")


@lru_cache(maxsize=64)
def locale_of(language: str) -> Locale:
    """Return the locale *language* is written in; an unknown language is English."""
    known = resolve(language)
    return Locale.parse(_LOCALES.get(known, known))


def format_money(minor: int, currency: str, language: str, *, exact: bool = False) -> str:
    """Return *minor* units of *currency* in words, for example ``120,00 €``.

    Forints lose their decimals where these are zero, unless *exact*, as in columns of figures.
    """
    locale = locale_of(language)
    places = exponent(currency)
    amount = Money(minor, currency).amount
    if not exact and currency in _WHOLE_IN_PRINT and amount == amount.to_integral_value():
        places = 0
    pattern = copy.copy(locale.currency_formats["standard"])
    pattern.frac_prec = (places, places)
    written = pattern.apply(amount, locale, currency=currency, currency_digits=False)
    return _LETTERS_ON_FIGURE.sub("\N{NO-BREAK SPACE}", written)


def format_day(day: date | str, language: str, *, weekday: bool = False) -> str:
    """Return a day (or its ISO form) in words, for example ``31. Dezember 2026``."""
    value = date.fromisoformat(day) if isinstance(day, str) else day
    return str(format_date(value, "full" if weekday else "long", locale=locale_of(language)))


def format_local(moment: datetime | str, language: str) -> str:
    """Return a wall-clock time (or its ISO form, without offset): weekday, day, hour, minute."""
    value = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    clock = format_time(value.time(), "short", locale=locale_of(language))
    return f"{format_day(value.date(), language, weekday=True)}, {clock}"


def format_moment(instant: datetime, zone_id: str, language: str) -> str:
    """Return an aware *instant* as `format_local` does, on the wall clock of an IANA zone."""
    return format_local(instant.astimezone(zone(zone_id)).replace(tzinfo=None), language)


def zone_name(zone_id: str, language: str) -> str:
    """Return what the time of the IANA zone *zone_id* is called, for example
    ``Central European Time``; the id itself where the language has no name for it."""
    name = get_timezone_name(
        zone(zone_id), width="long", locale=locale_of(language), zone_variant="generic"
    )
    return zone_id if "(" in name else str(name)


def format_number(number: int, language: str) -> str:
    """Return a whole number with the language's separators."""
    return str(format_decimal(number, locale=locale_of(language)))


def format_percent(hundredths: int, language: str) -> str:
    """Return a rate in hundredths of a percent, for example ``27 %`` for 2700."""
    pattern = copy.copy(locale_of(language).percent_formats[None])
    pattern.frac_prec = (0, 2)
    return str(pattern.apply(Decimal(hundredths) / 10_000, locale_of(language)))
