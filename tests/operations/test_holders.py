"""What holders do, at the same time as others: against committed rows."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from passwright import secrets
from passwright.data.models import Campaign, Event, Pass, Push, Registration, WebhookDelivery
from passwright.operations import open_pass
from passwright.operations.change_by_holder import ChangedMeanwhile, change_by_holder
from passwright.operations.create_webhook import create_webhook
from passwright.operations.delete_by_holder import delete_by_holder
from passwright.operations.deliver_to_phone import deliver_to_phone
from passwright.operations.held_pass import HolderMayNot, Why
from passwright.operations.refusals import NotFound
from passwright.operations.transfer_pass import transfer_pass
from passwright.passes.changes import SentField
from passwright.passes.content import Behaviour, Position
from passwright.passes.webhooks import WebhookEvent
from passwright.queries.answers import answers_of, seen
from tests import public_ground as ground
from tests.interfaces.apple.phones import Phone, card_of

pytestmark = pytest.mark.django_db(transaction=True)

TOY = SentField(key="toy", position=Position.AUXILIARY, label="TOY", behaviour=Behaviour.DYNAMIC, required=False)
AT_ONCE = 6


@pytest.fixture
def club() -> Campaign:
    return ground.campaign(
        ground.organization(), ground.ASKED, TOY, allow_update=True, allow_delete=True, allow_transfer=True
    )


@pytest.fixture
def row(club: Campaign) -> Pass:
    return ground.issued(club, SentField(key="member", position=Position.PRIMARY, value="Ada"))


@pytest.fixture
def at_once() -> Iterator[Callable[..., list[Future[Any]]]]:
    """Start calls at the same moment, each in a thread and on a connection of its own, and wait for them."""

    def run(*calls: Callable[[], Any]) -> list[Future[Any]]:
        together = threading.Barrier(len(calls))

        def own(call: Callable[[], Any]) -> Any:
            try:
                together.wait(30)
                return call()
            finally:
                connection.close()

        with ThreadPoolExecutor(len(calls)) as pool:
            return [pool.submit(own, call) for call in calls]

    return run


def change(row: Pass, toy: str, saw: str | None = None) -> Callable[[], Any]:
    answers = {"member": "Ada", "toy": toy}
    return lambda: change_by_holder(opened_by=row.id, answers=answers, saw=saw, now=ground.now())


def give_away(row: Pass) -> Callable[[], Any]:
    return lambda: transfer_pass(opened_by=row.opened_by, now=ground.now())


def test_of_changes_at_once_the_last_one_wins_and_each_is_a_version(row: Pass, at_once: Any) -> None:
    version = row.version
    done = at_once(*(change(row, f"toy {number}") for number in range(AT_ONCE)))
    assert all(each.result()[1] for each in done)
    row.refresh_from_db()
    assert row.version == version + AT_ONCE
    assert Push.objects.count() == AT_ONCE


def test_of_changes_at_once_that_saw_the_same_one_is_made(row: Pass, at_once: Any) -> None:
    saw = seen(answers_of(row.campaign, row))
    done = at_once(*(change(row, f"toy {number}", saw) for number in range(AT_ONCE)))
    assert [type(each.exception()) for each in done].count(ChangedMeanwhile) == AT_ONCE - 1
    assert Push.objects.count() == 1


def test_of_transfers_at_once_one_wins(row: Pass, at_once: Any) -> None:
    done = at_once(*(give_away(row) for _ in range(AT_ONCE)))
    refused = [each.exception() for each in done if each.exception()]
    assert [type(each) for each in refused] == [NotFound] * (AT_ONCE - 1)
    assert Event.objects.filter(kind="transferred").count() == 1


def test_a_phone_that_comes_while_the_pass_is_given_away_holds_nothing_afterwards(row: Pass, at_once: Any) -> None:
    for _ in range(4):
        row.refresh_from_db()
        phones = [(Phone(uuid.uuid4().hex), card_of(row)) for _ in range(AT_ONCE)]
        for _phone, card in phones:
            card.token = secrets.authentication_token(row.serial_number, row.link_id)
        done = at_once(*(lambda one=phone, card=card: one.register(card) for phone, card in phones), give_away(row))
        assert {each.result() for each in done[:-1]} <= {201, 401}
        done[-1].result()
        assert not Registration.objects.exists()
        assert {phone.register(card) for phone, card in phones} == {401}


def test_a_change_and_a_transfer_at_once_end_in_an_order(row: Pass, at_once: Any) -> None:
    changed, given = at_once(change(row, "Boats"), give_away(row))
    assert given.result().link_id
    assert changed.exception() is None or isinstance(changed.exception(), NotFound)
    row.refresh_from_db()
    assert answers_of(row.campaign, row)["toy"] == ("" if changed.exception() else "Boats")


def test_of_deletes_at_once_one_is_made_and_webhooks_hear_it_once(row: Pass, at_once: Any) -> None:
    create_webhook(
        organization=row.campaign.organization,
        url="https://hooks.example.org/",
        events=[WebhookEvent.VOIDED, WebhookEvent.TRANSFERRED],
        now=ground.now(),
    )
    done = at_once(*(lambda: delete_by_holder(opened_by=row.id, now=ground.now()) for _ in range(AT_ONCE)))
    refused = [each.exception() for each in done if each.exception()]
    assert [each.why for each in refused if isinstance(each, HolderMayNot)] == [Why.GIVEN_UP] * (AT_ONCE - 1)
    assert [each.extra for each in WebhookDelivery.objects.filter(event="voided")] == [{"by": "holder"}]
    assert Push.objects.count() == 1


def test_a_transfer_is_told_to_those_who_ask_for_it(row: Pass) -> None:
    owner = row.campaign.organization
    for events in ([WebhookEvent.TRANSFERRED], [WebhookEvent.UPDATED]):
        create_webhook(organization=owner, url="https://hooks.example.org/", events=events, now=ground.now())
    give_away(row)()
    assert list(WebhookDelivery.objects.values_list("event", flat=True)) == ["transferred"]


def test_a_token_of_nobody_is_refused_before_anything_is_read(
    row: Pass, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    identifier = row.campaign.certificate.pass_type_identifier
    made_up = (
        "0" * 32,
        "0" * 64,
        uuid.uuid4().hex + secrets.authentication_token(row.serial_number),
        secrets.authentication_token(uuid.uuid4(), uuid.uuid4()),
        "é" * 64,
    )
    monkeypatch.setattr("passwright.operations.deliver_to_phone.FIND", None)
    for token in made_up:
        with django_assert_num_queries(0), pytest.raises(open_pass.NotAuthorized):
            deliver_to_phone(
                pass_type_identifier=identifier,
                serial_number=str(row.serial_number),
                token=token,
                since=None,
                at=ground.now(),
            )


def test_tokens_of_former_holders_open_nothing_however_many_there_were(row: Pass) -> None:
    identifier = row.campaign.certificate.pass_type_identifier

    def opens(token: str) -> bool:
        try:
            deliver_to_phone(
                pass_type_identifier=identifier,
                serial_number=str(row.serial_number),
                token=token,
                since=None,
                at=ground.now(),
            )
        except open_pass.NotAuthorized:
            return False
        return True

    tokens = [secrets.authentication_token(row.serial_number)]
    for _ in range(3):
        assert [opens(token) for token in tokens] == [False] * (len(tokens) - 1) + [True]
        row = give_away(row)()
        tokens.append(secrets.authentication_token(row.serial_number, row.link_id))
    assert [opens(token) for token in tokens] == [False, False, False, True]
