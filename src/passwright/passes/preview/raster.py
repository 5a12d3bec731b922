"""PNG from a drawing, with our own face and without looking at anything outside of the drawing."""

from __future__ import annotations

from math import sqrt
from xml.parsers import expat

import resvg_py

from passwright.passes.preview.measuring import FONT_FILES, all_drawable
from passwright.passes.preview.numbers import SCREEN_FACES

LARGEST_PIXELS = 12_000_000
"""What a PNG may hold: 48 MB while it is drawn. The back of a pass with very long texts is drawn smaller."""
LONGEST_SIDE = 10_000_000
INSIDE = ("#", "data:image/png;base64,")
"""What a drawing may refer to: its own parts and embedded PNGs."""
FACE = "Inter"


class UnsafeDrawing(ValueError):
    """The drawing is no well-formed SVG with a size, or refers to something outside of itself."""


def png(svg: str, *, scale: float = 2.0, skip_system_fonts: bool | None = None) -> bytes:
    """The drawing as PNG, ``scale`` pixels a unit.

    Texts are drawn with the bundled Inter. The machine's own fonts are looked for only when a drawing has
    characters that Inter lacks, because that takes longer and differs from machine to machine;
    ``skip_system_fonts`` decides it for the caller. Raises `UnsafeDrawing`.
    """
    width, height = _Reading().size_of(svg)
    written = "<text" in svg
    own_suffices = not written or all_drawable(svg.replace("\n", " "))
    return resvg_py.svg_to_bytes(
        svg_string=svg.replace(SCREEN_FACES, FACE, 1),
        zoom=min(scale, sqrt(LARGEST_PIXELS / (width * height))),
        font_files=[str(path) for path in FONT_FILES.values()] if written else None,
        skip_system_fonts=own_suffices if skip_system_fonts is None else skip_system_fonts,
        font_family=FACE,
        sans_serif_family=FACE,
    )


class _Reading:
    """One look through a drawing: refuses what could lead a renderer outside, finds the size."""

    def __init__(self) -> None:
        self._size: tuple[float, float] | None = None
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._element
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.ProcessingInstructionHandler = self._refuse

    def size_of(self, svg: str) -> tuple[float, float]:
        try:
            self._parser.Parse(svg, True)
        except (expat.ExpatError, UnicodeError, ValueError) as wrong:
            raise UnsafeDrawing(f"not a drawing of ours: {wrong}") from None
        if self._size is None or not all(0 < side < LONGEST_SIDE for side in self._size):
            raise UnsafeDrawing("the drawing does not say how large it is")
        return self._size

    def _element(self, name: str, attributes: dict[str, str]) -> None:
        if self._size is None:
            self._size = float(attributes.get("width", 0)), float(attributes.get("height", 0))
        local = name.rpartition(":")[2]
        if local in ("style", "script", "foreignObject"):
            raise UnsafeDrawing(f"a drawing of ours has no <{local}>")
        for key, value in attributes.items():
            if key.rpartition(":")[2] == "href" and not value.startswith(INSIDE):
                raise UnsafeDrawing("the drawing refers to something outside of itself")

    def _refuse(self, *_: object) -> None:
        raise UnsafeDrawing("a drawing of ours has no document type and no instructions")
