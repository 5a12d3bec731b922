"""What the front of a pass looks like, drawn from its content and its pictures."""

from __future__ import annotations

import hashlib
from datetime import datetime

from passwright import storage
from passwright.apple.images import UnusableImage, densities, file_name
from passwright.caching import BoundedCache
from passwright.passes.content import Content, ImageRef, ImageSlot, Style
from passwright.passes.preview import front_svg, png

MEGABYTE = 1024 * 1024

shown_images: BoundedCache[tuple[str, ImageSlot, Style], bytes] = BoundedCache(
    most_entries=512, most_bytes=32 * MEGABYTE, size_of=len
)
drawn: BoundedCache[bytes, bytes] = BoundedCache(most_entries=256, most_bytes=32 * MEGABYTE, size_of=len)
"""PNGs by the SHA-256 of their SVG: drawing one takes a tenth of a second."""


def front(content: Content, at: datetime, *, samples: bool = False) -> str:
    images = {slot: shown_image(image, slot, content.style) for slot, image in content.look.images.items()}
    present = {slot: image for slot, image in images.items() if image is not None}
    return front_svg(content, present, at=at, samples=samples)


def shown_image(image: ImageRef, slot: ImageSlot, style: Style) -> bytes | None:
    """The picture at twice its points, as pages show it. One that is missing or damaged leaves its place empty."""

    def made() -> bytes:
        return densities(slot, storage.get(image.digest), style)[file_name(slot, 2)]

    try:
        return shown_images.get((image.digest, slot, style), made)
    except (storage.MissingImage, UnusableImage):
        return None


def as_png(svg: str) -> bytes:
    return drawn.get(hashlib.sha256(svg.encode()).digest(), lambda: png(svg))
