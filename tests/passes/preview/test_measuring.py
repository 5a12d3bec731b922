"""Widths, cutting, and the caches behind them."""

from __future__ import annotations

import pytest

from passwright.passes.content import ImageSlot
from passwright.passes.preview import measure
from passwright.passes.preview.layout import columns
from passwright.passes.preview.measuring import (
    CACHED_LENGTH,
    FONT_FILES,
    _em_width,
    all_drawable,
    clusters,
    cut,
    fit,
    one_line,
)
from passwright.passes.preview.numbers import GENERIC_PRIMARY, LABEL, VALUE
from passwright.passes.preview.pictures import BLURRED, REDUCED, Recent, reduced, size_of
from tests.passes.preview.passes import opened, picture


def test_width_grows_with_size_and_weight() -> None:
    assert measure("Toy Town", 20, 400) == pytest.approx(2 * measure("Toy Town", 10, 400))
    widths = [measure("Toy Town", 20, weight) for weight in FONT_FILES]
    assert widths == sorted(widths)
    assert measure("", 20) == 0
    assert measure("ab", 10, 400, 0.5) == pytest.approx(measure("ab", 10, 400) + 1)


def test_known_widths_of_inter() -> None:
    assert measure("0", 16, 400) == pytest.approx(10.0, abs=0.5)
    assert measure("Johnny Appleseed", 30, 400) == pytest.approx(263, abs=4)


def test_what_inter_lacks_is_estimated() -> None:
    assert measure("東京", 10) == pytest.approx(20)
    assert measure("e\u0301\u200d", 10) == pytest.approx(measure("é", 10), abs=1)
    assert 0 < measure("🎉", 10) < 20
    assert all_drawable("Łódź Привет")
    assert not all_drawable("東京")


def test_text_that_fits_is_left_alone() -> None:
    fitted = fit("Ada", 343, VALUE)
    assert (fitted.shown, fitted.size, fitted.shrunk, fitted.cut) == ("Ada", 18, False, False)


def test_labels_never_shrink() -> None:
    fitted = fit("A VERY LONG LABEL", 50, LABEL)
    assert fitted.size == 11
    assert fitted.cut
    assert measure(fitted.shown, 11, 600, 0.2) <= 50


def test_no_room_at_all_shows_nothing() -> None:
    assert fit("Ada", 3, VALUE).shown == ""
    assert fit("Ada", -10, VALUE).shown == ""
    assert fit("", 0, VALUE).shown == ""


def test_a_cut_never_parts_a_character() -> None:
    family = "👨‍👩‍👧‍👦"
    assert list(clusters(f"a\u0301{family}🇫🇷🇩🇪👍🏽b")) == ["a\u0301", family, "🇫🇷", "🇩🇪", "👍🏽", "b"]
    for width in range(5, 200, 5):
        shown = cut(family * 8, width, 20, GENERIC_PRIMARY)
        assert shown == "" or (shown.endswith("…") and shown[:-1] == family * shown.count("👦"))


def test_an_endless_text_costs_no_more_than_a_long_one() -> None:
    fitted = fit("\u0301" * 100_000 + "x", 343, VALUE)
    assert fitted.cut
    assert len(fitted.shown) <= 401


def test_one_line_drops_what_xml_forbids() -> None:
    assert one_line(" a\x00\x1b\ud800\ufffe b\r\n\tc\u2028d ") == "a b c d"
    assert one_line(None) == ""


@pytest.mark.parametrize(
    ("naturals", "expected"),
    [
        ([10, 20], [10 + 29, 20 + 29]),
        ([100], [100]),
        ([60, 120], [88 * 60 / 148, 88 * 88 / 148]),
        ([0, 0], [44, 44]),
    ],
)
def test_columns_share_a_row(naturals: list[float], expected: list[float]) -> None:
    assert columns(naturals, 100, 12) == pytest.approx(expected)


def test_the_cache_of_widths_is_bounded() -> None:
    before = _em_width.cache_info()
    assert before.maxsize is not None
    measure("x" * (CACHED_LENGTH + 1), 10)
    assert _em_width.cache_info().currsize == before.currsize
    for number in range(before.maxsize + 100):
        measure(f"{number}", 10)
    assert _em_width.cache_info().currsize <= before.maxsize


def test_recent_results_are_bounded_in_bytes_and_made_once() -> None:
    kept, made = Recent(100), []

    def work(size: int) -> bytes:
        made.append(size)
        return bytes(size)

    for key in (b"a", b"b", b"a", b"c", b"a"):
        kept.get(key, lambda: work(40))
    assert len(made) == 3
    kept.get(b"b", lambda: work(40))
    assert len(made) == 4
    kept.get(b"big", lambda: work(1000))
    assert kept.held_bytes <= 100
    assert REDUCED.most_bytes + BLURRED.most_bytes <= 32 * 1024 * 1024


def test_large_pictures_are_reduced_to_what_a_place_can_show() -> None:
    small, large = picture(270, 270), picture(2000, 1000)
    assert reduced(small, ImageSlot.THUMBNAIL) == small
    made = reduced(large, ImageSlot.THUMBNAIL)
    assert opened(made).size == (540, 270)
    assert reduced(large, ImageSlot.ICON) == large


def test_sizes_come_from_the_header() -> None:
    assert size_of(picture(30, 20)) == (30, 20)
    assert size_of(b"") is None
    assert size_of(b"GIF89a" + bytes(40)) is None
    huge = bytearray(picture(3, 3))
    huge[16:24] = b"\x7f\xff\xff\xff" * 2
    assert size_of(bytes(huge)) is None
