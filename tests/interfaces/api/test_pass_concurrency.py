"""Many clients at once, against committed rows: every request in a thread and on a connection of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.http import HttpResponse

from passwright.data.models import Campaign, CampaignRevision, Event, Pass, Template
from passwright.operations.issue_pass import issue_pass
from tests.interfaces.api.conftest import NOW, Api, make_api
from tests.interfaces.api.toy_town import ok, public_certificates, refused

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def committed(transactional_db: None) -> Api:
    public_certificates(NOW)
    return make_api("your company")


@pytest.fixture
def path(committed: Api) -> str:
    fields = [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]
    body = {"generic": {"name": "Busy", "icon_id": committed.upload("icon"), "back_fields": fields}}
    return f"/v2/generics/{ok(committed.post('/v2/generics', body), 201)['id']}"


def together(calls: Iterable[Callable[[], HttpResponse]]) -> list[HttpResponse]:
    """The answers to requests that start at the same time."""
    requests = list(calls)
    start = Barrier(len(requests))

    def call(request: Callable[[], HttpResponse]) -> HttpResponse:
        try:
            start.wait(timeout=60)
            return request()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(requests)) as threads:
        return list(threads.map(call, requests))


def values(shown: dict[str, Any]) -> dict[str, str]:
    return {field["key"]: field["value"] for field in shown["back_fields"]}


def test_fifty_passes_at_once_have_the_codes_one_to_fifty(committed: Api, path: str) -> None:
    answers = together([partial(committed.post, f"{path}/passes")] * 50)
    made = [ok(answer, 201) for answer in answers]
    assert sorted(row["redeem_code"] for row in made) == [f"{number:07d}" for number in range(1, 51)]
    assert len({row["id"] for row in made}) == len({row["serial_number"] for row in made}) == 50
    assert Event.objects.filter(kind=Event.Kind.CREATED).count() == Pass.objects.count() == 50


def test_a_clock_that_is_behind_does_not_put_a_pass_into_the_middle(committed: Api, path: str) -> None:
    """Two machines, or one request that waited: the list still grows at its end."""
    campaign = Campaign.objects.get(name="Busy")
    made = [issue_pass(campaign=campaign, now=NOW + timedelta(seconds=late)) for late in (9, 3, 6, 9, 12)]
    listed = ok(committed.get(f"{path}/passes"))
    assert [row["id"] for row in listed] == [str(row.id) for row in made]
    assert [row["redeem_code"] for row in listed] == [f"{number:07d}" for number in range(1, 6)]
    for row in made:
        kept = Pass.objects.get(id=row.id)
        assert (kept.created_at, kept.updated_at) == (row.created_at, row.updated_at)
    assert made[0].created_at == NOW + timedelta(seconds=9)
    assert made[4].created_at == NOW + timedelta(seconds=12)


def test_passes_while_the_campaign_changes(committed: Api, path: str) -> None:
    """Each pass is made from one revision, whole."""
    changes = [
        {"generic": {"back_fields": [{"key": "a", "value": value}, {"key": "b", "value": value}]}}
        for value in ("x", "y", "z")
    ]
    answers = together(
        [
            *[partial(committed.post, f"{path}/passes")] * 12,
            *[partial(committed.patch, path, body) for body in changes],
        ]
    )
    made = [ok(answer, 201) for answer in answers[:12]]
    for answer in answers[12:]:
        ok(answer)
    for row in made:
        assert tuple(values(row).values()) in {("1", "2"), ("x", "x"), ("y", "y"), ("z", "z")}
        assert ok(committed.get(f"{path}/passes/{row['id']}")) == row
    assert sorted(row["redeem_code"] for row in made) == [f"{number:07d}" for number in range(1, 13)]
    assert CampaignRevision.objects.count() == 4


def test_two_updates_of_different_fields_both_survive(committed: Api, path: str) -> None:
    for _ in range(5):
        one = f"{path}/passes/{ok(committed.post(f'{path}/passes'), 201)['id']}"
        bodies = [{"pass": {"back_fields": [{"key": key, "value": key * 3}]}} for key in ("a", "b")]
        for answer in together([partial(committed.patch, one, body) for body in bodies]):
            ok(answer)
        assert values(ok(committed.get(one))) == {"a": "aaa", "b": "bbb"}
    assert set(Pass.objects.values_list("version", flat=True)) == {3}


def test_two_campaign_updates_of_different_fields_both_survive(committed: Api, path: str) -> None:
    bodies = [{"generic": {"back_fields": [{"key": key, "value": key * 3}]}} for key in ("a", "b")]
    for answer in together([partial(committed.patch, path, body) for body in bodies]):
        ok(answer)
    assert values(ok(committed.get(path))) == {"a": "aaa", "b": "bbb"}
    assert sorted(CampaignRevision.objects.values_list("epoch", flat=True)) == [1, 2, 3]


def test_the_same_name_twice_at_once(committed: Api) -> None:
    icon = committed.upload("icon")
    for _ in range(3):
        body = {"generic": {"name": str(uuid4()), "icon_id": icon}}
        answers = sorted(
            together([lambda body=body: committed.post("/v2/generics", body)] * 2),
            key=lambda answer: answer.status_code,
        )
        ok(answers[0], 201)
        assert refused(answers[1], 422) == {"name": ["has already been taken"]}
    assert Campaign.objects.count() == Template.objects.count() == 3


def test_renaming_two_campaigns_to_the_same_name_at_once(committed: Api) -> None:
    icon = committed.upload("icon")
    made = [ok(committed.post("/v2/generics", {"generic": {"name": name, "icon_id": icon}}), 201) for name in "ab"]
    same = {"generic": {"name": "same"}}
    calls = [partial(committed.patch, f"/v2/generics/{row['id']}", same) for row in made]
    assert sorted(answer.status_code for answer in together(calls)) == [200, 422]
    assert Campaign.objects.filter(name="same").count() == 1


def test_passes_while_the_campaign_is_deleted(committed: Api, path: str) -> None:
    """Each pass was made before, or is refused as if the campaign had never been."""
    answers = together([*[partial(committed.post, f"{path}/passes")] * 8, partial(committed.delete, path, {})])
    assert ok(answers[-1]) == {"errors": []}
    for answer in answers[:-1]:
        assert answer.status_code in {201, 404}
        if answer.status_code == 404:
            assert refused(answer, 404) == {"campaign": "Campaign not found."}
    assert Pass.objects.count() == sum(answer.status_code == 201 for answer in answers)


def test_deleting_a_pass_twice_at_once(committed: Api, path: str) -> None:
    one = f"{path}/passes/{ok(committed.post(f'{path}/passes'), 201)['id']}"
    answers = together([partial(committed.delete, one, {})] * 2)
    assert sorted(answer.status_code for answer in answers) == [200, 404]
    assert Event.objects.filter(kind=Event.Kind.DELETED).count() == 1


def test_the_same_own_code_twice_at_once(committed: Api) -> None:
    body = {"generic": {"name": "Own", "icon_id": committed.upload("icon"), "barcode": {}, "code_type": "per_pass"}}
    path = f"/v2/generics/{ok(committed.post('/v2/generics', body), 201)['id']}"
    sent = {"pass": {"barcode": {"message": "A-1"}}}
    answers = together([partial(committed.post, f"{path}/passes", sent)] * 2)
    assert sorted(answer.status_code for answer in answers) == [201, 422]
    assert Pass.objects.count() == 1
