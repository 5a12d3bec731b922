"""What devices did is written beside what was sent to them, whoever writes at the same time."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction

from passwright.data.models import Campaign, Delivery
from passwright.operations.note_delivery import note_fetched, note_listed
from tests.operations.pushed import ACCEPTED, counts, delivery, pushed
from tests.operations.toys import NOW, toy_maker, toy_town

ONE, TWO = UUID(int=1), UUID(int=2)
LATER = NOW + timedelta(seconds=5)


@pytest.fixture
def campaign(db: None) -> Campaign:
    return toy_town(toy_maker())


def noted(row: Delivery) -> tuple[object, ...]:
    row.refresh_from_db()
    return row.listed_at, row.fetched_at, row.fetched_version, row.unchanged_at


NOTHING = (None, None, None, None)


def test_a_device_lists_and_fetches(campaign: Campaign) -> None:
    push = pushed(campaign)
    one, two = delivery(push, 7, ONE), delivery(push, 7, TWO)
    other = delivery(push, 8, ONE)
    note_listed(device_id=7, pass_ids=[ONE], at=NOW)
    assert (noted(one), noted(two), noted(other)) == ((NOW, None, None, None), NOTHING, NOTHING)
    note_listed(device_id=7, pass_ids=[ONE, TWO], at=LATER)
    assert (noted(one)[0], noted(two)[0]) == (NOW, LATER)
    note_fetched(pass_id=ONE, version=3, at=LATER)
    assert (noted(one), noted(two)) == ((NOW, LATER, 3, None), (LATER, None, None, None))
    note_fetched(pass_id=TWO, version=4, at=LATER, unchanged=True)
    assert noted(two) == (LATER, None, 4, LATER)
    note_fetched(pass_id=ONE, version=9, at=LATER + timedelta(seconds=1))
    assert noted(one) == (NOW, LATER, 3, None)


def test_one_fetch_answers_all_that_waited(campaign: Campaign) -> None:
    rows = [delivery(pushed(campaign, ONE), 7) for _ in range(3)]
    note_listed(device_id=7, pass_ids=[ONE], at=NOW)
    note_fetched(pass_id=ONE, version=5, at=LATER)
    assert {noted(row) for row in rows} == {(NOW, LATER, 5, None)}


def test_what_no_device_was_told_of_is_not_noted(campaign: Campaign) -> None:
    row = delivery(pushed(campaign, ONE), 7)
    note_listed(device_id=7, pass_ids=[], at=NOW)
    note_listed(device_id=9, pass_ids=[ONE], at=NOW)
    note_fetched(pass_id=ONE, version=5, at=NOW)
    note_fetched(pass_id=TWO, version=5, at=NOW)
    assert noted(row) == NOTHING


def test_of_several_devices_the_one_told_last_is_meant(campaign: Campaign) -> None:
    """One that was told and never came does not take the others' fetches for its own."""
    push = pushed(campaign, ONE)
    lost, second, third = (delivery(push, number) for number in (1, 2, 3))
    for seconds, row in enumerate((lost, second)):
        note_listed(device_id=row.device_id, pass_ids=[ONE], at=NOW + timedelta(seconds=seconds))
    note_fetched(pass_id=ONE, version=3, at=LATER)
    note_listed(device_id=3, pass_ids=[ONE], at=LATER)
    note_fetched(pass_id=ONE, version=3, at=LATER)
    assert [noted(row)[1] for row in (lost, second, third)] == [None, LATER, LATER]


@pytest.mark.parametrize("sent", [note_listed, note_fetched])
def test_nothing_to_note_is_one_statement(
    campaign: Campaign, sent: Callable[..., None], django_assert_num_queries: Callable[[int], object]
) -> None:
    """`Statement` is not among Django's queries: there is no transaction, and nothing else."""
    delivery(pushed(campaign, TWO), 7)
    asked = {"device_id": 8, "pass_ids": [ONE]} if sent is note_listed else {"pass_id": ONE, "version": 3}
    with django_assert_num_queries(0):  # type: ignore[attr-defined]
        sent(**asked, at=NOW)


def at_once(*calls: Callable[[], object]) -> None:
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> None:
        start.wait(30)
        try:
            call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        for running in [threads.submit(run, call) for call in calls]:
            running.result(60)


@pytest.mark.django_db(transaction=True)
def test_devices_that_fetch_the_same_pass_at_once_are_different_ones() -> None:
    campaign = toy_town(toy_maker())
    for _ in range(3):
        push = pushed(campaign, ONE)
        for number in range(6):
            delivery(push, number, **ACCEPTED)
        at_once(*(lambda number=number: note_listed(device_id=number, pass_ids=[ONE], at=NOW) for number in range(6)))
        at_once(*(lambda: note_fetched(pass_id=ONE, version=3, at=NOW) for _ in range(6)))
        assert counts(push) == {"devices": 6, "listed": 6, "accepted": 6, "fetched": 6}


@pytest.mark.django_db(transaction=True)
def test_beside_the_sender_nobody_waits_for_ever_and_nothing_is_lost() -> None:
    """Senders write their batches in the order of the key."""
    campaign = toy_town(toy_maker())
    passes = [UUID(int=number) for number in range(1, 9)]
    pushes = [pushed(campaign) for _ in range(6)]
    for push in pushes:
        for number in range(4):
            for pass_id in passes:
                delivery(push, number, pass_id)
    batch = """
        WITH batch AS (
            SELECT push_id, pass_id, device_id FROM delivery WHERE state = 'queued' AND device_id % 2 = %s
            ORDER BY push_id, pass_id, device_id LIMIT 50 FOR UPDATE
        )
        UPDATE delivery SET state = 'accepted', answered_at = now(), attempts = 1 FROM batch
        WHERE delivery.push_id = batch.push_id AND delivery.pass_id = batch.pass_id
          AND delivery.device_id = batch.device_id
    """.replace("% 2", "%% 2")

    def send(number: int) -> None:
        for _ in range(3):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(batch, [number])

    def phone(number: int) -> None:
        order = random.Random(number).sample(passes, len(passes))
        note_listed(device_id=number, pass_ids=order, at=NOW)
        for pass_id in order:
            note_fetched(pass_id=pass_id, version=3, at=LATER)

    at_once(
        *(lambda number=number: phone(number) for number in range(4)),
        *(lambda number=number: send(number) for number in range(2)),
    )
    for push in pushes:
        assert counts(push) == {"devices": 4, "listed": 4, "accepted": counts(push)["accepted"], "fetched": 4}
    assert Delivery.objects.filter(state="accepted").count() == len(pushes) * 32
