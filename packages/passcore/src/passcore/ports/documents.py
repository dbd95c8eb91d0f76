"""The documents port: write notices and invoices out for people."""

from __future__ import annotations

from typing import Protocol

import attrs

from passcore.domain.businesses import Business
from passcore.domain.invoices import Invoice
from passcore.domain.notices import Notice


@attrs.frozen
class Written:
    """A notice in words: subject, plain text and HTML."""

    subject: str
    text: str
    html: str


class NoticeWriter(Protocol):
    """Writes a notice from its template, in its language."""

    def write(self, notice: Notice, business: Business) -> Written: ...


class InvoiceRenderer(Protocol):
    """Renders an invoice. The same snapshot always gives the same bytes."""

    def pdf(self, invoice: Invoice) -> bytes: ...
