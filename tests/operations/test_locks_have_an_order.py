"""Everything that locks what phones hold, at once: nobody waits in a circle (docs/architecture.md has the order)."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from passwright.apple.apns import Outcome
from passwright.data.models import Event, Pass, Registration
from passwright.operations import retrying
from passwright.operations.announce import announce_campaign, announce_pass
from passwright.operations.delete_pass import delete_pass
from passwright.operations.forget_devices import LostDevice
from passwright.operations.lease_pushes import APPLE_LANES, lanes_due, lease_pushes
from passwright.operations.record_pushes import Sent, record_pushes
from passwright.operations.spread_pushes import spread_pushes
from passwright.operations.sweep_devices import sweep_devices
from tests import public_ground as ground
from tests.interfaces.apple.phones import Card, Phone, card_of
from tests.operations.test_spread_pushes import on_its_own_connection

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = 4.0
KIND = Event.Kind.UPDATED


def now() -> datetime:
    return datetime.now(UTC)


class Crowd:
    """Phones that hold some of the passes, and everybody who writes to what is kept of them."""

    def __init__(self) -> None:
        campaign = ground.campaign(ground.organization())
        self.campaign = campaign
        self.rows: list[Pass] = [ground.issued(campaign) for _ in range(12)]
        self.cards: list[Card] = [card_of(row) for row in self.rows]
        self.until = time.monotonic() + SECONDS

    def again(self, seed: int, turn: Callable[[random.Random], object]) -> int:
        chance, turns = random.Random(seed), 0
        with on_its_own_connection():
            while time.monotonic() < self.until:
                turn(chance)
                turns += 1
        return turns

    def hold(self, chance: random.Random) -> None:
        """A phone takes passes, with another push token each time, asks, and lets go of some."""
        phone = Phone(f"phone {chance.randrange(6)}", push_token=f"{chance.randrange(16**8):064x}")
        for card in chance.sample(self.cards, 4):
            phone.register(card)
        phone.changed(self.cards[0].identifier)
        for card in chance.sample(self.cards, 3):
            phone.ask(card)
            phone.unregister(card)

    def change(self, chance: random.Random) -> None:
        for _ in range(3):
            row = chance.choice(self.rows)
            announce_pass(campaign_id=self.campaign.id, pass_id=row.id, kind=KIND, at=now())
        announce_campaign(campaign_id=self.campaign.id, kind=KIND, at=now())
        time.sleep(0.02)

    def spread(self, _: random.Random) -> None:
        if not spread_pushes(now=now()):
            time.sleep(0.005)

    def send(self, chance: random.Random) -> None:
        """As a sender does; some devices are gone, some fail, and some are recorded by nobody."""
        at = now()
        lease = at + timedelta(seconds=30, microseconds=chance.randrange(1_000_000))
        limits = dict.fromkeys(lanes_due(now=at, lanes=APPLE_LANES), 20)
        taken = lease_pushes(limits=limits, lease=lease, now=at) if limits else []
        sent, lost = [], []
        for device in taken:
            outcome = chance.choice([Outcome.ACCEPTED] * 3 + [Outcome.RETRY, Outcome.GONE])
            sent.append(Sent(device.device_id, lease.isoformat(), outcome))
            if outcome is Outcome.GONE:
                lost.append(LostDevice(device.device_id, device.token_encrypted, None, "Unregistered"))
        if sent:
            record_pushes(sent=sent, lost=lost, now=now())

    def take_away(self, chance: random.Random) -> None:
        """A pass is deleted, and there is a new one."""
        place = chance.randrange(len(self.rows))
        gone, self.rows[place] = self.rows[place], ground.issued(self.campaign)
        self.cards[place] = card_of(self.rows[place])
        delete_pass(campaign=self.campaign, pass_id=gone.id, now=now())
        sweep_devices(now=now() + timedelta(days=2))
        time.sleep(0.05)


def test_nobody_waits_in_a_circle(monkeypatch: pytest.MonkeyPatch) -> None:
    crowd, circles, gave_way = Crowd(), [], retrying.gave_way

    def noted(error: Exception) -> bool:
        circles.append(str(error))
        return gave_way(error)  # type: ignore[arg-type]

    monkeypatch.setattr(retrying, "gave_way", noted)
    turns = [crowd.hold, crowd.hold, crowd.hold, crowd.change, crowd.spread, crowd.spread, crowd.send, crowd.send]
    turns.append(crowd.take_away)
    with ThreadPoolExecutor(len(turns)) as pool:
        running = [pool.submit(crowd.again, seed, turn) for seed, turn in enumerate(turns)]
        assert all(each.result() > 3 for each in running), [each.result() for each in running]
    assert circles == []
    installs, uninstalls = (Event.objects.filter(kind=kind).count() for kind in ("installed", "uninstalled"))
    assert installs - uninstalls == Registration.objects.count()
