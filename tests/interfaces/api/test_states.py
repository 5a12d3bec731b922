"""Pause, resume and archive over the API, for every type."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from passwright.data.models import Campaign, Event, Pass
from passwright.interfaces.api.campaign_types import TYPES, CampaignType
from tests.interfaces.api.conftest import Api
from tests.interfaces.api.test_pushes import CAMPAIGN_GONE, EVERY_TYPE, Town
from tests.interfaces.api.toy_town import ok, refused

pytestmark = pytest.mark.usefixtures("certificates")


@pytest.fixture
def town(api: Api) -> Town:
    return Town(api, TYPES[3])


def refusal(town: Town, event: str) -> str:
    """The contract's only refusal whose ``errors`` is a list."""
    answer = town.api.post(f"{town.path}/{event}")
    assert answer.status_code == 412
    body = json.loads(answer.content)
    assert set(body) == {"status_code", "error_code", "message", "errors"}
    assert (body["status_code"], body["error_code"]) == (412, 10412)
    assert body["errors"] == [body["message"]]
    return str(body["message"])


def state(town: Town) -> tuple[str, str]:
    shown = ok(town.api.get(town.path))
    return shown["state"], shown["distributions"][0]["state"]


@EVERY_TYPE
@pytest.mark.parametrize("singular", [False, True])
def test_the_life_of_a_campaign(api: Api, kind: CampaignType, singular: bool) -> None:
    town = Town(api, kind)
    if singular:
        town.path = town.path.replace(kind.segment, kind.root)
    assert refusal(town, "resume") == "Can't resume from published to publish"
    paused = ok(api.post(f"{town.path}/pause"))
    assert (paused["id"], paused["state"], paused["distributions"][0]["state"]) == (
        town.campaign["id"],
        "paused",
        "paused",
    )
    assert paused == ok(api.get(town.path))
    assert refusal(town, "pause") == "Can't pause from paused to pause"
    resumed = ok(api.post(f"{town.path}/resume", {}))
    assert (resumed["state"], resumed["distributions"][0]["state"]) == ("published", "published")
    assert resumed["distributions"][0]["updated_at"] > town.campaign["distributions"][0]["updated_at"]
    assert resumed["distributions"][0]["published_at"] == town.campaign["distributions"][0]["published_at"]
    ok(api.post(f"{town.path}/pause"))
    assert ok(api.post(f"{town.path}/archive"))["state"] == "archived"
    assert state(town) == ("archived", "archived")
    assert [refusal(town, event) for event in ("resume", "pause", "archive")] == [
        "Can't resume from archived to publish",
        "Can't pause from archived to pause",
        "Can't archive from archived to archive",
    ]
    assert list(Event.objects.filter(pass_id=None).order_by("id").values_list("kind", flat=True)) == [
        "campaign_created",
        "campaign_paused",
        "campaign_resumed",
        "campaign_paused",
        "campaign_archived",
    ]
    assert [row["id"] for row in ok(api.get(f"/v2/{kind.segment}?q[state_eq]=archived"))] == [town.campaign["id"]]


@pytest.mark.parametrize(
    "content", [b"", b"null", b"{}", b"[]", b'{"pass":{"state":"published"}}', b"{", b"[1]", b'{"pass":5}']
)
def test_the_body_is_not_read(town: Town, content: bytes) -> None:
    for event, to in (("pause", "paused"), ("resume", "published"), ("archive", "archived")):
        assert ok(town.api.raw("POST", f"{town.path}/{event}", content))["state"] == to


@pytest.mark.parametrize(("event", "status"), [("pause", 403), ("archive", 410)])
def test_nothing_is_issued_and_everything_else_goes_on(town: Town, event: str, status: int) -> None:
    shown = ok(town.api.post(f"{town.path}/{event}"))
    expected = {"campaign": f"Campaign is {shown['state']}: no passes can be issued."}
    bodies: list[dict[str, Any]] = [{}, {"pass": {}}, {"pass": {"voided": False}}]
    for body in bodies:
        assert refused(town.api.post(f"{town.path}/passes", body), 412) == expected
    page = Client().get("/p/" + shown["page_url"].rpartition("/")[2])
    assert page.status_code == status
    download = Client().get("/p/" + shown["pkpass_url"].rpartition("/")[2])
    assert download.status_code == status
    assert (Pass.objects.count(), Campaign.objects.get().pass_count) == (1, 1)
    changed = ok(town.api.patch(town.one(), {"pass": {"back_fields": [{"key": "member", "value": "Jane"}]}}))
    assert {field["key"]: field["value"] for field in changed["back_fields"]}["member"] == "Jane"
    town.update("2")
    assert town.values() == ("own", "Jane")
    ok(town.api.post(f"{town.path}/merge"))
    assert town.values() == ("2", "Jane")
    town.update("3")
    ok(town.api.post(f"{town.path}/push", {"generic": {"push_message": "Look!"}}))
    assert (town.values(), town.message()) == (("3", None), "Look!")
    ok(town.api.post(f"{town.path}/undo_reset"))
    assert town.values() == ("2", "Jane")
    ok(town.api.post(f"{town.one()}/push", {"push_message": "You!"}))
    assert town.message().startswith("You!")


@pytest.mark.parametrize("event", ["pause", "resume", "archive"])
def test_what_is_not_there(api: Api, stranger: Api, town: Town, event: str) -> None:
    theirs = Town(stranger, TYPES[3])
    wrong: list[Any] = [
        theirs.path,
        f"/v2/generics/{uuid4()}",
        "/v2/generics/none",
        town.path.replace("generic", "coupon"),
    ]
    for path in wrong:
        assert refused(api.post(f"{path}/{event}"), 404) == CAMPAIGN_GONE
    assert api.client.post(f"{town.path}/{event}").status_code == 401
    assert api.get(f"{town.path}/{event}").status_code == 405
    assert state(town) == state(theirs) == ("published", "published")
