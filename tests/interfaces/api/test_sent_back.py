"""Clients that read a campaign, change a little and send all of it back; and the limits of what they can send."""

from __future__ import annotations

from typing import Any

import pytest

from passwright.data.models import Campaign, CampaignRevision, Event
from tests.interfaces.api.conftest import Api
from tests.interfaces.api.toy_town import ok, refused, toy_town

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("certificates")]


@pytest.fixture
def shown(api: Api) -> dict[str, Any]:
    body = toy_town(api.upload("icon"), api.upload("logo"))
    body["generic"]["back_fields"] = [{"key": "hint", "required": False}, {"key": "terms", "required": True}]
    campaign: dict[str, Any] = ok(api.post("/v2/generics", body), 201)
    return campaign


def hints(shown: dict[str, Any]) -> dict[str, bool]:
    return {field["key"]: field["required"] for field in shown["back_fields"]}


def test_what_is_sent_back_as_it_was_read_changes_nothing(api: Api, shown: dict[str, Any]) -> None:
    path = f"/v2/generics/{shown['id']}"
    inherited = {"description", "organization_name"}  # sent, they are the campaign's own
    own = {name: value for name, value in shown.items() if name not in inherited}
    assert ok(api.patch(path, {"generic": own})) == shown
    assert CampaignRevision.objects.count() == 1
    assert Campaign.objects.get().epoch == 1
    assert not Event.objects.filter(kind=Event.Kind.CAMPAIGN_UPDATED).exists()


@pytest.mark.parametrize("word", [True, None, "true", 1])
def test_a_field_is_required_unless_it_says_false(api: Api, shown: dict[str, Any], word: object) -> None:
    path = f"/v2/generics/{shown['id']}"
    assert hints(shown) == {"hint": False, "terms": True}
    fields = [{"key": "hint", "required": word}, {"key": "terms", "required": False}]
    assert hints(ok(api.patch(path, {"generic": {"back_fields": fields}}))) == {"hint": True, "terms": False}
    kept = CampaignRevision.objects.get(epoch=2).content["fields"]
    assert {field["key"]: field.get("required") for field in kept if field["position"] == "back"} == {
        "hint": None if word is None else True,
        "terms": False,
    }


def test_a_field_that_never_said_whether_it_is_required_says_nothing_when_it_is_sent_back(
    api: Api, shown: dict[str, Any]
) -> None:
    """It is printed as required, as the contract has it; a client that sends back what it read asks for nothing."""
    path = f"/v2/generics/{shown['id']}"
    member = shown["secondary_fields"][0]
    assert member["required"] is True
    ok(api.patch(path, {"generic": {"secondary_fields": [{**member, "label": "Name"}]}}))
    fields = CampaignRevision.objects.get(epoch=2).content["fields"]
    (kept,) = [field for field in fields if field["key"] == member["key"]]
    assert kept["label"] == "Name"
    assert "required" not in kept


def test_a_list_holds_so_many_fields(api: Api, shown: dict[str, Any]) -> None:
    path = f"/v2/generics/{shown['id']}"
    fields = [{"key": f"k{number}"} for number in range(501)]
    too_many = {"back_fields": ["can have at most 500 items"]}
    assert refused(api.patch(path, {"generic": {"back_fields": fields}})) == too_many
    assert refused(api.post(f"{path}/passes", {"pass": {"back_fields": fields}})) == too_many
    in_all = {"back_fields": ["is too long: a campaign can have 500 fields in all its lists"]}
    assert refused(api.patch(path, {"generic": {"back_fields": fields[:495]}})) == in_all


def test_so_much_text_is_kept(api: Api, shown: dict[str, Any]) -> None:
    path = f"/v2/generics/{shown['id']}"
    fields = [{"key": f"k{number}", "value": "x" * 60_000} for number in range(9)]
    errors = refused(api.patch(path, {"generic": {"header_fields": fields}}))
    assert errors == {"header_fields": ["is too large: all that a campaign says can have 512 KiB and would have 529"]}
    errors = refused(api.post(f"{path}/passes", {"pass": {"back_fields": fields[:3]}}))
    assert errors == {"back_fields": ["is too large: all that a pass says can have 128 KiB and would have 177"]}


def test_a_pass_is_sent_back_though_its_pictures_are_not_assets_any_more(api: Api, shown: dict[str, Any]) -> None:
    path = f"/v2/generics/{shown['id']}"
    thumbnail = api.upload("thumbnail")
    made = ok(api.post(f"{path}/passes", {"pass": {"thumbnail_id": thumbnail}}), 201)
    ok(api.patch(path, {"generic": {"icon_id": api.upload("icon"), "logo_id": api.upload("logo")}}))
    ok(api.delete(f"/v2/templates/{shown['template_id']}", {"template": {"delete_assets": True}}))
    ok(api.delete(f"/v2/assets/{thumbnail}"))
    one = f"{path}/passes/{made['id']}"
    assert ok(api.get(one)) == made
    assert ok(api.patch(one, {"pass": made})) == made
    assert not Event.objects.filter(kind=Event.Kind.UPDATED).exists()
    for gone in ({"icon_id": thumbnail}, {"strip_id": thumbnail}, {"thumbnail_id": made["icon_id"]}):
        assert refused(api.patch(one, {"pass": gone})) == {next(iter(gone)): ["does not exist"]}
    ok(api.patch(one, {"pass": {"thumbnail_id": None}}))
    assert refused(api.patch(one, {"pass": {"thumbnail_id": thumbnail}})) == {"thumbnail_id": ["does not exist"]}
