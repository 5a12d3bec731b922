"""PNGs: size, face, and nothing from outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from passwright.passes.content import ImageSlot, Style
from passwright.passes.preview import UnsafeDrawing, back_svg, front_svg, png, raster
from tests.passes.preview.passes import all_pictures, back, content, opened, picture, secondary

RED = (197, 31, 31, 255)


def drawing(inside: str, more: str = "") -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20" {more}>{inside}</svg>'


@pytest.mark.parametrize(("scale", "size"), [(1, (375, 484)), (2, (750, 968)), (3, (1125, 1452))])
def test_the_png_has_so_many_pixels_a_unit(scale: float, size: tuple[int, int]) -> None:
    assert opened(png(front_svg(content(), {}), scale=scale)).size == size


def test_outside_of_the_outline_is_nothing() -> None:
    plain = opened(png(front_svg(content(), {}), scale=1))
    assert plain.getpixel((0, 0)) == (0, 0, 0, 0)
    assert plain.getpixel((187, 300)) == RED
    assert opened(png(front_svg(content(Style.BOARDING_PASS), {}), scale=1)).getpixel((1, 158)) == (0, 0, 0, 0)
    coupon = opened(png(front_svg(content(Style.COUPON), {}), scale=1))
    assert coupon.getpixel((6, 1)) == (0, 0, 0, 0)
    assert coupon.getpixel((0, 0)) == RED


def test_a_background_stays_within_the_outline() -> None:
    svg = front_svg(content(Style.EVENT_TICKET), {ImageSlot.BACKGROUND: picture(540, 660, "#000000")})
    image = opened(png(svg, scale=1))
    assert image.getpixel((0, 0)) == (0, 0, 0, 0)
    assert image.getpixel((187, 5)) == (0, 0, 0, 0)
    left, right = image.getpixel((40, 320)), image.getpixel((340, 320))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[:3] == pytest.approx((184, 151, 73), abs=6)
    assert right[:3] == pytest.approx((0, 0, 0), abs=6)


def test_the_bundled_face_draws_without_any_font_on_the_machine() -> None:
    fields = (secondary("a", "ÉTÉ", "Žluťoučký Łódź Ωmega Привет €12.40 ½"),)
    svg = front_svg(content(fields=fields), {})
    bare = png(svg, skip_system_fonts=True)
    assert bare == png(svg)
    wordless = png(front_svg(content(fields=()), {}), skip_system_fonts=True)
    drawn, empty = opened(bare), opened(wordless)
    words = drawn.crop((32, 390, 718, 440)).tobytes()
    assert words != empty.crop((32, 390, 718, 440)).tobytes()


def test_each_weight_is_drawn_with_its_own_file() -> None:
    def ink(weight: int) -> int:
        words = f'<text x="0" y="15" font-size="12" font-weight="{weight}" font-family="Inter">Ill</text>'
        return sum(opened(png(drawing(words), scale=8, skip_system_fonts=True)).getchannel("A").tobytes())

    amounts = [ink(weight) for weight in (300, 400, 500, 600, 700)]
    assert amounts == sorted(amounts)
    assert len(set(amounts)) == 5


@pytest.mark.parametrize(
    "svg",
    [
        drawing('<image href="/etc/passwd" width="9" height="9"/>'),
        drawing('<image href="http://x.example/a.png" width="9" height="9"/>'),
        drawing('<image xlink:href="file:///a.png"/>', 'xmlns:xlink="http://www.w3.org/1999/xlink"'),
        drawing('<image href="data:image/svg+xml;base64,AAAA"/>'),
        drawing('<use href="other.svg#a"/>'),
        drawing("<image href='&#47;etc/passwd'/>"),
        drawing('<style>@import "http://x.example/a.css";</style>'),
        drawing("<script/>"),
        '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + drawing("<text>&a;</text>"),
        '<?xml-stylesheet href="http://x.example/a.css"?>' + drawing(""),
        '<svg xmlns="http://www.w3.org/2000/svg"/>',
        drawing("<text>"),
        drawing("\x00"),
        "",
        drawing("\ud800"),
        '<svg xmlns="http://www.w3.org/2000/svg" width="nan" height="9"/>',
        '<svg xmlns="http://www.w3.org/2000/svg" width="wide" height="9"/>',
    ],
)
def test_drawings_that_look_outside_are_refused(svg: str) -> None:
    with pytest.raises(UnsafeDrawing):
        png(svg)


def test_words_about_references_are_only_words() -> None:
    fields = (back("a", "A", '<image href="/etc/passwd"/> <!DOCTYPE x> @import'),)
    assert opened(png(back_svg(content(fields=fields)), scale=1)).width == 375


def test_a_very_long_back_is_drawn_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raster, "LARGEST_PIXELS", 300_000)
    image = opened(png(back_svg(content(fields=(back("a", "A", "word\n" * 300),))), scale=2))
    assert image.width < 375
    assert image.width * image.height <= 300_000 * 1.02


def test_every_style_with_every_picture_can_be_drawn() -> None:
    for style in Style:
        for voided in (False, True):
            image = opened(png(front_svg(content(style, voided=voided), all_pictures()), scale=0.5))
            assert image.size == (188, 242)


def test_the_font_files_come_with_their_licence() -> None:
    fonts = Path(__file__).parents[3] / "src" / "passwright" / "passes" / "preview" / "fonts"
    licence = (fonts / "OFL.txt").read_text()
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert "OTHER DEALINGS IN THE FONT SOFTWARE" in licence
    assert "0.4.2" in (fonts / "README.md").read_text()
