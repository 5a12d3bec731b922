"""Every payload that a section of the v2 documents prints, for every type: the sections are one text, and what differs
is the root."""

from __future__ import annotations

from typing import Any

import pytest

from passwright.interfaces.api.campaign_types import CampaignType
from passwright.passes.content import Style
from tests.interfaces.api.conftest import Api
from tests.interfaces.api.five_types import every_type, path_of
from tests.interfaces.api.toy_town import johnny, ok, refused, toy_town

pytestmark = [pytest.mark.usefixtures("certificates"), every_type]

FIELD = {"key": "name", "value": "2 weeks", "label": "EXPIRES", "behaviour": "fixed"}
LOCATION = {"altitude": 0.0, "latitude": 0.0, "longitude": 0.0, "relevant_text": "notification to display"}
BEACON = {
    "major": 0,
    "minor": 0,
    "proximity_uuid": "30b5d792-48c9-4f12-80ff-082cae62e80f",
    "relevant_text": "notification to display",
}
BARCODE = {
    "alt_text": "Text shown below the barcode.",
    "format": "pdf417",
    "message": "Message encoded in the barcode.",
}
TOWN = {"member": None, "subtitle": None, "level": None, "favorite": None}
JOHNNY = {"member": "Johnny Appleseed", "subtitle": "2012", "level": "Platinum", "favorite": "Trucks"}


@pytest.fixture
def path(api: Api, kind: CampaignType) -> str:
    attributes = toy_town(api.upload("icon"), api.upload("logo"))["generic"]
    attributes |= {"transit_type": "train"} if kind.style is Style.BOARDING_PASS else {}
    made = ok(api.post(f"/v2/{kind.segment}/", {kind.root: attributes}), 201)
    assert values(made) == TOWN
    return path_of(kind, made)


@pytest.fixture
def one(api: Api, path: str) -> str:
    made = ok(api.post(f"{path}/passes", johnny(api.upload("thumbnail"))), 201)
    assert values(made) == JOHNNY
    return f"{path}/passes/{made['id']}"


def values(shown: dict[str, Any]) -> dict[str, str | None]:
    lists = ("header_fields", "primary_fields", "secondary_fields", "auxiliary_fields", "back_fields")
    return {field["key"]: field["value"] for name in lists for field in shown[name]}


def test_the_objects_of_a_campaign(api: Api, kind: CampaignType, path: str) -> None:
    sent = {"back_fields": [FIELD], "locations": [LOCATION], "beacons": [BEACON], "barcode": BARCODE}
    changed = ok(api.patch(path, {kind.root: sent}))
    assert (changed["locations"], changed["beacons"]) == ([LOCATION], [BEACON])
    assert changed["barcode"] == {**BARCODE, "alt_text_type": "mirror"}
    assert FIELD.items() <= changed["back_fields"][0].items()
    issued = ok(api.post(f"{path}/passes"), 201)
    assert (issued["locations"], issued["beacons"]) == ([{**LOCATION, "name": None}], [BEACON])
    assert issued["back_fields"] == [FIELD]
    assert issued["barcode"] == changed["barcode"]


def test_updates_of_a_campaign_and_of_a_pass(api: Api, kind: CampaignType, path: str, one: str) -> None:
    assert ok(api.patch(path, {kind.root: {"background_color": "#facada"}}))["background_color"] == "#facada"
    airplanes = {"pass": {"auxiliary_fields": [{"key": "favorite", "value": "Airplanes"}]}}
    assert values(ok(api.patch(one.replace("/v2/", "/v1/"), airplanes))) == {**JOHNNY, "favorite": "Airplanes"}


def test_pushes_reset_what_is_older_but_coupons(api: Api, kind: CampaignType, path: str, one: str) -> None:
    assert ok(api.post(f"{one}/push", {"pass": {"push_message": "Hello!"}}))["message"].startswith("push notifications")
    ok(api.patch(path, {kind.root: {"background_color": "#facada"}}))
    said = ok(api.post(f"{path}/push", {kind.root: {"push_message": "Look at your new pass!"}}))
    assert said == {"message": "Started pushing 1 passes for campaign 'Toy Town Generic Passes!'."}
    assert values(ok(api.get(one))) == (JOHNNY if kind.style is Style.COUPON else TOWN)


def test_redeems(api: Api, path: str, one: str) -> None:
    by_code = {"pass": {"redeem_code": "0000001", "comment": "Redeemed in store"}}
    assert ok(api.post(f"{path}/redeem", by_code))["voided"] is True
    refused(api.post(f"{path}/redeem", by_code), 412)
    reset = f"/v2/coupons/{path.rpartition('/')[2]}/passes/{one.rpartition('/')[2]}/reset_redeem"
    assert ok(api.post(reset))["voided"] is False
    assert ok(api.post(f"{one}/redeem", {"pass": {"comment": "redeemed in store"}}))["redeemed_count"] == 2
    assert ok(api.get(f"{path}/redeem/0000001"))["pass_id"] == one.rpartition("/")[2]
    assert [each["comment"] for each in ok(api.get(f"{path}/redeems"))] == ["Redeemed in store", "redeemed in store"]


def test_the_remaining_routes(api: Api, kind: CampaignType, path: str, one: str) -> None:
    assert ok(api.get(f"/v2/{kind.segment}/")) == [ok(api.get(path))]
    assert ok(api.get(f"{path}/passes")) == [ok(api.get(one))]
    assert list(ok(api.get(f"{path}/reports"))) == ["campaign_id", "start_date", "end_date", "report"]
    assert list(ok(api.get(f"{path}/reports/totals"))) == ["campaign_id", "report"]
    for event, state in (("pause", "paused"), ("resume", "published"), ("archive", "archived")):
        assert ok(api.post(f"{path}/{event}"))["state"] == state
    assert ok(api.post(f"{path}/resume"), 412)["errors"] == ["Can't resume from archived to publish"]
    assert ok(api.delete(path)) == {"errors": []}
    assert refused(api.delete(path), 412) == {"campaign": "Campaign not found."}
