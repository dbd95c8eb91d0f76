"""The catalogues, compiled in memory from the package's own .po files the first time each is asked.

No compiled file is committed or built, so an installed wheel and a checkout behave the same and no
translation can be older than its source. Compiling one takes a few milliseconds, once a process.
"""

from __future__ import annotations

import gettext
import io
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final, cast

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment

from passcore.domain.businesses import LANGUAGES

#: The gettext domain: the name of the .po files.
DOMAIN: Final = "passweb"
#: The language of the keys. It has no catalogue.
SOURCE: Final = "en"

_PACKAGE: Final = "passweb.i18n"


class _Installable(Environment):
    """What `jinja2.ext.i18n` adds to an environment, for the type checker."""

    def install_gettext_translations(
        self, translations: gettext.NullTranslations, newstyle: bool | None = None
    ) -> None: ...


def resolve(*wanted: str | None) -> str:
    """Return the first of *wanted* that there is a catalogue for, else English.

    A region does not matter: ``de-AT`` and ``de_CH`` are ``de``.
    """
    for language in wanted:
        primary = (language or "").replace("_", "-").partition("-")[0].lower()
        if primary in LANGUAGES:
            return primary
    return SOURCE


def translator(language: str) -> gettext.NullTranslations:
    """Return the translations of *language*: `gettext`, `ngettext`, `pgettext`, `npgettext`."""
    return _compiled(resolve(language))


def install(environment: Environment, language: str) -> None:
    """Give a Jinja *environment* the translations of *language*, new style.

    The environment has the extension ``jinja2.ext.i18n``. In templates `_("...", name=value)`
    escapes its values where the template escapes.
    """
    cast("_Installable", environment).install_gettext_translations(
        translator(language), newstyle=True
    )


def path_of(language: str) -> Traversable:
    """Return where the catalogue of *language* lies."""
    return files(_PACKAGE) / "locales" / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str) -> Catalog:
    """Return the catalogue of *language* as it is written, with its comments and empty entries."""
    text = path_of(language).read_bytes()
    return read_po(io.BytesIO(text), locale=language, domain=DOMAIN)


@lru_cache(maxsize=len(LANGUAGES))
def _compiled(language: str) -> gettext.NullTranslations:
    if language == SOURCE:
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, read(language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
