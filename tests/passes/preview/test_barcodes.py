"""What stands on a screen must scan: codes are read back from the drawing's pixels."""

from __future__ import annotations

import io

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from passwright.passes.content import BarcodeFormat, ImageSlot, Style
from passwright.passes.preview import Unencodable, encodable, front_svg, png, qr_png, qr_svg
from passwright.passes.preview.barcodes import PDF417_ROW, drawn_code, modules
from passwright.passes.preview.numbers import SQUARE_CODE, SQUARE_FORMATS, WIDE_CODE, Box
from tests.passes.preview.passes import code, content, opened, parsed, picture, texts

KINDS = {
    BarcodeFormat.QRCODE: zxingcpp.BarcodeFormat.QRCode,
    BarcodeFormat.PDF417: zxingcpp.BarcodeFormat.PDF417,
    BarcodeFormat.AZTEC: zxingcpp.BarcodeFormat.Aztec,
    BarcodeFormat.EAN128: zxingcpp.BarcodeFormat.Code128,
}


def scanned(image: bytes) -> list[tuple[zxingcpp.BarcodeFormat, bytes]]:
    return [(read.symbology, read.bytes) for read in zxingcpp.read_barcodes(opened(image).convert("L"))]


@pytest.mark.parametrize("format", list(KINDS))
@pytest.mark.parametrize("message", ["0000001", "TT-0004127", "FERREIRA  SK 814  0042"])
def test_codes_scan_back(format: BarcodeFormat, message: str) -> None:
    svg = front_svg(content(barcode=code(format, message)), {ImageSlot.THUMBNAIL: picture()})
    assert scanned(png(svg, scale=2)) == [(KINDS[format], message.encode())]


@pytest.mark.parametrize("format", [BarcodeFormat.QRCODE, BarcodeFormat.PDF417, BarcodeFormat.AZTEC])
@pytest.mark.parametrize(
    ("message", "read"),
    [("Łódź 東京", "Łódź 東京".encode()), ("Žofie", "Žofie".encode()), ("Zoë", "Zoë".encode("latin-1"))],
)
def test_other_letters_scan_back_byte_for_byte(format: BarcodeFormat, message: str, read: bytes) -> None:
    assert scanned(png(front_svg(content(barcode=code(format, message)), {}), scale=2)) == [(KINDS[format], read)]


@pytest.mark.parametrize("style", list(Style))
@pytest.mark.parametrize("format", list(KINDS))
def test_codes_scan_on_every_style(style: Style, format: BarcodeFormat) -> None:
    svg = front_svg(content(style, barcode=code(format, "AB-12")), {})
    assert scanned(png(svg, scale=1)) == [(KINDS[format], b"AB-12")]


def test_long_messages_scan_at_a_phones_density() -> None:
    for format, message in ((BarcodeFormat.EAN128, "1234567890" * 6), (BarcodeFormat.PDF417, "boarding " * 60)):
        image = png(front_svg(content(barcode=code(format, message, "")), {}), scale=3)
        assert scanned(image) == [(KINDS[format], message.encode())]


def test_a_voided_code_does_not_scan() -> None:
    for format in KINDS:
        assert scanned(png(front_svg(content(barcode=code(format)), {}), scale=1)) != []
        assert scanned(png(front_svg(content(voided=True, barcode=code(format)), {}), scale=1)) == []


@pytest.mark.parametrize(
    ("format", "message"),
    [
        (BarcodeFormat.QRCODE, ""),
        (BarcodeFormat.QRCODE, "x" * 5000),
        (BarcodeFormat.PDF417, "ä" * 3000),
        (BarcodeFormat.EAN128, "é"),
        (BarcodeFormat.EAN128, "a" * 60),
        (BarcodeFormat.EAN128, "a" * 300),
        (BarcodeFormat.AZTEC, "\ud800"),
    ],
)
def test_what_cannot_be_encoded_is_said(format: BarcodeFormat, message: str) -> None:
    assert not encodable(message, format)
    drawn = texts(front_svg(content(barcode=code(format, message, "under")), {}))
    assert "Code missing" in drawn
    assert "under" not in drawn


def test_no_code_leaves_its_place_empty() -> None:
    drawn = front_svg(content(barcode=code(BarcodeFormat.NONE, "")), {})
    assert "Code missing" not in texts(drawn)
    assert "crispEdges" not in drawn


@pytest.mark.parametrize("length", [1, 10, 40, 100, 300])
def test_pdf417_rows_are_high_enough(length: int) -> None:
    made = modules("x" * length, BarcodeFormat.PDF417)
    assert (66 / made.rows) / (295 / made.columns) >= PDF417_ROW


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=18))
@settings(max_examples=12, deadline=None)
def test_any_ascii_message_scans_in_every_format(message: str) -> None:
    for format, kind in KINDS.items():
        width, height = SQUARE_CODE if format in SQUARE_FORMATS else WIDE_CODE
        inside = drawn_code(message, format, Box(12, 12, width, height))
        tile = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width + 24}" height="{height + 24}">'
            f'<rect width="400" height="400" fill="#fff"/>{inside}</svg>'
        )
        assert scanned(png(tile, scale=3)) == [(kind, message.encode())]


def test_the_qr_code_of_a_link_scans_from_both_its_drawings() -> None:
    link = "https://pass.toytown.example/p/ahStMTeuCw/9kQ2fJx1aa"
    expected = [(zxingcpp.BarcodeFormat.QRCode, link.encode())]
    assert scanned(png(qr_svg(link), scale=2)) == expected
    assert scanned(qr_png(link)) == expected
    side = modules(link, BarcodeFormat.QRCODE).columns + 8
    assert opened(qr_png(link, scale=3)).size == (3 * side, 3 * side)


def test_a_qr_code_has_a_name_and_escapes_it() -> None:
    root = parsed(qr_svg("https://x.example/?a=1&b=<2>", title='"Open" <the pass>', light='#fff"/><script/>'))
    assert root.findtext("{http://www.w3.org/2000/svg}title") == '"Open" <the pass>'
    assert {element.tag.rpartition("}")[2] for element in root.iter()} == {"svg", "title", "rect", "path"}


def test_qr_codes_refuse_what_does_not_fit() -> None:
    for draw in (qr_svg, qr_png):
        with pytest.raises(Unencodable):
            draw("")
        with pytest.raises(Unencodable):
            draw("x" * 5000)


def test_qr_pngs_are_small_and_black_and_white() -> None:
    image = qr_png("https://pass.toytown.example/p/ahStMTeuCw")
    assert len(image) < 2000
    assert Image.open(io.BytesIO(image)).mode == "1"


def test_kept_codes_are_bounded() -> None:
    for number in range(200):
        modules(f"{number:07}", BarcodeFormat.QRCODE)
    assert modules.cache_info().currsize <= 64
