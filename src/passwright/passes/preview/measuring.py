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

from passwright.passes.preview.numbers import Face

FONTS = Path(__file__).parent / "fonts"
FONT_FILES = {
    300: FONTS / "Inter_300Light.ttf",
    400: FONTS / "Inter_400Regular.ttf",
    500: FONTS / "Inter_500Medium.ttf",
    600: FONTS / "Inter_600SemiBold.ttf",
    700: FONTS / "Inter_700Bold.ttf",
}
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
FIRST_PICTOGRAPH, LAST_PICTOGRAPH = "\U0001f000", "\U0001ffff"
ZERO_WIDTH = frozenset({"Mn", "Me", "Cf", "Cc"})
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
    return _advances(400).keys() >= set(text)


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
    """The sum of the advances. Kerning is left out: it takes away a hundredth, and every renderer has its own."""
    advances = _advances(weight)
    return sum(advances[character] if character in advances else _estimate(character) for character in text)


def _estimate(character: str) -> float:
    if unicodedata.category(character) in ZERO_WIDTH:
        return 0.0
    if FIRST_PICTOGRAPH <= character <= LAST_PICTOGRAPH:
        return PICTOGRAPH
    return FULL_WIDTH if unicodedata.east_asian_width(character) in "WF" else ESTIMATED


@lru_cache(maxsize=len(FONT_FILES))
def _advances(weight: int) -> dict[str, float]:
    """Width of each character of the bundled face, in ems, from the font file itself."""
    font = FONT_FILES[weight].read_bytes()
    em = struct.unpack_from(">H", _table(font, b"head"), 18)[0]
    widths = _glyph_widths(font)
    return {
        character: 0.0 if unicodedata.category(character) in ZERO_WIDTH else widths[min(glyph, len(widths) - 1)] / em
        for character, glyph in _glyphs(_table(font, b"cmap"))
    }


def _glyph_widths(font: bytes) -> list[int]:
    """Advances by glyph; glyphs beyond the last one have its advance."""
    count = struct.unpack_from(">H", _table(font, b"hhea"), 34)[0]
    return [advance for advance, _ in struct.iter_unpack(">Hh", _table(font, b"hmtx")[: 4 * count])]


def _glyphs(cmap: bytes) -> Iterator[tuple[str, int]]:
    """Characters and their glyphs, from the encoding subtable of format 12 (groups), which Inter has."""
    for index in range(struct.unpack_from(">H", cmap, 2)[0]):
        start = struct.unpack_from(">I", cmap, 8 + 8 * index)[0]
        if struct.unpack_from(">H", cmap, start)[0] == 12:
            for group in range(struct.unpack_from(">I", cmap, start + 12)[0]):
                first, last, glyph = struct.unpack_from(">III", cmap, start + 16 + 12 * group)
                yield from ((chr(code), glyph + code - first) for code in range(first, last + 1))
            return
    raise ValueError("the font has no table of characters in format 12")


def _table(font: bytes, name: bytes) -> bytes:
    for index in range(struct.unpack_from(">H", font, 4)[0]):
        tag, _, offset, length = struct.unpack_from(">4sIII", font, 12 + 16 * index)
        if tag == name:
            return font[offset : offset + length]
    raise ValueError(f"the font has no table {name.decode()}")
