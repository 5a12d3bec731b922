"""Pictures of a pass, made ready to stand inside a drawing. They are PNGs; anything else is not drawn."""

from __future__ import annotations

import io
import struct
import threading
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Callable, Mapping
from hashlib import blake2b

from PIL import Image, ImageFilter

from passwright.passes.content import ImageSlot
from passwright.passes.preview import numbers as n
from passwright.passes.preview.markup import OWN, number

SIGNATURE = b"\x89PNG\r\n\x1a\n"
DENSITY = 3
"""Pixels a unit that a drawing carries at most; phones have no more."""
LARGEST_PIXELS = 50_000_000
BACKGROUND_REDUCED = 4
"""A blurred picture needs few pixels: one for so many units each way."""

SLOT_BOXES = {
    ImageSlot.LOGO: n.LOGO,
    ImageSlot.STRIP: n.STRIP,
    ImageSlot.THUMBNAIL: n.THUMBNAIL,
    ImageSlot.FOOTER: n.Box(0, 0, n.FOOTER_WIDTH, n.FOOTER_HEIGHT),
    ImageSlot.BACKGROUND: n.Box(0, 0, n.WIDTH, n.HEIGHT),
}


class Recent:
    """The last results of some costly work, by digest. Bounded in bytes; safe to share between threads."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.held_bytes = 0
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()

    def get(self, key: bytes, make: Callable[[], bytes]) -> bytes:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self.held_bytes += len(made) - len(self._kept.pop(key, b""))
            self._kept[key] = made
            while self.held_bytes > self.most_bytes:
                self.held_bytes -= len(self._kept.popitem(last=False)[1])
        return made


REDUCED = Recent(16 * 1024 * 1024)
BLURRED = Recent(4 * 1024 * 1024)


def size_of(png: bytes) -> tuple[int, int] | None:
    """Width and height in pixels from a PNG's header; None for what is no PNG or is too large to open."""
    if len(png) < 33 or not png.startswith(SIGNATURE) or png[12:16] != b"IHDR":
        return None
    width, height = struct.unpack_from(">II", png, 16)
    return (width, height) if width and height and width * height <= LARGEST_PIXELS else None


def sizes_of(images: Mapping[ImageSlot, bytes]) -> dict[ImageSlot, tuple[int, int]]:
    """The sizes of those pictures that can be drawn."""
    return {slot: size for slot, png in images.items() if (size := size_of(png))}


def contained(size: tuple[float, float], width: float, height: float) -> tuple[float, float]:
    """The size at which a picture is drawn whole within the given one."""
    scale = min(width / size[0], height / size[1])
    return size[0] * scale, size[1] * scale


def picture(png: bytes, slot: ImageSlot, box: n.Box, *, cover: bool, clip: str = "") -> str:
    """A picture in its box: covering it (cut at the middle) or whole. ``clip`` is the id of a clip path."""
    fitted = "xMidYMid slice" if cover else "xMidYMid meet"
    clipped = f' clip-path="url(#{OWN}{clip})"' if clip else ""
    return (
        f'<image x="{number(box.x)}" y="{number(box.y)}" width="{number(box.width)}" height="{number(box.height)}"'
        f' preserveAspectRatio="{fitted}"{clipped} href="{data_uri(reduced(png, slot))}"/>'
    )


def data_uri(png: bytes) -> str:
    return "data:image/png;base64," + b64encode(png).decode()


def reduced(png: bytes, slot: ImageSlot) -> bytes:
    """The picture, made smaller if it has many more pixels than its place can show."""
    size, box = size_of(png), SLOT_BOXES.get(slot)
    if size is None or box is None:
        return png
    factor = max(box.width / size[0], box.height / size[1]) * DENSITY
    if factor > 0.5:
        return png
    key = blake2b(png, digest_size=16, person=slot.value.encode()).digest()
    return REDUCED.get(key, lambda: _scaled(png, max(1, round(size[0] * factor)), max(1, round(size[1] * factor))))


def blurred_background(png: bytes, *, clip: str) -> str:
    """The picture that covers an event ticket: blurred and darkened beforehand, so that it looks the same
    everywhere and weighs little."""
    key = blake2b(png, digest_size=16).digest()
    return (
        f'<image x="0" y="0" width="{number(n.WIDTH)}" height="{number(n.HEIGHT)}" preserveAspectRatio="none"'
        f' clip-path="url(#{OWN}{clip})"'
        f' href="{data_uri(BLURRED.get(key, lambda: _blurred(png)))}"/>'
    )


def _opened(png: bytes) -> Image.Image | None:
    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as opened:
            return opened.convert("RGBA")
    except (OSError, ValueError, SyntaxError, struct.error, Image.DecompressionBombError):
        return None


def _scaled(png: bytes, width: int, height: int) -> bytes:
    opened = _opened(png)
    return _saved(opened.resize((width, height), Image.Resampling.LANCZOS)) if opened else png


def _blurred(png: bytes) -> bytes:
    opened = _opened(png)
    if opened is None:
        return png
    size = round(n.WIDTH / BACKGROUND_REDUCED), round(n.HEIGHT / BACKGROUND_REDUCED)
    small = _covering(opened, size).filter(ImageFilter.GaussianBlur(n.BACKGROUND_BLUR / BACKGROUND_REDUCED))
    veil = Image.new("RGBA", size, (0, 0, 0, round(255 * n.BACKGROUND_DARKEN)))
    return _saved(Image.alpha_composite(small, veil))


def _covering(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    scale = max(size[0] / image.width, size[1] / image.height)
    width, height = size[0] / scale, size[1] / scale
    left, top = (image.width - width) / 2, (image.height - height) / 2
    return image.resize(size, Image.Resampling.BOX, box=(left, top, left + width, top + height))


def _saved(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
