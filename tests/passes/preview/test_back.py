"""The back: wrapped, never cut, with what can be touched in blue."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from passwright.passes.content import DataType, Style
from passwright.passes.preview import accessible_name, back_svg, front_svg, measure, spoken_back
from passwright.passes.preview.back import touchables
from passwright.passes.preview.fields import shortened
from passwright.wallets.apple import AppleIssuer, render
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
    assert news[-4:] == ["Terms", "None", "Latest news", "Workshop on Sunday"]
    assert lines(back_svg(content(push_message="Heute", language="de")))[-2:] == ["Neuigkeiten", "Heute"]


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


def test_overflow_of_the_face_is_listed_first() -> None:
    fields = (
        *(header(f"h{index}", f"Head {index}", f"{index}") for index in range(5)),
        primary("p", "First", "one"),
        primary("q", "Second", "two"),
        back("terms", "Terms", "None"),
    )
    drawn = lines(back_svg(content(fields=fields)))
    also = drawn[drawn.index("Also on this pass") + 1 :]
    assert also == ["Head 3", "3", "Head 4", "4", "Second", "two", "Terms", "None"]
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
        "Toy Town club card. Terms: One card per child. Latest news: News"
    )


def test_fields_stand_in_the_order_in_which_the_wallet_lists_them() -> None:
    fields = (
        *(header(f"h{index}", f"Head {index}", f"{index}") for index in range(5)),
        back("a", "First of the back", "a"),
        back("b", "Second of the back", "b"),
    )
    given = content(fields=fields, push_message="Workshop on Sunday")
    pass_json = json.loads(render(given, AppleIssuer(pass_type_identifier="pass.a", team_identifier="TEAM")))
    listed = [field["label"] for field in pass_json["generic"]["backFields"]]
    assert listed == ["Head 3", "Head 4", "First of the back", "Second of the back", "Latest news"]
    assert [line for line in lines(back_svg(given)) if line in listed] == listed


def test_of_very_many_fields_the_first_are_drawn_and_spoken() -> None:
    many = tuple(back(f"f{index}", f"Field {index}", "A value of some length " * 4) for index in range(2_300))
    given = content(fields=many, push_message="Still here")
    svg = back_svg(given)
    drawn = lines(svg)
    assert "Field 119" in drawn
    assert "Field 120" not in drawn
    assert drawn[-3:] == ["and 2,180 more", "Latest news", "Still here"]
    assert len(svg) < 200_000
    assert len(spoken_back(given)) < 8_000
    assert spoken_back(given).endswith(" more")
    assert len(accessible_name(given)) < 8_000
    assert len(front_svg(given, {})) < 60_000


def test_the_work_on_a_back_does_not_grow_with_what_is_not_shown() -> None:
    few, many = (tuple(back(f"f{index}", "F", "word " * 9) for index in range(count)) for count in (200, 4_000))
    with counted_measuring() as of_few:
        back_svg(content(fields=few))
    with counted_measuring() as of_many:
        back_svg(content(fields=many))
    assert 0 < of_many.calls <= of_few.calls + 5


@pytest.mark.parametrize("value", ["x" * 1_000_000, "\n".join("x" * 100_000), "長" * 300_000, "a@b.example " * 50_000])
def test_a_very_long_value_is_shortened(value: str) -> None:
    svg = back_svg(content(fields=(back("f", "Long", value), back("g", "Next", "one"))))
    assert len(svg) < 400_000
    assert "…" in svg
    assert "and 1 more" in lines(svg)


@pytest.mark.parametrize(
    ("text", "room", "shown"),
    [
        ("", 0, ""),
        ("abc", 3, "abc"),
        ("abcd", 3, "abc…"),
        ("ab cd", 3, "ab…"),
        ("a\nb", 42, "a\nb"),
        ("a\nb", 41, "a…"),
    ],
)
def test_line_breaks_weigh_as_much_as_a_line(text: str, room: int, shown: str) -> None:
    assert shortened(text, room) == shown


class Counted:
    calls = 0


@contextmanager
def counted_measuring() -> Iterator[Counted]:
    counted = Counted()

    def counting(text: str, size: float, weight: int = 400, spacing: float = 0.0) -> float:
        counted.calls += 1
        return measure(text, size, weight, spacing)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("passwright.passes.preview.back.measure", counting)
        yield counted
