"""Reports: what clients and visitors did, counted exactly, for every type of campaign."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine

from passwright import secrets
from passwright.data.models import Campaign, DailyCount, Organization
from passwright.interfaces.api import api_calls
from passwright.interfaces.api.campaign_types import TYPES, CampaignType
from passwright.interfaces.api.envelope import Refused
from passwright.interfaces.api.openapi import document
from passwright.interfaces.api.reports import month_before
from passwright.operations.count_api_calls import CalledCampaign
from passwright.operations.expire_passes import expire_passes
from passwright.operations.record_event import count
from passwright.operations.roll_up_counts import roll_up_counts
from passwright.passes.content import Style
from passwright.passes.counters import Counter
from tests import public_ground as ground
from tests.interfaces.api.conftest import NOW, Api, make_api
from tests.interfaces.api.toy_town import ok, png, refused
from tests.interfaces.public.browsers import browser

pytestmark = pytest.mark.django_db

NAMES = (
    "installs uninstalls redeems fetches downloads views creates expires pushes updates webhooks api_calls "
    "distribution_updates active removed"
)
NUMBERS = {f"{name}_count": 0 for name in NAMES.split()}
NO_SYSTEM = {"ios": 0, "android": 0, "wp": 0}
NO_DAY: dict[str, Any] = {**NUMBERS, "i": NO_SYSTEM, "u": NO_SYSTEM}
NO_WALLET = {"installs_count": 0, "uninstalls_count": 0}
NO_TOTALS: dict[str, Any] = {**NUMBERS, "apple": NO_WALLET, "android": NO_WALLET}


@pytest.fixture(autouse=True)
def nothing_called_before() -> Iterator[None]:
    """The count is the process's: another test's calls are of another world."""
    api_calls.calls.calls.clear()
    yield
    api_calls.calls.calls.clear()


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def path(api: Api, certificates: None) -> str:
    return made(api, TYPES[3])


def made(api: Api, kind: CampaignType, name: str = "Toy Town") -> str:
    """The path of a new campaign."""
    body: dict[str, Any] = {"name": name, "icon_id": api.upload("icon", png())}
    if kind.style is Style.BOARDING_PASS:
        body["transit_type"] = "air"
    return f"/v2/{kind.segment}/{ok(api.post(f'/v2/{kind.segment}', {kind.root: body}), 201)['id']}"


def campaign_at(path: str) -> Campaign:
    return Campaign.objects.get(id=path.rpartition("/")[2])


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.segment)
def test_a_day_of_every_type(api: Api, certificates: None, kind: CampaignType) -> None:
    path = made(api, kind)
    campaign_id = path.rpartition("/")[2]
    passes = [ok(api.post(f"{path}/passes"), 201)["id"] for _ in range(3)]
    ok(api.patch(f"{path}/passes/{passes[0]}", {"pass": {"voided": True}}))
    ok(api.patch(f"{path}/passes/{passes[0]}", {"pass": {"voided": True}}))  # changes nothing
    ok(api.patch(f"{path}/passes/{passes[1]}", {"pass": {"expiration_date": "2026-11-22T08:00:00Z"}}))
    ok(api.delete(f"{path}/passes/{passes[2]}"))
    expire_passes(now=datetime.now(UTC))
    ok(api.patch(path, {kind.root: {"og": False, "javascript": "1"}}))
    ok(api.patch(path, {kind.root: {"og": False, "name": "Other Town"}}))  # nothing of the page
    day = {
        **NO_DAY,
        "creates_count": 3,
        "updates_count": 2,
        "expires_count": 1,
        "distribution_updates_count": 1,
        "api_calls_count": 9,
    }
    assert ok(api.get(f"{path}/reports")) == {
        "campaign_id": campaign_id,
        "start_date": "2026-10-22",
        "end_date": "2026-11-22",
        "report": {"2026-11-22": day},
    }
    both = {key: value for key, value in day.items() if key not in {"i", "u"}}
    report = {**NO_TOTALS, **both, "api_calls_count": 10}
    assert ok(api.get(f"{path}/reports/totals")) == {"campaign_id": campaign_id, "report": report}
    roll_up_counts()
    report["api_calls_count"] = 11
    assert ok(api.get(f"{path}/reports/totals")) == {"campaign_id": campaign_id, "report": report}


@pytest.mark.parametrize("alias", ["reports", "statistics"])
def test_a_campaign_in_which_nothing_happened(api: Api, path: str, alias: str) -> None:
    """The first report knows of no call yet, not even of its own."""
    shown = ok(api.get(f"{path}/{alias}?"))
    assert shown == {
        "campaign_id": path.rpartition("/")[2],
        "start_date": "2026-10-22",
        "end_date": "2026-11-22",
        "report": {},
    }
    assert ok(api.get(f"{path}/{alias}/totals"))["report"] == {**NO_TOTALS, "api_calls_count": 1}


def test_visitors_are_counted() -> None:
    owner = ground.organization()
    campaign = ground.campaign(owner)
    link = f"/p/{ground.link_of(campaign)}"
    phone, other = browser(), browser(ground.DESKTOP)
    phone.get(link)
    page = phone.post(link).headers["Location"]
    phone.get(page)
    phone.get(f"{page}.pkpass")
    phone.head(f"{page}.pkpass")
    other.get(f"{link}.pkpass")
    other.get(f"{link}.pkpass")
    browser("curl/8.5.0").get(link)
    owner.api_password_hash = secrets.hash_api_password("a key")
    owner.save()
    report = ok(Api(owner, "a key").get(f"/v2/generics/{campaign.id}/reports/totals"))["report"]
    assert report == {**NO_TOTALS, "views_count": 2, "creates_count": 2, "downloads_count": 3}


def test_what_devices_do_has_its_places(api: Api, path: str) -> None:
    """Nothing counts it yet; the numbers come out where the contract wants them."""
    campaign = campaign_at(path)
    for number, counter in enumerate(Counter, start=1):
        count(counter, campaign_id=campaign.id, at=NOW, amount=number)
    number_of = {counter: number for number, counter in enumerate(Counter, start=1)}
    installs = {s: number_of[Counter(f"installs.{s}")] for s in ("ios", "android", "wp")}
    uninstalls = {s: number_of[Counter(f"uninstalls.{s}")] for s in ("ios", "android", "wp")}
    numbers = {
        **{f"{counter}_count": number for counter, number in number_of.items() if "." not in counter},
        "installs_count": sum(installs.values()),
        "uninstalls_count": sum(uninstalls.values()),
        "active_count": sum(installs.values()) - sum(uninstalls.values()),
        "removed_count": sum(uninstalls.values()),
    }
    assert ok(api.get(f"{path}/reports"))["report"] == {"2026-11-22": {**numbers, "i": installs, "u": uninstalls}}
    numbers["api_calls_count"] += 1
    assert ok(api.get(f"{path}/reports/totals"))["report"] == {
        **numbers,
        "apple": {"installs_count": installs["ios"], "uninstalls_count": uninstalls["ios"]},
        "android": {"installs_count": installs["android"], "uninstalls_count": uninstalls["android"]},
    }


def test_active_is_of_the_day_in_a_day_and_of_all_in_the_totals(api: Api, path: str) -> None:
    campaign = campaign_at(path)
    yesterday = NOW - timedelta(days=1)
    count(Counter.INSTALLS_IOS, campaign_id=campaign.id, at=yesterday, amount=5)
    count(Counter.UNINSTALLS_IOS, campaign_id=campaign.id, at=NOW, amount=2)
    days = ok(api.get(f"{path}/reports"))["report"]
    assert {day: (each["active_count"], each["removed_count"]) for day, each in days.items()} == {
        "2026-11-21": (5, 0),
        "2026-11-22": (-2, 2),
    }
    totals = ok(api.get(f"{path}/reports/totals"))["report"]
    assert (totals["active_count"], totals["removed_count"]) == (3, 2)


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("", ["2026-10-22", "2026-11-22"]),
        ("start_date=2026-11-21", ["2026-11-22"]),
        ("start_date=2026-10-21", ["2026-10-21", "2026-10-22", "2026-11-22"]),
        ("end_date=2026-11-21", ["2026-10-21", "2026-10-22"]),
        ("end_date=2026-10-22&start_date=2026-10-21", ["2026-10-21", "2026-10-22"]),
        ("end_date=2026-10-22&start_date=2026-10-22", ["2026-10-22"]),
        ("start_date=2016-01-01&end_date=2022-01-01", ["2020-02-29"]),
        ("start_date=0001-01-01&end_date=9999-12-31", ["2020-02-29", "2026-10-21", "2026-10-22", "2026-11-22"]),
        ("end_date=0001-01-15", []),
        ("start_date=2026-11-22&end_date=2026-11-22&page=2", ["2026-11-22"]),
    ],
)
def test_the_days_that_are_asked_for(api: Api, path: str, query: str, days: list[str]) -> None:
    """Both ends belong to it, and only days on which something happened are there, in order."""
    campaign = campaign_at(path)
    for day in ("2026-11-22", "2020-02-29", "2026-10-22", "2026-10-21"):
        count(Counter.VIEWS, campaign_id=campaign.id, at=datetime.fromisoformat(f"{day}T12:00:00Z"))
    assert list(ok(api.get(f"{path}/reports?{query}"))["report"]) == days
    roll_up_counts()
    shown = ok(api.get(f"{path}/reports?{query}"))["report"]
    assert [day for day, counts in shown.items() if counts["views_count"]] == days


@pytest.mark.parametrize(
    ("end", "start"),
    [
        ("2026-11-22", "2026-10-22"),
        ("2027-01-05", "2026-12-05"),
        ("2027-03-31", "2027-02-28"),
        ("2028-03-30", "2028-02-29"),
        ("2026-05-31", "2026-04-30"),
        ("0001-02-10", "0001-01-10"),
        ("0001-01-31", "0001-01-01"),
    ],
)
def test_a_month_before(end: str, start: str) -> None:
    assert month_before(date.fromisoformat(end)) == date.fromisoformat(start)


NOT_WRITTEN_SO = "must be a date written as 2026-11-22."


@pytest.mark.parametrize("name", ["start_date", "end_date"])
@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("22/11/2026", NOT_WRITTEN_SO),
        ("2026-1-2", NOT_WRITTEN_SO),
        ("20261122", NOT_WRITTEN_SO),
        ("2026-W47-7", NOT_WRITTEN_SO),
        ("2026-11-22T00:00:00Z", NOT_WRITTEN_SO),
        ("2026-11-22 00:00:00 UTC", NOT_WRITTEN_SO),
        (" 2026-11-22", NOT_WRITTEN_SO),
        ("2026-11-22%0A", NOT_WRITTEN_SO),
        ("٢٠٢٦-١١-٢٢", NOT_WRITTEN_SO),
        ("yesterday", NOT_WRITTEN_SO),
        ("%00", NOT_WRITTEN_SO),
        ("", NOT_WRITTEN_SO),
        ("2026-02-30", "is no day of the calendar: 2026-02-30."),
        ("2026-13-01", "is no day of the calendar: 2026-13-01."),
        ("2026-00-00", "is no day of the calendar: 2026-00-00."),
        ("0000-01-01", "is no day of the calendar: 0000-01-01."),
    ],
)
def test_what_is_no_date_is_refused(api: Api, path: str, name: str, text: str, fault: str) -> None:
    assert refused(api.get(f"{path}/reports?{name}={text}"), 400) == {name: [fault]}


def test_both_faults_are_named(api: Api, path: str) -> None:
    answer = api.get(f"{path}/reports?start_date=x&end_date=2026-02-31")
    assert refused(answer, 400) == {
        "start_date": [NOT_WRITTEN_SO],
        "end_date": ["is no day of the calendar: 2026-02-31."],
    }
    assert ok(answer, 400)["message"] == (
        "end_date is no day of the calendar: 2026-02-31. start_date must be a date written as 2026-11-22."
    )


@pytest.mark.parametrize(
    ("query", "end"),
    [("start_date=2026-11-21&end_date=2026-11-20", "2026-11-20"), ("start_date=2026-11-23", "2026-11-22")],
)
def test_a_start_after_the_end_is_refused(api: Api, path: str, query: str, end: str) -> None:
    fault = f"is after end_date ({end}). Ask for a day before it or for a later end_date."
    assert refused(api.get(f"{path}/reports?{query}"), 400) == {"start_date": [fault]}


@pytest.mark.parametrize("tail", ["reports", "reports/totals", "statistics", "statistics/totals"])
def test_somebody_elses_campaign_is_unknown(api: Api, path: str, stranger: Api, tail: str) -> None:
    unknown = {"campaign": "Campaign not found."}
    assert refused(stranger.get(f"{path}/{tail}"), 404) == unknown
    assert refused(api.get(f"{path.replace('generics', 'coupons')}/{tail}"), 404) == unknown
    assert refused(api.get(f"/v2/generics/{uuid4()}/{tail}"), 404) == unknown
    assert refused(api.get(f"/v2/generics/x/{tail}"), 404) == unknown
    assert api.get(f"{path}/{tail}", headers={"authorization": ""}).status_code == 401
    ok(api.delete(path))
    assert refused(api.get(f"{path}/{tail}"), 404) == unknown


def test_one_campaign_knows_nothing_of_another(api: Api, path: str) -> None:
    other = made(api, TYPES[1], name="Other")
    for _ in range(2):
        ok(api.post(f"{other}/passes"), 201)
    roll_up_counts()
    ok(api.post(f"{path}/passes"), 201)
    assert ok(api.get(f"{path}/reports/totals"))["report"]["creates_count"] == 1
    assert ok(api.get(f"{other}/reports/totals"))["report"]["creates_count"] == 2


# Calls of the API.


def called(api: Api, path: str) -> int:
    """What a report says, which counts itself for the next one only."""
    found = ok(api.get(f"{path}/reports/totals"))["report"]["api_calls_count"]
    assert isinstance(found, int)
    return found


def test_calls_that_count(api: Api, path: str) -> None:
    """Whatever the method and however they end, if it was not our fault."""
    answers = [
        api.get(path),
        api.request("HEAD", path),
        api.get(path.replace("/v2/generics", "/v1//generic") + ".json/"),
        api.post(f"{path}/passes"),
        api.get(f"{path}/passes/{uuid4()}"),
        api.patch(path, {"generic": {"name": ""}}),
        api.raw("POST", f"{path}/passes", b"{"),
        api.get(f"{path}/reports?start_date=x"),
        api.delete(f"{path}/passes/x"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 201, 404, 422, 400, 400, 404]
    assert called(api, path) == 9


def test_calls_that_do_not_count(api: Api, path: str, stranger: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    other_type = path.replace("generics", "coupons")
    answers = [
        stranger.get(path),
        stranger.delete(path),
        api.get(path, headers={"authorization": ""}),
        api.get(other_type),
        api.get("/v2/generics"),
        api.get(f"/v2/generics/{uuid4()}"),
        api.get("/v2/generics/x"),
        api.delete(f"/v2/generics/{uuid4()}"),
    ]
    assert [answer.status_code for answer in answers] == [404, 412, 401, 404, 200, 404, 404, 412]
    with monkeypatch.context() as patch:
        patch.setattr("passwright.interfaces.api.campaigns.shapes", lambda rows: 1 / 0)
        assert api.get(path).status_code == 500
    assert api_calls.calls.calls == {}
    assert called(api, path) == 0


def test_a_stranger_cannot_count_even_where_the_body_is_refused_first(
    api: Api, path: str, stranger: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise Refused(400, "Malformed.")

    with monkeypatch.context() as patch:
        patch.setattr("passwright.interfaces.api.campaigns.id_of", refuse)
        assert stranger.get(path).status_code == 400
    assert called(api, path) == 0


def test_a_locked_organization_is_not_let_in(api: Api, path: str) -> None:
    Organization.objects.filter(id=api.organization.id).update(locked_at=NOW)
    assert api.get(path).status_code == 403
    Organization.objects.filter(id=api.organization.id).update(locked_at=None)
    assert called(api, path) == 0


def test_a_call_belongs_to_its_day(api: Api, path: str, clock: time_machine.Traveller) -> None:
    api.get(path)
    clock.move_to(NOW + timedelta(days=1))
    api.get(path)
    api.get(path)
    days = ok(api.get(f"{path}/reports"))["report"]
    assert {day: counts["api_calls_count"] for day, counts in days.items()} == {"2026-11-22": 1, "2026-11-23": 2}


def every_route_with_a_campaign() -> list[tuple[str, str]]:
    """Those of one type stand for those of all."""
    others = tuple(f"/v2/{kind.segment}/" for kind in TYPES if kind.style is not Style.GENERIC)
    return [
        (method.upper(), path)
        for path, methods in document()["paths"].items()
        for method in methods
        if "{campaign_id}" in path and not path.startswith(others)
    ]


@pytest.mark.parametrize(("method", "route"), every_route_with_a_campaign(), ids=" ".join)
def test_every_route_that_names_a_campaign_counts(
    api: Api, stranger: Api, certificates: None, method: str, route: str
) -> None:
    path = made(api, TYPES[3])
    own = campaign_at(path)
    asked = route.replace("{campaign_id}", str(own.id)).replace("{pass_id}", str(uuid4()))
    api_calls.calls.calls.clear()
    stranger.request(method, asked, {})
    api.request(method, asked, {})
    own.deleted_at = None  # if it was the route that deletes it
    own.save()
    api_calls.calls.write()
    roll_up_counts()
    assert dict(DailyCount.objects.filter(counter="api_calls").values_list("campaign_id", "amount")) == {own.id: 1}


def test_many_calls_are_one_statement(api: Api, path: str, django_assert_num_queries: Any) -> None:
    for _ in range(20):
        api.get(path)
    with django_assert_num_queries(1):
        api_calls.calls.write()
    with django_assert_num_queries(0):
        api_calls.calls.write()


def test_a_crowd_of_campaigns_is_written_down_early(api: Api, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_calls, "MOST", 3)
    paths = [made(api, TYPES[3], name=str(number)) for number in range(4)]
    for each in paths:
        api.get(each)
        assert len(api_calls.calls.calls) <= 3
    assert [called(api, each) for each in paths] == [1, 1, 1, 1]


def test_a_database_that_is_away_is_waited_for(api: Api, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    def away(**_: Any) -> None:
        raise OperationalError("the server is gone")

    api.get(path)
    with monkeypatch.context() as patch:
        patch.setattr(api_calls, "count_api_calls", away)
        api_calls.calls.try_to_write()
        assert api.get(f"{path}/reports").status_code == 503
    assert called(api, path) == 1


def test_whoever_asks_waits_for_whoever_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What another thread has taken to write down is in no table yet."""
    begun, may_end, written = threading.Event(), threading.Event(), []

    def slowly(*, calls: Mapping[CalledCampaign, int]) -> None:
        begun.set()
        may_end.wait(30)
        written.append(dict(calls))

    monkeypatch.setattr(api_calls, "count_api_calls", slowly)
    count = api_calls.CallCount()
    call = CalledCampaign(uuid4(), uuid4(), NOW.date())
    count.add(call)
    writes, asks = (threading.Thread(target=count.write) for _ in range(2))
    writes.start()
    begun.wait(30)
    asks.start()
    asks.join(0.2)
    assert asks.is_alive()
    may_end.set()
    asks.join(30)
    writes.join(30)
    assert written == [{call: 1}]


def test_another_organization_of_the_same_process_has_its_own(certificates: None) -> None:
    one, other = make_api("One"), make_api("Other")
    paths = [made(each, TYPES[0]) for each in (one, other)]
    for _ in range(2):
        one.get(paths[0])
    other.get(paths[1])
    assert [called(one, paths[0]), called(other, paths[1])] == [2, 1]
