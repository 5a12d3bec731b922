"""The back: wrapped, never cut, with what can be touched in blue."""

from __future__ import annotations

import pytest

from passwright.passes.content import DataType, Style
from passwright.passes.preview import back_svg, measure
from passwright.passes.preview.back import touchables
from tests.passes.preview.passes import SVG, TOY_FIELDS, back, content, header, parsed, place, primary, said, texts

BLUE = "#0a66d8"


def blue(svg: str) -> list[str]:
    return ["".join(span.itertext()) for span in parsed(svg).iter(f"{SVG}tspan") if span.attrib["fill"] == BLUE]


def lines(svg: str) -> list[str]:
    return [said(element) for element in parsed(svg).iter(f"{SVG}text")]


def test_title_switches_and_fields_stand_where_the_table_says() -> None:
    drawn = texts(back_svg(content(fields=(back("hours", "Opening hours", "9 to 18"), back("q", None, "Plain")))))
    assert place(drawn["Toy Town"]) == (187.5, 38, 16)
    assert place(drawn["Done"]) == (359, 38, 16)
    for name, y in (("Automatic updates", 87), ("Allow notifications", 131), ("Suggest on Lock Screen", 175)):
        assert place(drawn[name]) == (32, y, 16)
    assert place(drawn["Opening hours"]) == (32, 234, 13)
    assert place(drawn["9 to 18"]) == (32, 255, 16)
    assert place(drawn["Plain"]) == (32, 255 + 19 + 22, 16)


def test_latest_news_is_there_only_with_a_message() -> None:
    assert "Latest news" not in lines(back_svg(content()))
    assert "Latest news" not in lines(back_svg(content(push_message="  ")))
    news = lines(back_svg(content(fields=(back("a", "Terms", "None"),), push_message="Workshop on Sunday")))
    assert news.index("Latest news") < news.index("Workshop on Sunday") < news.index("Terms")


def test_long_values_are_wrapped_and_nothing_is_lost() -> None:
    words = "One card per child. Points end after two years without a visit to any of our shops. " * 5
    svg = back_svg(content(fields=(back("terms", "Terms", words),)))
    drawn = lines(svg)
    wrapped = drawn[drawn.index("Terms") + 1 :]
    assert " ".join(wrapped) == words.strip()
    assert len(wrapped) > 5
    assert all(measure(line, 16, 400) <= 311 for line in wrapped)
    height = float(parsed(svg).attrib["height"])
    assert height > max(float(element.attrib["y"]) for element in parsed(svg).iter(f"{SVG}text"))


def test_a_word_wider_than_a_line_is_parted() -> None:
    drawn = lines(back_svg(content(fields=(back("t", "Token", "M" * 90),))))
    parts = drawn[drawn.index("Token") + 1 :]
    assert "".join(parts) == "M" * 90
    assert len(parts) > 2
    assert all(measure(part, 16, 400) <= 311 for part in parts)


def test_wide_characters_break_anywhere() -> None:
    drawn = lines(back_svg(content(fields=(back("t", "T", "長" * 45),))))
    parts = drawn[drawn.index("T") + 1 :]
    assert "".join(parts) == "長" * 45
    assert len(parts) == 3


def test_line_breaks_of_a_value_are_kept() -> None:
    svg = back_svg(content(fields=(back("t", "T", "one\r\ntwo\n\nfour\n"),)))
    drawn = texts(svg)
    assert [place(drawn[word])[1] - place(drawn["one"])[1] for word in ("two", "four")] == [20, 60]


@pytest.mark.parametrize(
    ("text", "touched"),
    [
        ("Write to Ada@toytown.example, please", ["Ada@toytown.example"]),
        ("See https://toytown.example/a?b=1. Thanks", ["https://toytown.example/a?b=1"]),
        ("toytown.example/e/9kQ2…", ["toytown.example/e/9kQ2…"]),
        ("www.toytown.example!", ["www.toytown.example"]),
        ("Call +33 4 72 00 10 20 now", ["+33 4 72 00 10 20"]),
        ("(020) 7946 0018", ["(020) 7946 0018"]),
        ("On 2026-11-22, e.g. at 9:30, 12.40 each", []),
        ("Order 0012 of 10,000", []),
        ("a@b.example or c@d.example", ["a@b.example", "c@d.example"]),
        ('Read <a href="https://x.example/terms">our terms</a> first', ["our terms"]),
    ],
)
def test_links_numbers_and_addresses_are_blue(text: str, touched: list[str]) -> None:
    assert [span.text for span in touchables(text) if span.touchable] == touched
    assert blue(back_svg(content(fields=(back("f", None, text),)))) == touched


@pytest.mark.parametrize("data_type", [DataType.PHONE, DataType.URL, DataType.EMAIL])
def test_typed_values_are_blue_as_a_whole(data_type: DataType) -> None:
    assert blue(back_svg(content(fields=(back("f", "F", "12 34", data_type=data_type),)))) == ["12 34"]


def test_overflow_of_the_face_is_listed_last() -> None:
    fields = (
        *(header(f"h{index}", f"Head {index}", f"{index}") for index in range(5)),
        primary("p", "First", "one"),
        primary("q", "Second", "two"),
        back("terms", "Terms", "None"),
    )
    drawn = lines(back_svg(content(fields=fields)))
    also = drawn[drawn.index("Also on this pass") + 1 :]
    assert also == ["Head 3", "3", "Head 4", "4", "Second", "two"]
    assert drawn.index("Terms") < drawn.index("Also on this pass")
    assert "Also on this pass" not in lines(back_svg(content(fields=TOY_FIELDS)))
    assert "Second" not in lines(back_svg(content(Style.BOARDING_PASS, fields)))


def test_dark_is_the_same_in_other_colours() -> None:
    given = content(fields=(back("f", "F", "see www.toytown.example"),), push_message="News")
    light, dark = back_svg(given), back_svg(given, dark=True)
    assert lines(light) == lines(dark)
    assert "#1c1c1e" in dark
    assert "#1c1c1e" not in light
    assert BLUE not in dark


def test_a_line_from_right_to_left_hangs_at_the_right() -> None:
    svg = back_svg(content(fields=(back("f", "F", "مرحبا بكم"),)))
    assert texts(svg)["مرحبا بكم"].attrib["text-anchor"] == "end"


def test_the_back_has_an_accessible_name() -> None:
    given = content(fields=(*TOY_FIELDS, back("f", "Terms", "One card\nper child")), push_message="News")
    assert parsed(back_svg(given)).attrib["aria-label"] == (
        "Toy Town club card. Latest news: News. Terms: One card per child"
    )
