"""Codes, drawn from the real message by a real encoder: what stands on a screen must scan."""

from __future__ import annotations

import io
import re
from functools import lru_cache

import zxingcpp
from msgspec import Struct
from PIL import Image

from passwright.passes.content import BarcodeFormat
from passwright.passes.preview import numbers as n
from passwright.passes.preview.markup import number, quoted, words

MOST_CODE128_MODULES = 440
"""With more bars than this (about 37 letters or 70 digits) no camera tells them apart on a phone's screen."""
LONGEST_MESSAGE = 4000
CODE128_QUIET = 10
PDF417_ROW = 3
"""The encoder draws every row of a PDF417 three modules high."""
PDF417_COLUMNS = range(2, 31)
QUIET_MODULES = 4
QR_CORRECTION = "M"
"""Level M mends 15 % of a code, as phones draw it."""

TOO_LONG = "the message is too long for this code"
RUN = re.compile(b"\x00+")
SYMBOLS = {
    BarcodeFormat.QRCODE: zxingcpp.BarcodeFormat.QRCode,
    BarcodeFormat.PDF417: zxingcpp.BarcodeFormat.PDF417,
    BarcodeFormat.AZTEC: zxingcpp.BarcodeFormat.Aztec,
    BarcodeFormat.EAN128: zxingcpp.BarcodeFormat.Code128,
}


class Unencodable(ValueError):
    """The message does not fit into a code of this format."""


class Modules(Struct, frozen=True):
    """A code as dark runs on a grid: path data, in modules."""

    columns: int
    rows: int
    path: str


def encoded(message: str, format: BarcodeFormat) -> bytes:
    """The bytes a scanner shall read: Latin-1 where it suffices, else UTF-8; Code 128 knows ASCII alone."""
    try:
        return message.encode("ascii" if format is BarcodeFormat.EAN128 else "iso-8859-1")
    except UnicodeEncodeError:
        if format is BarcodeFormat.EAN128:
            raise Unencodable("Code 128 holds Latin letters without accents, digits and signs only") from None
    try:
        return message.encode()
    except UnicodeEncodeError:
        raise Unencodable("half of a character cannot be encoded") from None


@lru_cache(maxsize=64)
def modules(message: str, format: BarcodeFormat) -> Modules:
    """The code for a message. Raises `Unencodable`, also for an empty one."""
    if not message:
        raise Unencodable("there is no message")
    if len(message) > LONGEST_MESSAGE:
        raise Unencodable(TOO_LONG)
    rows = _rows(encoded(message, format), format)
    if format is BarcodeFormat.EAN128 and len(rows[0]) > MOST_CODE128_MODULES:
        raise Unencodable(TOO_LONG)
    return Modules(len(rows[0]), len(rows), _path(rows))


def encodable(message: str, format: BarcodeFormat) -> bool:
    """Whether a code of this format can say the message."""
    try:
        modules(message, format)
    except Unencodable:
        return False
    return True


def drawn_code(message: str, format: BarcodeFormat, place: n.Box) -> str:
    """The code stretched to its place, black on the white around it. Raises `Unencodable`."""
    code = modules(message, format)
    width = _width(code, place.width) if format is BarcodeFormat.EAN128 else place.width
    x = place.x + (place.width - width) / 2
    across, down = width / code.columns, place.height / code.rows
    return (
        f'<path transform="translate({number(x)} {number(place.y)}) scale({across:.4f} {down:.4f})" d="{code.path}"'
        f' fill="{n.BLACK}" shape-rendering="crispEdges"/>'
    )


def _width(code: Modules, width: float) -> float:
    """How wide a Code 128 may be: scanners find its ends by ten white modules, of which the box gives some."""
    module = min(width / code.columns, (width + 2 * n.CODE_PADDING) / (code.columns + 2 * CODE128_QUIET))
    return module * code.columns


def qr_svg(text: str, *, size: float = 160, title: str = "", dark: str = "#000", light: str = "#fff") -> str:
    """A QR code of a text (a link, say) with its quiet zone, in a rounded tile. Raises `Unencodable`."""
    code = modules(text, BarcodeFormat.QRCODE)
    module = size / (code.columns + 2 * QUIET_MODULES)
    edge, side = number(QUIET_MODULES * module), number(size)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" width="{side}" height="{side}"'
        f' role="img"><title>{words(title or text)}</title>'
        f'<rect width="{side}" height="{side}" rx="{number(size / 20)}" fill="{quoted(light)}"/>'
        f'<path transform="translate({edge} {edge}) scale({module:.4f})" d="{code.path}" fill="{quoted(dark)}"'
        ' shape-rendering="crispEdges"/></svg>'
    )


def qr_png(text: str, *, scale: int = 8) -> bytes:
    """The same as a black and white PNG with ``scale`` pixels a module. Raises `Unencodable`."""
    if not text:
        raise Unencodable("there is no message")
    rows = _rows(encoded(text, BarcodeFormat.QRCODE), BarcodeFormat.QRCODE)
    code = Image.frombytes("L", (len(rows[0]), len(rows)), b"".join(rows))
    side = len(rows) + 2 * QUIET_MODULES
    tile = Image.new("L", (side, side), 255)
    tile.paste(code, (QUIET_MODULES, QUIET_MODULES))
    out = io.BytesIO()
    tile.resize((side * scale, side * scale), Image.Resampling.NEAREST).convert("1").save(out, "PNG", optimize=True)
    return out.getvalue()


def _rows(message: bytes, format: BarcodeFormat) -> list[bytes]:
    if format is BarcodeFormat.PDF417:
        return _pdf417(message)
    rows = _grid(message, format)
    return rows[:1] if format is BarcodeFormat.EAN128 else rows


def _pdf417(message: bytes) -> list[bytes]:
    """The widest modules whose rows are still at least three times as high, as scanners ask; else the squarest."""
    width, height = n.WIDE_CODE
    best: tuple[float, list[bytes]] | None = None
    for columns in PDF417_COLUMNS:
        try:
            rows = _grid(message, BarcodeFormat.PDF417, columns=columns)[::PDF417_ROW]
        except Unencodable:
            continue
        ratio = (height / len(rows)) / (width / len(rows[0]))
        if ratio >= PDF417_ROW:
            return rows
        best = max(best or (0.0, rows), (ratio, rows), key=lambda pair: pair[0])
    if best is None:
        raise Unencodable(TOO_LONG)
    return best[1]


def _grid(message: bytes, format: BarcodeFormat, **options: int) -> list[bytes]:
    """Rows of modules, 0 for dark and 255 for light."""
    barcode = _created(message, format, **options)
    image = memoryview(zxingcpp.write_barcode_to_image(barcode, scale=1, add_quiet_zones=False))  # type: ignore[arg-type]  # the stub omits the buffer protocol
    height, width = image.shape or (0, 0)
    data = image.tobytes()
    return [data[start : start + width] for start in range(0, height * width, width)]


def _created(message: bytes, format: BarcodeFormat, **options: int | str) -> zxingcpp.Barcode:
    if format is BarcodeFormat.QRCODE:
        options["ec_level"] = QR_CORRECTION
    try:
        return zxingcpp.create_barcode(message, SYMBOLS[format], **options)
    except ValueError:
        raise Unencodable(TOO_LONG) from None


def _path(rows: list[bytes]) -> str:
    return "".join(
        f"M{run.start()},{y}h{run.end() - run.start()}v1h-{run.end() - run.start()}z"
        for y, row in enumerate(rows)
        for run in RUN.finditer(row)
    )
