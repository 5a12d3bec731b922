"""A whole life through the eyes of the old Ruby client, for every type of campaign."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.clients.conftest import FIELDS, Type, every_type, picture
from tests.clients.ruby import Resource, Ruby, RubyError, content, root_of
from tests.clients.wire import Broken, Server

pytestmark = pytest.mark.xdist_group("clients")

PASSES = 60


@pytest.fixture
def ruby(server: Server) -> Ruby:
    return Ruby(server)


@pytest.fixture
def campaign(ruby: Ruby, kind: Type) -> Resource:
    assets = {slot: str(ruby.upload(picture(), slot).id) for slot in kind.pictures}
    return ruby[kind.segment].create(kind.attributes(f"Toy Town {uuid4()}", assets))


def shown(resource: Resource) -> dict[str, tuple[str | None, str | None]]:
    """Value and label of every field by key."""
    return {field["key"]: (field["value"], field["label"]) for name in FIELDS for field in resource[name]}


@every_type
def test_what_is_created_is_found(ruby: Ruby, kind: Type, campaign: Resource) -> None:
    found = ruby[kind.segment].find(campaign.id)
    assert found.attributes == campaign.attributes
    assert {slot: found[f"{slot}_id"] is not None for slot in kind.pictures} == dict.fromkeys(kind.pictures, True)
    assert shown(found) == {fields[0]: ("1", fields.upper()) for fields in FIELDS}
    made = campaign.passes.create()
    assert campaign.passes.find(made.id).attributes == made.attributes
    assert shown(made) == shown(found)


@every_type
def test_sixty_passes_over_pages(campaign: Resource) -> None:
    made = [campaign.passes.create().id for _ in range(PASSES)]
    assert [each.id for each in campaign.passes.all()] == made
    assert [each.id for each in campaign.passes.all(per_page=25)] == made
    assert campaign.passes.size == PASSES


@every_type
def test_campaigns_over_pages(ruby: Ruby, kind: Type, campaign: Resource) -> None:
    for _ in range(25):
        ruby[kind.segment].create({"name": str(uuid4()), "template_id": campaign["template_id"]})
    found = [each.id for each in ruby[kind.segment].all()]
    assert len(found) == len(set(found)) == ruby[kind.segment].size > 25
    assert campaign.id in found


@every_type
def test_updates(kind: Type, campaign: Resource) -> None:
    made = campaign.passes.create({"secondary_fields": [{"key": "s", "value": "mine"}]}, merge=True)
    assert shown(made)["s"] == ("mine", "SECONDARY_FIELDS")
    changed = campaign.update({"back_fields": [{"key": "b", "value": "2"}], "background_color": "#facada"})
    assert (changed.id, changed["background_color"]) == (campaign.id, "#facada")
    assert changed["template_id"] != campaign["template_id"]
    assert shown(changed) == {**shown(campaign), "b": ("2", "BACK_FIELDS")}
    assert campaign.passes.find(made.id).attributes == made.attributes
    again = made.update({"header_fields": [{"key": "h", "value": "ours"}]})
    assert shown(again) == {**shown(made), "h": ("ours", "HEADER_FIELDS")}
    replaced = again.update({"header_fields": [{"key": "new", "value": "3"}]}, merge=False)
    assert replaced["header_fields"] == [{"key": "new", "value": "3", "label": None, "behaviour": "fixed"}]
    assert campaign.passes.find(made.id).attributes == replaced.attributes


def refusal(call: Any, *arguments: Any, **more: Any) -> tuple[int, str]:
    with pytest.raises(RubyError) as refused:
        call(*arguments, **more)
    return refused.value.status, str(refused.value)


@every_type
def test_refusals(ruby: Ruby, server: Server, kind: Type, campaign: Resource) -> None:
    nobody = str(uuid4())
    campaigns = ruby[kind.segment]
    taken = {"name": campaign["name"], "template_id": campaign["template_id"]}
    assert refusal(campaigns.create, taken) == (422, "name: has already been taken")
    status, message = refusal(campaigns.create)
    assert (status, "name: can't be blank" in message) == (422, True)
    assert refusal(campaigns.find, nobody) == (404, "campaign: Campaign not found.")
    assert refusal(campaign.passes.find, nobody) == (404, "pass: Pass not found.")
    assert refusal(campaign.update, {"background_color": "red"})[0] == 422
    assert refusal(ruby.get, "/nothing/here")[0] == 404
    assert refusal(ruby.request, "PUT", f"/{kind.segment}")[0] == 405
    assert refusal(ruby.request, "POST", f"/{kind.segment}", b"{")[0] == 400
    for unusable in (b"no picture", bytes(2 * 1024 * 1024), bytes(5 * 1024 * 1024)):
        assert refusal(ruby.upload, unusable, "icon")[0] == 422
    assert refusal(list, Ruby(server, password="wrong")[kind.segment].all())[0] == 401


@every_type
def test_what_is_in_use_stays_and_the_rest_goes(ruby: Ruby, kind: Type, campaign: Resource) -> None:
    template, icon = ruby["templates"].find(campaign["template_id"]), ruby["assets"].find(campaign["icon_id"])
    made = campaign.passes.create()
    assert refusal(icon.delete) == (412, f"asset: {in_use(template)}")
    assert refusal(template.delete_template)[0] == 412
    assert made.delete().ok
    assert refusal(made.delete) == (404, "pass: Pass not found.")
    assert campaign.delete().ok
    assert refusal(campaign.delete) == (412, "campaign: Campaign not found.")
    assert refusal(campaign.passes.find, made.id) == (404, "campaign: Campaign not found.")
    assert template.delete_template().ok
    for slot in kind.pictures:
        assert refusal(ruby["assets"].find, campaign[f"{slot}_id"])[0] == 404


def in_use(template: Resource) -> str:
    return f"Asset in use by 1 templates, e.g.: {template['name']}"


def test_anybody_can_ping(ruby: Ruby) -> None:
    assert ruby.get("/ping") == {"message": "pong"}


@every_type
def test_push_and_merge(ruby: Ruby, kind: Type, campaign: Resource) -> None:
    name = campaign["name"]
    assert content(campaign.push()) == {"message": f"There are no passes to update for campaing '{name}'."}
    assert content(campaign.merge()) == {"message": f"There are no passes to merge for campaign '{name}'."}
    made = campaign.passes.create({"secondary_fields": [{"key": "s", "value": "mine"}]})
    campaign.update({"secondary_fields": [{"key": "s", "value": "ours"}]})
    assert content(campaign.merge()) == {"message": f"Started merging 1 passes for campaign '{name}'."}
    assert shown(campaign.passes.find(made.id))["s"] == ("ours", "SECONDARY_FIELDS")
    made.update({"secondary_fields": [{"key": "s", "value": "mine again"}]})
    campaign.update({"back_fields": [{"key": "b", "value": "2"}]})
    assert content(campaign.push()) == {"message": f"Started pushing 1 passes for campaign '{name}'."}
    kept = kind.root == "coupon"
    after = shown(campaign.passes.find(made.id))
    assert (after["s"][0], after["b"][0]) == (("mine again", "1") if kept else ("ours", "2"))
    said = {"message": f"push notifications sent for pass with id: {made.id} on campaign '{name}'"}
    assert content(made.push(push_message="Hello!")) == content(made.push()) == said
    assert content(ruby.send("POST", singular(made.path), {"push_message": "Hello!"})) == said
    event_ticket = {"event_ticket": {"push_message": "Hello!"}}
    assert content(ruby.send("POST", f"{made.path}/push", event_ticket)) == said
    elsewhere = f"/event_tickets/{campaign.id}/passes/{made.id}/push"
    assert content(ruby.send("POST", elsewhere, event_ticket)) == said


def singular(path: str) -> str:
    """``/coupons/…`` -> ``/coupon/…/push``, as the contract prints it once."""
    _, segment, rest = path.split("/", 2)
    return f"/{root_of(segment)}/{rest}/push"


@every_type
def test_reports(campaign: Resource) -> None:
    made = campaign.passes.create()
    made.update({"back_fields": [{"key": "b", "value": "mine"}]})
    day = made["created_at"][:10]
    ours = campaign.daily_report(start_date="2010-01-01", end_date=later(day))
    assert (ours["campaign_id"], ours["start_date"], ours["end_date"]) == (campaign.id, "2010-01-01", later(day))
    assert (ours["report"][day]["creates_count"], ours["report"][day]["i"]["ios"]) == (1, 0)
    assert campaign.daily_report(start_date="2010-01-01", end_date="2010-12-31")["report"] == {}
    totals = campaign.total_report()
    assert (totals["campaign_id"], totals["report"]["creates_count"]) == (campaign.id, 1)
    assert totals["report"]["updates_count"] == 1
    assert refusal(campaign.daily_report, start_date="yesterday", end_date=day)[0] == 400


def later(day: str) -> str:
    return str(date.fromisoformat(day) + timedelta(days=1))


@every_type
def test_redeeming_and_lists_by_hand(ruby: Ruby, kind: Type, campaign: Resource) -> None:
    """The client has no method for them; its users call the addresses."""
    once, again = campaign.passes.create(), campaign.passes.create()
    assert ruby.get(f"{campaign.path}/redeem/{once['redeem_code']}")["pass_id"] == once.id
    used = ruby.post(f"{campaign.path}/redeem", {"pass": {"redeem_code": once["redeem_code"], "comment": "In store"}})
    assert (used["id"], used["voided"], used["redeemed_count"]) == (once.id, True, 1)
    status, message = refusal(ruby.post, f"{once.path}/redeem", {})
    assert (status, message.startswith("pass: Pass was already redeemed at ")) == (412, True)
    assert ruby.post(f"{again.path}/redeem", {"pass": {"comment": "At the till"}})["redeemed_count"] == 1
    valid = ruby.post(f"/coupons/{campaign.id}/passes/{once.id}/reset_redeem", {})
    assert (valid["id"], valid["voided"], valid["redeemed_count"]) == (once.id, False, 1)
    assert [each["comment"] for each in ruby.get(f"{campaign.path}/redeems")] == ["In store", "At the till"]
    assert [each["pass_id"] for each in ruby.get(f"{again.path}/redeems")] == [again.id]
    assert ruby.get(f"{campaign.path}/registrations") == ruby.get(f"{once.path}/registrations") == []
    assert ruby[kind.segment].find(campaign.id)["redeem_count"] == 2
    assert refusal(ruby.post, f"{campaign.path}/redeem", {"pass": {}}) == (422, "redeem_code: can't be blank")
    unknown = {"pass": {"redeem_code": "4711"}}
    assert refusal(ruby.post, f"{campaign.path}/redeem", unknown) == (404, "pass: Pass not found.")
    assert refusal(ruby.get, f"{campaign.path}/redeem/4711") == (404, "pass: Pass not found.")


@every_type
def test_states_by_hand(ruby: Ruby, campaign: Resource) -> None:
    """A wrong state is refused with a list, at which the client breaks; that is why it has no method for them."""
    made = campaign.passes.create()
    assert ruby.post(f"{campaign.path}/pause", {})["state"] == "paused"
    assert refusal(campaign.passes.create)[0] == 412
    with pytest.raises(Broken, match="Can't pause from paused to pause"):
        ruby.post(f"{campaign.path}/pause", {})
    assert ruby.post(f"{campaign.path}/resume", {})["state"] == "published"
    assert ruby.post(f"{campaign.path}/archive", {})["state"] == "archived"
    with pytest.raises(Broken, match="Can't resume from archived to publish"):
        ruby.post(f"{campaign.path}/resume", {})
    assert ruby.post(f"{made.path}/redeem", {})["redeemed_count"] == 1
