"""Redeems and whatever else happens to the same pass or campaign at the same time, against committed rows."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.http import HttpResponse

from passwright.data.models import Campaign, Event, Pass, Redeem, Tally
from tests.interfaces.api.conftest import NOW, Api, make_api
from tests.interfaces.api.test_pass_concurrency import together
from tests.interfaces.api.test_redeems import UNKNOWN_PASS, campaign, issue
from tests.interfaces.api.toy_town import ok, public_certificates, refused

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def committed(transactional_db: None) -> Api:
    public_certificates(NOW)
    return make_api("your company")


def counts(path: str) -> tuple[int, int, int, int]:
    """Campaign, history, events, reports."""
    campaign_id = UUID(path.rpartition("/")[2])
    return (
        Campaign.objects.get(id=campaign_id).redeem_count,
        Redeem.objects.filter(campaign_id=campaign_id).count(),
        Event.objects.filter(campaign_id=campaign_id, kind=Event.Kind.REDEEMED).count(),
        sum(Tally.objects.filter(campaign_id=campaign_id, counter="redeems").values_list("amount", flat=True)),
    )


def statuses(answers: list[HttpResponse]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


def test_by_id_and_by_code_at_once_one_wins(committed: Api) -> None:
    path = campaign(committed)
    for number in range(1, 4):
        made = issue(committed, path)
        by_code = {"pass": {"redeem_code": made["redeem_code"]}}
        answers = together(
            [
                *[partial(committed.post, f"{path}/passes/{made['id']}/redeem")] * 4,
                *[partial(committed.post, f"{path}/redeem", by_code)] * 4,
            ]
        )
        assert statuses(answers) == [200, *[412] * 7]
        assert counts(path) == (number,) * 4
        assert Pass.objects.get(id=made["id"]).redeemed_count == 1


def test_many_passes_of_one_campaign_lose_no_count(committed: Api) -> None:
    """All wait for the campaign's row."""
    path = campaign(committed)
    rows = [issue(committed, path) for _ in range(20)]
    answers = together([partial(committed.post, f"{path}/passes/{row['id']}/redeem") for row in rows])
    assert statuses(answers) == [200] * 20
    assert counts(path) == (20,) * 4


def test_redeems_while_the_pass_and_its_campaign_change(committed: Api) -> None:
    path = campaign(
        committed, allow_multiple_redeems=True, back_fields=[{"key": "a", "behaviour": "dynamic"}, {"key": "b"}]
    )
    one = f"{path}/passes/{issue(committed, path)['id']}"

    def patched(place: str, root: str, value: int, **more: Any) -> HttpResponse:
        return committed.patch(place, {root: {"back_fields": [{"key": "a", "value": str(value)}], **more}})

    answers = together(
        [
            *[partial(committed.post, f"{one}/redeem")] * 12,
            *(partial(patched, one, "pass", value) for value in range(6)),
            *(partial(patched, path, "generic", value, description=str(value)) for value in range(6)),
            *[partial(committed.post, f"{one}/reset_redeem")] * 2,
            *[partial(committed.post, f"{path}/passes")] * 4,
        ]
    )
    assert statuses(answers) == [*[200] * 26, *[201] * 4]
    assert counts(path) == (12,) * 4
    shown = ok(committed.get(one))
    assert (shown["redeemed_count"], shown["voided"]) == (12, False)
    assert Campaign.objects.get().pass_count == 5


def test_a_redeem_and_an_update_both_survive(committed: Api) -> None:
    path = campaign(committed, back_fields=[{"key": "a", "behaviour": "dynamic"}])
    body = {"pass": {"back_fields": [{"key": "a", "value": "new"}]}}
    for _ in range(4):
        one = f"{path}/passes/{issue(committed, path)['id']}"
        answers = together([partial(committed.post, f"{one}/redeem"), partial(committed.patch, one, body)])
        assert statuses(answers) == [200, 200]
        shown = ok(committed.get(one))
        assert (shown["voided"], shown["redeemed_count"], shown["back_fields"][0]["value"]) == (True, 1, "new")
    assert set(Pass.objects.values_list("version", flat=True)) == {3}
    assert counts(path) == (4,) * 4


def test_a_redeem_and_a_reset_at_once(committed: Api) -> None:
    """The pass is valid again, or the reset came first and did nothing."""
    path = campaign(committed)
    for number in range(1, 5):
        one = f"{path}/passes/{issue(committed, path)['id']}"
        answers = together([partial(committed.post, f"{one}/{verb}") for verb in ("redeem", "reset_redeem")])
        assert statuses(answers) == [200, 200]
        resets = Event.objects.filter(kind=Event.Kind.REDEEM_RESET, pass_id=one.rpartition("/")[2]).count()
        assert ok(committed.get(one))["voided"] is (resets == 0)
        assert counts(path) == (number,) * 4


def test_redeems_while_the_pass_is_deleted(committed: Api) -> None:
    """Each redeem came before, and stays counted, or finds nothing."""
    path = campaign(committed, allow_multiple_redeems=True)
    done = 0
    for _ in range(4):
        made = issue(committed, path)
        by_code = {"pass": {"redeem_code": made["redeem_code"]}}
        one = f"{path}/passes/{made['id']}"
        answers = together(
            [
                *[partial(committed.post, f"{one}/redeem")] * 4,
                *[partial(committed.post, f"{path}/redeem", by_code)] * 4,
                partial(committed.delete, one, {}),
            ]
        )
        assert ok(answers[-1]) == {"errors": []}
        for answer in answers[:-1]:
            if answer.status_code != 200:
                assert refused(answer, 404) == UNKNOWN_PASS
        done += sum(answer.status_code == 200 for answer in answers[:-1])
        campaign_count, kept, happened, tallied = counts(path)
        assert (campaign_count, happened, tallied) == (done,) * 3
        assert kept == 0
    assert not Pass.objects.exists()


def test_redeems_while_the_campaign_is_deleted(committed: Api) -> None:
    path = campaign(committed, allow_multiple_redeems=True)
    one = f"{path}/passes/{issue(committed, path)['id']}"
    answers = together([*[partial(committed.post, f"{one}/redeem")] * 8, partial(committed.delete, path, {})])
    assert ok(answers[-1]) == {"errors": []}
    assert {answer.status_code for answer in answers} <= {200, 404}
    done = sum(answer.status_code == 200 for answer in answers[:-1])
    assert counts(path) == (done,) * 4
