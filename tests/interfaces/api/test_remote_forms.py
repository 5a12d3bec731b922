"""Forms on other websites: their fields, and the passes that come of what they send."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest

from passwright.data.models import Campaign, Event, Pass
from passwright.interfaces.api.campaign_types import TYPES, CampaignType
from tests.interfaces.api.conftest import Api
from tests.interfaces.api.test_passes import KEYS
from tests.interfaces.api.toy_town import UNSENT, ok, refused

pytestmark = pytest.mark.usefixtures("certificates")

ASKED: dict[str, Any] = {"behaviour": "dynamic"}
PLACE = {"latitude": 38.7, "longitude": -9.1, "altitude": None, "relevant_text": "Near", "name": None}
BEACON = {"proximity_uuid": "1f0b1e7a-5c0c-4d3f-9d55-6f4b1d5f7c11", "major": 1, "minor": 2, "relevant_text": None}
OF_THE_CAMPAIGN = {"locations": [{"latitude": 1, "longitude": 2}], "beacons": [{**BEACON, "major": 9}]}


def campaign(api: Api, kind: CampaignType = TYPES[3], **attributes: Any) -> Campaign:
    content = {"name": str(uuid4()), "icon_id": api.upload("icon"), "transit_type": "air", **attributes}
    return Campaign.objects.get(id=ok(api.post(f"/v2/{kind.segment}", {kind.root: content}), 201)["id"])


def address(of: Campaign, action: str = "submit", version: str = "v2") -> str:
    return f"/{version}/remote_forms/{of.id}/{action}"


def submit(api: Api, of: Campaign, body: Any = UNSENT) -> dict[str, Any]:
    made: dict[str, Any] = ok(api.post(address(of), body), 201)
    return made


def shown(made: dict[str, Any]) -> dict[str, str | None]:
    """What the pass says, by key."""
    lists = ("header_fields", "primary_fields", "secondary_fields", "auxiliary_fields", "back_fields")
    return {field["key"]: field["value"] for name in lists for field in made[name]}


# The fields.


def test_the_fields_in_reading_order(api: Api) -> None:
    made = campaign(
        api,
        back_fields=[{"key": "note", "value": "Hello", **ASKED}, {"key": "terms", "label": "Terms"}],
        auxiliary_fields=[{"key": "level", "value": "Gold", "label": "LEVEL"}],
        primary_fields=[{"key": "member", "label": "MEMBER", **ASKED}],
        header_fields=[{"key": "points", **ASKED, "data_type": "number", "required": False}],
        secondary_fields=[
            {"key": "staff", **ASKED, "admin_only": True},
            {"key": "quiet", **ASKED, "hidden": True},
            {"key": "number", **ASKED, "generated": True},
            {"key": "inner", "admin_only": True},
        ],
    )
    answer = api.get(address(made, "fields"))
    assert ok(answer) == {
        "fields": {
            "points": {"key": "points", "label": None, "value": "", "behaviour": "dynamic"},
            "member": {"key": "member", "label": "MEMBER", "value": "", "behaviour": "dynamic"},
            "quiet": {"key": "quiet", "label": None, "value": "", "behaviour": "dynamic"},
            "level": {"key": "level", "label": "LEVEL", "value": "Gold", "behaviour": "fixed"},
            "note": {"key": "note", "label": None, "value": "Hello", "behaviour": "dynamic"},
            "terms": {"key": "terms", "label": "Terms", "value": None, "behaviour": "fixed"},
        },
        "dynamic_fields_keys": ["points", "member", "quiet", "note"],
        "static_fields_keys": ["level", "terms"],
    }
    assert list(ok(answer)["fields"]) == ["points", "member", "quiet", "level", "note", "terms"]


def test_a_campaign_without_fields(api: Api) -> None:
    answer = ok(api.get(address(campaign(api), "fields")))
    assert answer == {"fields": {}, "dynamic_fields_keys": [], "static_fields_keys": []}


@pytest.mark.parametrize("state", ["published", "paused", "archived"])
def test_the_fields_can_be_read_in_every_state(api: Api, state: str) -> None:
    made = campaign(api, primary_fields=[{"key": "member", **ASKED}])
    Campaign.objects.update(state=state)
    assert ok(api.get(address(made, "fields")))["dynamic_fields_keys"] == ["member"]


def test_the_fields_are_those_of_now(api: Api) -> None:
    made = campaign(api, primary_fields=[{"key": "member", **ASKED}])
    body = {"generic": {"primary_fields": [{"key": "member", "behaviour": "fixed", "value": "All"}]}}
    ok(api.patch(f"/v2/generics/{made.id}", body))
    assert ok(api.get(address(made, "fields")))["static_fields_keys"] == ["member"]


# The submission.


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.root)
@pytest.mark.parametrize("version", ["v2", "v1"])
def test_a_pass_of_any_type(api: Api, kind: CampaignType, version: str) -> None:
    made = campaign(api, kind, primary_fields=[{"key": "member", **ASKED}])
    answer = ok(api.post(address(made, version=version), {"member": "Ada"}), 201)
    of_v1 = {"authentication_token", "transit_type", f"{kind.root}_id"} if version == "v1" else set()
    assert set(answer) == (KEYS - {"values"} | of_v1 if version == "v1" else KEYS)
    assert answer == ok(api.get(f"/{version}/{kind.segment}/{made.id}/passes/{answer['id']}"))
    assert shown(answer) == {"member": "Ada"}


def test_what_happened_says_who_asked(api: Api) -> None:
    made = submit(api, campaign(api), {})
    event = Event.objects.get(kind=Event.Kind.CREATED)
    assert (str(event.pass_id), event.extra) == (made["id"], {"source": "remote_form"})


def test_only_dynamic_fields_are_answered(api: Api) -> None:
    of = campaign(
        api,
        primary_fields=[{"key": "member", "value": "Nobody", **ASKED}],
        auxiliary_fields=[{"key": "level", "value": "Gold"}, {"key": "quiet", "hidden": True, **ASKED}],
        back_fields=[
            {"key": "staff", "value": "none", "admin_only": True, **ASKED},
            {"key": "number", "value": "0", "data_type": "number", "generated": True, **ASKED},
        ],
    )
    sent = dict.fromkeys(("member", "level", "quiet", "staff", "number", "unknown", "pass", "voided", "id"), "Ada")
    made = submit(api, of, {**sent, "user_info": {"a": 1}, "primary_fields": [{"key": "member", "value": "x"}]})
    values = shown(made)
    assert (values["member"], values["level"]) == ("Ada", "Gold")
    assert values["staff"] == "none"
    assert re.fullmatch(r"[1-9]\d{9}", values["number"] or ""), "made, and not what was posted"
    assert (made["voided"], made["user_info"]) == (False, {})
    overrides = Pass.objects.get().overrides
    assert overrides is not None
    said = {field["key"]: field["value"] for field in overrides["fields"]}
    assert said == {"member": "Ada", "quiet": "Ada", "number": values["number"]}


@pytest.mark.parametrize("body", [UNSENT, None, {}, []])
def test_no_answers_at_all(api: Api, body: Any) -> None:
    """The site rules what is required: the field keeps what the campaign gives it."""
    of = campaign(api, primary_fields=[{"key": "member", "value": "Nobody", "required": True, **ASKED}])
    assert shown(submit(api, of, body)) == {"member": "Nobody"}


@pytest.mark.parametrize(
    ("data_type", "sent", "kept"),
    [
        ("text", "  Ada\r\nLovelace ", "Ada\nLovelace"),
        ("text", "x" * 5000, "x" * 5000),
        ("text", 12, "12"),
        ("text", 0.00001, "0.00001"),
        ("text", None, "default"),
        ("text", "", ""),
        ("text", " \t", ""),
        ("number", 12.5, "12.5"),
        ("number", "-3", "-3"),
        ("number", "", ""),
        ("currency", "9.90", "9.90"),
        ("date", "2026-11-22", "2026-11-22"),
        ("date", None, None),
        ("datetime", "2026-11-22T18:30", "2026-11-22T18:30"),
        ("email", " ada@example.com", "ada@example.com"),
        ("phone", "+33 4 72 00 10 20", "+33472001020"),
        ("url", "https://example.com", "https://example.com"),
        ("choice", "Trucks", "Trucks"),
        ("boolean", True, "Yes"),
        ("boolean", False, "No"),
        ("boolean", "No", "No"),
    ],
)
def test_answers_that_read_as_their_type(api: Api, data_type: str, sent: Any, kept: str) -> None:
    default = "default" if data_type == "text" else None
    of = campaign(api, primary_fields=[{"key": "it", "value": default, "data_type": data_type, **ASKED}])
    assert shown(submit(api, of, {"it": sent})) == {"it": kept}


@pytest.mark.parametrize(
    ("data_type", "sent", "fault"),
    [
        ("text", True, "The answer must be a text."),
        ("text", ["Ada"], "The answer must be a text."),
        ("text", {"value": "Ada"}, "The answer must be a text."),
        ("text", "x" * 65_536, "The answer has 65,536 characters, 65,535 fit. Shorten it."),
        ("number", "twelve", "“twelve” is not a number. Type digits, with a point before decimals: 12.50."),
        ("number", False, "The answer must be a text."),
        ("date", "22.11.2026", "“22.11.2026” is not a date. Type year, month and day: 2026-11-22."),
        ("email", "ada@", "“ada@” is not a whole e-mail address. Type it as ada@example.com."),
        ("boolean", "maybe", "“maybe” is not one of the answers. Choose Yes or No."),
        ("boolean", 1, "“1” is not one of the answers. Choose Yes or No."),
    ],
)
def test_answers_that_do_not_read_name_their_key(api: Api, data_type: str, sent: Any, fault: str) -> None:
    of = campaign(api, primary_fields=[{"key": "Birth day, é", "data_type": data_type, **ASKED}])
    assert refused(api.post(address(of), {"Birth day, é": sent})) == {"Birth day, é": [fault]}
    assert not Pass.objects.exists()


def test_everything_that_is_wrong_is_named_at_once(api: Api) -> None:
    of = campaign(api, back_fields=[{"key": key, "data_type": "number", **ASKED} for key in ("a", "b", "c")])
    body = {"a": "x", "b": 1, "c": "y", "locations": [{"latitude": 100, "longitude": 0}], "beacons": "none"}
    assert sorted(refused(api.post(address(of), body))) == ["a", "beacons", "c", "locations[0].latitude"]


@pytest.mark.parametrize("key", ["base", "errors", "é ñ", "a.b[0]", "id", "pass", "x" * 255, "__proto__"])
def test_a_key_may_be_any_text(api: Api, key: str) -> None:
    of = campaign(api, primary_fields=[{"key": key, "data_type": "number", **ASKED}])
    assert list(ok(api.get(address(of, "fields")))["fields"]) == [key]
    assert list(refused(api.post(address(of), {key: "x"}))) == [key]
    assert shown(submit(api, of, {key: "5"})) == {key: "5"}


@pytest.mark.parametrize("content", [b"{", b'"Ada"', b"[1]", b"3"])
def test_a_body_that_is_no_object(api: Api, content: bytes) -> None:
    refused(api.raw("POST", address(campaign(api)), content), 400)


# Places and codes.


def test_places_of_the_pass_take_the_place_of_the_campaigns(api: Api) -> None:
    of = campaign(api, **OF_THE_CAMPAIGN)
    plain = submit(api, of, {})
    assert [place["latitude"] for place in plain["locations"]] == [1]
    assert [beacon["major"] for beacon in plain["beacons"]] == [9]
    own = submit(
        api,
        of,
        {
            "locations": [{"latitude": "38.7", "longitude": "-9.1", "relevant_text": "Near"}],
            "beacons": [{**BEACON, "minor": 2.0}],
        },
    )
    assert (own["locations"], own["beacons"]) == ([PLACE], [BEACON])
    none = submit(api, of, {"locations": [], "beacons": []})
    assert (none["locations"], none["beacons"]) == ([], [])


@pytest.mark.parametrize("code", [{"barcodes": [{"message": "A-1"}]}, {"barcode": {"message": "A-1"}}])
def test_codes_of_their_own(api: Api, code: dict[str, Any]) -> None:
    of = campaign(api, code_type="per_pass", barcode={"format": "aztec"})
    made = submit(api, of, code)
    assert (made["redeem_code"], made["barcode"]["message"], made["barcode"]["format"]) == ("A-1", "A-1", "aztec")
    assert refused(api.post(address(of), code)) == {"barcode": ["has a message that another pass of this campaign has"]}
    missing = {"barcode": ["needs a message: every pass of this campaign brings its own code"]}
    assert refused(api.post(address(of), {})) == missing
    assert Pass.objects.count() == 1


@pytest.mark.parametrize("name", ["locations", "beacons", "barcode", "barcodes"])
def test_a_field_with_the_name_of_a_part(api: Api, name: str) -> None:
    """A text is the field's answer; a list or an object is the pass's part."""
    of = campaign(api, primary_fields=[{"key": name, "value": "default", **ASKED}])
    assert shown(submit(api, of, {name: "Lisbon"})) == {name: "Lisbon"}
    assert shown(submit(api, of, {name: None})) == {name: "default"}
    part = {"locations": [PLACE], "beacons": [BEACON], "barcode": {"message": "A"}, "barcodes": [{"message": "A"}]}
    made = submit(api, of, {name: part[name]})
    assert shown(made) == {name: "default"}
    if name in ("locations", "beacons"):
        assert made[name] == part[name]
    else:
        assert made["barcode"]["format"] == "qrcode"


@pytest.mark.parametrize("name", ["locations", "beacons", "barcode", "barcodes"])
def test_without_such_a_field_a_text_is_no_part(api: Api, name: str) -> None:
    of = campaign(api, primary_fields=[{"key": name, "value": "fixed"}])
    assert list(refused(api.post(address(of), {name: "Lisbon"}))) == [name]


# Who may, and when.


@pytest.mark.parametrize("state", ["paused", "archived"])
def test_a_stopped_campaign_gives_no_pass(api: Api, state: str) -> None:
    of = campaign(api)
    Campaign.objects.update(state=state)
    errors = refused(api.post(address(of), {}), 412)
    assert errors == {"campaign": f"Campaign is {state}: no passes can be issued."}


def test_somebody_elses_campaign_is_unknown(api: Api, stranger: Api) -> None:
    of = campaign(api)
    for path in (str(of.id), str(uuid4()), "none"):
        for client in (stranger,) if path == str(of.id) else (api, stranger):
            assert refused(client.get(f"/v2/remote_forms/{path}/fields"), 404) == {"campaign": "Campaign not found."}
            assert refused(client.post(f"/v2/remote_forms/{path}/submit", {}), 404) == {
                "campaign": "Campaign not found."
            }
    Campaign.objects.update(deleted_at=of.created_at)
    refused(api.get(address(of, "fields")), 404)
    refused(api.post(address(of), {}), 404)
    assert not Pass.objects.exists()


def test_nobody_without_credentials(api: Api) -> None:
    of = campaign(api)
    refused(Api(api.organization, "wrong").post(address(of), {}), 401)
    assert not Pass.objects.exists()


def test_trailing_slashes_and_json(api: Api) -> None:
    of = campaign(api)
    assert ok(api.get(f"{address(of, 'fields')}/")) == ok(api.get(f"{address(of, 'fields')}.json"))
    ok(api.post(f"{address(of)}/", {}), 201)
