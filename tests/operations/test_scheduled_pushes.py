"""What is scheduled happens once, when it is due, together with all that it does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from passwright.data.models import Campaign, Event, Organization, Push, ScheduledPush
from passwright.operations import run_scheduled_pushes as module
from passwright.operations.cancel_scheduled_push import cancel_scheduled_push
from passwright.operations.change_campaign_state import ARCHIVE, PAUSE, change_campaign_state
from passwright.operations.delete_campaign import delete_campaign
from passwright.operations.purge_campaign import purge_campaign
from passwright.operations.refusals import NotFound, PreconditionFailed, ValidationFailed
from passwright.operations.run_scheduled_pushes import run_scheduled_pushes
from passwright.operations.schedule_push import FARTHEST, MOST, Later, schedule_push
from passwright.passes.content import Position
from tests.operations.toys import NOW, change, issue, named, patch, sent, shown, toy_maker, toy_town

DUE = NOW + timedelta(hours=1)
PUSH, MERGE = ScheduledPush.Action.PUSH, ScheduledPush.Action.MERGE


@pytest.fixture
def campaign(db: None) -> Campaign:
    return toy_town(toy_maker())


def schedule(campaign: Campaign, action: ScheduledPush.Action = MERGE, due_at: datetime = DUE, **more: Any) -> Any:
    return schedule_push(**named(campaign, NOW), wanted=Later(action=action, due_at=due_at, **more))


def said(campaign: Campaign) -> list[str]:
    kinds = Event.objects.filter(campaign=campaign, kind__in=("campaign_merged", "campaign_pushed"))
    return list(kinds.order_by("id").values_list("kind", flat=True))


def test_nothing_happens_before_it_is_due(campaign: Campaign) -> None:
    issue(campaign)
    row = schedule(campaign)
    assert run_scheduled_pushes(now=DUE - timedelta(microseconds=1)) == 0
    assert said(campaign) == []
    assert run_scheduled_pushes(now=DUE) == 1
    row.refresh_from_db()
    assert (row.state, row.finished_at, row.note) == ("done", DUE, None)
    assert row.push == Push.objects.get(campaign=campaign, pass_id=None)
    assert (row.push.kind, row.push.created_at) == ("campaign_merged", DUE)
    assert run_scheduled_pushes(now=DUE + timedelta(days=1)) == 0
    assert said(campaign) == ["campaign_merged"]


@pytest.mark.parametrize("reset", [True, False])
def test_a_push_with_its_message(campaign: Campaign, reset: bool) -> None:
    row = issue(campaign)
    patch(campaign, row, fields=(sent("member", Position.PRIMARY, value="Johnny"),))
    change(campaign, fields=(sent("level", Position.AUXILIARY, value="Gold"),))
    schedule(campaign, PUSH, message="Sale!", reset=reset)
    run_scheduled_pushes(now=DUE)
    assert shown(campaign, row)["member"] == (None if reset else "Johnny")
    campaign.refresh_from_db()
    assert campaign.push_message.startswith("Sale!")
    assert Push.objects.get(pass_id=None).message == "Sale!"


def test_in_the_order_in_which_they_are_due(campaign: Campaign) -> None:
    issue(campaign)
    schedule(campaign, PUSH, DUE + timedelta(minutes=1))
    schedule(campaign, MERGE, DUE)
    assert run_scheduled_pushes(now=DUE + timedelta(hours=1)) == 2
    assert said(campaign) == ["campaign_merged", "campaign_pushed"]


@pytest.mark.parametrize("transition", [PAUSE, ARCHIVE], ids=lambda each: each.event)
def test_paused_and_archived_campaigns_are_pushed(campaign: Campaign, transition: Any) -> None:
    issue(campaign)
    schedule(campaign)
    change_campaign_state(**named(campaign, NOW), transition=transition)
    assert run_scheduled_pushes(now=DUE) == 1
    assert said(campaign) == ["campaign_merged"]


def test_a_campaign_without_passes(campaign: Campaign) -> None:
    row = schedule(campaign)
    assert run_scheduled_pushes(now=DUE) == 1
    row.refresh_from_db()
    assert (row.state, row.push, row.note) == ("done", None, "There were no passes.")


def test_of_a_deleted_campaign_it_is_cancelled(campaign: Campaign) -> None:
    issue(campaign)
    row = schedule(campaign)
    delete_campaign(**named(campaign, NOW))
    assert run_scheduled_pushes(now=DUE) == 1
    row.refresh_from_db()
    assert (row.state, row.note, said(campaign)) == ("cancelled", "The campaign was deleted.", [])
    purge_campaign(campaign_id=campaign.id)
    assert not ScheduledPush.objects.exists()
    assert run_scheduled_pushes(now=DUE) == 0


def test_of_a_locked_organization_it_is_cancelled(campaign: Campaign) -> None:
    issue(campaign)
    row = schedule(campaign)
    Organization.objects.update(locked_at=NOW)
    run_scheduled_pushes(now=DUE)
    row.refresh_from_db()
    assert (row.state, row.note, said(campaign)) == ("cancelled", "The organization was locked.", [])


def test_one_that_fails_stops_no_other_and_is_tried_again(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    """The change and its note are one transaction."""
    issue(campaign)
    bad, good = schedule(campaign, PUSH), schedule(campaign, MERGE)

    def broken(**_asked: object) -> None:
        raise RuntimeError("no")

    with monkeypatch.context() as patched:
        patched.setattr(module, "push_campaign", broken)
        assert run_scheduled_pushes(now=DUE) == 1
    assert said(campaign) == ["campaign_merged"]
    bad.refresh_from_db()
    assert bad.state == "scheduled"
    assert run_scheduled_pushes(now=DUE) == 1
    assert said(campaign) == ["campaign_merged", "campaign_pushed"]
    good.refresh_from_db()
    assert good.state == "done"


def test_killed_after_the_push_neither_has_happened(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    issue(campaign)
    row = schedule(campaign)

    class Killed(BaseException):
        pass

    def killed(*_asked: object, **_more: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(module, "finish", killed)
        with pytest.raises(Killed):
            run_scheduled_pushes(now=DUE)
    row.refresh_from_db()
    assert (row.state, said(campaign), Push.objects.count()) == ("scheduled", [], 0)
    assert run_scheduled_pushes(now=DUE) == 1
    assert said(campaign) == ["campaign_merged"]


@pytest.mark.parametrize(
    ("due_at", "fault"),
    [
        (NOW, "must be in the future"),
        (NOW - timedelta(days=1), "must be in the future"),
        (NOW + FARTHEST + timedelta(seconds=1), "must be within a year"),
    ],
)
def test_times_that_cannot_be(campaign: Campaign, due_at: datetime, fault: str) -> None:
    with pytest.raises(ValidationFailed) as refusal:
        schedule(campaign, due_at=due_at)
    assert refusal.value.errors == {"due_at": [fault]}
    schedule(campaign, due_at=NOW + FARTHEST)


def test_so_many_and_no_more(campaign: Campaign) -> None:
    first = schedule(campaign)
    ScheduledPush.objects.bulk_create(
        ScheduledPush(campaign=campaign, action=MERGE, due_at=DUE, created_at=NOW) for _ in range(MOST - 1)
    )
    with pytest.raises(PreconditionFailed, match="100 are waiting already"):
        schedule(campaign)
    cancel_scheduled_push(campaign=campaign, scheduled_push_id=first.id, now=NOW)
    schedule(campaign)


def test_cancelling(campaign: Campaign) -> None:
    issue(campaign)
    row = schedule(campaign)
    cancel_scheduled_push(campaign=campaign, scheduled_push_id=row.id, now=NOW)
    row.refresh_from_db()
    assert (row.state, row.finished_at) == ("cancelled", NOW)
    assert run_scheduled_pushes(now=DUE) == 0
    with pytest.raises(PreconditionFailed, match="It is cancelled already"):
        cancel_scheduled_push(campaign=campaign, scheduled_push_id=row.id, now=NOW)
    with pytest.raises(NotFound):
        cancel_scheduled_push(campaign=campaign, scheduled_push_id=campaign.id, now=NOW)
    done = schedule(campaign)
    run_scheduled_pushes(now=DUE)
    with pytest.raises(PreconditionFailed, match="It is done already"):
        cancel_scheduled_push(campaign=campaign, scheduled_push_id=done.id, now=NOW)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait(30)
        try:
            return call()
        except PreconditionFailed as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return [each.result(60) for each in [threads.submit(run, call) for call in calls]]


@pytest.mark.django_db(transaction=True)
def test_several_workers_do_each_once() -> None:
    campaigns = [toy_town(toy_maker(), name=f"town {number}") for number in range(2)]
    for campaign in campaigns:
        issue(campaign)
        for _ in range(5):
            schedule(campaign)
    assert sum(at_once(*[lambda: run_scheduled_pushes(now=DUE)] * 4)) == 10
    assert Push.objects.count() == len(said(campaigns[0]) + said(campaigns[1])) == 10
    assert ScheduledPush.objects.filter(state="done").values("push").distinct().count() == 10


@pytest.mark.django_db(transaction=True)
def test_one_is_cancelled_or_done_and_never_both() -> None:
    campaign = toy_town(toy_maker())
    issue(campaign)
    for _ in range(5):
        row, before = schedule(campaign), len(said(campaign))
        cancelled, done = at_once(
            lambda row=row: cancel_scheduled_push(campaign=campaign, scheduled_push_id=row.id, now=DUE),
            lambda: run_scheduled_pushes(now=DUE),
        )
        row.refresh_from_db()
        happened = len(said(campaign)) - before
        if row.state == "done":
            assert isinstance(cancelled, PreconditionFailed)
            assert (done, happened) == (1, 1)
        else:
            assert (cancelled, done, happened) == (None, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_it_waits_for_who_has_the_campaign() -> None:
    """A bulk import has it most of the time; a push would never have its turn if it did not wait."""
    campaign = toy_town(toy_maker())
    issue(campaign)
    schedule(campaign)
    with ThreadPoolExecutor(1) as thread:

        def run() -> int:
            try:
                return run_scheduled_pushes(now=DUE)
            finally:
                connection.close()

        with transaction.atomic():
            Campaign.objects.select_for_update().get(id=campaign.id)
            running = thread.submit(run)
            with pytest.raises(TimeoutError):
                running.result(0.3)
        assert running.result(30) == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_no_more_than_allowed_wait() -> None:
    campaign = toy_town(toy_maker())
    ScheduledPush.objects.bulk_create(
        ScheduledPush(campaign=campaign, action=MERGE, due_at=DUE, created_at=NOW) for _ in range(MOST - 1)
    )
    made = at_once(*[lambda: schedule(campaign)] * 4)
    assert sum(isinstance(each, PreconditionFailed) for each in made) == 3
    assert ScheduledPush.objects.count() == MOST
