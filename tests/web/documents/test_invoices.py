"""Invoices as PDF: readable, complete, the same bytes each time, any name a text (I1, K11, X4)."""

from __future__ import annotations

import io
import pickle
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings, strategies as st
from pypdf import PdfReader

from passcore.domain.invoices import Invoice, InvoiceLine, Party
from passcore.ports.documents import InvoiceRenderer
from passweb.documents import TypstInvoices
from passweb.documents.invoices import clean, data_of

RENDERER: InvoiceRenderer = TypstInvoices()
INVOICE = Invoice(
    id="inv_1",
    series="LILA2026",
    number=7,
    code="LILA2026-00007",
    order_id="ord_1",
    client_id="cli_1",
    issued_on=date(2026, 11, 22),
    issued_at=datetime(2026, 11, 22, 9, 30, 15, tzinfo=UTC),
    currency="EUR",
    language="en",
    seller=Party("Studio Lila", "Fő utca 12.\n1011 Budapest", "HU12345678", "hello@lila.example"),
    buyer=Party("Anna Kovács", "Kossuth tér 1.", "HU87654321", "anna@example.com"),
    lines=(InvoiceLine("10 × Reformer", 1, 9_449, 2_700, 2_551, 12_000),),
    paid_by="stripe",
)
HOSTILE = '#let x = 1 $ x^2 $ \\u{1F600} *bold* _it_ <label> @ref `raw` // no /* no */ "q" #panic()'


def _text(pdf: bytes) -> str:
    """The text of all pages in one line, with ordinary spaces and none that have no width."""
    pages = (page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return re.sub(r"\s+", " ", " ".join(pages).replace("\u200b", ""))


def _squeezed(pdf: bytes) -> str:
    return _text(pdf).replace(" ", "")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Invoice", "22 November 2026", "Net total", "€94.49", "Tax 27%", "€120.00"]),
        ("hu", ["Számla", "2026. november 22.", "Nettó összesen", "94,49 EUR", "120,00 EUR"]),
        ("de", ["Rechnung", "22. November 2026", "Summe netto", "94,49 €", "27 %", "120,00 €"]),
        ("pl", ["Faktura", "22 listopada 2026", "Razem netto", "94,49 €", "120,00 €"]),
    ],
)
def test_number_parties_day_and_sums_stand_on_it(language: str, words: list[str]) -> None:
    text = _text(RENDERER.pdf(attrs.evolve(INVOICE, language=language)))
    parties = ["Studio Lila", "1011 Budapest", "HU12345678", "Anna Kovács", "HU87654321"]
    for word in ["LILA2026-00007", *parties, "10 × Reformer", *words]:
        assert word in text


@pytest.mark.parametrize(
    ("paid_by", "words"),
    [("cash", "Cash"), ("bank_transfer", "Bank transfer"), ("Voucher 12", "Voucher 12")],
)
def test_how_it_was_paid_is_said(paid_by: str, words: str) -> None:
    text = _text(RENDERER.pdf(attrs.evolve(INVOICE, paid_by=paid_by)))
    assert f"Paid by {words}" in text or ("Paid by" in text and words in text)


def test_each_tax_rate_is_summed_by_itself() -> None:
    lines = (
        InvoiceLine("Pass", 1, 10_000, 2_700, 2_700, 12_700),
        InvoiceLine("Mat", 2, 2_000, 2_700, 540, 2_540),
        InvoiceLine("Book", 1, 1_000, 500, 50, 1_050),
    )
    text = _text(RENDERER.pdf(attrs.evolve(INVOICE, lines=lines)))
    for words in ("Tax 5% €0.50", "Tax 27% €32.40", "Net total €130.00", "€162.90"):
        assert words in text


@pytest.mark.parametrize(
    ("currency", "total"),
    [("JPY", "JP¥12,000"), ("KWD", "KWD 12.000"), ("HUF", "HUF 120.00"), ("PLN", "PLN 120.00")],
)
def test_the_decimals_are_the_cores_own(currency: str, total: str) -> None:
    assert total in _text(RENDERER.pdf(attrs.evolve(INVOICE, currency=currency)))


def test_the_same_snapshot_gives_the_same_bytes_wherever_it_is_rendered() -> None:
    """In another renderer, in threads, and in another process with another hash seed and zone."""
    expected = RENDERER.pdf(INVOICE)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: TypstInvoices().pdf(INVOICE), range(8))) == {expected}
    other = (
        "import sys, pickle; from passweb.documents import TypstInvoices;"
        "sys.stdout.buffer.write(TypstInvoices().pdf(pickle.load(sys.stdin.buffer)))"
    )
    for environment in ({"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo"}):
        made = subprocess.run(
            [sys.executable, "-c", other],
            input=pickle.dumps(INVOICE),
            env={"PYTHONPATH": ":".join(sys.path), "PATH": "", **environment},
            capture_output=True,
            check=True,
        )
        assert made.stdout == expected


def test_the_same_instant_in_another_zone_gives_the_same_bytes() -> None:
    tokyo = INVOICE.issued_at.astimezone(timezone(timedelta(hours=9)))
    assert RENDERER.pdf(attrs.evolve(INVOICE, issued_at=tokyo)) == RENDERER.pdf(INVOICE)


def test_another_snapshot_gives_other_bytes() -> None:
    """The negative control."""
    assert RENDERER.pdf(attrs.evolve(INVOICE, number=8, code="x-8")) != RENDERER.pdf(INVOICE)


def test_it_says_to_be_pdf_a_3b_and_is_dated_by_the_invoice() -> None:
    pdf = RENDERER.pdf(INVOICE)
    assert b"<pdfaid:part>3</pdfaid:part>" in pdf
    assert b"<pdfaid:conformance>B</pdfaid:conformance>" in pdf
    info = PdfReader(io.BytesIO(pdf)).metadata
    assert info is not None
    assert info.creation_date == INVOICE.issued_at
    assert info.title == "Invoice LILA2026-00007"


@pytest.mark.parametrize("field", ["name", "lines", "tax_id", "email"])
@pytest.mark.parametrize("who", ["seller", "buyer"])
def test_markup_in_a_party_is_text(who: str, field: str) -> None:
    party = attrs.evolve(getattr(INVOICE, who), **{field: HOSTILE})
    pdf = RENDERER.pdf(attrs.evolve(INVOICE, **{who: party}))
    assert HOSTILE.replace(" ", "") in _squeezed(pdf)


def test_markup_in_a_line_and_a_code_is_text() -> None:
    line = attrs.evolve(INVOICE.lines[0], title=HOSTILE)
    invoice = attrs.evolve(INVOICE, lines=(line,), code=HOSTILE, paid_by=HOSTILE)
    text = _squeezed(RENDERER.pdf(invoice))
    assert text.count(HOSTILE.replace(" ", "")) >= 3


@pytest.mark.parametrize(
    "name",
    [
        "😀👨\u200d👩\u200d👧",
        "漢字かな한국어",
        "อาหารไทย",
        "a" + "\u0301" * 199,
        "\u200b\u200d\ufeff\u00ad",
        "W" * 200,
        "\U000e0041\U0010ffff\ufffe\ue000",
    ],
)
def test_a_name_that_no_font_has_breaks_nothing(name: str) -> None:
    buyer = attrs.evolve(INVOICE.buyer, name=f"Anna {name}")
    pdf = RENDERER.pdf(attrs.evolve(INVOICE, buyer=buyer))
    assert "Anna" in _text(pdf)
    assert "€120.00" in _text(pdf)
    assert pdf == TypstInvoices().pdf(attrs.evolve(INVOICE, buyer=buyer))


def test_what_a_font_lacks_is_a_box_and_the_rest_stays() -> None:
    buyer = attrs.evolve(INVOICE.buyer, name="Zoë 😀 Ωμέγα Жанна")
    text = _text(RENDERER.pdf(attrs.evolve(INVOICE, buyer=buyer)))
    assert "Zoë □ Ωμέγα Жанна" in text


def test_letters_of_all_our_languages_are_in_the_fonts() -> None:
    letters = "áéíóöőúüű ÁÉÍÓÖŐÚÜŰ äöüß ÄÖÜẞ ąćęłńóśźż ĄĆĘŁŃÓŚŹŻ čďěňřšťůž „”“’–—…€"
    buyer = attrs.evolve(INVOICE.buyer, name=letters)
    text = _squeezed(RENDERER.pdf(attrs.evolve(INVOICE, buyer=buyer)))
    assert letters.replace(" ", "") in text


@settings(max_examples=25)
@given(st.text(min_size=1, max_size=200))
def test_any_text_anywhere_gives_a_pdf(text: str) -> None:
    party = Party(text, text, text, text)
    line = attrs.evolve(INVOICE.lines[0], title=text)
    pdf = RENDERER.pdf(attrs.evolve(INVOICE, seller=party, buyer=party, lines=(line,)))
    assert pdf.startswith(b"%PDF-")


def test_a_long_word_stays_on_the_page() -> None:
    """Without places to break it would run out of its column into the margin."""
    assert "\u200b" in clean("W" * 200)
    assert clean("a usual name of usual words") == "a usual name of usual words"
    assert clean("a\u202eb\u0000c") == "abc"


def test_many_lines_go_over_several_numbered_pages() -> None:
    lines = tuple(attrs.evolve(INVOICE.lines[0], title=f"Pass {n}") for n in range(60))
    pdf = RENDERER.pdf(attrs.evolve(INVOICE, lines=lines))
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    assert len(pages) >= 3
    assert all("Description" in page for page in pages[:-1])
    assert f"1 / {len(pages)}" in pages[0]


def test_an_unknown_language_is_english() -> None:
    assert data_of(attrs.evolve(INVOICE, language="xx"))["labels"]["title"] == "Invoice"


def test_no_font_of_the_machine_is_used(tmp_path: Path) -> None:
    """A folder of fonts is a choice of the operator; an empty one changes no byte."""
    assert TypstInvoices([tmp_path]).pdf(INVOICE) == RENDERER.pdf(INVOICE)
