"""What the worker does by the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from passwright.data.models import DailyCount, Tally
from passwright.interfaces import jobs
from passwright.passes.counters import Counter
from tests.operations.toys import issue, toy_maker, toy_town

pytestmark = pytest.mark.django_db


def cron_of(name: str) -> str:
    return jobs.app.periodic_registry.periodic_tasks[name, ""].cron


def test_tallies_are_summed_up_every_five_seconds() -> None:
    campaign = toy_town(toy_maker())
    for _ in range(2):
        issue(campaign)
    jobs.roll_up(timestamp=0)
    assert not Tally.objects.exists()
    assert [row.amount for row in DailyCount.objects.filter(counter=Counter.CREATES)] == [2]
    assert cron_of("roll_up_counts") == "* * * * * */5"


def test_passes_expire_every_minute() -> None:
    """By the clock of now, not of the tick that was asked for: it may come late."""
    campaign = toy_town(toy_maker())
    now = datetime.now(UTC)
    due, later = (issue(campaign, expiration_date=now + timedelta(seconds=seconds)) for seconds in (-1, 3600))
    jobs.expire(timestamp=0)
    due.refresh_from_db()
    later.refresh_from_db()
    assert due.expired_at is not None
    assert due.expired_at >= now
    assert later.expired_at is None
    assert cron_of("expire_passes") == "* * * * *"
