"""Pushes and merges that come later, as clients ask for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from passwright.data.models import Campaign, ScheduledPush
from passwright.interfaces.api.campaign_types import TYPES, CampaignType
from passwright.operations.run_scheduled_pushes import run_scheduled_pushes
from passwright.operations.schedule_push import MOST
from tests.interfaces.api.conftest import NOW, Api
from tests.interfaces.api.test_redeems import BY_ROOT, UNKNOWN_CAMPAIGN, campaign, issue
from tests.interfaces.api.toy_town import ok, refused

pytestmark = pytest.mark.usefixtures("certificates")

SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=10)
NO_TIME = "must be a date and time such as 2027-01-31T18:30:00Z"
UNKNOWN = {"scheduled_push": "Scheduled push not found."}


def later(**attributes: Any) -> dict[str, Any]:
    return {"action": "merge", "due_at": SOON.isoformat(), **attributes}


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.root)
def test_scheduled_looked_at_done_and_cancelled(api: Api, kind: CampaignType) -> None:
    path = campaign(api, kind)
    issue(api, path)
    many = f"{path}/scheduled_pushes"
    assert ok(api.get(many)) == []
    made = ok(api.post(many, later(action="push", message="Sale!", reset=False)), 201)
    assert made == {
        "id": str(ScheduledPush.objects.get().id),
        "campaign_id": path.rpartition("/")[2],
        "action": "push",
        "message": "Sale!",
        "reset": False,
        "due_at": f"{SOON:%Y-%m-%dT%H:%M:%SZ}",
        "state": "scheduled",
        "push_id": None,
        "note": None,
        "created_at": made["created_at"],
        "finished_at": None,
    }
    other = ok(api.post(many, {"scheduled_push": later()}), 201)
    assert ok(api.get(many)) == [made, other]
    assert ok(api.get(f"{many}/{made['id']}")) == made
    assert ok(api.delete(f"{many}/{other['id']}", {})) == {"errors": []}
    assert refused(api.delete(f"{many}/{other['id']}"), 412) == {"scheduled_push": "It is cancelled already."}
    assert run_scheduled_pushes(now=SOON) == 1
    done = ok(api.get(f"{many}/{made['id']}"))
    assert (done["state"], done["note"], done["finished_at"]) == ("done", None, made["due_at"].replace("Z", ".000Z"))
    assert ok(api.get(f"{path}/pushes/{done['push_id']}"))["message"] == "Sale!"
    assert refused(api.delete(f"{many}/{made['id']}"), 412) == {"scheduled_push": "It is done already."}
    assert [row["state"] for row in ok(api.get(f"{many}?q[s]=state asc"))] == ["cancelled", "done"]
    v1 = many.replace("/v2/", "/v1/").replace(kind.segment, kind.root)
    assert api.get(f"{v1}?q[action_eq]=push&q[push_id_eq]={done['push_id']}")["X-Total"] == "1"


@pytest.mark.parametrize(
    ("zone", "sent", "due"),
    [
        ("Europe/Lisbon", "{0}-07-01 12:00", "{0}-07-01T11:00:00Z"),
        ("Asia/Tokyo", "{0}-07-01", "{1}-06-30T15:00:00Z"),
        ("Asia/Tokyo", "{0}-07-01T12:00:00+02:00", "{0}-07-01T10:00:00Z"),
        ("UTC", "{0}-07-01T12:00:00", "{0}-07-01T12:00:00Z"),
    ],
)
def test_times_without_a_zone_are_the_campaigns(api: Api, zone: str, sent: str, due: str) -> None:
    path = campaign(api, time_zone=zone)
    today = datetime.now(UTC).date()
    year = today.year if (today.month, today.day) < (6, 30) else today.year + 1
    made = ok(api.post(f"{path}/scheduled_pushes", later(due_at=sent.format(year, year))), 201)
    assert made["due_at"] == due.format(year, year)


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        (None, {"action": ["can't be blank"], "due_at": ["can't be blank"]}),
        ([], {"action": ["can't be blank"], "due_at": ["can't be blank"]}),
        ({"scheduled_push": []}, {"action": ["can't be blank"], "due_at": ["can't be blank"]}),
        ({"scheduled_push": 5}, {"scheduled_push": ["must be an object"]}),
        (later(action="reset"), {"action": ["must be one of push, merge"]}),
        (later(action=["push"]), {"action": ["must be one of push, merge"]}),
        (later(due_at="soon"), {"due_at": [NO_TIME]}),
        (later(due_at=5), {"due_at": [NO_TIME]}),
        (
            later(due_at="0001-01-01T00:00:00+23:00"),
            {"due_at": [NO_TIME]},
        ),
        (later(due_at="2020-01-01"), {"due_at": ["must be in the future"]}),
        (later(due_at="9999-12-31T23:59:59Z"), {"due_at": ["must be within a year"]}),
        (later(message="x" * 2_001), {"message": ["is too long (at most 2000 characters)"]}),
        (later(message={}), {"message": ["must be a text"]}),
        (later(reset="perhaps"), {"reset": ["must be true or false"]}),
    ],
)
def test_what_cannot_be_scheduled(api: Api, body: Any, faults: dict[str, list[str]]) -> None:
    assert refused(api.post(f"{campaign(api)}/scheduled_pushes", body), 422) == faults
    assert not ScheduledPush.objects.exists()


@pytest.mark.parametrize("content", [b"{", b'"later"', b"\xff", b'{"action":"push\\u0000"}', b"[" * 70_000])
def test_hostile_bodies(api: Api, content: bytes) -> None:
    answer = api.raw("POST", f"{campaign(api)}/scheduled_pushes", content)
    assert refused(answer, answer.status_code)
    assert answer.status_code in (400, 422)


def test_too_many(api: Api) -> None:
    path = campaign(api)
    row = Campaign.objects.get(id=path.rpartition("/")[2])
    ScheduledPush.objects.bulk_create(
        ScheduledPush(campaign=row, action="push", due_at=SOON, created_at=NOW) for _ in range(MOST)
    )
    said = {"scheduled_push": "100 are waiting already. Cancel one first."}
    assert refused(api.post(f"{path}/scheduled_pushes", later()), 412) == said


@pytest.mark.parametrize("root", ["event_ticket", "boarding_pass"])
def test_unknown_ids_and_strangers(api: Api, stranger: Api, root: str) -> None:
    path, own = campaign(api, BY_ROOT[root]), campaign(stranger, BY_ROOT[root])
    made = ok(api.post(f"{path}/scheduled_pushes", later()), 201)["id"]
    for address in ("scheduled_pushes", f"scheduled_pushes/{made}"):
        assert refused(stranger.get(f"{path}/{address}"), 404) == UNKNOWN_CAMPAIGN
    assert refused(stranger.post(f"{path}/scheduled_pushes", later()), 404) == UNKNOWN_CAMPAIGN
    for client, address in ((stranger, f"{own}/scheduled_pushes/{made}"), (api, f"{path}/scheduled_pushes/{uuid4()}")):
        assert refused(client.get(address), 404) == UNKNOWN
        assert refused(client.delete(address), 404) == UNKNOWN
    assert refused(api.get(f"{path}/scheduled_pushes/nothing"), 404) == UNKNOWN
    assert ScheduledPush.objects.get().state == "scheduled"


def test_the_same_request_twice_schedules_once(api: Api) -> None:
    path = f"{campaign(api)}/scheduled_pushes"
    answers = [api.request("POST", path, later(), headers={"Idempotency-Key": "a"}) for _ in range(2)]
    assert ok(answers[0], 201) == ok(answers[1], 201)
    assert ScheduledPush.objects.count() == 1
