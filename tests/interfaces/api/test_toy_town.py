"""Toy Town from the v2 contract, request by request and answer by answer, attribute by attribute."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest

from tests.interfaces.api.toy_town import ApiClient, johnny, ok, toy_town

pytestmark = pytest.mark.usefixtures("certificates")

WHOLE_SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
CAMPAIGN_PAGE = re.compile(r"http://[^/]+/p/[A-Za-z0-9_-]{10}")
PASS_PAGE = re.compile(r"http://[^/]+/p/[A-Za-z0-9_-]{10}/[A-Za-z0-9_-]{22}")


@pytest.fixture
def created(api: ApiClient) -> dict[str, Any]:
    body = toy_town(api.upload("icon"), api.upload("logo"))
    answer: dict[str, Any] = ok(api.post("/v2/generics/", body), 201)
    return answer


def bare(fields: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Fields as the contract prints them."""
    return [{name: field[name] for name in ("key", "value", "label")} for field in fields]


def is_uuid(text: str) -> bool:
    return str(UUID(text)) == text


def test_an_asset_answers_with_its_four_attributes(api: ApiClient) -> None:
    asset = ok(api.get(f"/v2/assets/{api.upload('icon')}"))
    assert list(asset) == ["id", "asset_type", "created_at", "asset_url"]
    assert is_uuid(asset["id"])
    assert asset["asset_type"] == "icon"
    assert WHOLE_SECONDS.fullmatch(asset["created_at"])
    assert asset["asset_url"].endswith(f"/uploads/asset/{asset['id']}/original.png")


def test_create_the_campaign(created: dict[str, Any]) -> None:
    assert is_uuid(created["id"])
    assert created["name"] == "Toy Town Generic Passes!"
    assert is_uuid(created["template_id"])
    assert created["organization_name"] == "your company"
    assert created["barcode"] == {"format": "pdf417", "message": "", "alt_text": "", "alt_text_type": "mirror"}
    assert created["allow_multiple_redeems"] is False
    assert created["header_fields"] == []
    assert bare(created["primary_fields"]) == [{"key": "member", "value": None, "label": None}]
    assert bare(created["secondary_fields"]) == [{"key": "subtitle", "value": None, "label": "MEMBER SINCE"}]
    assert bare(created["auxiliary_fields"]) == [
        {"key": "level", "value": None, "label": "LEVEL"},
        {"key": "favorite", "value": None, "label": "FAVORITE TOY"},
    ]
    assert created["back_fields"] == []
    assert created["locations"] == []
    assert created["beacons"] == []
    assert created["user_info"] == {}
    assert CAMPAIGN_PAGE.fullmatch(created["page_url"])
    assert created["gwallet_usage"] is False
    assert created["gwallet_status"] is None
    assert created["gwallet_message"] is None
    assert WHOLE_SECONDS.fullmatch(created["created_at"])
    assert WHOLE_SECONDS.fullmatch(created["updated_at"])


def test_the_look_became_a_template_named_after_the_campaign(api: ApiClient, created: dict[str, Any]) -> None:
    template = ok(api.get(f"/v2/templates/{created['template_id']}"))
    assert template["name"] == "Template for Toy Town Generic Passes!"
    assert template["pass_type"] == "generic"
    assert template["logo_text"] == "Toy Town"
    assert template["text_color"] == "#ffffff"
    assert template["background_color"] == "#c51f1f"
    assert template["label_color"] is None
    assert template["icon_id"] == created["icon_id"]
    assert template["logo_id"] == created["logo_id"]


def test_update_the_campaign(api: ApiClient, created: dict[str, Any]) -> None:
    updated = ok(api.patch(f"/v2/generics/{created['id']}", {"generic": {"background_color": "#facada"}}))
    assert updated["background_color"] == "#facada"
    assert updated["template_id"] != created["template_id"]
    changing = {"template_id", "background_color", "updated_at", "distributions"}
    assert {name: updated[name] for name in updated if name not in changing} == {
        name: created[name] for name in created if name not in changing
    }


def test_a_boilerplate_pass(api: ApiClient, created: dict[str, Any]) -> None:
    made = ok(api.post(f"/v2/generics/{created['id']}/passes"), 201)
    assert made["redeem_code"] == "0000001"
    assert bare(made["primary_fields"]) == [{"key": "member", "value": None, "label": None}]
    assert bare(made["secondary_fields"]) == [{"key": "subtitle", "value": None, "label": "MEMBER SINCE"}]


def test_create_johnnys_pass_and_update_it(api: ApiClient, created: dict[str, Any]) -> None:
    thumbnail = api.upload("thumbnail")
    made = ok(api.post(f"/v2/generics/{created['id']}/passes", johnny(thumbnail)), 201)
    assert is_uuid(made["id"])
    assert made["campaign_id"] == created["id"]
    assert made["voided"] is False
    assert is_uuid(made["serial_number"])
    assert made["serial_number"] != made["id"]
    assert made["redeem_code"] == "0000001"
    assert made["redeemed_count"] == 0
    assert made["barcode"] == {
        "format": "pdf417",
        "message": "0000001",
        "alt_text": "0000001",
        "alt_text_type": "mirror",
    }
    assert made["barcodes"] == [made["barcode"]]
    assert made["expiration_date"] is None
    assert made["max_distance"] is None
    assert made["relevant_date"] is None
    assert made["header_fields"] == []
    assert bare(made["primary_fields"]) == [{"key": "member", "value": "Johnny Appleseed", "label": None}]
    assert bare(made["secondary_fields"]) == [{"key": "subtitle", "value": "2012", "label": "MEMBER SINCE"}]
    assert bare(made["auxiliary_fields"]) == [
        {"key": "level", "value": "Platinum", "label": "LEVEL"},
        {"key": "favorite", "value": "Trucks", "label": "FAVORITE TOY"},
    ]
    assert made["back_fields"] == []
    assert made["locations"] == []
    assert made["beacons"] == []
    assert made["user_info"] == {}
    assert made["thumbnail_id"] == thumbnail
    assert PASS_PAGE.fullmatch(made["page_url"])
    assert made["page_url"].startswith(f"{created['page_url']}/")
    assert made["pkpass_url"] == f"{made['page_url']}.pkpass"
    assert WHOLE_SECONDS.fullmatch(made["created_at"])
    assert made["updated_at"] == made["created_at"]

    airplanes = {"pass": {"auxiliary_fields": [{"key": "favorite", "value": "Airplanes"}]}}
    updated = ok(api.patch(f"/v1/generics/{created['id']}/passes/{made['id']}", airplanes))
    assert bare(updated["auxiliary_fields"]) == [
        {"key": "level", "value": "Platinum", "label": "LEVEL"},
        {"key": "favorite", "value": "Airplanes", "label": "FAVORITE TOY"},
    ]
    same = set(made) - {"auxiliary_fields", "updated_at", "values"}  # v1 has no map of values
    assert {name: updated[name] for name in same} == {name: made[name] for name in same}
    assert (
        ok(api.get(f"/v2/generics/{created['id']}/passes/{made['id']}"))["auxiliary_fields"]
        == (updated["auxiliary_fields"])
    )


def test_list_and_delete(api: ApiClient, created: dict[str, Any]) -> None:
    path = f"/v2/generics/{created['id']}"
    made = ok(api.post(f"{path}/passes"), 201)
    assert ok(api.get("/v2/generics/")) == [created]
    assert ok(api.get(f"{path}/passes")) == [made]
    assert ok(api.delete(path, {})) == {"errors": []}
    assert ok(api.delete(path, {}), 412)["errors"] == {"campaign": "Campaign not found."}
    assert ok(api.get("/v2/generics/")) == []
