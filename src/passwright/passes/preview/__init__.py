"""How a pass looks: one SVG a side, drawn from `Content` and the pictures alone, and PNGs made from it.

>>> svg = front_svg(content, {ImageSlot.LOGO: logo})
>>> image = png(svg)

The SVG stands by itself: no script, no reference to anything outside, every text escaped. `docs/preview.md` says what
is drawn where and how sure that is.
"""

from passwright.passes.preview.back import back_svg, spoken_back
from passwright.passes.preview.barcodes import Unencodable, encodable, qr_png, qr_svg
from passwright.passes.preview.front import Shrinkage, accessible_name, front_svg, shrinkage
from passwright.passes.preview.layout import Part
from passwright.passes.preview.measuring import measure
from passwright.passes.preview.raster import UnsafeDrawing, png

__all__ = [
    "Part",
    "Shrinkage",
    "Unencodable",
    "UnsafeDrawing",
    "accessible_name",
    "back_svg",
    "encodable",
    "front_svg",
    "measure",
    "png",
    "qr_png",
    "qr_svg",
    "shrinkage",
    "spoken_back",
]
