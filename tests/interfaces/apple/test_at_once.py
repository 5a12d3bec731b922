"""Devices that come at the same time, against committed rows."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connection, transaction

from passwright.data.models import Delivery, Device, Event, Pass, Push, Registration, Tally
from passwright.operations.update_tags import lock_tags
from tests import public_ground as ground
from tests.interfaces.apple.phones import Phone, card_of
from tests.operations.test_at_the_same_time import wait_until_waiting
from tests.operations.toys import patch

pytestmark = pytest.mark.django_db(transaction=True)

Answer = TypeVar("Answer")


def at_once(*calls: Callable[[], Answer]) -> list[Answer]:
    """What each call returns, in their order, all let go at the same moment."""
    gate = threading.Barrier(len(calls))
    answers: dict[int, Answer] = {}

    def run(place: int, call: Callable[[], Answer]) -> None:
        gate.wait(30)
        try:
            answers[place] = call()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, call)) for place, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return [answers[place] for place in range(len(calls))]


@pytest.fixture
def row() -> Pass:
    return ground.issued(ground.campaign(ground.organization()))


def test_a_device_that_registers_twice_at_once_is_new_once(row: Pass) -> None:
    card = card_of(row)
    for number in range(5):
        name = f"phone {number}"
        answers = at_once(*[lambda: Phone(name).register(card)] * 4)  # noqa: B023 - called before the next turn
        assert sorted(answers) == [200, 200, 200, 201]
    assert Registration.objects.count() == Device.objects.count() == 5
    assert Event.objects.filter(kind="installed").count() == 5
    assert Tally.objects.filter(counter="installs.ios").count() == 5


def test_two_devices_at_once_are_two(row: Pass) -> None:
    card = card_of(row)
    assert at_once(*[lambda name=name: Phone(name).register(card) for name in ("a", "b", "c")]) == [201] * 3
    assert Registration.objects.values("update_tag").distinct().count() == 3


def test_a_device_with_many_passes_at_once_is_one(row: Pass) -> None:
    cards = [card_of(row), *(card_of(ground.issued(row.campaign)) for _ in range(3))]
    assert at_once(*[lambda card=card: Phone().register(card) for card in cards]) == [201] * 4
    assert Device.objects.count() == 1
    assert set(Phone().changed(cards[0].identifier)) == {card.serial for card in cards}
    assert at_once(*[lambda card=card: Phone().unregister(card) for card in cards]) == [200] * 4
    assert not Device.objects.exists()
    assert Event.objects.filter(kind="uninstalled").count() == 4


def test_a_pass_comes_while_the_last_one_goes(row: Pass) -> None:
    """The device is taken away between the two, or kept: either way it holds the new one afterwards."""
    first, second = card_of(row), card_of(ground.issued(row.campaign))
    for number in range(6):
        name = f"phone {number}"
        Phone(name).register(first)
        calls = [lambda: Phone(name).unregister(first), lambda: Phone(name).register(second)]  # noqa: B023
        assert at_once(*calls) == [200, 201]
        assert Phone(name).changed(first.identifier) == [second.serial]


def test_a_pass_that_unregisters_twice_at_once_is_gone_once(row: Pass) -> None:
    card = card_of(row)
    Phone().register(card)
    assert at_once(*[lambda: Phone().unregister(card)] * 3) == [200] * 3
    assert Event.objects.filter(kind="uninstalled").count() == 1


def test_a_registration_waits_for_a_change_without_holding_the_tags(row: Pass) -> None:
    """Who changes the pass takes long, and others draw tags meanwhile."""
    card, done = card_of(row), threading.Event()

    def register() -> None:
        Phone().register(card)
        done.set()
        connection.close()

    thread = threading.Thread(target=register)
    with transaction.atomic():
        Pass.objects.select_for_update().get(id=row.id)
        thread.start()
        assert not done.wait(0.3)
        at_once(draw_a_tag)
    thread.join(30)
    assert done.is_set()


def test_who_waits_for_the_tags_holds_no_delivery(row: Pass) -> None:
    """Whoever writes to deliveries may be waited for by who holds the tags, by way of registrations."""
    phone, card = Phone(), card_of(ground.issued(row.campaign))
    phone.register(card_of(row))
    push = Push.objects.create(campaign=row.campaign, pass_id=row.id, kind="updated", created_at=ground.now())
    told = Delivery.objects.create(
        push=push, pass_id=row.id, device_id=Device.objects.get().id, queued_at=ground.now(), due_at=ground.now()
    )
    phone.push_token = "cd" * 32

    def register() -> int:
        try:
            return phone.register(card)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        lock_tags()
        answer = pool.submit(register)
        wait_until_waiting(1)
        assert Delivery.objects.select_for_update(nowait=True).get().pk == told.pk
        transaction.set_rollback(True)
    assert answer.result() == 201


def draw_a_tag() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        lock_tags()


def test_changes_never_wait_for_who_draws_tags(row: Pass) -> None:
    Phone().register(card_of(row))

    def change() -> int:
        return patch(row.campaign, row, voided=True, now=ground.now()).version

    with transaction.atomic():
        lock_tags()
        assert at_once(change) == [row.version + 1]
