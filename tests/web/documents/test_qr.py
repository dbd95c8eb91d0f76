"""QR codes of pass IDs: the same picture each time, named for those who do not see it."""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ET

import segno

from passweb.documents import qr_png, qr_svg

CODE = "9TQ4-0HXN-7RKC-Z1M8-4E"


def test_the_svg_has_a_name_and_no_size_of_its_own() -> None:
    svg = ET.fromstring(qr_svg(CODE, "Pass 9TQ4"))
    assert svg.attrib["role"] == "img"
    assert "viewBox" in svg.attrib
    assert "width" not in svg.attrib
    assert [child.text for child in svg if child.tag.endswith("title")] == ["Pass 9TQ4"]


def test_a_hostile_title_is_text() -> None:
    hostile = '</title><script>alert("1")</script>'
    svg = ET.fromstring(qr_svg(CODE, hostile))
    assert [child.text for child in svg if child.tag.endswith("title")] == [hostile]


def test_the_png_is_the_same_each_time_and_has_its_quiet_zone() -> None:
    png = qr_png(CODE, scale=4)
    assert png == qr_png(CODE, scale=4)
    assert png != qr_png(CODE.replace("9", "8"), scale=4)
    width, height = struct.unpack(">II", png[16:24])
    modules = segno.make(CODE, micro=False, error="m").symbol_size(border=4)[0]
    assert (width, height) == (modules * 4, modules * 4)


def test_it_is_no_micro_code_and_bears_damage() -> None:
    made = segno.make(CODE, micro=False, error="m")
    assert not made.is_micro
    assert made.error in {"M", "Q", "H"}
