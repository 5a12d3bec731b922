"""What the worker does by the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from passwright.data.models import Attempts, Certificate, DailyCount, Notice, Push, ScheduledPush, Tally
from passwright.interfaces import jobs
from passwright.operations.attempts import LONGEST, attempt
from passwright.passes.counters import Counter
from passwright.settings import ENVIRONMENT
from tests.operations.pushed import delivery, pushed
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


def test_scheduled_pushes_are_done_within_five_seconds() -> None:
    campaign = toy_town(toy_maker())
    issue(campaign)
    now = datetime.now(UTC)
    for seconds in (-1, 3600):
        due_at = now + timedelta(seconds=seconds)
        ScheduledPush.objects.create(campaign=campaign, action="merge", due_at=due_at, created_at=now)
    jobs.run_scheduled(timestamp=0)
    assert list(ScheduledPush.objects.order_by("due_at").values_list("state", flat=True)) == ["done", "scheduled"]
    assert cron_of("run_scheduled_pushes") == "* * * * * */5"


def test_deliveries_are_rolled_up_every_hour_as_the_setting_says() -> None:
    campaign = toy_town(toy_maker())
    kept = timedelta(days=ENVIRONMENT.keep_deliveries)
    old, young = (pushed(campaign, at=datetime.now(UTC) - kept + timedelta(minutes=minutes)) for minutes in (-1, 1))
    for push in (old, young):
        delivery(push, 1)
    jobs.roll_up_ledger(timestamp=0)
    assert set(Push.objects.filter(rolled_up_at=None)) == {young}
    assert ENVIRONMENT.keep_deliveries == 30
    assert cron_of("roll_up_deliveries") == "12 * * * *"


def test_certificates_are_warned_of_every_hour() -> None:
    toy_maker()
    Certificate.objects.filter(pass_type="coupon").update(expires_at=datetime.now(UTC) + timedelta(days=20))
    Certificate.objects.exclude(pass_type="coupon").update(expires_at=datetime.now(UTC) + timedelta(days=200))
    jobs.warn(timestamp=0)
    assert [subject[-3:] for subject in Notice.objects.values_list("subject", flat=True)] == [":30"]
    assert cron_of("warn_of_certificates") == "32 * * * *"


def test_old_attempts_are_forgotten_every_hour() -> None:
    attempt(who=b"somebody", limit=1, within=timedelta(hours=1), now=datetime.now(UTC) - LONGEST)
    jobs.forget_old_attempts(timestamp=0)
    assert not Attempts.objects.exists()
    assert cron_of("forget_attempts") == "52 * * * *"
