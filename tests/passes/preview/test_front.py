"""The front: what stands where, in every style and state."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace
from PIL import Image

from passwright.passes.content import (
    AltTextType,
    BarcodeFormat,
    Content,
    DataType,
    ImageSlot,
    Look,
    ShownBarcode,
    Style,
)
from passwright.passes.preview import Part, accessible_name, front_svg, measure, png, shrinkage
from tests.passes.preview.passes import (
    SVG,
    TOY_FIELDS,
    TOY_LOOK,
    all_pictures,
    auxiliary,
    back,
    code,
    content,
    header,
    parsed,
    picture,
    place,
    primary,
    secondary,
    texts,
)


def near(expected: float) -> object:
    return pytest.approx(expected, abs=0.02)


def test_toy_town_stands_where_the_table_says() -> None:
    svg = front_svg(content(), {ImageSlot.LOGO: picture(100, 100), ImageSlot.THUMBNAIL: picture()})
    drawn = texts(svg)
    assert set(drawn) == {
        "Toy Town", "POINTS", "240", "MEMBER", "Johnny Appleseed", "MEMBER SINCE", "2012", "LEVEL", "Platinum",
        "FAVORITE TOY", "Bucky Ball Magnets", "0000001",
    }  # fmt: skip
    assert place(drawn["Toy Town"]) == (16 + 50 + 8, 40, 20)
    assert place(drawn["POINTS"]) == (359, 25, 11)
    assert place(drawn["240"]) == (359, 47, 20)
    assert place(drawn["MEMBER"]) == (16, 90, 11)
    assert place(drawn["Johnny Appleseed"]) == (16, 124, 27)
    assert place(drawn["MEMBER SINCE"]) == (16, 194, 11)
    assert place(drawn["2012"]) == (16, 215, 18)
    assert place(drawn["LEVEL"]) == (16, 240, 11)
    assert place(drawn["FAVORITE TOY"]) == (359, 240, 11)
    assert place(drawn["Bucky Ball Magnets"]) == (359, 261, 18)
    assert place(drawn["0000001"]) == (187.5, 455, 13)
    assert drawn["FAVORITE TOY"].attrib["text-anchor"] == "end"
    assert drawn["LEVEL"].attrib["fill"] == "#ffe1dc"
    assert drawn["Platinum"].attrib["fill"] == "#ffffff"
    assert drawn["0000001"].attrib["fill"] == "#000000"
    pictures = [(e.attrib["x"], e.attrib["y"], e.attrib["width"]) for e in parsed(svg).iter(f"{SVG}image")]
    assert pictures == [("16", "8", "50"), ("269", "76", "90")]


def test_a_square_code_lifts_the_rows_and_makes_its_own_box() -> None:
    drawn = front_svg(content(barcode=code(BarcodeFormat.QRCODE)), {})
    assert place(texts(drawn)["MEMBER SINCE"]) == (16, 192, 11)
    assert place(texts(drawn)["LEVEL"]) == (16, 238, 11)
    assert place(texts(drawn)["0000001"]) == (187.5, 454, 13)
    assert '<rect x="105.5" y="282" width="164" height="186" rx="6" fill="#ffffff"/>' in drawn


def test_a_code_without_text_has_a_lower_box() -> None:
    wide = front_svg(content(barcode=code(BarcodeFormat.EAN128, alt_text="")), {})
    square = front_svg(content(barcode=code(BarcodeFormat.AZTEC, alt_text="")), {})
    assert '<rect x="28" y="378" width="319" height="90" rx="6" fill="#ffffff"/>' in wide
    assert '<rect x="105.5" y="304" width="164" height="164" rx="6" fill="#ffffff"/>' in square


def test_a_value_shrinks_by_steps_and_is_then_cut() -> None:
    def name(value: str) -> tuple[str, float]:
        pictures = {ImageSlot.THUMBNAIL: picture()}
        drawn = texts(front_svg(content(fields=(primary("member", None, value),)), pictures))
        word = next(said for said in drawn if said not in ("Toy Town", "0000001"))
        return word, place(drawn[word])[2]

    assert name("Ada") == ("Ada", 30)
    assert name("Johnny Appleseed") == ("Johnny Appleseed", 27)
    long = "Johnny Appleseed of the Long Orchard Road"
    shown, size = name(long)
    assert size == 20
    assert shown.endswith("…")
    assert long.startswith(shown[:-1])
    assert measure(shown, 20, 400) <= 241.01
    longer = long[: len(shown)].rstrip() + "…"
    assert measure(longer, 20, 400) > 241


def test_without_a_thumbnail_the_primary_field_has_the_whole_width() -> None:
    svg = front_svg(content(), {})
    assert place(texts(svg)["Johnny Appleseed"]) == (16, 124, 30)


def test_the_logo_text_gives_way_to_header_fields() -> None:
    fields = (header("a", "Valid until", "31 December 2026"), header("b", "Gate", "23"))
    look = replace(TOY_LOOK, logo_text="The Toy Town Club of Lyon")
    drawn = texts(front_svg(content(fields=fields, look=look), {ImageSlot.LOGO: picture(100, 100)}))
    assert place(drawn["31 December 2026"])[2] == 20
    assert place(drawn["23"])[:2] == (359, 47)
    cut = next(word for word in drawn if word.startswith("The"))
    assert cut.endswith("…")
    assert place(drawn[cut])[2] == 15
    first = place(drawn["31 December 2026"])[0] - measure("31 December 2026", 20, 400)
    assert 74 + measure(cut, 15, 500) <= first - 14 + 0.02
    assert first == near(359 - max(measure("23", 20, 400), measure("GATE", 11, 600, 0.2)) - 14
                         - measure("31 December 2026", 20, 400))  # fmt: skip


def test_header_fields_shrink_when_even_the_logo_text_has_gone() -> None:
    fields = tuple(header(f"h{i}", None, f"1234567890{i}") for i in range(3))
    drawn = texts(front_svg(content(fields=fields), {ImageSlot.LOGO: picture(320, 100)}))
    assert "Toy Town" not in drawn
    sizes = {place(element)[2] for word, element in drawn.items() if word.startswith("123")}
    assert sizes == {14}


def test_spare_width_of_a_row_is_handed_out_in_equal_parts() -> None:
    row = (secondary("a", "A", "one"), secondary("b", "A LONGER LABEL", "two"), secondary("c", "C", "three"))
    drawn = texts(front_svg(content(fields=row), {}))
    naturals = [measure("one", 18, 400), measure("A LONGER LABEL", 11, 600, 0.2), measure("three", 18, 400)]
    spare = (343 - 24 - sum(naturals)) / 3
    assert place(drawn["one"])[0] == 16
    assert place(drawn["two"])[0] == near(16 + naturals[0] + spare + 12)
    assert place(drawn["three"])[0] == near(359)
    assert drawn["three"].attrib["text-anchor"] == "end"
    assert "text-anchor" not in drawn["two"].attrib


def test_too_little_width_is_taken_in_proportion() -> None:
    row = (secondary("a", None, "A" * 30), secondary("b", None, "A" * 15))
    drawn = texts(front_svg(content(fields=row), {}))
    lengths = sorted(len(word) for word in drawn if word.startswith("A"))
    assert lengths[1] == pytest.approx(2 * lengths[0], abs=3)
    assert all(place(element)[2] == 13 for word, element in drawn.items() if word.startswith("A"))


def test_text_alignment_rules_except_on_primary_fields() -> None:
    fields = (
        primary("p", None, "P-value", text_alignment="right"),
        secondary("a", None, "centred", text_alignment="center"),
        secondary("b", None, "lefty", text_alignment="left"),
        auxiliary("c", None, "עברית", text_alignment="natural"),
        auxiliary("d", None, "natural", text_alignment="natural"),
    )
    drawn = texts(front_svg(content(fields=fields), {}))
    anchors = {word: element.attrib.get("text-anchor", "start") for word, element in drawn.items()}
    assert anchors["P-value"] == "start"
    assert anchors["centred"] == "middle"
    assert anchors["lefty"] == "start"
    assert anchors["עברית"] == "end"
    assert anchors["natural"] == "start"


@pytest.mark.parametrize(
    ("style", "format", "counts"),
    [
        (Style.GENERIC, BarcodeFormat.PDF417, (3, 1, 4, 4)),
        (Style.GENERIC, BarcodeFormat.QRCODE, (3, 1, 4, 4)),
        (Style.STORE_CARD, BarcodeFormat.QRCODE, (3, 1, 4, 0)),
        (Style.COUPON, BarcodeFormat.QRCODE, (3, 1, 4, 0)),
        (Style.EVENT_TICKET, BarcodeFormat.QRCODE, (3, 1, 4, 4)),
        (Style.EVENT_TICKET, BarcodeFormat.PDF417, (3, 1, 4, 8)),
        (Style.EVENT_TICKET, BarcodeFormat.NONE, (3, 1, 4, 8)),
        (Style.BOARDING_PASS, BarcodeFormat.PDF417, (3, 2, 4, 5)),
    ],
)
def test_a_face_shows_so_many_fields(style: Style, format: BarcodeFormat, counts: tuple[int, ...]) -> None:
    fields = tuple(
        make(f"{letter}{index}", None, f"{letter}{index}")
        for letter, make in (("h", header), ("p", primary), ("s", secondary), ("a", auxiliary))
        for index in range(9)
    )
    barcode = code(format) if format is not BarcodeFormat.NONE else code(format, "")
    drawn = texts(front_svg(content(style, fields, barcode=barcode), {}))
    shown = tuple(sum(1 for word in drawn if word[0] == letter and word[1:].isdigit()) for letter in "hpsa")
    assert shown == counts
    for letter, count in zip("hpsa", counts, strict=True):
        assert {f"{letter}{index}" for index in range(count)} <= set(drawn)


def test_a_combined_row_holds_what_the_secondary_fields_leave() -> None:
    fields = (
        *(secondary(f"s{i}", None, f"s{i}") for i in range(3)),
        *(auxiliary(f"a{i}", None, f"a{i}") for i in range(3)),
    )
    drawn = texts(front_svg(content(Style.STORE_CARD, fields), {}))
    assert {"s0", "s1", "s2", "a0"} <= set(drawn)
    assert not {"a1", "a2"} & set(drawn)
    assert {place(drawn[word])[1:] for word in ("s0", "s1", "s2", "a0")} == {(254, 17)}


def test_on_a_strip_the_label_stands_below_the_value_in_its_colour() -> None:
    fields = (primary("b", "Balance", "€12.40"), secondary("m", "Member", "Ines"))
    pictures = {ImageSlot.STRIP: picture(750, 288)}
    drawn = front_svg(content(Style.STORE_CARD, fields), pictures)
    assert place(texts(drawn)["€12.40"]) == (16, 151, 60)
    assert place(texts(drawn)["BALANCE"]) == (16, 173, 13)
    assert texts(drawn)["BALANCE"].attrib["fill"] == "#ffffff"
    strip = next(parsed(drawn).iter(f"{SVG}image"))
    assert [strip.attrib[key] for key in ("x", "y", "width", "height")] == ["0", "66", "375", "144"]
    assert strip.attrib["preserveAspectRatio"].endswith("slice")


EVENT = (primary("e", "Harbour Hall", "Ana Vale"), secondary("d", "Doors", "19:30"), auxiliary("s", "Seat", "7"))


def test_an_event_ticket_with_a_strip_silences_background_and_thumbnail() -> None:
    drawn = front_svg(content(Style.EVENT_TICKET, EVENT), all_pictures())
    assert place(texts(drawn)["Ana Vale"]) == (16, 122, 32)
    assert place(texts(drawn)["HARBOUR HALL"]) == (16, 144, 13)
    assert place(texts(drawn)["19:30"]) == (16, 209, 18)
    assert place(texts(drawn)["7"]) == (16, 255, 18)
    assert [e.attrib["height"] for e in parsed(drawn).iter(f"{SVG}image")] == [near_text(160 * 200 / 300, 50), "98"]


def near_text(height: float, most: float) -> str:
    return f"{min(height, most):g}"


def test_an_event_ticket_without_a_strip_shows_background_and_thumbnail() -> None:
    pictures = {ImageSlot.BACKGROUND: picture(540, 660), ImageSlot.THUMBNAIL: picture()}
    drawn = front_svg(content(Style.EVENT_TICKET, EVENT), pictures)
    assert place(texts(drawn)["Ana Vale"]) == (16, 123, 28)
    assert place(texts(drawn)["HARBOUR HALL"]) == (16, 90, 11)
    assert place(texts(drawn)["19:30"]) == (16, 213, 18)
    assert [e.attrib["width"] for e in parsed(drawn).iter(f"{SVG}image")] == ["375", "90"]


def test_a_boarding_pass_draws_the_journey_and_the_auxiliary_row_first() -> None:
    fields = (
        primary("from", "Lisbon", "LIS"),
        primary("to", "Oslo", "OSL"),
        auxiliary("date", "Date", "4 Dec"),
        secondary("who", "Passenger", "Marta"),
    )
    look = replace(TOY_LOOK, transit_type="train")
    drawn = front_svg(content(Style.BOARDING_PASS, fields, look=look), {ImageSlot.FOOTER: picture(286, 15)})
    assert place(texts(drawn)["LIS"]) == (16, 136, 50)
    assert place(texts(drawn)["OSL"]) == (359, 136, 50)
    assert texts(drawn)["OSL"].attrib["text-anchor"] == "end"
    assert place(texts(drawn)["4 Dec"]) == (16, 204, 16)
    assert place(texts(drawn)["Marta"]) == (16, 254, 16)
    footer = next(parsed(drawn).iter(f"{SVG}image"))
    assert (footer.attrib["x"], footer.attrib["y"]) == ("44.5", "330")


def test_each_way_of_travelling_has_its_symbol() -> None:
    def symbol(transit_type: str | None) -> str:
        look = replace(TOY_LOOK, transit_type=transit_type)
        root = parsed(front_svg(content(Style.BOARDING_PASS, (), look=look), {}))
        path = next(e for e in root.iter(f"{SVG}path") if e.attrib.get("transform") == "translate(169.5 104)")
        return path.attrib["d"]

    symbols = {kind: symbol(kind) for kind in ("air", "train", "bus", "boat", "generic")}
    assert len(set(symbols.values())) == 5
    assert symbol(None) == symbol("teleport") == symbols["generic"]


def test_the_plane_flies_to_the_destination() -> None:
    """Its nose, which has less of it than its tail, is on the right."""
    look = replace(TOY_LOOK, transit_type="air", background_color="#000000", text_color="#ffffff")
    with Image.open(io.BytesIO(png(front_svg(content(Style.BOARDING_PASS, (), look=look), {})))) as drawn:
        scale = drawn.width / 375
        ink = drawn.convert("L").crop([round(edge * scale) for edge in (169.5, 104, 205.5, 129)])
    tail, nose = ink.crop((0, 0, ink.width // 4, ink.height)), ink.crop((ink.width * 3 // 4, 0, ink.width, ink.height))
    assert 0 < sum(nose.histogram()[128:]) < sum(tail.histogram()[128:])


@pytest.mark.parametrize("style", list(Style))
def test_the_outline_belongs_to_the_style(style: Style) -> None:
    d = next(parsed(front_svg(content(style), {})).iter(f"{SVG}path")).attrib["d"]
    bites = {Style.COUPON: 60, Style.EVENT_TICKET: 1, Style.BOARDING_PASS: 2}.get(style, 0)
    corners = 0 if style is Style.COUPON else 4
    assert d.lower().count("a") == bites + corners
    assert d.endswith("z")


def test_the_event_notch_is_38_wide() -> None:
    d = next(parsed(front_svg(content(Style.EVENT_TICKET), {})).iter(f"{SVG}path")).attrib["d"]
    assert "H168.42A20,20 0 0 0 206.58,0" in d


def test_colours_default_to_black_on_white_and_labels_to_the_text() -> None:
    plain = front_svg(content(look=Look()), {})
    assert 'fill="#ffffff"/>' in plain.split("<text")[0]
    assert texts(plain)["LEVEL"].attrib["fill"] == "#000000"
    told = front_svg(content(look=Look(background_color="#abc", text_color="#FFFFFF")), {})
    assert 'fill="#aabbcc"' in told
    assert texts(told)["LEVEL"].attrib["fill"] == "#ffffff"
    assert "url(" not in front_svg(content(look=Look(background_color="url(http://x.example)")), {})


def test_hidden_fields_pictures_and_places_are_not_drawn() -> None:
    fields = (
        secondary("a", "Secret", "hidden", hidden=True),
        secondary("b", "Photo", "0b7c", data_type=DataType.IMAGE),
        secondary("c", "Shops", "45.7,4.8", data_type=DataType.LOCATIONS),
        secondary("d", "Open", "shown"),
    )
    drawn = texts(front_svg(content(fields=fields), {}))
    assert {"OPEN", "shown"} <= set(drawn)
    assert not {"SECRET", "hidden", "PHOTO", "0b7c", "SHOPS", "45.7,4.8"} & set(drawn)


def test_a_voided_pass_is_greyed_and_its_code_covered() -> None:
    voided = content(voided=True, barcode=code(BarcodeFormat.PDF417, "SECRET-CODE"))
    drawn = front_svg(voided, {}, voided_on=date(2026, 11, 18))
    assert "Voided on 18 Nov 2026" in texts(drawn)
    assert "The code is covered on the phone too" in texts(drawn)
    assert "SECRET-CODE" not in texts(drawn)
    assert 'values="0.15"' in drawn
    assert 'opacity="0.62"' in drawn
    assert 'fill="#a96363"' in drawn
    other = front_svg(
        replace(voided, barcode=code(BarcodeFormat.PDF417, "OTHER-CODE")), {}, voided_on=date(2026, 11, 18)
    )
    assert drawn == other


def test_a_voided_pass_says_so_without_a_day_or_a_code() -> None:
    assert "Voided" in texts(front_svg(content(voided=True), {}))
    bare = front_svg(content(voided=True, barcode=code(BarcodeFormat.NONE, "")), {})
    assert place(texts(bare)["Voided"])[1] > 430


EXPIRES = datetime(2026, 9, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "today", "expired"),
    [
        (datetime(2026, 9, 30, 12, tzinfo=UTC), None, True),
        (datetime(2026, 9, 30, 11, 59, tzinfo=UTC), None, False),
        (None, date(2026, 10, 1), True),
        (None, date(2026, 9, 30), False),
        (None, None, False),
    ],
)
def test_an_expired_pass_is_greyed_with_a_band(at: datetime | None, today: date | None, expired: bool) -> None:
    drawn = front_svg(content(expiration_date=EXPIRES), {}, at=at, today=today)
    assert ("Expired 30 Sep 2026" in texts(drawn)) is expired
    assert ("feColorMatrix" in drawn) is expired
    assert "0000001" in texts(drawn)


def test_voided_outweighs_expired() -> None:
    drawn = front_svg(content(expiration_date=EXPIRES, voided=True), {}, today=date(2026, 11, 22))
    assert "Voided" in texts(drawn)
    assert "Expired 30 Sep 2026" not in texts(drawn)


def test_samples_are_made_up_by_type_and_lighter() -> None:
    fields = (
        header("n", "Points", None, data_type=DataType.NUMBER),
        primary("t", "Member", None),
        secondary("c", "Balance", "", data_type=DataType.CURRENCY, format="EUR"),
        secondary("d", "Since", None, data_type=DataType.DATE),
        auxiliary("k", "Level", "Gold"),
        auxiliary("o", "Toy", None, data_type=DataType.CHOICE, choices=("Trains", "Dolls")),
    )
    empty = ShownBarcode(format=BarcodeFormat.PDF417, message="", alt_text="", alt_text_type=AltTextType.MIRROR)
    campaign = content(fields=fields, barcode=empty)
    drawn = texts(front_svg(campaign, {}, samples=True, today=date(2026, 11, 22)))
    made_up = {"12", "Ada Moreau", "Trains", "€12.40", "22 Nov 2026", "0000001"}
    assert made_up | {"Gold"} <= set(drawn)
    assert {word for word, element in drawn.items() if element.attrib.get("opacity") == "0.7"} == made_up
    without = texts(front_svg(campaign, {}))
    assert not made_up & set(without)
    assert "Code missing" in without


@pytest.mark.parametrize(
    ("data_type", "format", "value", "shown"),
    [
        (DataType.DATE, None, "2026-11-14", "14 Nov 2026"),
        (DataType.DATE, "full", "2026-11-14", "Saturday 14 November 2026"),
        (DataType.DATE, "long", "2026-11-14", "14 November 2026"),
        (DataType.DATE, "short", "2026-11-14", "14/11/2026"),
        (DataType.DATE, None, "next week", "next week"),
        (DataType.DATETIME, None, "2026-11-14T18:30+01:00", "14 Nov 2026, 18:30"),
        (DataType.DATETIME, "medium medium", "2026-11-14T18:30:05", "14 Nov 2026, 18:30:05"),
        (DataType.DATETIME, None, "2026-11-14", "14 Nov 2026"),
        (DataType.NUMBER, None, "1234567.5", "1,234,567.5"),
        (DataType.NUMBER, None, "007", "007"),
        (DataType.NUMBER, "percent", "0.2", "20%"),
        (DataType.NUMBER, "scientific", "1200", "1.2E3"),
        (DataType.NUMBER, None, "1200", "1,200"),
        (DataType.CURRENCY, "EUR", "12.4", "€12.40"),
        (DataType.CURRENCY, "chf", "-1200", "-CHF 1,200.00"),
        (DataType.CURRENCY, "JPY", "1200", "¥1,200"),
        (DataType.CURRENCY, None, "12.4", "12.4"),
        (DataType.TEXT, None, "2026-11-14", "2026-11-14"),
    ],
)
def test_typed_values_are_put_in_words(data_type: DataType, format: str | None, value: str, shown: str) -> None:
    fields = (secondary("v", None, value, data_type=data_type, format=format),)
    assert shown in texts(front_svg(content(fields=fields), {}))


def test_shrinkage_says_what_the_drawing_does() -> None:
    long = "A favourite toy whose name is far longer than any phone can show in one line of a pass"
    fields = (*TOY_FIELDS[:3], auxiliary("favorite", "Favorite toy", long))
    pictures = {ImageSlot.THUMBNAIL: picture()}
    found = shrinkage(content(fields=fields), pictures)
    assert [(entry.key, entry.part, entry.cut) for entry in found] == [
        ("member", Part.VALUE, False),
        ("favorite", Part.VALUE, True),
    ]
    assert found[0].size == 27
    assert found[1].text == long
    assert found[1].shown in texts(front_svg(content(fields=fields), pictures))
    assert shrinkage(content(fields=TOY_FIELDS[2:])) == []


def test_shrinkage_names_logo_text_code_text_and_labels() -> None:
    fields = tuple(secondary(f"s{index}", "A very long label indeed", "x") for index in range(4))
    look = replace(TOY_LOOK, logo_text="A logo text that is much too long to be shown at all")
    found = shrinkage(content(fields=fields, look=look, barcode=code(BarcodeFormat.QRCODE, "1", "word " * 20)))
    assert {(entry.key, entry.part) for entry in found if entry.cut} == {
        ("logo_text", Part.LOGO_TEXT),
        ("barcode", Part.ALT_TEXT),
        *((f"s{index}", Part.LABEL) for index in range(4)),
    }


def test_the_accessible_name_reads_every_field_in_order() -> None:
    given = content(fields=(*TOY_FIELDS, back("terms", "Terms", 'See <a href="https://x.example">our page</a>')))
    root = parsed(front_svg(given, {}))
    name = (
        "Toy Town club card. Points: 240. Member: Johnny Appleseed. MEMBER SINCE: 2012. LEVEL: Platinum. "
        "FAVORITE TOY: Bucky Ball Magnets. Terms: See our page"
    )
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == name == accessible_name(given)
    assert root.findtext(f"{SVG}title") == "Toy Town club card"
    assert name.endswith(root.findtext(f"{SVG}desc") or "?")


def test_ids_are_the_same_for_the_same_drawing_and_differ_otherwise() -> None:
    def ids(given: Content) -> set[str]:
        root = parsed(front_svg(given, {ImageSlot.THUMBNAIL: picture()}))
        return {element.attrib["id"] for element in root.iter() if "id" in element.attrib}

    assert ids(content(voided=True)) == ids(content(voided=True))
    assert len(ids(content(voided=True))) == 3
    assert not ids(content()) & ids(content(fields=TOY_FIELDS[1:]))


def test_every_reference_inside_a_drawing_leads_somewhere() -> None:
    for style in Style:
        for voided in (False, True):
            pictures = all_pictures() if style is not Style.EVENT_TICKET else {ImageSlot.BACKGROUND: picture()}
            svg = front_svg(content(style, voided=voided), pictures)
            ids = [element.attrib["id"] for element in parsed(svg).iter() if "id" in element.attrib]
            used = {part.split(")")[0] for part in svg.split("url(#")[1:]}
            assert used == set(ids)
            assert len(ids) == len(set(ids))


def test_what_is_no_png_is_not_drawn() -> None:
    broken = dict.fromkeys(ImageSlot, b"GIF89a" + bytes(100))
    for style in Style:
        assert front_svg(content(style), broken) == front_svg(content(style), {})
