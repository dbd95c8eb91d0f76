"""Documents for people: invoices as PDF/A, pass IDs as QR codes."""

from __future__ import annotations

from passweb.documents.invoices import TypstInvoices
from passweb.documents.qr import qr_png, qr_svg

__all__ = ["TypstInvoices", "qr_png", "qr_svg"]
