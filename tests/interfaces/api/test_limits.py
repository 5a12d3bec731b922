"""Limits where the operator enforces them: exact, for one organization at a time, and seen in every answer."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from passwright.data.models import Asset, HourlyUsage, Organization
from passwright.interfaces import jobs
from passwright.interfaces.api import limits
from passwright.interfaces.api.openapi import document, routes
from passwright.operations.count_request import count_request
from passwright.operations.delete_old_usage import delete_old_usage
from passwright.operations.limit_organization import limit_organization
from passwright.operations.lock_organization import lock_organization
from passwright.settings import ENVIRONMENT
from tests.interfaces.api.conftest import NOW, Api, make_api
from tests.interfaces.api.test_pass_concurrency import together
from tests.interfaces.api.toy_town import JSON, ApiClient, ok, refused

HOUR = 494_000
NOON = HOUR * 3600
"""The first second of an hour."""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What time it is, to be changed by the test."""
    moments = [NOON + 600.25]
    monkeypatch.setattr(limits.time, "time", lambda: moments[-1])
    monkeypatch.setattr(limits, "hourly", limits.HourlyCount())
    return moments


@pytest.fixture
def enforced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ENVIRONMENT, "enforce_limits", True)


def limited(api: Api, requests: int | None) -> Api:
    limit_organization(organization_id=api.organization.id, requests=requests, now=NOW)
    return api


def standing(api: Api) -> tuple[int, int, int]:
    """Limit, remaining and reset of one more request."""
    headers = api.get("/v2/assets").headers
    return tuple(int(headers[f"X-RateLimit-{name}"]) for name in ("Limit", "Remaining", "Reset"))  # type: ignore[return-value]  # three


def used(api: Api) -> dict[int, int]:
    rows = HourlyUsage.objects.filter(organization=api.organization)
    return {row.hour: row.requests for row in rows}


def test_it_counts_down_and_then_refuses_until_the_hour_is_over(api: Api, enforced: None, clock: list[float]) -> None:
    limited(api, 3)
    assert [standing(api) for _ in range(3)] == [(3, left, NOON + 3600) for left in (2, 1, 0)]
    answer = api.get("/v2/assets")
    errors = refused(answer, 420)
    assert answer.reason_phrase == "Enhance Your Calm"
    assert (answer["X-RateLimit-Limit"], answer["X-RateLimit-Remaining"]) == ("3", "0")
    assert answer["X-RateLimit-Reset"] == str(NOON + 3600)
    assert answer["Retry-After"] == "3000"
    assert errors == {
        "base": "The 3 requests of this hour are used up. Go on in 3000 seconds, or ask the operator of this server "
        "for a higher limit."
    }
    assert "id" not in answer.json()
    assert answer.json()["error_code"] == 10420
    clock.append(NOON + 3599.999)
    assert api.get("/v2/assets")["Retry-After"] == "1"
    clock.append(NOON + 3600.0)
    assert standing(api) == (3, 2, NOON + 7200)
    assert used(api) == {HOUR: 3, HOUR + 1: 1}


def test_a_refused_request_does_nothing(api: Api, enforced: None, clock: list[float]) -> None:
    limited(api, 1)
    api.upload("icon")
    for method, path in [("POST", "/v2/templates"), ("DELETE", f"/v2/assets/{Asset.objects.get().id}")]:
        refused(api.request(method, path, {}), 420)
    refused(api.client.post("/v1/assets", {}, headers={"authorization": api.authorization}), 420)
    head = api.request("HEAD", "/v2/assets")
    assert (head.status_code, head.content) == (420, b"")
    assert Asset.objects.count() == 1
    assert used(api) == {HOUR: 1}


def test_a_changed_limit_counts_from_the_next_request_on(api: Api, enforced: None, clock: list[float]) -> None:
    limited(api, 2)
    assert [api.get("/v2/assets").status_code for _ in range(4)] == [200, 200, 420, 420]
    limited(api, 3)
    assert standing(api) == (3, 0, NOON + 3600)
    limited(api, 1)
    refused(api.get("/v2/assets"), 420)
    limited(api, None)
    assert standing(api) == (5000, 4996, NOON + 3600)


def test_others_have_an_hour_of_their_own(api: Api, stranger: Api, enforced: None, clock: list[float]) -> None:
    limited(api, 1)
    assert [api.get("/v2/assets").status_code for _ in range(2)] == [200, 420]
    assert standing(stranger) == (5000, 4999, NOON + 3600)


def test_who_is_not_let_in_uses_nothing_up(api: Api, enforced: None, clock: list[float]) -> None:
    limited(api, 1)
    wrong = ApiClient(api.organization.api_username, "wrong")
    for _ in range(70):
        answer = Client().get("/v2/ping")
        assert answer.status_code == 200
    assert (answer["X-RateLimit-Limit"], answer["X-RateLimit-Remaining"]) == ("60", "0")
    assert wrong.get("/v2/assets").status_code == 401
    assert wrong.get("/v2/assets")["X-RateLimit-Limit"] == "60"
    assert api.get("/v2/nothing").status_code == 404
    lock_organization(organization_id=api.organization.id, now=NOW)
    refused(api.get("/v2/assets"), 403)
    assert used(api) == {}
    assert HourlyUsage.objects.count() == 0


def test_where_nothing_is_enforced_nobody_is_refused(api: Api, clock: list[float]) -> None:
    limited(api, 2)
    assert [standing(api) for _ in range(4)] == [(2, left, NOON + 3600) for left in (1, 0, 0, 0)]
    limited(api, None)
    assert standing(api) == (5000, 4995, NOON + 3600)
    assert HourlyUsage.objects.count() == 0
    assert ENVIRONMENT.enforce_limits is False


@pytest.mark.django_db(transaction=True)
def test_of_twenty_at_once_as_many_are_answered_as_the_limit_says(
    transactional_db: None, enforced: None, clock: list[float]
) -> None:
    api = limited(make_api("Busy"), 7)
    answers = together([partial(api.get, "/v2/assets")] * 20)
    assert Counter(answer.status_code for answer in answers) == {200: 7, 420: 13}
    left = sorted(int(answer["X-RateLimit-Remaining"]) for answer in answers if answer.status_code == 200)
    assert left == [0, 1, 2, 3, 4, 5, 6]
    assert used(api) == {HOUR: 7}


@pytest.mark.django_db(transaction=True)
def test_processes_share_the_count_and_do_not_wait_for_the_disk(
    transactional_db: None, enforced: None, clock: list[float]
) -> None:
    """What a process keeps of its own, its counter and its connection, makes no difference."""
    api = limited(make_api("Busy"), 4)
    ends = []
    for _ in range(6):
        limits.hourly = limits.HourlyCount()
        ends += [together([partial(api.get, "/v2/assets")])[0].status_code]
    assert ends == [200] * 4 + [420] * 2
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")
        with transaction.atomic():
            assert count_request(organization_id=api.organization.id, hour=1, limit=2) == 1
            assert waits(cursor) == "off"
        assert count_request(organization_id=api.organization.id, hour=1, limit=2) == 2
        assert waits(cursor) == "on", "the next transaction is kept as ever"
        cursor.execute("RESET synchronous_commit")


def waits(cursor: Any) -> str:
    cursor.execute("SHOW synchronous_commit")
    return str(cursor.fetchone()[0])


def test_a_limit_of_nothing_lets_nothing_through(api: Api) -> None:
    assert count_request(organization_id=api.organization.id, hour=1, limit=0) is None
    assert count_request(organization_id=api.organization.id, hour=1, limit=1) is None


def test_old_hours_are_deleted_and_the_last_two_days_are_not(api: Api, stranger: Api) -> None:
    now = int(NOW.timestamp()) // 3600
    for organization in Organization.objects.all():
        for hour in (now - 5000, now - 49, now - 48, now):
            HourlyUsage.objects.create(organization=organization, hour=hour, requests=1)
    assert delete_old_usage(now=NOW) == 4
    assert set(used(api)) == set(used(stranger)) == {now - 48, now}
    assert delete_old_usage(now=NOW) == 0


def test_the_daily_job_deletes_by_the_clock(api: Api) -> None:
    for hour in (1, 10_000_000):
        HourlyUsage.objects.create(organization=api.organization, hour=hour, requests=1)
    jobs.delete_usage(timestamp=0)
    assert set(used(api)) == {10_000_000}


def test_every_route_with_credentials_says_that_it_may_refuse() -> None:
    for route in routes():
        answers = document()["paths"][route.path][route.method]["responses"]
        assert ("420" in answers) == route.closed
    headers = document()["components"]["responses"]["Refusal420"]["headers"]
    assert set(headers) == {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After"}
    assert "<code>420</code>" in Client().get("/docs").content.decode()


@pytest.mark.parametrize("path", ["/v2/ping", "/v2/ping/", "/v2/ping.json", "/v1/ping", "/v1/ping/", "/v1/ping.json"])
@pytest.mark.parametrize("credentials", ["none", "wrong", "no Basic ones", "right"])
def test_ping_is_answered_whoever_asks(
    api: Api, enforced: None, clock: list[float], path: str, credentials: str
) -> None:
    given = {
        "none": {},
        "wrong": {"authorization": ApiClient(api.organization.api_username, "wrong").authorization},
        "no Basic ones": {"authorization": "Bearer a"},
        "right": {"authorization": api.authorization},
    }
    answer = Client().get(path, headers=given[credentials], content_type=JSON)
    assert ok(answer) == {"message": "pong"}
    assert answer["X-RateLimit-Limit"] == "60"
    assert answer["X-RateLimit-Remaining"] == "59"
    assert answer["X-RateLimit-Reset"] == str(NOON + 3600)
    assert HourlyUsage.objects.count() == 0
