"""Values that campaigns and passes refuse: 422, every error under its attribute's path, and nothing written."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db.models import Model

from passwright.data.models import Campaign, CampaignRevision, Distribution, Event, Pass, Template
from tests.interfaces.api.conftest import Api
from tests.interfaces.api.toy_town import ok, refused

pytestmark = pytest.mark.usefixtures("certificates")

TEXT = "must be a text"
SWITCH = "must be true or false"
COLOR = "must be a color such as #3399ff or #39f"
MOMENT = "must be a date and time such as 2027-01-31T18:30:00Z"
OBJECTS = "must be a list of objects"
BLANK = "can't be blank"
TOO_LONG = "is too long (at most 65535 characters)"
BEACON = {"proximity_uuid": "30b5d792-48c9-4f12-80ff-082cae62e80f"}

SHARED: list[tuple[dict[str, Any], dict[str, list[str]]]] = [
    *[
        ({f"{position}_fields": sent}, {f"{position}_fields": [OBJECTS]})
        for position in ("header", "primary", "secondary", "auxiliary", "back")
        for sent in ("x", 1, True, {"key": "a"}, ["a"], [None], [[1]])
    ],
    ({"back_fields": [{}]}, {"back_fields[0].key": [BLANK]}),
    ({"back_fields": [{"key": "a"}, {"key": " "}]}, {"back_fields[1].key": [BLANK]}),
    ({"primary_fields": [{"key": None, "value": "x"}]}, {"primary_fields[0].key": [BLANK]}),
    ({"primary_fields": [{"key": {}}]}, {"primary_fields[0].key": [TEXT]}),
    ({"primary_fields": [{"key": "k" * 256}]}, {"primary_fields[0].key": ["is too long (at most 255 characters)"]}),
    ({"primary_fields": [{"key": "a", "value": []}]}, {"primary_fields[0].value": [TEXT]}),
    ({"primary_fields": [{"key": "a", "value": True}]}, {"primary_fields[0].value": [TEXT]}),
    ({"primary_fields": [{"key": "a", "value": "x" * 65_536}]}, {"primary_fields[0].value": [TOO_LONG]}),
    ({"primary_fields": [{"key": "a", "label": {}}]}, {"primary_fields[0].label": [TEXT]}),
    (
        {"primary_fields": [{"key": "a", "behaviour": "static"}]},
        {"primary_fields[0].behaviour": ["must be one of fixed, dynamic"]},
    ),
    (
        {"primary_fields": [{"key": "a", "behavior": []}]},
        {"primary_fields[0].behavior": ["must be one of fixed, dynamic"]},
    ),
    ({"primary_fields": [{"key": "a", "_destroy": "?"}]}, {"primary_fields[0]._destroy": [SWITCH]}),
    ({"locations": "x"}, {"locations": [OBJECTS]}),
    ({"locations": [{"latitude": 0, "longitude": 0}] * 11}, {"locations": ["can have at most 10 items"]}),
    ({"locations": [{}]}, {"locations[0].latitude": [BLANK], "locations[0].longitude": [BLANK]}),
    (
        {"locations": [{"latitude": 0, "longitude": 0}, {"latitude": 90.1, "longitude": -180.1}]},
        {
            "locations[1].latitude": ["must be between -90 and 90"],
            "locations[1].longitude": ["must be between -180 and 180"],
        },
    ),
    (
        {"locations": [{"latitude": "north", "longitude": True, "altitude": [], "relevant_text": {}}]},
        {
            "locations[0].latitude": ["must be a number"],
            "locations[0].longitude": ["must be a number"],
            "locations[0].altitude": ["must be a number"],
            "locations[0].relevant_text": [TEXT],
        },
    ),
    (
        {"locations": [{"latitude": 10**300, "longitude": "9" * 41, "altitude": 10**40}]},
        {
            "locations[0].latitude": ["must be between -90 and 90"],
            "locations[0].longitude": ["must be a number"],
            "locations[0].altitude": ["must be between -1e+07 and 1e+07"],
        },
    ),
    ({"beacons": [BEACON] * 11}, {"beacons": ["can have at most 10 items"]}),
    ({"beacons": [{"major": 1}]}, {"beacons[0].proximity_uuid": [BLANK]}),
    ({"beacons": [{"proximity_uuid": "beacon"}]}, {"beacons[0].proximity_uuid": ["must be a UUID"]}),
    ({"beacons": [{"proximity_uuid": 7}]}, {"beacons[0].proximity_uuid": ["must be a UUID"]}),
    (
        {"beacons": [{**BEACON, "major": 65536, "minor": -1}]},
        {"beacons[0].major": ["must be between 0 and 65535"], "beacons[0].minor": ["must be between 0 and 65535"]},
    ),
    (
        {"beacons": [{**BEACON, "major": 0.5, "minor": "x"}]},
        {"beacons[0].major": ["must be a whole number"], "beacons[0].minor": ["must be a number"]},
    ),
    ({"barcode": 7}, {"barcode": ["must be an object"]}),
    (
        {"barcode": {"format": "upc"}},
        {"barcode.format": ["must be one of qrcode, pdf417, aztec, ean128, none"]},
    ),
    ({"barcode": {"message": {}}}, {"barcode.message": [TEXT]}),
    ({"barcode": {"alt_text": []}}, {"barcode.alt_text": [TEXT]}),
    ({"barcode": {"alt_text_type": "x"}}, {"barcode.alt_text_type": ["must be one of mirror, custom, none"]}),
    ({"barcodes": [{}, {"format": 1}]}, {"barcodes[1].format": ["must be one of qrcode, pdf417, aztec, ean128, none"]}),
    ({"barcodes": [{}] * 11}, {"barcodes": ["can have at most 10 items"]}),
    ({"expiration_date": "tomorrow"}, {"expiration_date": [MOMENT]}),
    ({"expiration_date": 1893456000}, {"expiration_date": [MOMENT]}),
    ({"expiration_date": "0001-01-01T00:00:00+14:00"}, {"expiration_date": [MOMENT]}),
    ({"expiration_date": "2030-02-30"}, {"expiration_date": [MOMENT]}),
    ({"relevant_date": []}, {"relevant_date": [MOMENT]}),
    ({"max_distance": "far"}, {"max_distance": ["must be a number"]}),
    ({"max_distance": 1.5}, {"max_distance": ["must be a whole number"]}),
    ({"user_info": "x"}, {"user_info": ["must be an object"]}),
    ({"user_info": [1]}, {"user_info": ["must be an object"]}),
    ({"user_info": {"a": "x" * 65_536}}, {"user_info": ["is too large (at most 65536 bytes)"]}),
    ({"icon_id": 7}, {"icon_id": ["must be an id"]}),
    ({"logo_id": "x"}, {"logo_id": ["must be an id"]}),
    ({"thumbnail_id": {}}, {"thumbnail_id": ["must be an id"]}),
    (
        {"expiration_date": 1, "max_distance": [], "locations": [{}]},
        {
            "locations[0].latitude": [BLANK],
            "locations[0].longitude": [BLANK],
            "max_distance": ["must be a number"],
            "expiration_date": [MOMENT],
        },
    ),
]
OF_CAMPAIGNS: list[tuple[dict[str, Any], dict[str, list[str]]]] = [
    ({"name": ""}, {"name": [BLANK]}),
    ({"name": " \t"}, {"name": [BLANK]}),
    ({"name": None}, {"name": [BLANK]}),
    ({"name": []}, {"name": [TEXT]}),
    ({"name": "n" * 256}, {"name": ["is too long (at most 255 characters)"]}),
    ({"description": {}}, {"description": [TEXT]}),
    ({"organization_name": []}, {"organization_name": [TEXT]}),
    ({"template_id": "x"}, {"template_id": ["must be an id"]}),
    ({"template_id": "00000000-0000-4000-8000-000000000000"}, {"template_id": ["does not exist"]}),
    ({"certificate_id": []}, {"certificate_id": ["must be an id"]}),
    ({"code_type": "list"}, {"code_type": ["must be one of sequencial, fixed, per_pass"]}),
    ({"code_type": {}}, {"code_type": ["must be one of sequencial, fixed, per_pass"]}),
    ({"code_fixed_value": {}}, {"code_fixed_value": [TEXT]}),
    *[
        ({name: "perhaps"}, {name: [SWITCH]})
        for name in (
            "allow_multiple_redeems",
            "og",
            "render_on_short_url",
            "sync_locations_on_merge",
            "sync_beacons_on_merge",
            "merge_on_update",
            "gwallet_usage",
        )
    ],
    ({"og": []}, {"og": [SWITCH]}),
    ({"og": 2}, {"og": [SWITCH]}),
    ({"remote_form_url": "ftp://example.org"}, {"remote_form_url": ["must be an http or https address"]}),
    ({"remote_form_url": "javascript:alert(1)"}, {"remote_form_url": ["must be an http or https address"]}),
    ({"javascript": {}}, {"javascript": [TEXT]}),
    ({"stylesheet": "x" * 65_536}, {"stylesheet": [TOO_LONG]}),
    ({"og_description": []}, {"og_description": [TEXT]}),
    ({"logo_text": []}, {"logo_text": [TEXT]}),
    ({"background_color": "red"}, {"background_color": [COLOR]}),
    ({"text_color": "#12345"}, {"text_color": [COLOR]}),
    ({"label_color": 7}, {"label_color": [COLOR]}),
    ({"foreground_color": "x"}, {"foreground_color": [COLOR]}),
    ({"transit_type": "rocket"}, {"transit_type": ["must be one of air, boat, bus, generic, train"]}),
    ({"transit_type": {}}, {"transit_type": ["must be one of air, boat, bus, generic, train"]}),
    ({"time_zone": "Mars"}, {"time_zone": ["must be a time zone such as Europe/Lisbon"]}),
    ({"time_zone": "../etc"}, {"time_zone": ["must be a time zone such as Europe/Lisbon"]}),
    ({"time_zone": 7}, {"time_zone": ["must be a time zone such as Europe/Lisbon"]}),
    (
        {"associated_store_identifiers": "1"},
        {"associated_store_identifiers": ["must be a list of at most 100 numbers"]},
    ),
    (
        {"associated_store_identifiers": [1] * 101},
        {"associated_store_identifiers": ["must be a list of at most 100 numbers"]},
    ),
    (
        {"associated_store_identifiers": [1, "x", None, -1, 10**20]},
        {
            "associated_store_identifiers[1]": ["must be a number"],
            "associated_store_identifiers[2]": [BLANK],
            "associated_store_identifiers[3]": ["must be between 0 and 9007199254740991"],
            "associated_store_identifiers[4]": ["must be between 0 and 9007199254740991"],
        },
    ),
    (
        {"back_fields": [{"key": "a", "data_type": "x"}]},
        {
            "back_fields[0].data_type": [
                "must be one of text, multiline, number, currency, date, datetime, email, phone, url, choice, "
                "boolean, image, locations"
            ]
        },
    ),
    ({"back_fields": [{"key": "a", "required": "x"}]}, {"back_fields[0].required": [SWITCH]}),
    ({"back_fields": [{"key": "a", "hidden": []}]}, {"back_fields[0].hidden": [SWITCH]}),
    (
        {"back_fields": [{"key": "a", "change_message": "changed"}]},
        {"back_fields[0].change_message": ["must contain %@ exactly once"]},
    ),
    (
        {"back_fields": [{"key": "a", "change_message": "%@ %@"}]},
        {"back_fields[0].change_message": ["must contain %@ exactly once"]},
    ),
    (
        {"back_fields": [{"key": "a", "text_alignment": "up"}]},
        {"back_fields[0].text_alignment": ["must be one of left, center, right, natural"]},
    ),
]
OF_PASSES: list[tuple[dict[str, Any], dict[str, list[str]]]] = [
    ({"voided": "perhaps"}, {"voided": [SWITCH]}),
    ({"merge": "perhaps"}, {"merge": [SWITCH]}),
    ({"push": {}}, {"push": [SWITCH]}),
    ({"locations": [{"latitude": 0, "longitude": 0, "name": []}]}, {"locations[0].name": [TEXT]}),
]
TABLES: tuple[type[Model], ...] = (Campaign, CampaignRevision, Distribution, Event, Pass, Template)


def rows() -> dict[str, list[dict[str, Any]]]:
    """Everything that is written, for comparison."""
    return {table.__name__: list(table._default_manager.order_by("pk").values()) for table in TABLES}


def name_case(case: Any) -> str | None:
    return ",".join(case)[:60] if isinstance(case, dict) else None


@pytest.fixture
def path(api: Api) -> str:
    body = {"generic": {"name": str(uuid4()), "icon_id": api.upload("icon")}}
    return f"/v2/generics/{ok(api.post('/v2/generics', body), 201)['id']}"


@pytest.mark.parametrize(("sent", "errors"), [*SHARED, *OF_CAMPAIGNS], ids=name_case)
def test_a_campaign_refuses(api: Api, path: str, sent: dict[str, Any], errors: dict[str, list[str]]) -> None:
    before = rows()
    assert refused(api.patch(path, {"generic": sent})) == errors
    assert refused(api.post("/v2/generics", {"generic": {"name": "New", **sent}})).items() >= errors.items()
    assert rows() == before


@pytest.mark.parametrize(("sent", "errors"), [*SHARED, *OF_PASSES], ids=name_case)
def test_a_pass_refuses(api: Api, path: str, sent: dict[str, Any], errors: dict[str, list[str]]) -> None:
    made = ok(api.post(f"{path}/passes"), 201)
    before = rows()
    assert refused(api.post(f"{path}/passes", {"pass": sent})) == errors
    assert refused(api.patch(f"{path}/passes/{made['id']}", {"pass": sent})) == errors
    assert rows() == before


BROKEN = [
    (b"{", 400),
    (b"[1]", 400),
    (b'"pass"', 400),
    (b"7", 400),
    (b"true", 400),
    (b'{"pass": NaN}', 400),
    (b'{"pass": {"user_info": {"a": Infinity}}}', 400),
    (b'{"pass": {"user_info": {"a": -1e999}}}', 400),
    (b'{"pass": {"user_info": {"a": "\\ud800"}}}', 400),
    (b'{"pass": {"user_info": {"a": "\xff"}}}', 400),
    (b'{"pass": {"user_info": {"a": 1' + b"0" * 5000 + b"}}}", 400),
    (b'{"pass": {"user_info": ' + b'{"a":' * 100 + b"1" + b"}" * 100 + b"}}", 400),
    (b'{"pass": {"user_info": {"a": "\\u0000"}}}', 422),
    (b'{"pass": {"user_info": {"\\u0000": 1}}}', 422),
    (b'{"pass": {"back_fields": [{"key": "a", "value": "\\u0000"}]}}', 422),
    (b'{"pass": "x"}', 422),
    (b'{"pass": [1]}', 422),
    (b'{"pass": 0}', 422),
]


@pytest.mark.parametrize(("content", "status"), BROKEN, ids=[str(number) for number in range(len(BROKEN))])
def test_a_broken_body(api: Api, path: str, content: bytes, status: int) -> None:
    made = ok(api.post(f"{path}/passes"), 201)
    before = rows()
    refused(api.raw("POST", f"{path}/passes", content), status)
    refused(api.raw("PATCH", f"{path}/passes/{made['id']}", content), status)
    refused(api.raw("PATCH", path, content), status)
    refused(api.raw("POST", "/v2/generics", content), status)
    assert rows() == before
