"""The three colours of a pass, and what becomes of the ground of one that no longer counts."""

from __future__ import annotations

import re

from msgspec import Struct

from passwright.passes.content import Look
from passwright.passes.preview.numbers import BLACK, WHITE

HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
OWN_SHARE = 0.42
"""Of its own colour that a greyed ground keeps."""


class Colours(Struct, frozen=True):
    ground: str
    text: str
    label: str


def colours_of(look: Look) -> Colours:
    """White ground and black text unless told; labels as the text unless told. Nonsense counts as not told."""
    text = _hex(look.text_color) or BLACK
    return Colours(_hex(look.background_color) or WHITE, text, _hex(look.label_color) or text)


def greyed(colour: str) -> str:
    """A ground that has lost most of its colour: a share of its own, the rest a grey of its lightness."""
    channels = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    grey = 0.46 * (max(channels) + min(channels)) / 2 + 96
    return "#" + "".join(f"{round(OWN_SHARE * c + (1 - OWN_SHARE) * grey):02x}" for c in channels)


def _hex(colour: str | None) -> str:
    """``#rrggbb`` in small letters, or nothing."""
    if colour is None or not HEX.fullmatch(colour):
        return ""
    digits = colour[1:].lower()
    return "#" + ("".join(digit * 2 for digit in digits) if len(digits) == 3 else digits)
