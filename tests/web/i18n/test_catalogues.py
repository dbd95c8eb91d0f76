"""Catalogues: every sentence in every language, with its placeholders, always up to date."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from passcore.domain.businesses import LANGUAGES
from passweb.i18n import extract, resolve, translator
from passweb.i18n.catalogues import SOURCE, path_of, read

TRANSLATED = [language for language in LANGUAGES if language != SOURCE]
PLACEHOLDER = re.compile(r"%\((\w+)\)s|\{(\w+)\}")


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated(language: str) -> None:
    """Mended by `python -m passweb.i18n.extract` and a translation of what it lists."""
    assert extract.missing(language) == []


def test_the_files_are_what_extraction_writes(capsys: pytest.CaptureFixture[str]) -> None:
    """Mended by `python -m passweb.i18n.extract`."""
    assert extract.main(["--check"]) == 0, capsys.readouterr().out


def test_a_sentence_that_is_missing_is_noticed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The negative control of the two tests above."""
    before = extract.missing("pl")
    more = extract.extracted()
    more.add("A sentence nobody has translated.", locations=[("x.py", 0)])
    more.add(("%(n)s lonely thing", "%(n)s lonely things"), locations=[("x.py", 0)])
    monkeypatch.setattr(extract, "extracted", lambda: more)
    added = ["A sentence nobody has translated.", "%(n)s lonely thing"]
    assert extract.missing("pl") == [*before, *added]
    assert extract.main(["--check"]) == 1
    assert "hu: not translated: A sentence nobody" in capsys.readouterr().out


def test_extraction_finds_code_and_both_kinds_of_templates() -> None:
    places = {name for message in extract.extracted() for name, _ in message.locations}
    assert {
        "documents/invoices.py",
        "mail/templates/purchase.html",
        "mail/templates/purchase.txt",
    } <= places


@pytest.mark.parametrize("language", TRANSLATED)
def test_placeholders_are_the_same_in_every_form(language: str) -> None:
    """A wrong one would break the page or the mail at the moment it is written."""
    for key, form in _pairs(language):
        assert _placeholders(key) == _placeholders(form), key


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_no_markup_and_no_loose_percent(language: str) -> None:
    for key, form in _pairs(language):
        assert "<" not in form, key
        assert form.replace("%%", "").count("%") == len(re.findall(r"%\(\w+\)s", form)), key


def test_each_language_speaks() -> None:
    said = [translator(language).gettext("Invoice") for language in LANGUAGES]
    assert said == ["Invoice", "Számla", "Rechnung", "Faktura"]


def test_polish_has_three_plural_forms_and_hungarian_one_word() -> None:
    one, many = "%(number)s session", "%(number)s sessions"
    polish = [translator("pl").ngettext(one, many, n).split()[-1] for n in (1, 2, 5, 12, 22)]
    assert polish == ["wejście", "wejścia", "wejść", "wejść", "wejścia"]
    assert {translator("hu").ngettext(one, many, n).split()[-1] for n in (1, 2, 5)} == {"alkalom"}


def test_a_catalogue_is_compiled_once() -> None:
    assert translator("de") is translator("de-AT")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (("de",), "de"),
        (("de-CH", "pl"), "de"),
        (("PL_pl",), "pl"),
        (("fr", "hu"), "hu"),
        (("", None, "xx"), "en"),
        ((), "en"),
        (("../../etc/passwd",), "en"),
    ],
)
def test_the_first_language_there_is_wins(wanted: tuple[str | None, ...], found: str) -> None:
    assert resolve(*wanted) == found


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_generated_file_says_how_to_make_it_again(language: str) -> None:
    first = path_of(language).read_text(encoding="utf-8").splitlines()[0]
    assert "python -m passweb.i18n.extract" in first


def _pairs(language: str) -> Iterator[tuple[str, str]]:
    """Every translated form with the English form it stands for, the plural for all but one."""
    for message in read(language):
        if not message.id:
            continue
        if isinstance(message.id, str):
            yield message.id, str(message.string)
        else:
            for form in message.string or ():
                yield message.id[1], form


def _placeholders(text: str) -> set[str]:
    return {name for found in PLACEHOLDER.findall(text) for name in found if name}
