"""Languages: catalogues, and money, days and moments as people of each language write them.

English is the source: its sentences are the keys. To add a sentence, write it in a template or
between `_(` and `)`, run ``python -m passweb.i18n.extract``, and translate the empty entries.
"""

from __future__ import annotations

from passcore.domain.businesses import LANGUAGES
from passweb.i18n.catalogues import DOMAIN, install, resolve, translator
from passweb.i18n.formats import (
    format_day,
    format_local,
    format_moment,
    format_money,
    format_number,
    format_percent,
    locale_of,
    zone_name,
)

__all__ = [
    "DOMAIN",
    "LANGUAGES",
    "format_day",
    "format_local",
    "format_moment",
    "format_money",
    "format_number",
    "format_percent",
    "install",
    "locale_of",
    "resolve",
    "translator",
    "zone_name",
]
