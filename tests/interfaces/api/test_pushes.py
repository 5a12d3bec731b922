"""Merge, push, undoing a reset and the push of one pass, as clients ask for them: every type, root and body habit."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from passwright.data.models import Campaign, Event, Pass
from passwright.interfaces.api.campaign_types import TYPES, CampaignType
from passwright.passes.messages import INVISIBLE
from passwright.queries import passes
from tests.interfaces.api.conftest import NOW, Api
from tests.interfaces.api.toy_town import UNSENT, ok, refused

pytestmark = pytest.mark.usefixtures("certificates")

EVERY_TYPE = pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.root)
ROOTS = ["pass", *(kind.root for kind in TYPES)]
SAYING_NOTHING: list[bytes] = [
    *(b"", b" ", b"null", b"{}", b"[]", b'{"pass":[]}', b'{"pass":null}', b'{"coupon":{}}'),
    *(b'{"push_message":null}', b'{"push_message":""}', b'{"pass":{"push_message":" \\n"}}', b'{"unknown":1}'),
    '{"push_message":"\u200b"}'.encode(),
]
CAMPAIGN_GONE = {"campaign": "Campaign not found."}
PASS_GONE = {"pass": "Pass not found."}


class Town:
    """A campaign of a type with some passes of their own."""

    def __init__(self, api: Api, kind: CampaignType, number: int = 1) -> None:
        self.api, self.kind = api, kind
        body = {
            "name": "Toy 'Town'",
            "icon_id": api.upload("icon"),
            "back_fields": [{"key": "level", "value": "1"}, {"key": "member", "behaviour": "dynamic"}],
            **({"transit_type": "air"} if kind.root == "boarding_pass" else {}),
        }
        self.campaign: dict[str, Any] = ok(api.post(f"/v2/{kind.segment}", {kind.root: body}), 201)
        self.path = f"/v2/{kind.segment}/{self.campaign['id']}"
        own = {"back_fields": [{"key": "level", "value": "own"}, {"key": "member", "value": "Johnny"}]}
        self.passes = [ok(api.post(f"{self.path}/passes", {"pass": own}), 201) for _ in range(number)]

    def update(self, level: str) -> None:
        ok(self.api.patch(self.path, {"pass": {"back_fields": [{"key": "level", "value": level}]}}))

    def one(self) -> str:
        return f"{self.path}/passes/{self.passes[0]['id']}"

    def values(self) -> tuple[str | None, str | None]:
        shown = {field["key"]: field["value"] for field in ok(self.api.get(self.one()))["back_fields"]}
        return shown["level"], shown["member"]

    def row(self) -> Campaign:
        return Campaign.objects.get(id=self.campaign["id"])

    def message(self) -> str:
        return passes.content_of(self.row(), Pass.objects.get(id=self.passes[0]["id"])).push_message


@pytest.fixture
def town(api: Api) -> Town:
    return Town(api, TYPES[3])


@EVERY_TYPE
@pytest.mark.parametrize("singular", [False, True])
def test_a_campaign_of_every_type(api: Api, kind: CampaignType, singular: bool) -> None:
    town = Town(api, kind, number=2)
    path = town.path.replace(kind.segment, kind.root) if singular else town.path
    town.update("2")
    assert town.values() == ("own", "Johnny")
    assert ok(api.post(f"{path}/push")) == {"message": "Started pushing 2 passes for campaign 'Toy 'Town''."}
    coupon = kind.root == "coupon"
    assert town.values() == (("own", "Johnny") if coupon else ("2", None))
    if coupon:
        nothing = {"campaign": "No push of this campaign has reset passes: there is nothing to undo."}
        assert refused(api.post(f"{path}/undo_reset"), 412) == nothing
    else:
        done = "Undid the last reset of the passes of campaign 'Toy 'Town''."
        assert ok(api.post(f"{path}/undo_reset", {})) == {"message": done}
    assert town.values() == ("own", "Johnny")
    assert ok(api.post(f"{path}/merge", {})) == {"message": "Started merging 2 passes for campaign 'Toy 'Town''."}
    assert town.values() == ("2", "Johnny")
    said = f"push notifications sent for pass with id: {town.passes[0]['id']} on campaign 'Toy 'Town''"
    assert ok(api.post(f"{path}/passes/{town.passes[0]['id']}/push")) == {"message": said}
    kinds = Event.objects.filter(campaign_id=town.campaign["id"]).values_list("kind", flat=True)
    assert sorted(kinds.exclude(kind="created")) == [
        "campaign_created",
        "campaign_merged",
        "campaign_pushed",
        *([] if coupon else ["campaign_reset_undone"]),
        "campaign_updated",
        "pushed",
    ]


@EVERY_TYPE
def test_a_campaign_without_passes(api: Api, kind: CampaignType) -> None:
    town = Town(api, kind, number=0)
    before, events = Campaign.objects.values().get(), Event.objects.count()
    sent = {"push_message": "Hello!"}
    merged, pushed = ok(api.post(f"{town.path}/merge", sent)), ok(api.post(f"{town.path}/push", sent))
    assert merged == {"message": "There are no passes to merge for campaign 'Toy 'Town''."}
    assert pushed == {"message": "There are no passes to update for campaing 'Toy 'Town''."}
    refused(api.post(f"{town.path}/undo_reset"), 412)
    assert (Campaign.objects.values().get(), Event.objects.count()) == (before, events)


@pytest.mark.parametrize("content", SAYING_NOTHING)
def test_bodies_that_say_nothing(town: Town, content: bytes) -> None:
    for path in (f"{town.path}/merge", f"{town.path}/push", f"{town.one()}/push"):
        ok(town.api.raw("POST", path, content))
    ok(town.api.raw("POST", f"{town.path}/undo_reset", content), 412)
    assert town.message() == ""
    assert Event.objects.filter(kind__in=["campaign_merged", "campaign_pushed", "pushed"]).count() == 3


@pytest.mark.parametrize("action", ["merge", "push", "pass"])
@pytest.mark.parametrize("root", [None, *ROOTS])
def test_a_message_under_every_root(town: Town, action: str, root: str | None) -> None:
    path = f"{town.one()}/push" if action == "pass" else f"{town.path}/{action}"
    sent = {"push_message": "  Olá, 😀!\n"}
    ok(town.api.post(path, sent if root is None else {root: sent}))
    assert town.message().rstrip(INVISIBLE) == "Olá, 😀!"
    shown = [ok(town.api.get(town.one())), ok(town.api.get(town.path)), ok(town.api.get(f"{town.path}/passes"))]
    assert "Olá" not in json.dumps(shown, ensure_ascii=False)
    assert ok(town.api.get(f"{town.path.replace('v2', 'v1')}/passes"))[0]["id"] == town.passes[0]["id"]


@pytest.mark.parametrize("beside", [{"pass": {}}, {"generic": []}, {"pass": None}])
def test_a_message_beside_an_empty_root(town: Town, beside: dict[str, Any]) -> None:
    ok(town.api.post(f"{town.path}/merge", {**beside, "push_message": 7}))
    assert town.message() == "7"


@pytest.mark.parametrize("action", ["merge", "push", "pass"])
@pytest.mark.parametrize(
    ("sent", "fault"),
    [
        ("x" * 2_001, "is too long (at most 2000 characters)"),
        (["x"], "must be a text"),
        ({"a": 1}, "must be a text"),
        (True, "must be a text"),
    ],
    ids=["long", "list", "object", "boolean"],
)
def test_what_is_no_message(town: Town, action: str, sent: Any, fault: str) -> None:
    path = f"{town.one()}/push" if action == "pass" else f"{town.path}/{action}"
    version, events = town.row().version, Event.objects.count()
    for body in ({"push_message": sent}, {"event_ticket": {"push_message": sent}}):
        assert refused(town.api.post(path, body)) == {"push_message": [fault]}
    assert (town.row().version, Event.objects.count(), town.message()) == (version, events, "")
    ok(town.api.post(path, {"push_message": "x" * 2_000}))
    assert town.message().rstrip(INVISIBLE) == "x" * 2_000


@pytest.mark.parametrize("body", [b"{", b"[1]", b'"x"', b"7"])
def test_bodies_that_cannot_be_read(town: Town, body: bytes) -> None:
    version = town.row().version
    for path in (f"{town.path}/merge", f"{town.path}/push", f"{town.one()}/push"):
        refused(town.api.raw("POST", path, body), 400)
        refused(town.api.post(path, {"pass": "x"}), 422)
    assert town.row().version == version


@pytest.mark.parametrize("root", [None, *ROOTS])
@pytest.mark.parametrize("value", [False, "false", 0, "0"])
def test_opting_out_of_the_reset(town: Town, root: str | None, value: Any) -> None:
    town.update("2")
    sent = {"reset": value, "push_message": "Hello!"}
    ok(town.api.post(f"{town.path}/push", sent if root is None else {root: sent}))
    assert town.values() == ("own", "Johnny")
    assert town.message() == "Hello!"


@pytest.mark.parametrize("value", [True, "true", 1, None, ""])
def test_not_opting_out_of_the_reset(town: Town, value: Any) -> None:
    town.update("2")
    ok(town.api.post(f"{town.path}/push", {"reset": value}))
    assert town.values() == ("2", None)


def test_a_reset_that_is_neither_yes_nor_no(town: Town) -> None:
    expected = {"reset": ["must be true or false"], "push_message": ["must be a text"]}
    assert refused(town.api.post(f"{town.path}/push", {"reset": "perhaps", "push_message": []})) == expected


@EVERY_TYPE
@pytest.mark.parametrize("version", ["v1", "v2", "v2//"])
def test_a_pass_is_pushed_under_any_type(town: Town, kind: CampaignType, version: str) -> None:
    """Boarding passes print ``/event_tickets/``."""
    for segment in (kind.segment, kind.root):
        path = town.one().replace("generics", segment).replace("v2", version)
        sent = ok(town.api.post(f"{path}/push/", {"pass": {"push_message": segment}}))
        assert sent["message"].endswith("on campaign 'Toy 'Town''")
        assert town.message().rstrip(INVISIBLE) == segment
    assert Pass.objects.get().version == 3


@pytest.mark.parametrize("segment", [kind.segment for kind in TYPES if kind.root != "generic"])
@pytest.mark.parametrize("action", ["merge", "push", "undo_reset"])
def test_a_campaign_answers_under_its_own_type_only(town: Town, segment: str, action: str) -> None:
    town.update("2")
    path = town.path.replace("generics", segment)
    assert refused(town.api.post(f"{path}/{action}"), 404) == CAMPAIGN_GONE
    assert town.values() == ("own", "Johnny")


def test_a_pass_push_changes_nothing_that_the_api_shows(town: Town) -> None:
    Pass.objects.update(created_at=NOW, updated_at=NOW)
    before = ok(town.api.get(town.one()))
    ok(town.api.post(f"{town.one()}/push", {"event_ticket": {"push_message": "Boarding!"}}))
    assert ok(town.api.get(town.one())) == before
    ok(town.api.patch(town.one(), {"pass": {"voided": True}}))
    assert town.message() == "Boarding!" + INVISIBLE * 2


def test_lists_are_filtered_by_the_time_of_merges_and_pushes(town: Town) -> None:
    def newer() -> int:
        return len(ok(town.api.get(f"{town.path}/passes?q[updated_at_gt]=2026-01-01")))

    Pass.objects.update(created_at="2020-01-01T00:00:00Z", updated_at="2020-01-01T00:00:00Z")
    ok(town.api.post(f"{town.path}/push", {"push_message": "Hello!"}))
    ok(town.api.post(f"{town.one()}/push", {"push_message": "Hello!"}))
    assert newer() == 0
    ok(town.api.post(f"{town.path}/merge"))
    assert newer() == 1
    assert ok(town.api.get(town.one()))["updated_at"] > "2026-01-01"


@pytest.mark.parametrize("action", ["merge", "push", "undo_reset", "pass"])
def test_what_is_not_there(api: Api, stranger: Api, town: Town, action: str) -> None:
    theirs = Town(stranger, TYPES[3])
    for there in (town, theirs):
        there.update("2")
    states = Campaign.objects.order_by("id").values_list("version", flat=True)
    before = list(states)
    ways = [theirs.path, f"/v2/generics/{uuid4()}", "/v2/generics/none"]
    if action == "pass":
        paths = [f"{way}/passes/{theirs.passes[0]['id']}/push" for way in ways]
        for pass_id in (theirs.passes[0]["id"], uuid4(), "none"):
            assert refused(api.post(f"{town.path}/passes/{pass_id}/push"), 404) == PASS_GONE
    else:
        paths = [f"{way}/{action}" for way in ways]
    for path in paths:
        assert refused(api.post(path, {"push_message": "Mine!"}), 404) == CAMPAIGN_GONE
        assert api.client.post(path).status_code == 401
    ok(api.delete(town.path, UNSENT))
    assert (
        refused(api.post(f"{town.one()}/push" if action == "pass" else f"{town.path}/{action}"), 404) == CAMPAIGN_GONE
    )
    assert list(states) == before
    assert theirs.message() == ""
    assert set(Pass.objects.values_list("version", flat=True)) == {1}


@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT", "DELETE"])
def test_only_posts_push(town: Town, method: str) -> None:
    for path in (f"{town.path}/merge", f"{town.path}/push", f"{town.path}/undo_reset", f"{town.one()}/push"):
        assert town.api.request(method, path).status_code == 405
    assert (town.row().version, Pass.objects.get().version) == (1, 1)
