from __future__ import annotations

from datetime import timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from passwright.data.models import Campaign
from passwright.operations.delete_campaign import delete_campaign
from passwright.operations.purge_left_campaigns import LEFT_AFTER, purge_left_campaigns
from passwright.passes.content import Style
from passwright.queue import defer
from tests.operations.toys import NOW, toy_maker, toy_town

AFTER = NOW + LEFT_AFTER + timedelta(seconds=1)


def waiting() -> list[str]:
    rows = ProcrastinateJob.objects.filter(task_name="purge_campaign", status="todo").order_by("id")
    return [row.args["campaign_id"] for row in rows]


@pytest.fixture
def deleted(db: None) -> Campaign:
    """A deleted campaign whose purge has failed to the last try; beside it one that lives."""
    organization = toy_maker()
    toy_town(organization, name="Alive")
    campaign = toy_town(organization, name="Dead")
    delete_campaign(organization=organization, style=Style.GENERIC, campaign_id=campaign.id, now=NOW)
    return campaign


def forget_jobs() -> None:
    """As if all had failed: the rows of procrastinate are read-only for Django."""
    ProcrastinateJob.objects.all()._raw_delete("default")


def test_what_was_left_is_purged_again_once(deleted: Campaign) -> None:
    forget_jobs()
    assert purge_left_campaigns(now=AFTER) == 1
    assert waiting() == [str(deleted.id)]
    assert purge_left_campaigns(now=AFTER) == 0
    assert waiting() == [str(deleted.id)]


def test_what_was_deleted_a_moment_ago_is_not(deleted: Campaign) -> None:
    forget_jobs()
    assert purge_left_campaigns(now=NOW + LEFT_AFTER) == 0
    assert waiting() == []


def test_others_under_way_do_not_hold_it_up(deleted: Campaign) -> None:
    forget_jobs()
    defer("purge_campaign", campaign_id="00000000-0000-0000-0000-000000000000")
    assert purge_left_campaigns(now=AFTER) == 1
