"""What was pushed and what came of it, as the API tells it. The rows are made here as workers and phones make them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from passwright.data.models import Campaign, Delivery, Device, DeviceLog, Push
from passwright.interfaces.api.campaign_types import TYPES, CampaignType
from passwright.operations.roll_up_deliveries import roll_up_deliveries
from tests.devices import device
from tests.interfaces.api.conftest import Api
from tests.interfaces.api.test_redeems import BY_ROOT, UNKNOWN_CAMPAIGN, UNKNOWN_PASS, campaign, issue
from tests.interfaces.api.toy_town import ok, refused
from tests.operations.pushed import ACCEPTED, FETCHED, GONE, LISTED, REFUSED, UNCHANGED, delivery, pushed
from tests.operations.toys import NOW

pytestmark = pytest.mark.usefixtures("certificates")

AT = "2026-11-22T12:00:00.000Z"
UNKNOWN_PUSH = {"push": "Push not found."}


def row_of(path: str) -> Campaign:
    return Campaign.objects.get(id=path.rpartition("/")[2])


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.root)
def test_a_push_and_its_deliveries(api: Api, kind: CampaignType) -> None:
    path = campaign(api, kind)
    made = issue(api, path)["id"]
    assert ok(api.get(f"{path}/pushes")) == ok(api.get(f"{path}/passes/{made}/deliveries")) == []
    phone, apns_id = device(), uuid4()
    push = pushed(row_of(path), message="Hello!")
    delivery(push, phone.id, UUID(made), apns_id=apns_id, **FETCHED)
    delivery(push, phone.id + 1, UUID(made), **GONE)
    shown = {
        "id": push.id,
        "campaign_id": path.rpartition("/")[2],
        "pass_id": None,
        "kind": "campaign_merged",
        "message": "Hello!",
        "silent": False,
        "state": "done",
        "created_at": AT,
        "spread_at": AT,
        "devices": 2,
        "queued": 0,
        "accepted": 1,
        "refused": 0,
        "gone": 1,
        "listed": 1,
        "fetched": 1,
        "unchanged": 0,
        "summary": "2 devices: 1 accepted, 1 fetched, 1 gone",
    }
    assert ok(api.get(f"{path}/pushes")) == [shown]
    assert ok(api.get(f"{path}/pushes/{push.id}")) == shown
    sent = {"push_id": push.id, "kind": "campaign_merged", "message": "Hello!", "attempts": 1, "queued_at": AT}
    listed = ok(api.get(f"{path}/passes/{made}/deliveries"))
    assert listed == [
        {
            **sent,
            "device": {"id": phone.id, "wallet": "passbook", "device_os": "ios"},
            "state": "accepted",
            "reason": None,
            "answered_at": AT,
            "accepted_at": AT,
            "apns_id": str(apns_id),
            "listed_at": AT,
            "fetched_at": AT,
            "fetched_version": 3,
            "unchanged_at": None,
        },
        {
            **sent,
            "device": {"id": phone.id + 1, "wallet": None, "device_os": None},
            "state": "gone",
            "reason": "Unregistered",
            "answered_at": AT,
            "accepted_at": None,
            "apns_id": None,
            "listed_at": None,
            "fetched_at": None,
            "fetched_version": None,
            "unchanged_at": None,
        },
    ]
    v1 = path.replace("/v2/", "/v1/").replace(kind.segment, kind.root)
    assert ok(api.get(f"{v1}/pushes/{push.id}")) == shown
    assert ok(api.get(f"{v1}/passes/{made}/deliveries/")) == listed
    Device.objects.all().delete()
    assert ok(api.get(f"{path}/passes/{made}/deliveries"))[0]["device"]["wallet"] is None


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.root)
def test_what_devices_complain_of(api: Api, kind: CampaignType) -> None:
    path = campaign(api, kind)
    one, two = issue(api, path)["id"], issue(api, path)["id"]
    for number, pass_id in enumerate((one, two, None)):
        DeviceLog.objects.create(
            campaign=row_of(path), pass_id=pass_id, phrase="unauthorized", line=f"Line {number}", at=NOW
        )
    DeviceLog.objects.create(line="Of nobody", at=NOW)
    listed = ok(api.get(f"{path}/device_logs"))
    assert [(line["pass_id"], line["line"]) for line in listed] == [(None, "Line 2"), (two, "Line 1"), (one, "Line 0")]
    assert ok(api.get(f"{path}/passes/{one}/device_logs")) == [
        {"id": listed[2]["id"], "pass_id": one, "phrase": "unauthorized", "line": "Line 0", "at": AT}
    ]
    assert api.get(f"{path}/device_logs?q[line_cont]=line 1&q[at_lteq]=2027-01-01")["X-Total"] == "1"
    assert api.get(f"{path}/device_logs?q[s]=at asc&q[phrase_eq]=none")["X-Total"] == "0"


CASES: list[tuple[list[dict[str, Any]], str, str]] = [
    ([{}], "sending", "1 device: 0 accepted, 0 fetched, 1 queued"),
    ([ACCEPTED, LISTED], "done", "2 devices: 2 accepted, 0 fetched"),
    ([FETCHED, UNCHANGED], "done", "2 devices: 2 accepted, 1 fetched, 1 up to date already"),
    ([REFUSED, GONE], "done", "2 devices: 0 accepted, 0 fetched, 1 refused, 1 gone"),
    ([], "done", "No device held a pass"),
    ([{"state": "gone", "unchanged_at": NOW}], "done", "1 device: 0 accepted, 0 fetched, 1 up to date already, 1 gone"),
    ([ACCEPTED] * 1_234, "done", "1,234 devices: 1,234 accepted, 0 fetched"),
]


@pytest.mark.parametrize(("outcomes", "state", "summary"), CASES, ids=[case[2] for case in CASES])
def test_summaries(api: Api, outcomes: list[dict[str, Any]], state: str, summary: str) -> None:
    path = campaign(api)
    push = pushed(row_of(path))
    Delivery.objects.bulk_create(
        Delivery(push=push, pass_id=uuid4(), device_id=number, queued_at=NOW, **outcome)
        for number, outcome in enumerate(outcomes)
    )
    shown = ok(api.get(f"{path}/pushes/{push.id}"))
    assert (shown["state"], shown["summary"], shown["devices"]) == (state, summary, len(outcomes))


def test_states_before_it_is_sent(api: Api) -> None:
    path = campaign(api)
    waiting = pushed(row_of(path), spread=False)
    spreading = pushed(row_of(path), spread=False, spread_after=uuid4())
    delivery(spreading, 1, **ACCEPTED)
    silent = pushed(row_of(path), UUID(issue(api, path)["id"]), silent=True)
    shown = [ok(api.get(f"{path}/pushes/{row.id}")) for row in (waiting, spreading, silent)]
    assert [(each["state"], each["summary"]) for each in shown] == [
        ("waiting", "Its devices are being looked for"),
        ("spreading", "1 device: 1 accepted, 0 fetched"),
        ("done", "No device is told: each hears of it when it asks"),
    ]
    assert [each["id"] for each in ok(api.get(f"{path}/pushes"))] == [spreading.id, waiting.id]


def test_devices_are_counted_once_and_have_fetched_when_they_have_all(api: Api) -> None:
    path = campaign(api)
    push = pushed(row_of(path))
    for number, outcomes in enumerate(
        [(FETCHED, FETCHED), (FETCHED, UNCHANGED), (UNCHANGED, UNCHANGED), (FETCHED, LISTED), (GONE, ACCEPTED)]
    ):
        for outcome in outcomes:
            delivery(push, number, **outcome)
    shown = ok(api.get(f"{path}/pushes/{push.id}"))
    names = ("devices", "accepted", "listed", "fetched", "unchanged", "gone", "refused", "queued")
    assert [shown[name] for name in names] == [5, 5, 4, 2, 1, 0, 0, 0]


def test_what_was_rolled_up_is_told_as_before(api: Api) -> None:
    path = campaign(api)
    made = issue(api, path)["id"]
    push = pushed(row_of(path))
    for number, outcome in enumerate((FETCHED, GONE, ACCEPTED)):
        delivery(push, number, UUID(made), **outcome)
    before = ok(api.get(f"{path}/pushes"))
    roll_up_deliveries(now=NOW + timedelta(days=40), keep=timedelta(days=30))
    assert ok(api.get(f"{path}/pushes")) == before
    assert before[0]["summary"] == "3 devices: 2 accepted, 1 fetched, 1 gone"
    assert ok(api.get(f"{path}/passes/{made}/deliveries")) == []


def test_pages_conditions_and_order(api: Api) -> None:
    path = campaign(api)
    made = UUID(issue(api, path)["id"])
    for number in range(30):
        push = pushed(
            row_of(path), at=NOW + timedelta(hours=number), kind="campaign_pushed" if number % 2 else "campaign_merged"
        )
        delivery(push, number % 3, made, **(FETCHED if number < 10 else {}))
    own = pushed(row_of(path), made)
    delivery(own, 1)
    lists = {"pushes": f"{path}/pushes", "deliveries": f"{path}/passes/{made}/deliveries"}
    for name, query, number in (
        ("pushes", "", 30),
        ("pushes", "q[kind_eq]=campaign_pushed", 15),
        ("pushes", "q[created_at_lt]=2026-11-22T14:00:00Z", 2),
        ("deliveries", "", 31),
        ("deliveries", f"q[push_id_eq]={own.id}", 1),
        ("deliveries", "q[kind_eq]=updated", 1),
        ("deliveries", "q[device_id_eq]=2&q[state_eq]=accepted", 3),
        ("deliveries", "q[fetched_at_gteq]=2026-01-01", 10),
        ("deliveries", "q[reason_eq]=BadTopic&q[s]=fetched_at desc", 0),
    ):
        assert api.get(f"{lists[name]}?{query}")["X-Total"] == str(number), query
    for address in lists.values():
        pages = [api.get(f"{address}?page={page}") for page in (1, 2)]
        keys = [row.get("push_id", row.get("id")) for page in pages for row in ok(page)]
        assert keys == sorted(keys, reverse=True)
        assert len(set(keys)) == len(keys) == int(pages[0]["X-Total"])
        assert [page.get("X-Next-Page") for page in pages] == ["2", None]
        ignored = api.get(f"{address}?q[color_eq]=red&q[s]=size")
        assert ignored["X-Ignored-Params"] == "q[color_eq], q[s]"
    by_device = ok(api.get(f"{lists['deliveries']}?q[s]=device_id asc&per_page=50"))
    assert [row["device"]["id"] for row in by_device] == sorted(row["device"]["id"] for row in by_device)


@pytest.mark.parametrize("root", ["coupon", "store_card"])
def test_unknown_ids_and_strangers(api: Api, stranger: Api, root: str) -> None:
    path, own = campaign(api, BY_ROOT[root]), campaign(stranger, BY_ROOT[root])
    made = issue(api, path)["id"]
    push = pushed(row_of(path))
    of_pass = (f"passes/{made}/deliveries", f"passes/{made}/device_logs")
    for address in ("pushes", f"pushes/{push.id}", "device_logs", *of_pass):
        ok(api.get(f"{path}/{address}"))
        assert refused(stranger.get(f"{path}/{address}"), 404) == UNKNOWN_CAMPAIGN
        assert refused(api.get(f"{path.replace(BY_ROOT[root].segment, 'generics')}/{address}"), 404) == UNKNOWN_CAMPAIGN
    for address in (*of_pass, f"passes/{uuid4()}/deliveries"):
        assert refused(stranger.get(f"{own}/{address}"), 404) == UNKNOWN_PASS
    assert refused(stranger.get(f"{own}/pushes/{push.id}"), 404) == UNKNOWN_PUSH


@pytest.mark.parametrize(
    "number", ["0", "-1", "9" * 18, "9" * 40, "1.5", "%00", "x", "٣", "1%2F2", "6fa981c4-2ab8-4aca-ad75-d3460bd0ecc7"]
)
def test_hostile_numbers(api: Api, number: str) -> None:
    assert api.get(f"{campaign(api)}/pushes/{number}").status_code == 404


def test_the_number_of_a_push_stands_beside_the_contracts_answer(api: Api) -> None:
    path = campaign(api)
    for action in ("push", "merge"):
        answer = api.post(f"{path}/{action}")
        assert ok(answer)["message"].startswith("There are no passes")
        assert not answer.has_header("X-Push-Id")
    made = issue(api, path)["id"]
    for action, version in (("push", "v2"), ("merge", "v2"), ("merge", "v1")):
        answer = api.post(f"{path.replace('v2', version)}/{action}", {"push_message": "Hello!"})
        assert list(ok(answer)) == ["message"]
        shown = ok(api.get(f"{path}/pushes/{answer['X-Push-Id']}"))
        assert (shown["kind"], shown["message"]) == (f"campaign_{action}{'d' if action == 'merge' else 'ed'}", "Hello!")
    said = api.post(f"{path}/passes/{made}/push")
    assert list(ok(said)) == ["message"]
    assert not said.has_header("X-Push-Id")
    assert Push.objects.get(pass_id=made).kind == "pushed"
