from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from PIL import Image

from passwright.apple.pass_json import NaiveDate
from passwright.passes.content import (
    BarcodeFormat,
    Beacon,
    Content,
    DataType,
    Field,
    ImageRef,
    ImageSlot,
    Location,
    Look,
    Position,
    ShownBarcode,
    Style,
)
from passwright.wallets import apple

GOLDEN = Path(__file__).parent.parent / "apple" / "golden"
ISSUER = apple.AppleIssuer(pass_type_identifier="pass.org.example", team_identifier="A1B2C3D4E5")
QR = ShownBarcode(format=BarcodeFormat.QRCODE, message="0000001", alt_text="0000001")
AT = datetime(2026, 12, 24, 18, 0, tzinfo=UTC)


def content(style: Style = Style.GENERIC, *fields: Field, **more: Any) -> Content:
    known: dict[str, Any] = {
        "style": style,
        "serial_number": "5e5ce3a3-6a8e-4d4b-9b6c-2f9c2b6f5a11",
        "organization_name": "Toy Town",
        "description": "Membership",
        "look": Look(),
        "fields": fields,
        "barcode": QR,
        "barcodes": (QR,),
    }
    return Content(**(known | more))


def rendered(said: Content, issuer: apple.AppleIssuer = ISSUER) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(apple.render(said, issuer))
    return found


def field(key: str, position: Position = Position.PRIMARY, value: str | None = "v", **more: Any) -> Field:
    return Field(key=key, position=position, value=value, **more)


def shown(said: Field) -> dict[str, Any]:
    fields: list[dict[str, Any]] = rendered(content(Style.GENERIC, said))["generic"]["primaryFields"]
    (found,) = fields
    return found


def full(style: Style) -> Content:
    """Something in every part of a pass."""
    fields = [
        Field(key=f"{position.value}{place}", position=position, label=position.value.title(), value=f"Value {place}")
        for position in Position
        for place in range(2)
    ]
    fields += [
        field("points", Position.HEADER, "1250", label="Points", data_type=DataType.NUMBER, text_alignment="right"),
        field("price", Position.AUXILIARY, "12.50", label="Price", data_type=DataType.CURRENCY, format="EUR"),
        field("since", Position.BACK, "2026-11-22", label="Since", data_type=DataType.DATE, change_message="Now %@"),
    ]
    code = ShownBarcode(format=BarcodeFormat.EAN128, message="4006381333931", alt_text="")
    return content(
        style,
        *fields,
        look=Look(
            logo_text="Toy Town",
            background_color="#1e50a0",
            text_color="#fff",
            label_color="#cfe0ff",
            transit_type="train",
        ),
        barcodes=(code, QR),
        barcode=code,
        locations=(Location(latitude=37.6, longitude=-122.4, altitude=10.5, relevant_text="Store nearby"),),
        beacons=(Beacon(proximity_uuid="F8F589E9-C07E-58B0-AEAB-A36BE4D48FAC", major=1, minor=2),),
        max_distance=100,
        expiration_date=AT,
        relevant_date=AT,
        voided=True,
        user_info={"member": 17, "name": "Jöhnny"},
        associated_store_identifiers=(284910350,),
        push_message="Sale today",
    )


@pytest.mark.parametrize("style", list(Style))
def test_golden_files(style: Style) -> None:
    issuer = apple.AppleIssuer(
        pass_type_identifier="pass.org.example",
        team_identifier="A1B2C3D4E5",
        web_service_url="https://passes.example.org/apple",
        authentication_token="0123456789abcdef0123456789abcdef",
    )
    golden = (GOLDEN / f"{style.value}.json").read_text(encoding="utf-8")
    assert json.dumps(rendered(full(style), issuer), indent=1, ensure_ascii=False) + "\n" == golden


def test_the_web_service_only_with_its_token() -> None:
    for url, token in ((None, "0" * 16), ("https://example.org", None)):
        found = rendered(content(), replace(ISSUER, web_service_url=url, authentication_token=token))
        assert "webServiceURL" not in found
        assert "authenticationToken" not in found
    assert "0" * 16 not in repr(replace(ISSUER, authentication_token="0" * 16))


def test_hidden_fields_and_pictures_are_left_out_and_missing_values_are_empty() -> None:
    fields = (
        field("hidden", hidden=True),
        field("photo", data_type=DataType.IMAGE),
        field("places", data_type=DataType.LOCATIONS),
        field("empty", value=None),
    )
    said = content(Style.GENERIC, *fields)
    assert rendered(said)["generic"]["primaryFields"] == [{"key": "empty", "value": ""}]
    assert apple.unsupported(said) == []


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (field("a", value="7", data_type=DataType.NUMBER), {"value": 7, "numberStyle": "PKNumberStyleDecimal"}),
        (
            field("a", value="-7.25", data_type=DataType.NUMBER, format="percent"),
            {"value": -7.25, "numberStyle": "PKNumberStylePercent"},
        ),
        (field("a", value="007", data_type=DataType.NUMBER), {"value": "007"}),
        (field("a", value="1,5", data_type=DataType.NUMBER), {"value": "1,5"}),
        (field("a", value="NaN", data_type=DataType.NUMBER), {"value": "NaN"}),
        (field("a", value="٣", data_type=DataType.NUMBER), {"value": "٣"}),
        (field("a", value=None, data_type=DataType.NUMBER), {"value": ""}),
        (field("a", value="12.50", data_type=DataType.CURRENCY, format="eur"), {"value": 12.5, "currencyCode": "EUR"}),
        (field("a", value="12.50", data_type=DataType.CURRENCY), {"value": "12.50"}),
        (field("a", value="twelve", data_type=DataType.CURRENCY, format="EUR"), {"value": "twelve"}),
        (
            field("a", value="2026-11-22", data_type=DataType.DATE),
            {
                "value": "2026-11-22T00:00:00Z",
                "dateStyle": "PKDateStyleMedium",
                "timeStyle": "PKDateStyleNone",
                "ignoresTimeZone": True,
            },
        ),
        (field("a", value="soon", data_type=DataType.DATE), {"value": "soon"}),
        (
            field("a", value="2026-11-22T10:00:00+01:00", data_type=DataType.DATETIME, format="long short"),
            {"value": "2026-11-22T10:00:00+01:00", "dateStyle": "PKDateStyleLong", "timeStyle": "PKDateStyleShort"},
        ),
        (
            field("a", value="2026-11-22 10:00", data_type=DataType.DATETIME),
            {
                "value": "2026-11-22T10:00:00Z",
                "dateStyle": "PKDateStyleMedium",
                "timeStyle": "PKDateStyleShort",
                "ignoresTimeZone": True,
            },
        ),
        (field("a", value="maybe", data_type=DataType.DATETIME), {"value": "maybe"}),
        (field("a", value="true", data_type=DataType.BOOLEAN), {"value": "true"}),
    ],
)
def test_values_have_their_json_type_only_when_they_parse(said: Field, expected: dict[str, Any]) -> None:
    assert shown(said) == {"key": "a"} | expected


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ("%@", True),
        ("Gate %@!", True),
        ("100%% %@", True),
        ("Gate", False),
        ("%@ and %@", False),
        ("%@ 100%", False),
        ("%d %@", False),
        ("%%@", False),
    ],
)
def test_change_messages_have_exactly_one_placeholder(message: str, kept: bool) -> None:
    said = field("a", change_message=message)
    assert ("changeMessage" in shown(said)) is kept
    paths = [found.path for found in apple.unsupported(content(Style.GENERIC, said))]
    assert paths == ([] if kept else ["fields.a.change_message"])


def test_the_lock_screen_message_is_there_from_the_first_issue() -> None:
    for style in Style:
        first = rendered(content(style))[style.value]["backFields"]
        assert first == [{"key": "passwright_message", "label": "Latest news", "value": "—", "changeMessage": "%@"}]
    (later,) = rendered(content(push_message="Sale\u200b"))["generic"]["backFields"]
    assert later["value"] == "Sale\u200b"


@pytest.mark.parametrize(
    ("language", "label"),
    [
        ("en", "Latest news"),
        ("pt", "Novidades"),
        ("de", "Neuigkeiten"),
        ("es", "Novedades"),
        ("fr", "Dernières nouvelles"),
        ("nl", "Latest news"),
    ],
)
def test_the_message_stands_under_a_label_of_the_campaign_s_language(language: str, label: str) -> None:
    (shown,) = rendered(content(language=language))["generic"]["backFields"]
    said = content(Style.GENERIC, field("passwright_message"), language=language)
    (moved,) = rendered(said)["generic"]["backFields"]
    assert shown["label"] == moved["label"] == label


def test_its_key_is_never_a_user_s() -> None:
    said = content(Style.GENERIC, field("passwright_message"), field("passwright_message_", Position.BACK))
    keys = [found["key"] for group in rendered(said)["generic"].values() for found in group]
    assert keys == ["passwright_message", "passwright_message_", "passwright_message__"]


@pytest.mark.parametrize(
    ("style", "counts"),
    [
        (Style.BOARDING_PASS, (3, 2, 4, 5)),
        (Style.COUPON, (3, 1, 4, 0)),
        (Style.STORE_CARD, (3, 1, 4, 0)),
        (Style.EVENT_TICKET, (3, 1, 4, 8)),
        (Style.GENERIC, (3, 1, 4, 4)),
    ],
)
def test_what_the_face_has_no_place_for_goes_to_the_back(style: Style, counts: tuple[int, ...]) -> None:
    fields = [field(f"{position.value}{n}", position) for position in Position for n in range(9)]
    said = content(style, *fields)
    found = rendered(said)[style.value]
    names = ("headerFields", "primaryFields", "secondaryFields", "auxiliaryFields")
    assert tuple(len(found.get(name, ())) for name in names) == counts
    keys = [one["key"] for name in (*names, "backFields") for one in found.get(name, ())]
    assert sorted(keys) == sorted([one.key for one in fields] + ["passwright_message"])
    moved = [one.path for one in apple.unsupported(said) if "back" in one.message]
    assert moved == [f"fields.{one['key']}" for one in found["backFields"][: 36 - sum(counts)]]


def test_a_shared_row_gives_auxiliary_fields_what_is_left() -> None:
    fields = [field(f"s{n}", Position.SECONDARY) for n in range(3)] + [
        field(f"a{n}", Position.AUXILIARY) for n in range(2)
    ]
    found = rendered(content(Style.COUPON, *fields))["coupon"]
    assert [one["key"] for one in found["auxiliaryFields"]] == ["a0"]
    assert [one["key"] for one in found["backFields"]] == ["a1", "passwright_message"]


def test_event_tickets_have_two_rows() -> None:
    fields = [field(f"a{n}", Position.AUXILIARY) for n in range(6)]
    found = rendered(content(Style.EVENT_TICKET, *fields))["eventTicket"]["auxiliaryFields"]
    assert [one["row"] for one in found] == [0, 0, 0, 0, 1, 1]


def test_alignment_is_not_for_primary_and_back_fields() -> None:
    fields = [field(position.value, position, text_alignment="center") for position in Position]
    found = rendered(content(Style.GENERIC, *fields))["generic"]
    aligned = {name for name, group in found.items() if "textAlignment" in group[0]}
    assert aligned == {"headerFields", "secondaryFields", "auxiliaryFields"}


def test_barcodes() -> None:
    code = ShownBarcode(format=BarcodeFormat.EAN128, message="123", alt_text="")
    euro = ShownBarcode(format=BarcodeFormat.AZTEC, message="5 €", alt_text="five")
    found = rendered(content(barcodes=(code, euro), barcode=code))
    assert found["barcodes"] == [
        {"format": "PKBarcodeFormatCode128", "message": "123", "messageEncoding": "iso-8859-1"},
        {"format": "PKBarcodeFormatAztec", "message": "5 €", "messageEncoding": "utf-8", "altText": "five"},
    ]
    assert found["barcode"] == found["barcodes"][1]
    assert "barcode" not in rendered(content(barcodes=(code,), barcode=code))
    none = ShownBarcode(format=BarcodeFormat.NONE, message="", alt_text="")
    assert not {"barcode", "barcodes"} & set(rendered(content(barcodes=(none,), barcode=none)))
    silent = replace(QR, message="")
    assert "barcodes" not in rendered(content(barcodes=(silent,), barcode=silent))
    assert [one.path for one in apple.unsupported(content(barcodes=(silent,), barcode=silent))] == ["barcodes.0"]


def test_user_info_is_text_and_only_if_there_is_any() -> None:
    assert "userInfo" not in rendered(content())
    assert json.loads(rendered(content(user_info={"a": [1, None]}))["userInfo"]) == {"a": [1, None]}


def test_ten_places_at_most() -> None:
    said = content(
        locations=(Location(latitude=1, longitude=2),) * 11,
        beacons=(Beacon(proximity_uuid="u"),) * 12,
        relevant_date=AT,
    )
    found = rendered(said)
    assert (len(found["locations"]), len(found["beacons"])) == (10, 10)
    assert [one.path for one in apple.unsupported(said)] == ["locations", "beacons"]
    assert [one.path for one in apple.unsupported(content(Style.COUPON, relevant_date=AT))] == ["relevant_date"]


def test_a_date_without_zone_is_refused() -> None:
    with pytest.raises(NaiveDate):
        apple.render(content(expiration_date=AT.replace(tzinfo=None)), ISSUER)


def test_two_renderings_are_equal() -> None:
    assert apple.render(full(Style.GENERIC), ISSUER) == apple.render(full(Style.GENERIC), ISSUER)


def test_only_what_the_style_draws_is_in_the_archive() -> None:
    file = io.BytesIO()
    Image.new("RGB", (40, 40)).save(file, "PNG")
    every = {slot: file.getvalue() for slot in ImageSlot}
    drawn = {style: {name.split("@")[0].split(".")[0] for name in apple.files(every, style)} for style in Style}
    assert drawn == {
        Style.BOARDING_PASS: {"icon", "logo", "footer"},
        Style.COUPON: {"icon", "logo", "strip"},
        Style.STORE_CARD: {"icon", "logo", "strip"},
        Style.EVENT_TICKET: {"icon", "logo", "strip"},
        Style.GENERIC: {"icon", "logo", "thumbnail"},
    }
    assert len(apple.files(every, Style.GENERIC)) == 9
    look = Look(images={slot: ImageRef(asset_id="1", digest="2") for slot in ImageSlot})
    silent = [one.path for one in apple.unsupported(content(Style.EVENT_TICKET, look=look))]
    assert silent == ["images.thumbnail", "images.background", "images.footer"]


@pytest.mark.parametrize(
    ("data_type", "value", "link"),
    [
        (DataType.URL, "https://toys.example/?a=1&b='2'", "https://toys.example/?a=1&amp;b=%272%27"),
        (DataType.URL, "javascript:alert(1)", None),
        (DataType.URL, "https://toys.example/a b", None),
        (DataType.URL, "http://[", None),
        (DataType.EMAIL, "ada+toys@example.com", "mailto:ada%2Btoys@example.com"),
        (DataType.EMAIL, "ada?bcc=x@example.com", "mailto:ada%3Fbcc%3Dx@example.com"),
        (DataType.EMAIL, "nobody", None),
        (DataType.PHONE, "+33 4 72 00 10 20", "tel:+33472001020"),
        (DataType.PHONE, "(030) 12-34", "tel:0301234"),
        (DataType.PHONE, "call me", None),
        (DataType.PHONE, "1*2#3", None),
    ],
)
def test_addresses_and_numbers_are_links_on_the_back_alone(data_type: DataType, value: str, link: str | None) -> None:
    on_back, in_front = (
        field("a", Position.BACK, value, data_type=data_type),
        field("b", value=value, data_type=data_type),
    )
    found = rendered(content(Style.GENERIC, in_front, on_back))["generic"]
    back, front = found["backFields"][0], found["primaryFields"][0]
    assert back["value"] == front["value"] == value
    assert front == {"key": "b", "value": value}
    if link is None:
        assert "attributedValue" not in back
    else:
        assert back["attributedValue"].startswith(f"<a href='{link}'>")
        assert len(back["dataDetectorTypes"]) == 1


def test_what_is_typed_makes_no_markup_of_its_own() -> None:
    typed = "https://toys.example/'><a href='https://evil.example"
    back = rendered(content(Style.GENERIC, field("a", Position.BACK, typed, data_type=DataType.URL)))["generic"]
    assert "attributedValue" not in back["backFields"][0]
    typed = "https://toys.example/'><b>"
    back = rendered(content(Style.GENERIC, field("a", Position.BACK, typed, data_type=DataType.URL)))["generic"]
    assert back["backFields"][0]["attributedValue"] == (
        "<a href='https://toys.example/%27&gt;&lt;b&gt;'>https://toys.example/'&gt;&lt;b&gt;</a>"
    )


def test_a_link_that_has_no_place_on_the_face_is_one_on_the_back() -> None:
    fields = [field(f"p{n}", value="https://toys.example", data_type=DataType.URL) for n in range(2)]
    found = rendered(content(Style.GENERIC, *fields))["generic"]
    assert "attributedValue" not in found["primaryFields"][0]
    assert "attributedValue" in found["backFields"][0]


@pytest.mark.parametrize(
    ("language", "yes", "no"), [("en", "Yes", "No"), ("pt", "Sim", "Não"), ("de", "Ja", "Nein"), ("fr", "Oui", "Non")]
)
def test_switches_answer_in_the_language_of_the_campaign(language: str, yes: str, no: str) -> None:
    fields = [field(key, value=key, data_type=DataType.BOOLEAN) for key in ("Yes", "No", "Perhaps")]
    found = rendered(content(Style.BOARDING_PASS, *fields, language=language))["boardingPass"]
    shown = [one["value"] for one in (*found["primaryFields"], *found["backFields"][:-1])]
    assert shown == [yes, no, "Perhaps"]


def test_amounts_below_nothing_and_days_before_there_were_computers() -> None:
    assert shown(field("a", value="-12.50", data_type=DataType.CURRENCY, format="EUR"))["value"] == -12.5
    assert shown(field("a", value="-7", data_type=DataType.NUMBER))["value"] == -7
    assert shown(field("a", value="0.15", data_type=DataType.NUMBER, format="percent"))["value"] == 0.15
    assert shown(field("a", value="1912-06-23", data_type=DataType.DATE))["value"] == "1912-06-23T00:00:00Z"
    assert shown(field("a", value="0001-01-01", data_type=DataType.DATE))["value"] == "0001-01-01T00:00:00Z"


EDIT = replace(ISSUER, edit_url="https://passes.example.org/e/abc")


def test_the_holder_s_link_is_on_the_back_where_the_campaign_wants_it() -> None:
    found = rendered(content(language="de", edit_link=True), EDIT)["generic"]["backFields"]
    assert found[0] == {
        "key": "passwright_edit",
        "label": "Ihre Angaben",
        "value": "https://passes.example.org/e/abc",
        "attributedValue": "<a href='https://passes.example.org/e/abc'>Diesen Pass verwalten</a>",
        "dataDetectorTypes": ["PKDataDetectorTypeLink"],
    }
    assert found[1]["key"] == "passwright_message"
    assert len(rendered(content(edit_link=False), EDIT)["generic"]["backFields"]) == 1
    assert len(rendered(content(edit_link=True), ISSUER)["generic"]["backFields"]) == 1
    assert "/e/abc" not in repr(EDIT)


def test_the_key_of_the_holder_s_link_is_never_a_user_s() -> None:
    said = content(Style.GENERIC, field("passwright_edit", Position.BACK), edit_link=True)
    keys = [found["key"] for found in rendered(said, EDIT)["generic"]["backFields"]]
    assert keys == ["passwright_edit", "passwright_edit_", "passwright_message"]
