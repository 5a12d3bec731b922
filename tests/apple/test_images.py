from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from passwright.apple import images, styles


def picture(size: tuple[int, int], mode: str = "RGB", kind: str = "PNG", color: object = None) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, color or 0).save(file, kind)
    return file.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data), formats=["PNG"])
    image.load()
    return image


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
@pytest.mark.parametrize("size", [(1, 1), (1, 900), (640, 84), (33, 77)])
def test_every_shape_is_taken(kind: str, size: tuple[int, int]) -> None:
    made = images.normalized(picture(size, kind=kind))
    assert (made.width, made.height) == size == opened(made.png).size


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_of_png_is_taken(mode: str) -> None:
    assert opened(images.normalized(picture((3, 3), mode)).png).mode in ("RGB", "RGBA")


def test_sixteen_bits_of_grey_keep_their_brightness() -> None:
    made = opened(images.normalized(picture((1, 1), "I;16", color=0x8080)).png)
    assert made.getpixel((0, 0)) == (128, 128, 128)


def test_transparency_of_a_gif_is_kept() -> None:
    file = io.BytesIO()
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.putpixel((1, 0), 1)
    image.save(file, "GIF", transparency=1)
    made = opened(images.normalized(file.getvalue()).png)
    assert made.convert("RGBA").getpixel((1, 0))[3] == 0


def test_the_first_frame_counts() -> None:
    file = io.BytesIO()
    frames = [Image.new("RGB", (2, 2), color) for color in ("red", "blue")]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    assert opened(images.normalized(file.getvalue()).png).convert("RGB").getpixel((0, 0)) == (255, 0, 0)


def test_pictures_are_turned_upright_and_lose_their_metadata() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "a camera"
    file = io.BytesIO()
    Image.new("RGB", (20, 10)).save(file, "JPEG", exif=exif, comment=b"secret place")
    made = images.normalized(file.getvalue())
    assert (made.width, made.height) == (10, 20)
    assert b"secret" not in made.png
    assert opened(made.png).info == {}
    assert not opened(made.png).getexif()


def test_large_pictures_are_kept_smaller() -> None:
    made = images.normalized(picture((4000, 1000), "L"))
    assert (made.width, made.height) == (2048, 512)


def header_of_png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    start = chunk(b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + start + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(5_000, 5_000), (30_000, 30_000), (2**31 - 1, 2**31 - 1), (24_000_001, 1)])
def test_decompression_bombs_are_refused_by_their_header(size: tuple[int, int]) -> None:
    with pytest.raises(images.TooManyPixels, match="Scale it down"):
        images.normalized(header_of_png(*size))


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "WEBP", "ICO"])
def test_other_types_are_refused(kind: str) -> None:
    with pytest.raises(images.UnknownImageType, match="JPEG, PNG or GIF"):
        images.normalized(picture((32, 32), kind=kind))


@pytest.mark.parametrize("data", [b"", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.4"])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(images.UnknownImageType):
        images.normalized(data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
def test_cut_files_are_refused(kind: str) -> None:
    whole = io.BytesIO()
    Image.effect_noise((64, 64), 80).convert("RGB").save(whole, kind)
    for share in (0.1, 0.5, 0.9):
        with pytest.raises(images.DamagedImage, match="Export it again"):
            images.normalized(whole.getvalue()[: int(len(whole.getvalue()) * share)])


NOISE = {kind: picture((9, 7), kind=kind) for kind in ("PNG", "JPEG", "GIF")}


@given(st.sampled_from(sorted(NOISE)), st.data())
def test_damaged_bytes_are_read_or_refused_by_name(kind: str, data: st.DataObject) -> None:
    damaged = bytearray(NOISE[kind])
    for _ in range(3):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        images.normalized(bytes(damaged))
    except images.UnusableImage:
        return


@pytest.mark.parametrize(
    ("slot", "source", "size"),
    [
        ("icon", (200, 100), (38, 38)),
        ("logo", (900, 100), (160, 18)),
        ("logo", (100, 30), (100, 30)),
        ("logo", (1000, 1000), (50, 50)),
        ("strip", (640, 246), (375, 144)),
        ("thumbnail", (100, 400), (60, 90)),
        ("thumbnail", (400, 100), (90, 60)),
        ("thumbnail", (90, 80), (90, 80)),
        ("background", (50, 50), (180, 220)),
        ("footer", (572, 30), (286, 15)),
        ("artwork", (500, 500), (358, 448)),
        ("primaryLogo", (252, 60), (126, 30)),
        ("secondaryLogo", (270, 24), (135, 12)),
        ("personalizationLogo", (300, 80), (150, 40)),
        ("footer", (1, 3000), (1, 15)),
    ],
)
def test_three_densities_show_the_same_size_in_points(
    slot: str, source: tuple[int, int], size: tuple[int, int]
) -> None:
    made = images.densities(slot, picture(source))
    assert {name: opened(data).size for name, data in made.items()} == {
        images.file_name(slot, scale): (size[0] * scale, size[1] * scale) for scale in (1, 2, 3)
    }


def test_event_tickets_have_a_lower_strip() -> None:
    made = images.densities("strip", picture((640, 84)), "eventTicket")
    assert opened(made["strip@2x.png"]).size == (750, 196)


def test_an_icon_is_never_cut_but_padded() -> None:
    made = opened(images.densities("icon", picture((200, 100), color=(255, 0, 0)))["icon@3x.png"])
    assert made.getpixel((57, 2)) == (0, 0, 0, 0)
    assert made.getpixel((57, 57)) == (255, 0, 0, 255)


def test_file_names() -> None:
    assert images.file_names("icon") == ("icon.png", "icon@2x.png", "icon@3x.png")
    assert images.parse_file_name("de.lproj/logo@2x.png") == ("logo", 2)
    for other in ("logo@4x.png", "logo@.png", "logo@2x@2x.png", "photo.png", "icon.jpg", "icon", "logo@2x.PNG"):
        assert images.parse_file_name(other) is None


def test_every_style_draws_known_pictures_and_an_icon() -> None:
    for table in (styles.IMAGES, styles.SCHEME_IMAGES):
        for names in table.values():
            assert "icon" in names
            assert set(names) <= set(images.KINDS)


def test_a_strip_silences_background_and_thumbnail_of_event_tickets() -> None:
    every = frozenset(images.KINDS)
    ticket = styles.StyleKey.EVENT_TICKET
    assert styles.drawn_images(ticket, every) == ("icon", "logo", "strip")
    assert styles.drawn_images(ticket, every - {"strip"}) == ("icon", "logo", "background", "thumbnail")
