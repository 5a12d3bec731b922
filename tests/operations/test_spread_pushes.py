"""Who is told of a change: exactly the devices that hold it, once, whatever dies and whoever does the same."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

from passwright.data.models import Campaign, Delivery, Event, Push, Registration
from passwright.operations import spread_pushes as spreading
from passwright.operations.announce import announce_campaign, announce_pass
from passwright.operations.pass_content import PassWanted
from passwright.operations.spread_pushes import spread_further, spread_passes, spread_pushes
from passwright.operations.update_pass import update_pass
from passwright.operations.update_tags import lock_tags
from passwright.passes.changes import SentField
from passwright.passes.content import Position
from tests import devices
from tests.operations.installed import installed, issued, spread_all, tag_of
from tests.operations.toys import LATER, NOW, toy_maker, toy_town

KIND = Event.Kind.UPDATED


@pytest.fixture
def campaign() -> Campaign:
    return toy_town(toy_maker())


def told() -> QuerySet[Delivery, tuple[Any, ...]]:
    return Delivery.objects.order_by("push_id", "device_id").values_list("push_id", "device_id")


@pytest.mark.django_db
def test_an_update_moves_the_tags_and_tells_the_devices_that_hold_the_pass(campaign: Campaign) -> None:
    row, other = issued(campaign), issued(campaign)
    one, two, bystander = installed(row), installed(row), installed(other)
    sent = (SentField(key="favorite", position=Position.AUXILIARY, value="Airplanes"),)
    update_pass(campaign=campaign, pass_id=row.id, wanted=PassWanted(fields=sent), now=NOW)
    assert spread_pushes(now=LATER)
    push = Push.objects.get()
    assert (push.spread_at, push.devices) == (LATER, 2)
    assert [*told()] == [(push.id, one.device_id), (push.id, two.device_id)]
    assert {*Delivery.objects.values_list("state", "due_at", "attempts")} == {("queued", LATER, 0)}
    assert tag_of(one.id) == tag_of(two.id) > tag_of(bystander.id) == bystander.update_tag
    assert not spread_pushes(now=LATER)


@pytest.mark.django_db
def test_an_update_that_changes_nothing_is_told_to_nobody(campaign: Campaign) -> None:
    row = issued(campaign)
    held = installed(row)
    update_pass(campaign=campaign, pass_id=row.id, wanted=PassWanted(), now=NOW)
    assert not spread_pushes(now=NOW)
    assert not Delivery.objects.exists()
    assert tag_of(held.id) == held.update_tag


@pytest.mark.django_db
def test_a_silent_push_moves_the_tag_and_tells_nobody(campaign: Campaign) -> None:
    row = issued(campaign)
    held = installed(row)
    announce_pass(campaign_id=campaign.id, pass_id=row.id, kind=KIND, at=NOW, silent=True)
    spread_all()
    assert tag_of(held.id) > held.update_tag
    assert Push.objects.get().devices == 0
    assert not Delivery.objects.exists()


@pytest.mark.django_db
def test_a_push_of_a_pass_that_no_device_holds_is_forgotten(campaign: Campaign) -> None:
    lonely, held = issued(campaign), issued(campaign)
    installed(held)
    for row in (lonely, held, lonely):
        announce_pass(campaign_id=campaign.id, pass_id=row.id, kind=KIND, at=NOW)
    spread_all()
    assert [push.pass_id for push in Push.objects.all()] == [held.id]


@pytest.mark.django_db
def test_several_changes_of_one_pass_wait_beside_each_other(campaign: Campaign) -> None:
    row = issued(campaign)
    held = installed(row)
    pushes = [announce_pass(campaign_id=campaign.id, pass_id=row.id, kind=KIND, at=NOW).id for _ in range(3)]
    spread_all()
    assert [*told()] == [(push, held.device_id) for push in pushes]
    assert {*Delivery.objects.values_list("due_at", flat=True)} == {NOW}


@pytest.mark.django_db
def test_a_campaign_s_push_goes_on_where_it_was(campaign: Campaign) -> None:
    held = [installed(issued(campaign)) for _ in range(7)]
    installed(issued(toy_town(campaign.organization, name="Another")))
    push = announce_campaign(campaign_id=campaign.id, kind=KIND, at=NOW)
    reached = []
    while spread_further(push_id=push.id, now=NOW, chunk=3):
        push.refresh_from_db()
        reached.append((push.devices, push.spread_at is not None))
    assert reached == [(3, False), (6, False), (7, True)]
    assert {device for _, device in told()} == {registration.device_id for registration in held}
    assert all(tag_of(registration.id) > registration.update_tag for registration in held)


@pytest.mark.django_db
def test_a_campaign_without_devices_has_told_them_all(campaign: Campaign) -> None:
    announce_campaign(campaign_id=campaign.id, kind=KIND, at=NOW)
    spread_all()
    push = Push.objects.get()
    assert (push.devices, push.spread_at) == (0, NOW)


@pytest.mark.django_db
def test_updates_of_a_campaign_that_wait_together_go_on_together(campaign: Campaign) -> None:
    for _ in range(4):
        installed(issued(campaign))
    pushes = [announce_campaign(campaign_id=campaign.id, kind=KIND, at=NOW) for _ in range(3)]
    spread_further(push_id=pushes[0].id, now=NOW, chunk=2)
    late = announce_campaign(campaign_id=campaign.id, kind=KIND, at=NOW)
    assert Delivery.objects.count() == 6
    spread_all()
    assert {push.devices for push in Push.objects.all()} == {4}
    assert Delivery.objects.filter(push=late).count() == 4


@pytest.mark.django_db
def test_a_large_campaign_holds_up_nobody(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one step each campaign comes a chunk further, and what happens to single passes meanwhile is told."""
    further = spreading.spread_further
    small = toy_town(campaign.organization, name="Small")
    row = issued(small)
    installed(row)
    for _ in range(9):
        installed(issued(campaign))
    large = announce_campaign(campaign_id=campaign.id, kind=KIND, at=NOW)
    announce_campaign(campaign_id=small.id, kind=KIND, at=NOW)
    single: list[int] = []

    def and_meanwhile(**asked: Any) -> bool:
        if not single:
            single.append(announce_pass(campaign_id=small.id, pass_id=row.id, kind=KIND, at=NOW).id)
        return further(chunk=2, **asked)

    monkeypatch.setattr(spreading, "spread_further", and_meanwhile)
    spread_pushes(now=NOW)
    assert [*Push.objects.filter(spread_at=None)] == [large]
    assert Delivery.objects.filter(push_id=single[0]).exists()


@pytest.mark.django_db
def test_a_pass_on_very_many_devices_is_spread_in_parts(campaign: Campaign) -> None:
    row, other = issued(campaign), issued(campaign)
    held = [installed(row) for _ in range(7)]
    bystander = installed(other)
    pushes = [announce_pass(campaign_id=campaign.id, pass_id=row.id, kind=KIND, at=NOW).id for _ in range(2)]
    assert spread_passes(now=NOW, many=3)
    assert not spread_passes(now=NOW, many=3)
    assert spreading.waiting_for_many() == pushes
    assert not Delivery.objects.exists()
    assert spread_further(push_id=pushes[0], now=NOW, chunk=3)
    assert Delivery.objects.count() == 6
    while spread_further(push_id=pushes[0], now=NOW, chunk=3):
        pass
    assert {(push.devices, push.spread_at) for push in Push.objects.all()} == {(7, NOW)}
    assert {device for _, device in told()} == {registration.device_id for registration in held}
    assert tag_of(bystander.id) == bystander.update_tag


@contextmanager
def on_its_own_connection() -> Iterator[None]:
    try:
        yield
    finally:
        connection.close()


def spread_until(done: threading.Event) -> None:
    """As a courier does, whose connection is cut now and then."""
    with on_its_own_connection():
        while not done.is_set() or Push.objects.filter(spread_at=None).exists():
            try:
                spread_passes(now=NOW, batch=7)
                for push_id in spreading.waiting_for_many():
                    spread_further(push_id=push_id, now=NOW, chunk=5)
            except OperationalError:
                connection.close()


def cut_connections(done: threading.Event) -> int:
    """The way a killed process looks to PostgreSQL: its transaction is over in the middle."""
    cut = 0
    with on_its_own_connection(), connection.cursor() as cursor:
        while not done.wait(0.02):
            cursor.execute("""
                SELECT count(pg_terminate_backend(pid)) FROM (
                    SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
                    AND (query LIKE '%update_tag%' OR query LIKE '%pg_advisory_xact_lock%') AND state <> 'idle'
                    ORDER BY random() LIMIT 1
                ) AS one""")
            cut += cursor.fetchone()[0]
    return cut


@pytest.mark.django_db(transaction=True)
def test_two_that_are_killed_again_and_again_lose_and_double_nothing(campaign: Campaign) -> None:
    rows = [issued(campaign) for _ in range(40)]
    held = [installed(row) for row in rows for _ in range(2)]
    done = threading.Event()
    with ThreadPoolExecutor(3) as pool:
        spreaders = [pool.submit(spread_until, done) for _ in range(2)]
        cutter = pool.submit(cut_connections, done)
        for number in range(120):
            announce_pass(campaign_id=campaign.id, pass_id=rows[number % 40].id, kind=KIND, at=NOW)
            if number % 30 == 0:
                announce_campaign(campaign_id=campaign.id, kind=KIND, at=NOW)
            time.sleep(0.005)
        done.set()
        for spreader in spreaders:
            spreader.result()
        assert cutter.result() > 0
    singles, campaigns = Push.objects.exclude(pass_id=None), Push.objects.filter(pass_id=None)
    assert (singles.count(), campaigns.count()) == (120, 4)
    assert {push.devices for push in singles} == {2}
    assert {push.devices for push in campaigns} == {80}
    assert Delivery.objects.count() == 120 * 2 + 4 * 80
    assert all(tag_of(registration.id) > registration.update_tag for registration in held)


@pytest.mark.django_db(transaction=True)
def test_devices_that_come_and_go_meanwhile_neither_stop_it_nor_are_stopped(campaign: Campaign) -> None:
    rows = [issued(campaign) for _ in range(20)]
    for row in rows:
        installed(row)
    phones = [devices.device() for _ in range(4)]
    done = threading.Event()

    def come_and_go(number: int) -> int:
        turns = 0
        with on_its_own_connection():
            while not done.is_set():
                held = [installed(row, phones[number]) for row in rows[number::4]]
                with transaction.atomic():
                    few = Registration.objects.filter(id__in=[one.id for one in held])
                    list(few.order_by("id").select_for_update().values_list("id", flat=True))
                    few.delete()
                turns += 1
        return turns

    with ThreadPoolExecutor(4) as pool:
        coming = [pool.submit(come_and_go, number) for number in range(4)]
        for number in range(60):
            announce_campaign(campaign_id=campaign.id, kind=KIND, at=NOW)
            announce_pass(campaign_id=campaign.id, pass_id=rows[number % 20].id, kind=KIND, at=NOW)
            spread_pushes(now=NOW + timedelta(seconds=number))
        done.set()
        assert all(each.result() > 0 for each in coming)
    assert not Push.objects.filter(spread_at=None).exists()
    assert all(push.devices >= 20 for push in Push.objects.filter(pass_id=None))


@pytest.mark.django_db(transaction=True)
def test_who_registers_meanwhile_waits_for_its_tag(campaign: Campaign) -> None:
    """A tag that is visible is greater than all that were visible before."""
    row = issued(campaign)
    held = installed(row)
    announce_pass(campaign_id=campaign.id, pass_id=row.id, kind=KIND, at=NOW)

    def register() -> int:
        with on_its_own_connection():
            return installed(row).update_tag

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            lock_tags()
            registering = pool.submit(register)
            time.sleep(0.1)
            assert not registering.done()
            spread_pushes(now=NOW)
        assert registering.result() > tag_of(held.id)
