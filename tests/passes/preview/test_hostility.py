"""Any text makes a well-formed drawing, and nothing of it becomes markup."""

from __future__ import annotations

import time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from passwright.passes.content import BarcodeFormat, Content, Field, ImageSlot, Look, Position, ShownBarcode, Style
from passwright.passes.preview import back_svg, front_svg, png, shrinkage
from tests.passes.preview.passes import all_pictures, back, content, parsed, picture

ELEMENTS = {
    "svg", "title", "desc", "defs", "clipPath", "path", "rect", "circle", "image", "text", "tspan", "g", "filter",
    "feColorMatrix", "feGaussianBlur",
}  # fmt: skip
NASTY = st.sampled_from(
    ["<script>alert(1)</script>", '"><image href="http://x/"/>', "]]>", "&amp;&#0;", "\x00url(#", "\u202e\u2066",
     "🇫🇷" * 9, "ﷺ", "e\u0301" * 40, "\ud800", "\ufffe", "W" * 500, "مرحبا", "\r\n\t", "<!--",
     "<?x?>", "href=", "👩‍👩‍👧"]
)  # fmt: skip
WORDS = st.one_of(st.none(), NASTY, st.text(st.characters(), max_size=60), st.lists(NASTY, max_size=4).map("".join))
PICTURES = st.sampled_from([{}, all_pictures(), {ImageSlot.BACKGROUND: picture(), ImageSlot.THUMBNAIL: b"\x89PNG"}])


@st.composite
def contents(draw: Any) -> Content:
    fields = tuple(
        Field(
            key=f"k{index}", position=draw(st.sampled_from(list(Position))), label=draw(WORDS), value=draw(WORDS),
            text_alignment=draw(st.one_of(st.none(), st.sampled_from(["left", "natural"]), NASTY)),
        )
        for index in range(draw(st.integers(0, 9)))
    )  # fmt: skip
    look = Look(logo_text=draw(WORDS), background_color=draw(WORDS), text_color=draw(WORDS), transit_type=draw(WORDS))
    message, alt = draw(WORDS) or "", draw(WORDS) or ""
    barcode = ShownBarcode(format=draw(st.sampled_from(list(BarcodeFormat))), message=message, alt_text=alt)
    return content(
        draw(st.sampled_from(list(Style))), fields, look=look, barcode=barcode, voided=draw(st.booleans()),
        description=draw(WORDS) or "", organization_name=draw(WORDS) or "", push_message=draw(WORDS) or "",
    )  # fmt: skip


def safe(svg: str) -> None:
    root = parsed(svg)
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= ELEMENTS
    for element in root.iter():
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert not name.endswith("href") or value.startswith("data:image/png;base64,")
            assert "url(" not in value or name == "aria-label" or value.startswith("url(#p")
    assert "\x00" not in svg


@given(contents(), PICTURES, st.booleans())
@settings(max_examples=60, deadline=None)
def test_any_text_gives_a_safe_drawing(given_content: Content, pictures: dict[ImageSlot, bytes], samples: bool) -> None:
    safe(front_svg(given_content, pictures, samples=samples))
    safe(back_svg(given_content))
    for entry in shrinkage(given_content, pictures):
        assert entry.cut or entry.shown == entry.text


@given(contents())
@settings(max_examples=20, deadline=None)
def test_any_text_can_be_made_a_png(given_content: Content) -> None:
    assert png(front_svg(given_content, {}), scale=0.3).startswith(b"\x89PNG")
    assert png(back_svg(given_content), scale=0.3).startswith(b"\x89PNG")


def test_endless_texts_take_linear_time() -> None:
    for text in (
        "a" * 50_000,
        "a-" * 25_000,
        "a." * 25_000,
        "<a " * 20_000,
        "0 " * 25_000,
        "x@" * 25_000,
        "長" * 20_000,
    ):
        start = time.process_time()
        back_svg(content(fields=(back("k", text[:2000], text),)))
        front_svg(content(fields=(back("k", text, text),), description=text, organization_name=text), {})
        assert time.process_time() - start < 10
