"""Expiry is noticed and said once, whoever looks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from passwright.data.models import Campaign, Event, Pass, Push
from passwright.operations.delete_campaign import delete_campaign
from passwright.operations.expire_passes import expire_passes
from passwright.passes.content import Style
from passwright.queries import reports
from passwright.queries.passes import content_of
from tests.operations.toys import NOW, issue, patch, toy_maker, toy_town

DUE = NOW + timedelta(hours=1)


@pytest.fixture
def campaign(db: None) -> Campaign:
    return toy_town(toy_maker())


def said() -> list[tuple[object, datetime]]:
    return list(Event.objects.filter(kind="expired").order_by("id").values_list("pass_id", "at"))


@pytest.mark.parametrize(
    ("expires", "due"),
    [(None, 0), (DUE + timedelta(microseconds=1), 0), (DUE, 1), (NOW, 1), (NOW - timedelta(days=400), 1)],
)
def test_when_a_pass_expires(campaign: Campaign, expires: datetime | None, due: int) -> None:
    row = issue(campaign, expiration_date=expires)
    assert expire_passes(now=DUE) == due
    assert said() == [(row.id, DUE)] * due
    row.refresh_from_db()
    assert row.expired_at == (DUE if due else None)
    assert reports.totals(campaign).expires == due
    assert reports.daily(campaign, DUE.date(), DUE.date())[DUE.date()].expires == due


def test_an_expiry_is_said_once(campaign: Campaign) -> None:
    issue(campaign, expiration_date=DUE)
    assert [expire_passes(now=DUE), expire_passes(now=DUE + timedelta(days=1))] == [1, 0]
    assert len(said()) == 1


def test_a_pass_whose_expiry_is_put_off_expires_again(campaign: Campaign) -> None:
    row = issue(campaign, expiration_date=DUE)
    expire_passes(now=DUE)
    later = DUE + timedelta(days=1)
    patch(campaign, row, now=DUE, expiration_date=later)
    assert expire_passes(now=later - timedelta(seconds=1)) == 0
    assert expire_passes(now=later) == 1
    assert said() == [(row.id, DUE), (row.id, later)]


def test_an_update_of_something_else_is_no_new_expiry(campaign: Campaign) -> None:
    row = issue(campaign, expiration_date=DUE)
    expire_passes(now=DUE)
    patch(campaign, row, now=DUE, expiration_date=DUE, voided=True)
    assert expire_passes(now=DUE + timedelta(days=1)) == 0


def test_passes_of_a_deleted_campaign_do_not_expire(campaign: Campaign) -> None:
    other = toy_town(campaign.organization, name="other")
    issue(campaign, expiration_date=DUE)
    kept = issue(other, expiration_date=DUE)
    delete_campaign(organization=campaign.organization, style=Style.GENERIC, campaign_id=campaign.id, now=NOW)
    assert expire_passes(now=DUE) == 1
    assert said() == [(kept.id, DUE)]


def test_wallets_expire_passes_by_themselves(campaign: Campaign) -> None:
    """The date is in the pass from the first day on, and nothing on it changes when it comes: there is nothing to push.
    What moves the date pushes, as every change does."""
    row = issue(campaign, expiration_date=DUE)
    before = content_of(campaign, row)
    assert before.expiration_date == DUE
    expire_passes(now=DUE)
    row.refresh_from_db()
    assert content_of(campaign, row) == before
    assert not Push.objects.exists()
    patch(campaign, row, expiration_date=DUE + timedelta(days=1))
    assert [(push.pass_id, push.kind) for push in Push.objects.all()] == [(row.id, "updated")]


@pytest.mark.parametrize("passes", [2, 3, 4, 5])
def test_it_goes_on_until_none_is_left(campaign: Campaign, passes: int) -> None:
    other = toy_town(campaign.organization, name="other")
    for number in range(passes):
        issue((campaign, other)[number % 2], expiration_date=NOW + timedelta(seconds=number))
    assert expire_passes(now=DUE, chunk=2) == passes
    assert len(set(said())) == passes
    assert [reports.totals(each).expires for each in (campaign, other)] == [(passes + 1) // 2, passes // 2]


def test_the_day_of_an_expiry_is_that_of_utc(campaign: Campaign) -> None:
    """The session's time zone is not asked."""
    issue(campaign, expiration_date=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'Pacific/Auckland'")
    at = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    expire_passes(now=at)
    found = reports.daily(campaign, at.date(), at.date() + timedelta(days=1))
    assert [day for day, counts in found.items() if counts.expires] == [at.date()]


@pytest.mark.django_db(transaction=True)
def test_several_at_once_say_each_expiry_once() -> None:
    campaign = toy_town(toy_maker())
    for _ in range(40):
        issue(campaign, expiration_date=DUE)
    start = threading.Barrier(3)

    def expire() -> int:
        start.wait(30)
        try:
            return expire_passes(now=DUE, chunk=3)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as threads:
        numbers = [threads.submit(expire) for _ in range(3)]
        assert sum(each.result(60) for each in numbers) + expire_passes(now=DUE) == 40
    assert len(set(said())) == len(said()) == reports.totals(campaign).expires == 40


@pytest.mark.django_db(transaction=True)
def test_a_pass_that_is_being_changed_has_its_turn_later() -> None:
    """Nobody waits, and if its expiry is put off it does not expire."""
    campaign = toy_town(toy_maker())
    changing, other = (issue(campaign, expiration_date=DUE) for _ in range(2))

    def by_somebody_else(call: Callable[[], int]) -> int:
        with ThreadPoolExecutor(1) as thread:
            expired = thread.submit(call).result(30)
            thread.submit(lambda: connection.close()).result(30)
        return expired

    with transaction.atomic():
        Pass.objects.select_for_update().get(id=changing.id)
        assert by_somebody_else(lambda: expire_passes(now=DUE)) == 1
        Pass.objects.filter(id=changing.id).update(expiration_date=DUE + timedelta(days=1))
    assert expire_passes(now=DUE) == 0
    assert said() == [(other.id, DUE)]
