"""How wide a text is, and what becomes of one that is too wide.

Texts are measured with the bundled Inter wherever they are drawn, so that screen and PNG break alike. Characters
that Inter lacks are estimated, because nobody knows which face a machine will take for them.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from msgspec import Struct
from PIL import ImageFont

from passwright.passes.preview.numbers import Face

FONTS = Path(__file__).parent / "fonts"
FONT_FILES = {
    300: FONTS / "Inter_300Light.ttf",
    400: FONTS / "Inter_400Regular.ttf",
    500: FONTS / "Inter_500Medium.ttf",
    600: FONTS / "Inter_600SemiBold.ttf",
    700: FONTS / "Inter_700Bold.ttf",
}
EM = 1000
ELLIPSIS = "…"
LONGEST_LINE = 400
"""Characters of one line that are looked at. No line of a pass has room for half of them."""
CACHED_LENGTH = 80
"""Longer texts are measured each time, so that the cache stays under a few megabytes."""

ILLEGAL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 forbids or discourages: controls, surrogates, noncharacters."""
RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\u200f\u202b\u202e\u2067\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)

ESTIMATED = 0.62
FULL_WIDTH = 1.0
PICTOGRAPH = 1.25
FIRST_PICTOGRAPH = 0x1F000
JOINER = "\u200d"


class Fit(Struct, frozen=True):
    """A text made to fit: what is shown, at which size."""

    shown: str
    size: float
    shrunk: bool = False
    cut: bool = False


def legal(text: str) -> str:
    """The text without what cannot stand in an XML document."""
    return ILLEGAL.sub("", text)


def one_line(text: str | None) -> str:
    """The text on one line, with single spaces, as a browser would draw it anyway."""
    return " ".join(legal(text or "").split())


def measure(text: str, size: float, weight: int = 400, spacing: float = 0.0) -> float:
    """The width of a text on one line, in the unit of ``size``. ``spacing`` is added after each character."""
    em = _em_width(text, weight) if len(text) <= CACHED_LENGTH else _measured(text, weight)
    return em * size + spacing * len(text)


def fit(text: str, width: float, face: Face) -> Fit:
    """Shrink by steps of 1, then cut with an ellipsis."""
    limited = text[:LONGEST_LINE]
    size = face.size
    while measure(limited, size, face.weight, face.spacing) > width and size > face.smallest:
        size -= 1
    if limited == text and measure(text, size, face.weight, face.spacing) <= width:
        return Fit(text, size, shrunk=size < face.size)
    return Fit(cut(limited, width, size, face), size, shrunk=size < face.size, cut=True)


def cut(text: str, width: float, size: float, face: Face) -> str:
    """The longest beginning that fits with an ellipsis after it; nothing when not even one character does."""
    parts = list(clusters(text))
    low, high = 0, len(parts)
    while low < high:
        middle = (low + high + 1) // 2
        if measure("".join(parts[:middle]).rstrip() + ELLIPSIS, size, face.weight, face.spacing) <= width:
            low = middle
        else:
            high = middle - 1
    return "".join(parts[:low]).rstrip() + ELLIPSIS if low else ""


def clusters(text: str) -> Iterator[str]:
    """The text in pieces that must not be parted: a base with its marks, a family of emoji, a flag."""
    start = 0
    for at in range(1, len(text)):
        if not _joined(text, start, at):
            yield text[start:at]
            start = at
    if text:
        yield text[start:]


def reads_right_to_left(text: str) -> bool:
    """Whether the first character with a direction reads from right to left."""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in ("R", "AL"):
            return True
        if direction == "L":
            return False
    return False


def isolated(text: str) -> str:
    """The text with its own base direction, found from its first strong character, if it may need one."""
    return f"\u2068{text}\u2069" if RIGHT_TO_LEFT.search(text) else text


def all_drawable(text: str) -> bool:
    """Whether the bundled face has a glyph for every character."""
    return _covered().issuperset(text)


def _joined(text: str, start: int, at: int) -> bool:
    character, before = text[at], text[at - 1]
    if unicodedata.category(character) in ("Mn", "Me", "Mc") or JOINER in (character, before):
        return True
    if "\U0001f3fb" <= character <= "\U0001f3ff":
        return True
    return _regional(character) and _regional(before) and (at - start) % 2 == 1


def _regional(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


@lru_cache(maxsize=8192)
def _em_width(text: str, weight: int) -> float:
    return _measured(text, weight)


def _measured(text: str, weight: int) -> float:
    covered = _covered()
    if covered.issuperset(text):
        return _font(weight).getlength(text) / EM
    known = "".join(character for character in text if character in covered)
    return _font(weight).getlength(known) / EM + sum(_estimate(c) for c in text if c not in covered)


def _estimate(character: str) -> float:
    if unicodedata.category(character) in ("Mn", "Me", "Cf", "Cc"):
        return 0.0
    if ord(character) >= FIRST_PICTOGRAPH and ord(character) < 0x20000:
        return PICTOGRAPH
    return FULL_WIDTH if unicodedata.east_asian_width(character) in "WF" else ESTIMATED


@lru_cache(maxsize=len(FONT_FILES))
def _font(weight: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT_FILES[weight]), EM)


@lru_cache(maxsize=1)
def _covered() -> frozenset[str]:
    """The characters of the bundled face, from its ``cmap``; the five files cover the same."""
    data = FONT_FILES[400].read_bytes()
    table = _table(data, b"cmap")
    count = struct.unpack_from(">H", table, 2)[0]
    starts = {struct.unpack_from(">I", table, 8 + 8 * index)[0] for index in range(count)}
    return frozenset(character for start in starts for character in _characters(table, start))


def _table(font: bytes, name: bytes) -> bytes:
    for index in range(struct.unpack_from(">H", font, 4)[0]):
        tag, _, offset, length = struct.unpack_from(">4sIII", font, 12 + 16 * index)
        if tag == name:
            return font[offset : offset + length]
    raise ValueError(f"the font has no table {name.decode()}")


def _characters(table: bytes, start: int) -> Iterator[str]:
    """The characters of one encoding subtable: format 4 (segments of the first plane) or 12 (groups)."""
    kind = struct.unpack_from(">H", table, start)[0]
    if kind == 4:
        count = struct.unpack_from(">H", table, start + 6)[0] // 2
        lasts = struct.unpack_from(f">{count}H", table, start + 14)
        firsts = struct.unpack_from(f">{count}H", table, start + 16 + 2 * count)
        for first, last in zip(firsts, lasts, strict=True):
            yield from map(chr, range(first, min(last, 0xFFFE) + 1))
    elif kind == 12:
        for index in range(struct.unpack_from(">I", table, start + 12)[0]):
            first, last = struct.unpack_from(">II", table, start + 16 + 12 * index)
            yield from map(chr, range(first, last + 1))
