"""QR codes of pass IDs, as SVG for pages and as PNG for mails.

Error correction M and never a Micro QR code: phone cameras read those badly. The quiet zone of
four modules is part of the picture, so nothing around it can spoil it.
"""

from __future__ import annotations

import io
from typing import Final

import segno

_QUIET: Final = 4
_DARK: Final = "#101418"
_LIGHT: Final = "#ffffff"


def qr_svg(code: str, title: str, *, css_class: str = "qr") -> str:
    """Return *code* as an inline SVG element that screen readers call *title*.

    It has a `viewBox` and no size: the page says how large it is.
    """
    svg: str = _made(code).svg_inline(
        border=_QUIET,
        dark=_DARK,
        light=_LIGHT,
        title=title,
        svgclass=css_class,
        lineclass=None,
        omitsize=True,
    )
    return svg.replace("<svg ", '<svg role="img" ', 1)


def qr_png(code: str, *, scale: int = 8) -> bytes:
    """Return *code* as a PNG of *scale* pixels a module; the same code gives the same bytes."""
    png = io.BytesIO()
    _made(code).save(png, kind="png", scale=scale, border=_QUIET, dark=_DARK, light=_LIGHT)
    return png.getvalue()


def _made(code: str) -> segno.QRCode:
    return segno.make(code, micro=False, error="m")
