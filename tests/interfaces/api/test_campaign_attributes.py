"""Every documented attribute of a campaign goes in and comes out again, on creation and on update."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from passwright.data.models import Campaign, Template
from passwright.passes.content import DataType
from tests.interfaces.api.conftest import NOW, Api
from tests.interfaces.api.toy_town import certificate, ok, refused

pytestmark = pytest.mark.usefixtures("certificates")

LONG = "x" * 65_535

ATTRIBUTES: list[tuple[str, Any, Any]] = [
    ("description", "For ears", "For ears"),
    ("organization_name", "Toys & Co", "Toys & Co"),
    ("barcode", {"format": "ean128"}, {"format": "ean128", "message": "", "alt_text": "", "alt_text_type": "mirror"}),
    ("barcode", {}, {"format": "qrcode", "message": "", "alt_text": "", "alt_text_type": "mirror"}),
    ("barcode", [], {"format": "qrcode", "message": "", "alt_text": "", "alt_text_type": "mirror"}),
    (
        "barcode",
        {"format": "aztec", "message": "M", "alt_text": "T", "alt_text_type": "custom"},
        {"format": "aztec", "message": "M", "alt_text": "T", "alt_text_type": "custom"},
    ),
    (
        "barcodes",
        [{"format": "qrcode", "message": 12}, {"format": "ean128", "message": "12"}],
        [
            {"format": "qrcode", "message": "12", "alt_text": "", "alt_text_type": "mirror"},
            {"format": "ean128", "message": "12", "alt_text": "", "alt_text_type": "mirror"},
        ],
    ),
    ("code_type", "sequencial", "sequencial"),
    ("code_type", "sequential", "sequencial"),
    ("code_type", "per_pass", "per_pass"),
    ("code_fixed_value", "SAME", "SAME"),
    ("allow_multiple_redeems", True, True),
    ("allow_multiple_redeems", "true", True),
    ("allow_multiple_redeems", 1, True),
    ("allow_multiple_redeems", "0", False),
    ("max_distance", 80, 80),
    ("max_distance", "80", 80),
    ("max_distance", 80.0, 80),
    ("max_distance", 5000, 100),
    ("max_distance", 0, 0),
    ("expiration_date", "2030-01-31T18:30:00Z", "2030-01-31T18:30:00.000+00:00"),
    ("expiration_date", "2030-01-31T18:30:00.123456+02:00", "2030-01-31T16:30:00.123+00:00"),
    ("expiration_date", "2030-01-31", "2030-01-31T00:00:00.000+00:00"),
    ("relevant_date", "2030-01-31 18:30", "2030-01-31T18:30:00.000+00:00"),
    ("relevant_date", "", None),
    ("associated_store_identifiers", [284910350, "375380948"], [284910350, 375380948]),
    ("associated_store_identifiers", [], []),
    (
        "user_info",
        {"id": 7, "deep": {"list": [1, 2.5, None, "ü", True]}},
        {"id": 7, "deep": {"list": [1, 2.5, None, "ü", True]}},
    ),
    ("user_info", [], {}),
    ("user_info", {"large": 10**40}, {"large": 10**40}),
    ("remote_form_url", "https://example.org/form?a=b", "https://example.org/form?a=b"),
    ("og", False, False),
    ("og_description", "Look", "Look"),
    ("javascript", "ga('send')", "ga('send')"),
    ("stylesheet", "body{}", "body{}"),
    ("render_on_short_url", True, True),
    ("sync_locations_on_merge", False, False),
    ("sync_beacons_on_merge", "false", False),
    ("merge_on_update", True, True),
    ("gwallet_usage", True, False),
    ("time_zone", "Europe/Lisbon", "Europe/Lisbon"),
    ("logo_text", "Toy Town", "Toy Town"),
    ("background_color", "#C51F1f", "#C51F1f"),
    ("text_color", "#fff", "#fff"),
    ("label_color", "#000000", "#000000"),
    ("javascript", LONG, LONG),
]
IDS = [f"{name}-{number}" for number, (name, _, _) in enumerate(ATTRIBUTES)]


def create(api: Api, **attributes: Any) -> dict[str, Any]:
    body = {"generic": {"name": str(uuid4()), "icon_id": api.upload("icon"), **attributes}}
    made: dict[str, Any] = ok(api.post("/v2/generics", body), 201)
    return made


@pytest.mark.parametrize(("name", "sent", "expected"), ATTRIBUTES, ids=IDS)
def test_an_attribute(api: Api, name: str, sent: Any, expected: Any) -> None:
    made = create(api, **{name: sent})
    assert made[name] == expected
    assert ok(api.get(f"/v2/generics/{made['id']}")) == made
    plain = create(api)
    changed = ok(api.patch(f"/v2/generics/{plain['id']}", {"generic": {name: sent}}))
    assert changed[name] == expected
    assert ok(api.get(f"/v2/generics/{plain['id']}")) == changed


@pytest.mark.parametrize("slot", ["icon", "logo", "strip", "thumbnail", "background", "footer"])
def test_a_picture(api: Api, slot: str) -> None:
    asset = api.upload(slot)
    made = create(api, **{f"{slot}_id": asset})
    assert made[f"{slot}_id"] == asset
    assert ok(api.get(f"/v2/templates/{made['template_id']}"))[f"{slot}_id"] == asset
    plain = create(api)
    changed = ok(api.patch(f"/v2/generics/{plain['id']}", {"generic": {f"{slot}_id": asset}}))
    assert changed[f"{slot}_id"] == asset
    assert changed["template_id"] != plain["template_id"]


@pytest.mark.parametrize("slot", ["icon", "logo", "strip", "thumbnail", "background", "footer"])
def test_a_picture_of_the_wrong_type(api: Api, slot: str) -> None:
    wrong = api.upload("logo" if slot != "logo" else "strip")
    errors = refused(
        api.post("/v2/generics", {"generic": {"name": "x", "icon_id": api.upload("icon"), f"{slot}_id": wrong}})
    )
    assert list(errors) == [f"{slot}_id"]
    errors = refused(api.patch(f"/v2/generics/{create(api)['id']}", {"generic": {f"{slot}_id": wrong}}))
    assert list(errors) == [f"{slot}_id"]


def test_a_picture_can_be_taken_away_but_not_the_icon(api: Api) -> None:
    made = create(api, logo_id=api.upload("logo"))
    path = f"/v2/generics/{made['id']}"
    assert ok(api.patch(path, {"generic": {"logo_id": None}}))["logo_id"] is None
    assert refused(api.patch(path, {"generic": {"icon_id": None}})) == {"icon_id": ["can't be blank"]}


def test_foreground_color_is_another_word_for_text_color(api: Api) -> None:
    assert create(api, foreground_color="#123456")["text_color"] == "#123456"
    assert create(api, foreground_color="#123456", text_color="#654321")["text_color"] == "#654321"


def test_a_transit_type_is_read_and_means_nothing_here(api: Api) -> None:
    assert create(api, transit_type="bus")["transit_type"] is None


@pytest.mark.parametrize("position", ["header", "primary", "secondary", "auxiliary", "back"])
def test_a_field_list(api: Api, position: str) -> None:
    name = f"{position}_fields"
    sent = [
        {"key": "b", "value": 12.5, "label": 7},
        {"key": "a"},
        {"key": "c", "behaviour": "dynamic", "value": None, "label": ""},
        {"key": "d", "behavior": "dynamic"},
    ]
    made = create(api, **{name: sent})
    plain = {"data_type": "text", "required": True}
    assert made[name] == [
        {"key": "b", "value": "12.5", "label": "7", "behaviour": "fixed", **plain},
        {"key": "a", "value": None, "label": None, "behaviour": "fixed", **plain},
        {"key": "c", "value": None, "label": "", "behaviour": "dynamic", **plain},
        {"key": "d", "value": None, "label": None, "behaviour": "dynamic", **plain},
    ]
    assert ok(api.get(f"/v2/generics/{made['id']}"))[name] == made[name]


def test_how_a_field_is_filled_in(api: Api) -> None:
    column = {
        "data_type": "number",
        "required": False,
        "format": "12",
        "admin_only": True,
        "hidden": True,
        "generated": True,
        "distinct": True,
        "use_as_barcode": True,
        "change_message": "Now %@",
        "text_alignment": "right",
    }
    made = create(api, header_fields=[{"key": "a", "behaviour": "dynamic", **column}])
    whole = {"key": "a", "value": None, "label": None, "behaviour": "dynamic", **column}
    assert made["header_fields"] == [whole]
    path = f"/v2/generics/{made['id']}"
    changed = ok(api.patch(path, {"generic": {"header_fields": [{"key": "a", "value": "1"}]}}))
    assert changed["header_fields"] == [{**whole, "value": "1"}]
    plain = dict.fromkeys(("admin_only", "hidden", "generated", "distinct", "use_as_barcode"), False)
    nothing = {"format": None, "change_message": "", "text_alignment": None}
    changed = ok(api.patch(path, {"generic": {"header_fields": [{"key": "a", **plain, **nothing}]}}))
    assert changed["header_fields"] == [
        {"key": "a", "value": "1", "label": None, "behaviour": "dynamic", "data_type": "number", "required": False}
    ]


@pytest.mark.parametrize("data_type", [data_type.value for data_type in DataType])
def test_data_types(api: Api, data_type: str) -> None:
    made = create(api, back_fields=[{"key": "a", "data_type": data_type}])
    assert made["back_fields"][0]["data_type"] == data_type


def test_locations(api: Api) -> None:
    sent = [
        {"latitude": "38.7223", "longitude": "-9.1393", "altitude": "12", "relevant_text": "Near"},
        {"latitude": -90, "longitude": 180},
    ]
    made = create(api, locations=sent)
    assert made["locations"] == [
        {"altitude": 12.0, "latitude": 38.7223, "longitude": -9.1393, "relevant_text": "Near"},
        {"altitude": None, "latitude": -90.0, "longitude": 180.0, "relevant_text": None},
    ]
    assert list(made["locations"][0]) == ["altitude", "latitude", "longitude", "relevant_text"]
    assert len(create(api, locations=[{"latitude": 0, "longitude": 0}] * 10)["locations"]) == 10


def test_beacons(api: Api) -> None:
    uuid = "30B5D792-48c9-4f12-80ff-082cae62e80f"
    made = create(
        api,
        beacons=[
            {"proximity_uuid": uuid, "major": 0.0, "minor": "65535", "relevant_text": "Near"},
            {"proximity_uuid": uuid},
        ],
    )
    assert made["beacons"] == [
        {"major": 0, "minor": 65535, "proximity_uuid": uuid, "relevant_text": "Near"},
        {"major": None, "minor": None, "proximity_uuid": uuid, "relevant_text": None},
    ]
    assert isinstance(made["beacons"][0]["major"], int)


def test_dates_without_a_zone_are_the_campaigns(api: Api) -> None:
    made = create(api, time_zone="America/New_York", expiration_date="2030-07-01T12:00:00")
    assert made["expiration_date"] == "2030-07-01T16:00:00.000+00:00"
    path = f"/v2/generics/{made['id']}"
    assert ok(api.patch(path, {"generic": {"relevant_date": "2030-01-01T12:00:00"}}))["relevant_date"] == (
        "2030-01-01T17:00:00.000+00:00"
    )
    issued = ok(api.post(f"{path}/passes", {"pass": {"expiration_date": "2030-01-01"}}), 201)
    assert issued["expiration_date"] == "2030-01-01T05:00:00.000+00:00"


def test_null_brings_the_default_back(api: Api) -> None:
    attributes = {
        "description": "For ears",
        "organization_name": "Toys",
        "barcode": {"format": "aztec"},
        "allow_multiple_redeems": True,
        "max_distance": 80,
        "expiration_date": "2030-01-31T18:30:00Z",
        "locations": [{"latitude": 1, "longitude": 2}],
        "user_info": {"a": 1},
        "og": False,
        "og_description": "Look",
        "javascript": "1",
        "remote_form_url": "https://example.org",
        "associated_store_identifiers": [1],
        "logo_text": "T",
        "text_color": "#fff",
    }
    made = create(api, **attributes)
    sent = {name: None for name in attributes if name != "barcode"}
    changed = ok(api.patch(f"/v2/generics/{made['id']}", {"generic": sent}))
    plain = create(api, name="Plain")
    for name in sent:
        expected = changed["name"] if name == "description" else plain[name]
        assert changed[name] == expected, name


def test_certificates(api: Api, stranger: Api) -> None:
    own = certificate(None, NOW, organization=api.organization)
    assert create(api, certificate_id=str(own.id))["certificate_id"] == str(own.id)
    expired = certificate(None, NOW, organization=api.organization, days=-1)
    foreign = certificate(None, NOW, organization=stranger.organization)
    for wrong in (str(expired.id), str(foreign.id), str(uuid4())):
        body = {"generic": {"name": "x", "icon_id": api.upload("icon"), "certificate_id": wrong}}
        assert list(refused(api.post("/v2/generics", body))) == ["certificate_id"]


def test_the_template_is_named_after_the_campaign_with_a_free_suffix(api: Api) -> None:
    made = create(api, name="Toys")
    path = f"/v2/generics/{made['id']}"
    for color in ("#111", "#222"):
        ok(api.patch(path, {"generic": {"background_color": color}}))
    names = list(Template.objects.order_by("created_at").values_list("name", flat=True))
    assert names == ["Template for Toys", "Template for Toys-1", "Template for Toys-2"]


def test_the_same_presentation_again_keeps_the_template(api: Api) -> None:
    made = create(api, background_color="#111111")
    changed = ok(api.patch(f"/v2/generics/{made['id']}", {"generic": {"background_color": "#111111"}}))
    assert changed == made


def test_a_renamed_campaign(api: Api) -> None:
    made = create(api, name="Before")
    changed = ok(api.patch(f"/v2/generics/{made['id']}", {"generic": {"name": " After "}}))
    assert (changed["name"], changed["description"]) == ("After", "After")
    assert Campaign.objects.get().name == "After"
