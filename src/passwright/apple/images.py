"""The pictures of a pass: their names, sizes in points, and how an uploaded picture becomes the files of a pass.

An upload goes two steps. `normalized` makes any JPEG, PNG or GIF into one clean PNG, for storage; `densities` makes
that PNG into the 1x, 2x and 3x files that a phone wants.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping
from enum import Enum, auto
from types import MappingProxyType
from typing import Final

from msgspec import Struct
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

SCALES = (1, 2, 3)
FORMATS = ("JPEG", "PNG", "GIF")
MOST_PIXELS = 24_000_000
"""Of an upload: more than a common phone camera's, less than 100 MB once decoded."""
LONGEST_SIDE = 2_048
"""Of a stored picture: nothing on a pass is drawn larger than 1344 pixels."""


class UnusableImage(ValueError):
    """The picture cannot be used."""


class UnknownImageType(UnusableImage):
    """The file is not a JPEG, PNG or GIF picture. Convert it to one of these and upload it again."""


class DamagedImage(UnusableImage):
    """The picture is incomplete or damaged. Export it again from the program it was made with."""


class TooManyPixels(UnusableImage):
    """The picture has too many pixels. Scale it down and upload it again."""


class Fit(Enum):
    """How a picture of any shape gets into a slot."""

    SQUARE = auto()
    """Whole, centred on a transparent square: an icon is never cut."""
    WITHIN = auto()
    """Whole, as large as fits, keeping its shape: the slot has no fixed shape."""
    COVER = auto()
    """The slot is filled; what hangs over is cut evenly."""
    PORTRAIT = auto()
    """As WITHIN, after cutting what is narrower than 2:3 or wider than 3:2 to that shape."""


class ImageKind(Struct, frozen=True, kw_only=True):
    """A picture by its base name. Sizes are points: pixels at 1x."""

    name: str
    width: int
    height: int
    fit: Fit
    other_sizes: tuple[tuple[int, int], ...] = ()
    """Sizes that other documents of Apple's give for the same picture."""

    def pixels(self, scale: int) -> tuple[int, int]:
        return self.width * scale, self.height * scale

    @property
    def largest(self) -> tuple[int, int]:
        """The largest size in points that any document gives."""
        sizes = ((self.width, self.height), *self.other_sizes)
        return max(width for width, _ in sizes), max(height for _, height in sizes)


# The phone blurs a background and stretches it over the card, so the smallest documented size loses nothing and keeps
# the pass small: the largest would weigh some megabytes.
KINDS: Final[Mapping[str, ImageKind]] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            ImageKind(name="icon", width=38, height=38, fit=Fit.SQUARE, other_sizes=((29, 29),)),
            ImageKind(name="logo", width=160, height=50, fit=Fit.WITHIN),
            ImageKind(name="primaryLogo", width=126, height=30, fit=Fit.WITHIN),
            ImageKind(name="secondaryLogo", width=135, height=12, fit=Fit.WITHIN),
            ImageKind(name="strip", width=375, height=144, fit=Fit.COVER, other_sizes=((375, 98), (375, 123))),
            ImageKind(name="thumbnail", width=90, height=90, fit=Fit.PORTRAIT),
            ImageKind(name="background", width=180, height=220, fit=Fit.COVER, other_sizes=((345, 505), (343, 503))),
            ImageKind(name="artwork", width=358, height=448, fit=Fit.COVER),
            ImageKind(name="footer", width=286, height=15, fit=Fit.WITHIN, other_sizes=((268, 15),)),
            ImageKind(name="personalizationLogo", width=150, height=40, fit=Fit.WITHIN),
        )
    }
)

EVENT_STRIP = ImageKind(name="strip", width=375, height=98, fit=Fit.COVER)
"""Event tickets give the strip less height than coupons and store cards do."""


def kind(name: str, style: str | None = None) -> ImageKind:
    """The slot of a picture on a style.

    Raises:
        KeyError: if a pass has no picture of this name.
    """
    return EVENT_STRIP if (name, style) == ("strip", "eventTicket") else KINDS[name]


def file_name(name: str, scale: int) -> str:
    """``logo``, 2 -> ``logo@2x.png``."""
    return f"{name}.png" if scale == 1 else f"{name}@{scale}x.png"


def file_names(name: str) -> tuple[str, ...]:
    return tuple(file_name(name, scale) for scale in SCALES)


def parse_file_name(path: str) -> tuple[str, int] | None:
    """``en.lproj/logo@2x.png`` -> ``("logo", 2)``; None if it names no picture of a pass."""
    stem, dot, suffix = path.rpartition("/")[2].rpartition(".")
    if not dot or suffix != "png":
        return None
    name, _, density = stem.partition("@")
    scale = {"": 1, "2x": 2, "3x": 3}.get(density)
    return (name, scale) if scale and name in KINDS and file_name(name, scale) == f"{stem}.png" else None


class NormalizedImage(Struct, frozen=True):
    """An upload as it is kept."""

    png: bytes
    width: int
    height: int


def normalized(data: bytes) -> NormalizedImage:
    """The upload as a PNG in sRGB: first frame, upright, without metadata, at most 2,048 pixels on its longer side.

    No picture is refused for its shape or for being small.

    Raises:
        UnknownImageType: if it is no JPEG, PNG or GIF.
        TooManyPixels: if it would decode to more than 24 million pixels; told from its header, before decoding.
        DamagedImage: if it cannot be decoded to its end.
    """
    with opened(data) as image:
        decoded = decode(image)
    if max(decoded.size) > LONGEST_SIDE:
        decoded = scaled(decoded, *within(decoded.size, (LONGEST_SIDE, LONGEST_SIDE)))
    return NormalizedImage(png(decoded), decoded.width, decoded.height)


def opened(data: bytes) -> Image.Image:
    """Only the header is read."""
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise too_many_pixels() from None
    except UnidentifiedImageError:
        raise not_a_picture(data) from None
    except (OSError, SyntaxError, ValueError, struct.error, zlib.error, IndexError, OverflowError):
        raise damaged() from None
    if image.width * image.height > MOST_PIXELS:
        image.close()
        raise too_many_pixels(image.size)
    if not image.width or not image.height:
        image.close()
        raise damaged()
    return image


def decode(image: Image.Image) -> Image.Image:
    """All pixels, upright, as RGB or RGBA in sRGB, and nothing else."""
    try:
        image.load()
        upright = ImageOps.exif_transpose(image)
        return in_srgb(upright)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise too_many_pixels() from None
    except (OSError, SyntaxError, ValueError, struct.error, zlib.error, IndexError, OverflowError, TypeError, KeyError):
        raise damaged() from None


def in_srgb(image: Image.Image) -> Image.Image:
    """A camera's wide colours are translated, because their profile is dropped with the other metadata."""
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "RGBA", "CMYK"):
        target = "RGBA" if image.mode == "RGBA" else "RGB"
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=target)
            return without_metadata(converted or image)
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a broken profile says nothing: the colours are taken as they are
    return without_metadata(image)


def without_metadata(image: Image.Image) -> Image.Image:
    if image.mode in ("I", "I;16", "I;16B", "I;16L", "F"):
        # Sixteen bits of grey: Pillow would cut off what is above 255.
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    transparent = "A" in image.getbands() or "transparency" in image.info or image.mode in ("PA", "La")
    clean = image.convert("RGBA" if transparent else "RGB")
    clean.info = {}
    return clean


def densities(slot: str, data: bytes, style: str | None = None) -> dict[str, bytes]:
    """The three files of a slot by name, from a normalized PNG: ``icon.png``, ``icon@2x.png``, ``icon@3x.png``.

    A phone takes pixels divided by density as size in points, so all three show the picture at the same size in
    points. Where the slot has a fixed size, a small picture is enlarged to it here, as the phone would do. Where it
    has none (logo, footer), it is never shown larger than its own pixels: a logo of 100 x 30 pixels gets 100 x 30
    points, as sharp as it was, and not a blurred 160 x 48.

    Raises:
        KeyError: if a pass has no such slot.
        UnusableImage: as `normalized`.
    """
    wanted = kind(slot, style)
    with opened(data) as image:
        source = decode(image)
    whole = fitted(source, wanted)
    width, height = points(whole.size, wanted)
    files = {}
    for scale in SCALES:
        drawn = scaled(whole, width * scale, height * scale)
        files[file_name(slot, scale)] = png(drawn, few_colours=slot == "background")
    return files


def fitted(source: Image.Image, wanted: ImageKind) -> Image.Image:
    """Cut or padded to the slot's shape, in the picture's own resolution."""
    match wanted.fit:
        case Fit.SQUARE:
            return padded_to_square(source)
        case Fit.COVER:
            return cut(source, wanted.width / wanted.height)
        case Fit.PORTRAIT:
            return cut(source, min(max(source.width / source.height, 2 / 3), 3 / 2))
        case Fit.WITHIN:
            return source


def points(size: tuple[int, int], wanted: ImageKind) -> tuple[int, int]:
    """The size in points at which a picture cut for its slot is shown."""
    slot = wanted.width, wanted.height
    match wanted.fit:
        case Fit.SQUARE | Fit.COVER:
            return slot
        case Fit.PORTRAIT:
            return within(size, slot)
        case Fit.WITHIN:
            return within(size, (min(slot[0], size[0]), min(slot[1], size[1])))


def within(size: tuple[int, int], limit: tuple[int, int]) -> tuple[int, int]:
    """The largest size of the same shape inside the limit; never less than one pixel."""
    factor = min(limit[0] / size[0], limit[1] / size[1])
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def padded_to_square(source: Image.Image) -> Image.Image:
    side = max(source.size)
    if source.size == (side, side):
        return source
    square = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    square.paste(source, ((side - source.width) // 2, (side - source.height) // 2))
    return square


def cut(source: Image.Image, shape: float) -> Image.Image:
    """The middle of the picture in the shape width / height."""
    width = max(1, min(source.width, round(source.height * shape)))
    height = max(1, min(source.height, round(source.width / shape)))
    left, top = (source.width - width) // 2, (source.height - height) // 2
    return source.crop((left, top, left + width, top + height))


def scaled(source: Image.Image, width: int, height: int) -> Image.Image:
    if source.size == (width, height):
        return source
    return source.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)


def png(image: Image.Image, *, few_colours: bool = False) -> bytes:
    if few_colours and image.mode == "RGB":
        image = image.quantize(256, dither=Image.Dither.NONE)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def too_many_pixels(size: tuple[int, int] | None = None) -> TooManyPixels:
    measured = f"{size[0]} x {size[1]} pixels" if size else "far too many pixels"
    return TooManyPixels(f"The picture has {measured}; {MOST_PIXELS // 1_000_000} million are allowed. Scale it down.")


def damaged() -> DamagedImage:
    return DamagedImage("The picture is incomplete or damaged. Export it again from the program it was made with.")


def not_a_picture(data: bytes) -> UnusableImage:
    """What starts like a picture and cannot be opened is damaged; anything else is another type."""
    if data.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")):
        return damaged()
    return UnknownImageType("This is not a JPEG, PNG or GIF picture. Convert it to one of these and upload it again.")
