"""What is rolled up says what it said before, however often it is begun."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection

from passwright.data.models import Campaign, Delivery, DeviceLog, Push, ScheduledPush
from passwright.operations import roll_up_deliveries as module
from passwright.operations.purge_campaign import purge_campaign
from passwright.operations.roll_up_deliveries import roll_up_deliveries
from passwright.queries import pushes
from tests.operations.pushed import (
    ACCEPTED,
    FETCHED,
    GONE,
    LISTED,
    REFUSED,
    UNCHANGED,
    counts,
    delivery,
    pushed,
    summary,
)
from tests.operations.toys import NOW, toy_maker, toy_town

KEEP = timedelta(days=30)
OLD = NOW - KEEP - timedelta(seconds=1)
YOUNG = NOW - KEEP
ONE, TWO = UUID(int=1), UUID(int=2)


@pytest.fixture
def campaign(db: None) -> Campaign:
    return toy_town(toy_maker())


def sent(campaign: Campaign, **parts: object) -> Push:
    """To eight devices, two of which hold two passes."""
    push = pushed(campaign, **{"at": OLD} | parts)  # type: ignore[arg-type]
    for number, outcome in enumerate((FETCHED, FETCHED, UNCHANGED, LISTED, ACCEPTED, REFUSED, GONE, {})):
        delivery(push, number, ONE, **outcome)  # type: ignore[arg-type]
    delivery(push, 0, TWO, **UNCHANGED)
    delivery(push, 1, TWO, **LISTED)
    return push


COUNTS = {"devices": 8, "listed": 4, "accepted": 5, "fetched": 1, "unchanged": 1, "refused": 1, "gone": 1}
SUMMARY = "8 devices: 5 accepted, 1 fetched, 1 up to date already, 1 refused, 1 gone, 1 queued"


def roll_up(chunk: int = 5_000) -> None:
    roll_up_deliveries(now=NOW, keep=KEEP, chunk=chunk)


@pytest.mark.parametrize("chunk", [1, 3, 5_000])
def test_the_summary_is_the_same_before_and_after(campaign: Campaign, chunk: int) -> None:
    push, young = sent(campaign), sent(campaign, at=YOUNG)
    assert (summary(push), counts(push)) == (SUMMARY, COUNTS)
    roll_up(chunk)
    assert (summary(push), counts(push)) == (summary(young), counts(young)) == (SUMMARY, COUNTS)
    assert list(Delivery.objects.values_list("push_id", flat=True).distinct()) == [young.id]
    assert (push.rolled_up_at, young.rolled_up_at) == (NOW, None)
    roll_up(chunk)
    assert summary(push) == SUMMARY


def test_what_was_read_before_is_counted_after(campaign: Campaign) -> None:
    """Between the two it may be rolled up and its deliveries gone."""
    read = list(Push.objects.filter(id=sent(campaign).id))
    roll_up()
    assert pushes.sentence(read[0], pushes.counts_of(read)[read[0].id]) == SUMMARY


def test_a_push_that_nobody_held_a_pass_for(campaign: Campaign) -> None:
    push = pushed(campaign, at=OLD)
    assert (summary(push), counts(push)) == ("No device held a pass", {})
    roll_up()
    assert (summary(push), counts(push), push.rolled_up_at) == ("No device held a pass", {}, NOW)


def test_pushes_of_one_pass_go_whole_and_unspread_ones_stay(campaign: Campaign) -> None:
    for _ in range(5):
        delivery(pushed(campaign, ONE, at=OLD), 1, **FETCHED)
    pushed(campaign, TWO, at=OLD, silent=True)
    waiting = pushed(campaign, ONE, at=OLD, spread=False)
    young = delivery(pushed(campaign, ONE, at=YOUNG), 1)
    roll_up(chunk=2)
    assert set(Push.objects.values_list("id", flat=True)) == {waiting.id, young.push_id}
    assert [row.push_id for row in Delivery.objects.all()] == [young.push_id]


def test_old_lines_of_devices_go(campaign: Campaign) -> None:
    for days in (0, 29, 31, 32, 33):
        DeviceLog.objects.create(campaign=campaign, line="Hello", at=NOW - timedelta(days=days))
    roll_up_deliveries(now=NOW, keep=timedelta(days=1), chunk=2)
    assert DeviceLog.objects.count() == 2


class Killed(BaseException):
    pass


@pytest.mark.parametrize("statements", range(5))
def test_after_a_kill_it_goes_on(campaign: Campaign, monkeypatch: pytest.MonkeyPatch, statements: int) -> None:
    """After any number of chunks: what is read meanwhile is the same, and the next run does the rest."""
    push, other = sent(campaign), sent(campaign)
    delivery(pushed(campaign, ONE, at=OLD), 1)
    left = [statements]
    run = module.run

    def killed(statement: str, parameters: dict[str, object]) -> int:
        if not left[0]:
            raise Killed
        left[0] -= 1
        return run(statement, parameters)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(module, "run", killed)
        with pytest.raises(Killed):
            roll_up(chunk=4)
    assert (summary(push), summary(other)) == (SUMMARY, SUMMARY)
    roll_up(chunk=4)
    assert (summary(push), summary(other)) == (SUMMARY, SUMMARY)
    assert Delivery.objects.count() == 0
    assert Push.objects.count() == 2


def test_killed_between_the_sums_nothing_is_counted_twice(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = sent(campaign), sent(campaign)
    counted = module.counted

    def killed(ids: list[int]) -> dict[int, pushes.Counts]:
        if ids == [second.id]:
            raise Killed
        return counted(ids)

    with monkeypatch.context() as patch:
        patch.setattr(module, "counted", killed)
        with pytest.raises(Killed):
            roll_up()
    assert (summary(first), summary(second)) == (SUMMARY, SUMMARY)
    assert (first.rolled_up_at, second.rolled_up_at) == (NOW, None)
    roll_up()
    assert (summary(first), summary(second), Delivery.objects.count()) == (SUMMARY, SUMMARY, 0)


@pytest.mark.django_db(transaction=True)
def test_beside_itself_and_while_it_is_read() -> None:
    campaign = toy_town(toy_maker())
    rows = [sent(campaign) for _ in range(6)]
    for number in range(20):
        delivery(pushed(campaign, UUID(int=number + 50), at=OLD), 1)
    ids, over = [row.id for row in rows], threading.Event()

    def roll() -> None:
        try:
            roll_up(chunk=3)
        finally:
            connection.close()

    def read() -> set[str]:
        said: set[str] = set()
        try:
            while not over.is_set():
                found = list(Push.objects.filter(id__in=ids))
                counted = pushes.counts_of(found)
                said |= {pushes.sentence(each, counted[each.id]) for each in found}
        finally:
            connection.close()
        return said

    with ThreadPoolExecutor(4) as threads:
        reading = threads.submit(read)
        rolling = [threads.submit(roll) for _ in range(3)]
        for each in rolling:
            each.result(60)
        over.set()
        assert reading.result(60) == {SUMMARY}
    roll_up(chunk=3)
    assert Delivery.objects.count() == 0
    assert {summary(row) for row in rows} == {SUMMARY}
    assert Push.objects.count() == 6


def test_a_purged_campaign_takes_its_ledger_along(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    other = toy_town(campaign.organization, name="other")
    for each in (campaign, other):
        push = sent(each)
        for number in range(5):
            pushed(each, UUID(int=number))
            DeviceLog.objects.create(campaign=each, line="Hello", at=NOW)
        ScheduledPush.objects.create(campaign=each, action="push", state="done", push=push, due_at=NOW, created_at=NOW)
    Campaign.objects.filter(id=campaign.id).update(deleted_at=NOW)
    monkeypatch.setattr("passwright.operations.purge_campaign.CHUNK", 3)
    purge_campaign(campaign_id=campaign.id)
    for model in (Push, DeviceLog, ScheduledPush):
        assert set(model.objects.values_list("campaign_id", flat=True)) == {other.id}
    assert (Push.objects.count(), DeviceLog.objects.count(), Delivery.objects.count()) == (6, 5, 10)
