"""Invoices as PDF/A-3b, set by Typst: the same snapshot always gives the same bytes (K11).

Names are data to the template, never markup. PDF/A forbids a character that no font can show, so
those are printed as an empty box: which ones is found by asking the fonts, once a character.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import UTC
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import typst

from passcore.domain.invoices import Invoice, InvoiceLine, Party
from passweb.i18n import (
    format_day,
    format_money,
    format_number,
    format_percent,
    resolve,
    translator,
)

_TEMPLATE: Final = "invoice.typ"
_STANDARD: Final[list[typst.PDFStandard]] = ["a-3b"]
_BOX: Final = "\N{WHITE SQUARE}"
_PROBE: Final = b'#set text(font: ("Libertinus Serif", "DejaVu Sans Mono"))\n#sys.inputs.probe'
#: A run of so many characters without a place to break would leave its column.
_LONG_RUN: Final = re.compile(r"\S{22,}")
_BREAK: Final = "\N{ZERO WIDTH SPACE}"
#: Printable, but invisible or able to turn the text around it.
_UNSEEN: Final = re.compile(
    "[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


class TypstInvoices:
    """Renders invoices; `passcore.ports.documents.InvoiceRenderer`.

    *font_folders* hold further fonts, for names in scripts that Typst's own fonts lack. They are
    part of what makes the bytes: change them and a document rendered again looks different.
    """

    def __init__(self, font_folders: Sequence[Path] = ()) -> None:
        self._fonts = typst.Fonts(
            include_system_fonts=False, font_paths=[str(folder) for folder in font_folders]
        )
        self._template = (files("passweb.documents") / _TEMPLATE).read_bytes()
        self._shown: dict[str, bool] = {}

    def pdf(self, invoice: Invoice) -> bytes:
        """Return *invoice* as a PDF/A-3b file in its own language."""
        data = data_of(invoice)
        try:
            return self._set(data)
        except typst.TypstError:
            pass  # a character that no font has; the usual invoice never comes here
        try:
            return self._set(_each_text(data, self._printable))
        except typst.TypstError:  # each character can be shown, but not this sequence of them
            return self._set(_each_text(data, _plain))

    def _set(self, data: dict[str, Any]) -> bytes:
        return self._compiled(self._template, {"invoice": json.dumps(data, sort_keys=True)})

    def _compiled(self, source: bytes, inputs: dict[str, str]) -> bytes:
        # A compiler of its own for each document: nothing is shared between threads.
        compiler = typst.Compiler(source, font_paths=self._fonts, ignore_system_fonts=True)
        pdf = compiler.compile(format="pdf", sys_inputs=inputs, pdf_standards=_STANDARD)
        assert isinstance(pdf, bytes)
        return pdf

    def _printable(self, text: str) -> str:
        unknown = sorted({char for char in text if ord(char) > 0x7F} - self._shown.keys())
        self._ask(unknown)
        return "".join(char if self._shown.get(char, True) else _BOX for char in text)

    def _ask(self, chars: Sequence[str]) -> None:
        """Learn which of *chars* the fonts can show, halving the group until the culprits stand
        alone: one compilation where all can, few where few cannot."""
        if not chars:
            return
        try:
            self._compiled(_PROBE, {"probe": " ".join(chars)})
        except typst.TypstError:
            if len(chars) == 1:
                self._shown[chars[0]] = False
                return
            middle = len(chars) // 2
            self._ask(chars[:middle])
            self._ask(chars[middle:])
        else:
            self._shown.update(dict.fromkeys(chars, True))


def data_of(invoice: Invoice) -> dict[str, Any]:
    """Return what the template prints, in the invoice's language."""
    language = resolve(invoice.language)
    _ = translator(language).gettext
    issued = invoice.issued_at.astimezone(UTC)
    money = _Amounts(invoice.currency, language)
    return {
        "language": language,
        "code": clean(invoice.code),
        "issued": [*issued.timetuple()[:6]],
        "labels": _labels(language),
        "seller": _party(invoice.seller),
        "buyer": _party(invoice.buyer),
        "facts": [
            [_("Invoice number"), clean(invoice.code)],
            [_("Date of issue"), format_day(invoice.issued_on, language)],
            [_("Paid by"), clean(_method(invoice.paid_by, language))],
        ],
        "lines": [_line(line, money, language) for line in invoice.lines],
        "totals": _totals(invoice.lines, money, language),
        "total": money(invoice.gross_minor),
        "footer": clean(f"{invoice.seller.name} · {invoice.code}"),
    }


class _Amounts:
    """Writes amounts of one currency in one language, all with the same decimals."""

    def __init__(self, currency: str, language: str) -> None:
        self._currency, self._language = currency, language

    def __call__(self, minor: int) -> str:
        return format_money(minor, self._currency, self._language, exact=True)


def clean(text: str) -> str:
    """Return *text* without unseen characters, and with places to break in long runs."""
    seen = _UNSEEN.sub("", text.replace("\r\n", "\n")).encode("utf-8", "replace").decode()
    return _LONG_RUN.sub(lambda run: _BREAK.join(run[0]), seen)


def _labels(language: str) -> dict[str, str]:
    _ = translator(language).gettext
    return {
        "title": _("Invoice"),
        "seller": _("Seller"),
        "buyer": _("Bill to"),
        "tax_id": _("Tax ID"),
        "item": _("Description"),
        "quantity": _("Quantity"),
        "net": _("Net"),
        "rate": _("Tax rate"),
        "tax": _("Tax"),
        "gross": _("Gross"),
        "total": _("Total"),
    }


def _method(paid_by: str, language: str) -> str:
    """Return how an invoice was paid in words; a name that is not ours stands as it is."""
    _ = translator(language).gettext
    names = {
        "online": _("Online payment"),
        "stripe": _("Card, online"),
        "card": _("Card"),
        "cash": _("Cash"),
        "on_site": _("Payment on site"),
        "bank_transfer": _("Bank transfer"),
    }
    return names.get(paid_by, paid_by)


def _party(party: Party) -> dict[str, str]:
    return {
        "name": clean(party.name),
        "lines": clean(party.lines),
        "tax_id": clean(party.tax_id),
        "email": clean(party.email),
    }


def _line(line: InvoiceLine, money: _Amounts, language: str) -> dict[str, str]:
    return {
        "title": clean(line.title),
        "quantity": format_number(line.quantity, language),
        "net": money(line.net_minor),
        "rate": format_percent(line.tax_rate, language),
        "tax": money(line.tax_minor),
        "gross": money(line.gross_minor),
    }


def _totals(lines: Iterable[InvoiceLine], money: _Amounts, language: str) -> list[tuple[str, str]]:
    """Return the net sum and the tax of each rate."""
    _ = translator(language).gettext
    taxes: dict[int, int] = {}
    net = 0
    for line in lines:
        net += line.net_minor
        taxes[line.tax_rate] = taxes.get(line.tax_rate, 0) + line.tax_minor
    rows = [
        (_("Tax %(rate)s") % {"rate": format_percent(rate, language)}, money(tax))
        for rate, tax in sorted(taxes.items())
    ]
    return [(_("Net total"), money(net)), *rows]


def _each_text(value: Any, change: Any) -> Any:
    """Return *value* with *change* made to every string in it, keys apart."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _each_text(inner, change) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_each_text(inner, change) for inner in value]
    return value


def _plain(text: str) -> str:
    return "".join(char if ord(char) < 0x180 or char == _BREAK else _BOX for char in text)
