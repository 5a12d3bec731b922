"""Under any interleaving of updates and polls a phone that follows the protocol ends with the final version of every
pass.

Writers change passes one by one and all at once, loudly and silently; spreaders hand out tags, and let a while pass
before they commit; phones ask at any time what has changed since the tag they know, and fetch that on condition. When
everybody has come to an end, each phone asks once more, as one that is pushed does, and no one tells it which.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from passwright.data.models import Campaign, Pass, Push, Registration
from passwright.operations import spread_pushes
from passwright.operations.redeem_pass import redeem_pass
from passwright.operations.refusals import PreconditionFailed
from tests import public_ground as ground
from tests.interfaces.apple.phones import Card, Phone, card_of, pass_json
from tests.operations.toys import merge, patch, push, tell

pytestmark = pytest.mark.django_db(transaction=True)

PASSES = 8
PHONES = 3
CHANGES = 12
"""Of each writer."""
WRITERS = 2
SPREADERS = 3
PAUSES = (0, 0, 0.02, 0.15)
"""Seconds between drawing a tag and the commit that shows it: time for others to overtake."""
LONGEST_PAUSE = 0.02


def now() -> datetime:
    return datetime.now(UTC)


class Town:
    """What all threads of one run share."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.campaign: Campaign = ground.campaign(ground.organization())
        self.rows = [ground.issued(self.campaign) for _ in range(PASSES)]
        self.written, self.spread = threading.Event(), threading.Event()
        self.failures: list[BaseException] = []

    def write(self, chance: random.Random) -> None:
        for number in range(CHANGES):
            self.change(chance, number)
            time.sleep(chance.uniform(0, LONGEST_PAUSE))

    def change(self, chance: random.Random, number: int) -> None:
        row = Pass.objects.get(id=chance.choice(self.rows).id)
        said = {"said": f"{chance.random()} {number}"}
        # What changes all of them would make up for what was missed before: there is none towards the end.
        all_at_once = number < CHANGES // 3
        kinds = ["loud", "silent", "told", "redeemed", "merged", "pushed"]
        match chance.choices(kinds, [5, 5, 2, 2, 2 * all_at_once, 2 * all_at_once])[0]:
            case "loud":
                patch(self.campaign, row, now=now(), user_info=said)
            case "silent":
                patch(self.campaign, row, now=now(), user_info=said, push=False)
            case "told":
                tell(self.campaign, row, said["said"], now=now())
            case "redeemed":
                try:
                    redeem_pass(campaign=self.campaign, pass_id=row.id, now=now())
                except PreconditionFailed:
                    patch(self.campaign, row, now=now(), voided=False)
            case "merged":
                merge(self.campaign, said["said"], now=now())
            case "pushed":
                push(self.campaign, said["said"], now=now())

    def spread_changes(self, chance: random.Random) -> None:
        while not self.spread.is_set():
            with transaction.atomic():
                found = spread_pushes.spread_passes(now=now(), batch=1)
                time.sleep(chance.choice(PAUSES) if found else 0.005)
            for push_id in spread_pushes.waiting_for_many():
                with transaction.atomic():
                    found |= spread_pushes.spread_further(push_id=push_id, now=now(), chunk=4)
                    time.sleep(chance.choice(PAUSES))
            if not found and self.written.is_set() and not Push.objects.filter(spread_at=None).exists():
                return

    def carry(self, phone: Phone, chance: random.Random) -> None:
        """A phone's days: passes come and go, and it looks when it likes."""
        cards = [card_of(row) for row in self.rows]
        chance.shuffle(cards)
        for card in cards[: PASSES // 2]:
            add(phone, card, chance)
        later = cards[PASSES // 2 :]
        while not self.spread.is_set():
            phone.poll(cards[0].identifier)
            if later and chance.random() < 0.2:
                add(phone, later.pop(), chance)
            if chance.random() < 0.05:
                let_go = chance.choice(list(phone.cards.values()))
                phone.unregister(let_go)
                later.append(let_go)
            time.sleep(chance.uniform(0, LONGEST_PAUSE / 2))
        for card in later:
            add(phone, card, chance)

    def thread(self, name: str, work: Callable[[random.Random], None]) -> threading.Thread:
        def run() -> None:
            try:
                work(random.Random(f"{self.seed} {name}"))
            except BaseException as error:
                self.failures.append(error)
            finally:
                connection.close()

        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        return thread


def add(phone: Phone, card: Card, chance: random.Random) -> None:
    """As a phone adds a pass: the file first, and somewhat later it registers and asks what has changed."""
    card.last_modified = None
    assert phone.fetch(card) == 200
    time.sleep(chance.uniform(0, LONGEST_PAUSE))
    assert phone.register(card) in (200, 201)
    phone.poll(card.identifier)


@pytest.mark.parametrize("seed", range(4))
def test_a_phone_that_follows_the_protocol_ends_with_the_final_version_of_every_pass(seed: int) -> None:
    town = Town(seed)
    phones = [Phone(f"phone {number}") for number in range(PHONES)]
    carried = [
        town.thread(phone.name, lambda chance, phone=phone: town.carry(phone, chance))  # type: ignore[misc]
        for phone in phones
    ]
    spreading = [town.thread(f"spreader {number}", town.spread_changes) for number in range(SPREADERS)]
    writing = [town.thread(f"writer {number}", town.write) for number in range(WRITERS)]
    for thread in writing:
        thread.join(60)
    town.written.set()
    for thread in spreading:
        thread.join(60)
    town.spread.set()
    for thread in carried:
        thread.join(60)
    assert town.failures == []
    assert Registration.objects.count() == PHONES * PASSES
    for phone in phones:
        identifier = town.campaign.certificate.pass_type_identifier
        phone.poll(identifier)
        held = {serial: card.said for serial, card in phone.cards.items()}
        assert held == {str(row.serial_number): final(row) for row in town.rows}
        assert phone.changed(identifier, phone.tags[identifier]) == []


def final(row: Pass) -> dict[str, object]:
    """What is fetched without a condition."""
    return pass_json(Phone("somebody else").ask(card_of(row)).content)
