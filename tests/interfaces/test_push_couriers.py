"""The couriers of pushes in a worker: from a change to a phone, and hardly anything when there is none."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from passwright.data.models import Delivery, Event
from passwright.interfaces import couriers as door
from passwright.interfaces.couriers import Courier, carrying, couriers
from passwright.operations.announce import announce_pass
from passwright.operations.spread_pushes import spread_pushes
from tests import pushing
from tests.operations.installed import installed, issued
from tests.operations.toys import toy_maker, toy_town


def test_a_worker_spreads_and_sends() -> None:
    names = [courier.name for courier in couriers()]
    assert {"spread_pushes", "send_pushes", "send_other_pushes"} <= {*names}


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "looks"), [("spread_pushes", 4), ("send_pushes", 1), ("send_other_pushes", 1)])
def test_with_nothing_to_carry_a_step_is_a_look(name: str, looks: int, django_assert_max_num_queries: Any) -> None:
    courier = next(courier for courier in couriers() if courier.name == name)
    with django_assert_max_num_queries(looks):
        assert not courier.step()
    courier.close()


@pytest.mark.django_db(transaction=True)
def test_a_change_reaches_the_phone_by_itself(tmp_path: Path) -> None:
    organization = toy_maker()
    made = pushing.certificate(organization, "pass.example.toys")
    row = issued(toy_town(organization, certificate_id=made.id))
    for _ in range(5):
        installed(row)
    with pushing.push_service() as service:
        sender = pushing.sender_to(service, tmp_path, clock=door.now)
        ours = [
            Courier("spread", lambda: spread_pushes(now=door.now())),
            Courier("send", sender.step, sender.close),
        ]
        with carrying(ours):
            announce_pass(campaign_id=row.campaign_id, pass_id=row.id, kind=Event.Kind.UPDATED, at=door.now())
            until = time.monotonic() + 10
            while Delivery.objects.filter(state="accepted").count() < 5 and time.monotonic() < until:
                time.sleep(0.05)
        assert len(service.pushes) == 5
    assert Delivery.objects.filter(state="accepted").count() == 5
