"""Webhooks: what is told, that it arrives however the receiver behaves, and that it is really us."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
import structlog
from django.db import connection, transaction
from standardwebhooks import Webhook, WebhookVerificationError

from passwright import outgoing, secrets
from passwright.data.models import (
    Campaign,
    Event,
    Notice,
    Organization,
    Pass,
    Tally,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from passwright.operations import send_webhooks
from passwright.operations.adopt_webhook_urls import adopt_webhook_urls
from passwright.operations.create_organization import create_organization
from passwright.operations.create_webhook import MOST_ENDPOINTS, create_webhook
from passwright.operations.delete_old_webhooks import delete_old_webhooks
from passwright.operations.delete_webhook import delete_webhook
from passwright.operations.disable_webhook import disable_webhook
from passwright.operations.enable_webhook import enable_webhook
from passwright.operations.expire_passes import expire_passes
from passwright.operations.record_event import append, append_at_once
from passwright.operations.record_view import record_view
from passwright.operations.redeem_pass import redeem_pass
from passwright.operations.refresh_api_password import refresh_api_password
from passwright.operations.refusals import NotFound, PreconditionFailed, ValidationFailed
from passwright.operations.replay_webhook import replay_webhook
from passwright.operations.reset_redeem import reset_redeem
from passwright.operations.rotate_webhook_secret import rotate_webhook_secret
from passwright.operations.send_webhooks import WAITS, WebhookSender
from passwright.operations.try_webhook import try_webhook
from passwright.operations.update_organization import update_organization
from passwright.operations.update_webhook import update_webhook
from passwright.operations.webhook_secrets import decrypted_key, decrypted_secret
from passwright.outgoing import Answer, post
from passwright.passes.counters import Counter
from passwright.passes.webhooks import OF_THE_CONTRACT, WebhookEvent
from passwright.queries.webhooks import webhook_body_of
from tests.fakes.receiver import Receiver, answering, hanging_up, receiving
from tests.operations.test_templates_and_assets import together
from tests.operations.toys import LATER, NOW, issue, patch, toy_maker, toy_town
from tests.operations.toys import push as push_all

pytestmark = pytest.mark.django_db

DEAF = Answer(error="There was no answer within 15 seconds.")
EVERYTHING = tuple(WebhookEvent)
ADDRESS = "https://shop.example.org/hooks"


class Clock:
    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.at

    def goes(self, **by: float) -> datetime:
        self.at += timedelta(**by)
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiving() as one:
        monkeypatch.setattr(outgoing, "HOSTS", frozenset({one.host}))
        yield one


@pytest.fixture
def campaign() -> Campaign:
    return toy_town(toy_maker())


def hook(campaign: Campaign, url: str = ADDRESS, events: tuple[WebhookEvent, ...] = EVERYTHING) -> WebhookEndpoint:
    return create_webhook(organization=campaign.organization, url=url, events=events, now=NOW).endpoint


def told(*, event: str | None = None) -> list[WebhookDelivery]:
    rows = WebhookDelivery.objects.order_by("at", "id")
    return list(rows.filter(event=event) if event else rows)


def sender(clock: Callable[[], datetime], post: Callable[..., Answer] = post, threads: int = 8) -> WebhookSender:
    return WebhookSender(clock=clock, chance=lambda: 0.0, post=post, threads=threads)


def send_all(clock: Callable[[], datetime], post: Callable[..., Answer] = post) -> None:
    """All that is due now."""
    courier = sender(clock, post)
    while courier.step():
        pass
    courier.close()


def wire(row: WebhookDelivery) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(webhook_body_of(row))
    return read


def test_an_endpoint_whose_secret_is_damaged_does_not_stop_the_others(campaign: Campaign, clock: Clock) -> None:
    damaged, well = hook(campaign, f"{ADDRESS}/damaged"), hook(campaign, f"{ADDRESS}/well")
    WebhookEndpoint.objects.filter(id=damaged.id).update(secret_encrypted=b"x" * 60)
    issue(campaign)
    called: list[str] = []

    def post(url: str, **_: Any) -> Answer:
        called.append(url)
        return Answer(status=204)

    courier = sender(clock, post)
    while courier.step():
        pass
    courier.close()
    assert called == [well.url]
    states = dict(WebhookDelivery.objects.values_list("endpoint_id", "state"))
    assert (states[well.id], states[damaged.id]) == ("delivered", "queued")
    assert "cannot be read" in str(WebhookDelivery.objects.get(endpoint=damaged).error)


# What is told


def test_a_new_pass_is_told_to_who_asked_and_to_nobody_else(campaign: Campaign) -> None:
    wanting = hook(campaign, events=(WebhookEvent.CREATED,))
    hook(campaign, events=(WebhookEvent.REDEEMED,))
    off = hook(campaign)
    WebhookEndpoint.objects.filter(id=off.id).update(disabled_at=NOW)
    other = toy_town(toy_maker("Others"), name="Theirs")
    hook(other)
    row = issue(campaign)
    (delivery,) = told()
    assert (delivery.endpoint_id, delivery.event, delivery.state) == (wanting.id, "created", "queued")
    assert (delivery.at, delivery.due_at, delivery.attempts) == (row.created_at, row.created_at, 0)
    assert wire(delivery) == {
        "event": "created",
        "context": "pass",
        "campaign_id": str(campaign.id),
        "distribution_id": str(campaign.distributions.get().id),
        "pass_id": str(row.id),
        "voided": False,
        "serial_number": str(row.serial_number),
        "redeemed_count": 0,
        "redeemed_at": None,
        "created_at": "2026-11-22T12:00:00Z",
        "updated_at": "2026-11-22T12:00:00Z",
        "last_fetched_at": None,
        "event_at": "2026-11-22T12:00:00Z",
        "metadata": {},
        "event_extra": {},
    }


def test_without_an_endpoint_nothing_is_written(campaign: Campaign) -> None:
    row = issue(campaign)
    redeem_pass(campaign=campaign, pass_id=row.id, now=NOW)
    assert told() == []


def test_a_pass_that_is_not_made_is_not_told(campaign: Campaign) -> None:
    hook(campaign)
    with transaction.atomic():
        issue(campaign)
        assert len(told()) == 1
        transaction.set_rollback(True)
    assert told() == []


def test_a_redeem_says_what_it_was_and_that_it_voids(campaign: Campaign) -> None:
    hook(campaign)
    row = issue(campaign)
    redeem_pass(campaign=campaign, pass_id=row.id, comment="thanks", now=LATER)
    (redeemed,), (voided,) = told(event="redeemed"), told(event="voided")
    said = wire(redeemed)
    assert list(said["event_extra"]) == ["redeem_id", "comment", "redeem_code"]
    use = campaign.redeems.get()
    assert said["event_extra"] == {"redeem_id": str(use.id), "comment": "thanks", "redeem_code": row.redeem_code}
    assert (said["voided"], said["redeemed_count"], said["redeemed_at"]) == (True, 1, "2026-11-22T12:05:00Z")
    assert wire(voided)["event_extra"] == {}
    assert wire(voided)["voided"] is True


def test_a_redeem_that_does_not_void_says_no_more(campaign: Campaign) -> None:
    often = toy_town(campaign.organization, name="Often", allow_multiple_redeems=True)
    hook(often)
    row = issue(often)
    redeem_pass(campaign=often, pass_id=row.id, now=LATER)
    assert [each.event for each in told()] == ["created", "redeemed"]


def test_updates_and_voids_of_a_pass(campaign: Campaign) -> None:
    hook(campaign, events=(WebhookEvent.UPDATED, WebhookEvent.VOIDED))
    row = issue(campaign)
    patch(campaign, row, external_id="mine")
    assert told() == []
    patch(campaign, row, user_info={"a": 1})
    patch(campaign, row, voided=True)
    patch(campaign, row, voided=True)
    assert sorted(each.event for each in told()) == ["updated", "updated", "voided"]
    first, second = (each for each in told(event="updated"))
    assert {str(wire(each)["event_extra"]) for each in (first, second)} == {
        "{'changed': ['user_info']}",
        "{'changed': ['voided']}",
    }
    (voided,) = told(event="voided")
    assert wire(voided)["voided"] is True
    reset_redeem(campaign=campaign, pass_id=row.id, now=LATER + timedelta(minutes=1))
    last = told()[-1]
    assert (last.event, wire(last)["voided"], wire(last)["event_extra"]) == ("updated", False, {"changed": ["voided"]})


def test_an_expiry_is_told(campaign: Campaign) -> None:
    hook(campaign, events=(WebhookEvent.EXPIRED,))
    rows = [issue(campaign, expiration_date=LATER) for _ in range(3)]
    expire_passes(now=LATER, chunk=2)
    assert {each.pass_id for each in told()} == {row.id for row in rows}
    assert {each.event for each in told()} == {"expired"}


def test_a_download_is_told_and_a_view_is_not(campaign: Campaign) -> None:
    hook(campaign)
    row = issue(campaign)
    record_view(campaign_id=campaign.id, pass_id=row.id, at=LATER)
    append_at_once(kind=Event.Kind.DOWNLOADED, campaign_id=campaign.id, pass_id=row.id, at=LATER)
    assert [each.event for each in told()] == ["created", "downloaded"]


def test_what_a_phone_does_is_told_with_its_extra_and_the_last_fetch(campaign: Campaign) -> None:
    hook(campaign, events=OF_THE_CONTRACT)
    row = issue(campaign)
    extra = {"pass_id": str(row.id), "registration_id": str(uuid4()), "device_os": "ios", "ip": "203.0.113.7"}
    append(kind=Event.Kind.INSTALLED, campaign_id=campaign.id, pass_id=row.id, extra=extra, at=LATER)
    append(kind=Event.Kind.FETCHED, campaign_id=campaign.id, pass_id=row.id, at=LATER + timedelta(seconds=1))
    append(kind=Event.Kind.UNINSTALLED, campaign_id=campaign.id, pass_id=row.id, at=LATER + timedelta(seconds=2))
    _, installed, fetched, uninstalled = (wire(each) for each in told())
    assert installed["event"] == "installed"
    assert installed["event_extra"] == extra
    assert installed["last_fetched_at"] is None
    assert (fetched["event"], fetched["last_fetched_at"]) == ("fetched", "2026-11-22T12:05:01Z")
    assert (uninstalled["event"], uninstalled["last_fetched_at"]) == ("uninstalled", "2026-11-22T12:05:01Z")


def test_a_fetch_that_is_all_that_happens_is_told_with_its_own_time(campaign: Campaign) -> None:
    hook(campaign, events=(WebhookEvent.FETCHED,))
    row = issue(campaign)
    append_at_once(kind=Event.Kind.FETCHED, campaign_id=campaign.id, pass_id=row.id, at=LATER)
    (fetched,) = (wire(each) for each in told())
    assert (fetched["event"], fetched["event_at"]) == ("fetched", "2026-11-22T12:05:00Z")
    assert fetched["last_fetched_at"] == fetched["event_at"]


def test_a_campaigns_push_is_not_told_for_every_pass(campaign: Campaign) -> None:
    hook(campaign, events=(WebhookEvent.UPDATED,))
    issue(campaign)
    push_all(campaign, "hello")
    assert told() == []


# How it is sent


def test_it_is_signed_and_carries_the_api_key(receiver: Receiver, clock: Clock) -> None:
    new = create_organization(name="Toys", now=NOW)
    campaign = toy_town(with_certificates(new.organization))
    secret = create_webhook(organization=new.organization, url=receiver.url(), now=NOW).secret
    row = issue(campaign)
    send_all(clock)
    (got,) = receiver.got
    (delivery,) = told()
    assert got.headers["content-type"] == "application/json; charset=utf-8"
    assert got.headers["authorization"] == new.api_password
    assert got.headers["user-agent"] == "Passwright"
    assert got.id == str(delivery.id)
    assert got.body == webhook_body_of(delivery)
    assert got.json["pass_id"] == str(row.id)
    assert Webhook(secret).verify(got.body, got.headers)["event"] == "created"
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(got.body + b" ", got.headers)
    assert (delivery.state, delivery.status, delivery.due_at, delivery.attempts) == ("delivered", 200, None, 1)
    (attempt,) = WebhookAttempt.objects.all()
    assert (attempt.status, attempt.error, attempt.answer) == (200, None, "ok")
    (counted,) = Tally.objects.filter(counter=Counter.WEBHOOKS)
    assert (counted.campaign_id, counted.amount) == (campaign.id, 1)


def with_certificates(organization: Organization) -> Organization:
    toy_maker("Certified")
    return organization


def test_the_api_key_is_the_one_of_today_or_not_sent_at_all(
    receiver: Receiver, clock: Clock, campaign: Campaign
) -> None:
    organization = campaign.organization
    endpoint = hook(campaign, receiver.url())
    password = refresh_api_password(organization_id=organization.id, now=NOW).api_password
    issue(campaign)
    send_all(clock)
    update_webhook(organization=organization, webhook_id=endpoint.id, send_api_key=False, now=NOW)
    issue(campaign)
    send_all(clock)
    assert [got.headers.get("authorization") for got in receiver.got] == [password, None]
    Organization.objects.update(api_password_encrypted=None)
    update_webhook(organization=organization, webhook_id=endpoint.id, send_api_key=True, now=NOW)
    issue(campaign)
    send_all(clock)
    assert receiver.got[-1].headers.get("authorization") is None


def test_for_a_day_after_a_rotation_both_secrets_verify(receiver: Receiver, clock: Clock, campaign: Campaign) -> None:
    new = create_webhook(organization=campaign.organization, url=receiver.url(), now=NOW)
    other = rotate_webhook_secret(organization=campaign.organization, webhook_id=new.endpoint.id, now=clock())
    assert other.secret != new.secret
    issue(campaign)
    send_all(clock)
    (got,) = receiver.got
    assert len(got.headers["webhook-signature"].split(" ")) == 2
    Webhook(new.secret).verify(got.body, got.headers)
    Webhook(other.secret).verify(got.body, got.headers)
    clock.goes(hours=24)
    issue(campaign)
    send_all(clock)
    assert len(receiver.got[-1].headers["webhook-signature"].split(" ")) == 1


def test_a_receiver_that_is_down_for_an_hour_gets_everything_afterwards(
    receiver: Receiver, clock: Clock, campaign: Campaign
) -> None:
    hook(campaign, receiver.url())
    rows = [issue(campaign) for _ in range(5)]
    receiver.mood = answering(503, b"busy")
    began = clock()
    while clock() < began + timedelta(hours=1):
        send_all(clock)
        clock.goes(minutes=5)
    first = {got.id: got.body for got in receiver.got}
    assert WebhookDelivery.objects.filter(state="queued").count() == 5
    assert WebhookEndpoint.objects.get().failing_since is not None
    receiver.got.clear()
    receiver.mood = answering(204, b"")
    clock.goes(hours=2)
    send_all(clock)
    assert {got.json["pass_id"] for got in receiver.got} == {str(row.id) for row in rows}
    assert len(receiver.got) == 5
    assert {got.id: got.body for got in receiver.got}.items() <= first.items()
    assert WebhookDelivery.objects.filter(state="delivered").count() == 5
    assert WebhookEndpoint.objects.get().failing_since is None


def test_retries_go_on_for_a_day_and_then_it_has_failed(clock: Clock, campaign: Campaign) -> None:
    hook(campaign)
    issue(campaign)
    began, times = clock(), []
    (delivery,) = told()
    while delivery.state == "queued":
        send_all(clock, lambda *_, **__: Answer(status=500, error="The receiver answered 500.", text=""))
        times.append(clock() - began)
        delivery.refresh_from_db()
        if delivery.due_at:
            clock.at = delivery.due_at
    assert len(times) == len(WAITS) + 1
    assert times[-1] >= timedelta(hours=24)
    assert (delivery.state, delivery.due_at, delivery.status) == ("failed", None, 500)
    assert delivery.log.count() == len(times)
    assert delivery.error == "The receiver answered 500."


def test_waits_differ_so_that_not_all_come_back_at_once() -> None:
    waits = {send_webhooks.wait_after(3, random.random()) for _ in range(20)}
    assert len(waits) == 20
    assert all(WAITS[2] <= wait <= WAITS[2] * 1.2 for wait in waits)


def test_a_sender_that_dies_between_call_and_record_sends_the_same_again(
    receiver: Receiver, clock: Clock, campaign: Campaign
) -> None:
    hook(campaign, receiver.url())
    issue(campaign)
    doomed = sender(clock)
    doomed.step()
    while not receiver.got:
        time.sleep(0.01)
    (taken,) = told()
    assert taken.state == "queued"
    send_all(clock)
    assert len(receiver.got) == 1
    clock.goes(seconds=61)
    send_all(clock)
    assert len(receiver.got) == 2
    assert (receiver.got[0].id, receiver.got[0].body) == (receiver.got[1].id, receiver.got[1].body)
    assert [each.state for each in told()] == ["delivered"]
    doomed.close()
    (counted,) = Tally.objects.filter(counter=Counter.WEBHOOKS)
    assert counted.amount == 1


def test_a_late_failure_does_not_undo_what_another_sender_did(clock: Clock, campaign: Campaign) -> None:
    hook(campaign)
    issue(campaign)
    let_go = threading.Event()

    def slow(*_: Any, **__: Any) -> Answer:
        let_go.wait(5)
        return DEAF

    late = sender(clock, slow)
    late.step()
    clock.goes(seconds=61)
    send_all(clock, lambda *_, **__: Answer(status=200))
    let_go.set()
    late.close()
    (delivery,) = told()
    assert (delivery.state, delivery.attempts, delivery.log.count()) == ("delivered", 2, 2)


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_each_thing_once(receiver: Receiver, clock: Clock) -> None:
    campaign = toy_town(toy_maker())
    hook(campaign, receiver.url(), (WebhookEvent.CREATED,))
    hook(campaign, receiver.url("/other"), (WebhookEvent.CREATED,))
    rows = {str(issue(campaign).id) for _ in range(20)}

    def run() -> None:
        try:
            send_all(clock)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted((got.path, got.json["pass_id"]) for got in receiver.got) == sorted(
        (path, row) for row in rows for path in ("/hooks", "/other")
    )
    assert not WebhookDelivery.objects.exclude(state="delivered").exists()


def test_a_slow_receiver_holds_up_nobody_else(receiver: Receiver, clock: Clock, campaign: Campaign) -> None:
    let_go = threading.Event()
    slow, quick = hook(campaign, ADDRESS), hook(campaign, receiver.url())

    def call(url: str, **rest: Any) -> Answer:
        if url == ADDRESS:
            let_go.wait(10)
            return DEAF
        return post(url, **rest)

    for _ in range(30):
        issue(campaign)
    courier = sender(clock, call)
    until = time.monotonic() + 10
    while WebhookDelivery.objects.filter(endpoint=quick, state="delivered").count() < 30:
        courier.step()
        assert time.monotonic() < until
    assert WebhookDelivery.objects.filter(endpoint=slow, attempts=1).count() == send_webhooks.AT_ONCE
    let_go.set()
    courier.close()
    assert receiver.most_inside <= send_webhooks.AT_ONCE


def test_receivers_that_fail_get_half_of_the_threads(clock: Clock, campaign: Campaign) -> None:
    let_go = threading.Event()
    for number in range(6):
        hook(campaign, f"https://dead{number}.example.org/", (WebhookEvent.CREATED,))
    WebhookEndpoint.objects.update(failing_since=clock())
    issue(campaign)
    issue(campaign)

    def call(*_: Any, **__: Any) -> Answer:
        let_go.wait(10)
        return DEAF

    courier = sender(clock, call, threads=8)
    courier.step()
    courier.step()
    assert len(courier.under_way) == 4
    assert len({taken.endpoint_id for taken in courier.under_way.values()}) == 4
    let_go.set()
    courier.close()


# Endpoints that are dead


def test_410_disables_at_once_and_what_waits_is_kept(clock: Clock, campaign: Campaign) -> None:
    endpoint = hook(campaign)
    issue(campaign)
    issue(campaign)
    with structlog.testing.capture_logs() as lines:
        send_all(clock, lambda *_, **__: Answer(status=410, error="The receiver answered 410.", text=""))
    endpoint.refresh_from_db()
    assert endpoint.disabled_at == clock()
    assert endpoint.disabled_reason == "The receiver answered 410: it is gone."
    assert [(each.state, each.due_at) for each in told()] == [("queued", None)] * 2
    (notice,) = Notice.objects.all()
    assert notice.organization_id == campaign.organization_id
    assert notice.text.startswith(f"The webhook to {ADDRESS} is disabled. The receiver answered 410")
    (line,) = (line for line in lines if line["event"] == "webhook_disabled")
    assert line["webhook"] == str(endpoint.id)
    issue(campaign)
    assert len(told()) == 2


def test_who_accepts_nothing_for_three_days_is_disabled_and_can_be_enabled(clock: Clock, campaign: Campaign) -> None:
    endpoint = hook(campaign)
    began = clock()
    while not WebhookEndpoint.objects.get().disabled_at:
        issue(campaign)
        WebhookDelivery.objects.filter(state="queued").update(due_at=clock())
        send_all(clock, lambda *_, **__: DEAF)
        clock.goes(hours=6)
    assert timedelta(days=3) <= clock() - began < timedelta(days=4)
    kept = WebhookDelivery.objects.filter(state="queued").count()
    assert kept > 0
    assert Notice.objects.count() == 1
    with pytest.raises(PreconditionFailed):
        replay_webhook(
            organization=campaign.organization, webhook_id=endpoint.id, delivery_id=told()[0].id, now=clock()
        )
    enable_webhook(organization=campaign.organization, webhook_id=endpoint.id, now=clock())
    assert not Notice.objects.exists()
    send_all(clock, lambda *_, **__: Answer(status=200))
    assert WebhookDelivery.objects.filter(state="delivered").count() == kept


def test_one_success_starts_the_three_days_anew(clock: Clock, campaign: Campaign) -> None:
    hook(campaign)
    for hours, answer in ((0, DEAF), (70, Answer(status=200)), (3, DEAF)):
        clock.goes(hours=hours)
        issue(campaign)
        WebhookDelivery.objects.filter(state="queued").update(due_at=clock())
        send_all(clock, lambda *_, answer=answer, **__: answer)
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.disabled_at, endpoint.failing_since) == (None, clock())


def test_days_in_which_nothing_happened_are_not_held_against_it(clock: Clock, campaign: Campaign) -> None:
    hook(campaign)
    issue(campaign)
    for _ in range(len(WAITS) + 1):
        send_all(clock, lambda *_, **__: DEAF)
        clock.goes(hours=3)
        WebhookDelivery.objects.filter(state="queued").update(due_at=clock())
    assert told()[0].state == "failed"
    clock.goes(days=9)
    row = issue(campaign)
    send_all(clock, lambda *_, **__: DEAF)
    assert WebhookEndpoint.objects.get().disabled_at is None
    clock.goes(seconds=6)
    send_all(clock, lambda *_, **__: Answer(status=200))
    assert WebhookDelivery.objects.get(pass_id=row.id).state == "delivered"
    assert WebhookEndpoint.objects.get().failing_since is None


@pytest.mark.parametrize(
    ("status", "asked", "seconds"),
    [(503, 100, 100), (429, 100, 100), (429, 1, 5), (503, 10**6, 3_600), (500, 100, 5), (503, None, 5)],
)
def test_a_receiver_that_is_busy_says_when_it_wants_to_be_asked_again(
    clock: Clock, campaign: Campaign, status: int, asked: int | None, seconds: int
) -> None:
    hook(campaign)
    issue(campaign)
    busy = Answer(status=status, retry_after=None if asked is None else timedelta(seconds=asked))
    send_all(clock, lambda *_, **__: busy)
    assert told()[0].due_at == clock() + timedelta(seconds=seconds)


@pytest.mark.django_db(transaction=True)
def test_who_writes_down_a_delivery_waits_for_its_endpoint_first(clock: Clock) -> None:
    """Everybody else locks the endpoint and then its deliveries: in another order they would wait for each other."""
    campaign = toy_town(toy_maker())
    endpoint = hook(campaign)
    issue(campaign)
    WebhookEndpoint.objects.update(failing_since=NOW)
    locked = threading.Event()

    def answer(*_: Any, **__: Any) -> Answer:
        locked.wait()
        return Answer(status=200)

    courier = sender(clock, answer)
    courier.step()

    def run() -> None:
        try:
            courier.close()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        WebhookEndpoint.objects.select_for_update(no_key=True).get(id=endpoint.id)
        locked.set()
        thread.start()
        wait_for_a_lock()
        WebhookDelivery.objects.select_for_update(nowait=True).get()
    thread.join()
    assert (told()[0].state, WebhookEndpoint.objects.get().failing_since) == ("delivered", None)


def wait_for_a_lock() -> None:
    """Until somebody waits for one in this database."""
    waiting = """
        SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid IN (
            SELECT pid FROM pg_stat_activity WHERE datname = current_database()
        ))
    """
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # who came since this transaction first looked
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits for a lock")


def test_a_delivery_can_be_replayed_with_the_same_id_and_body(
    receiver: Receiver, clock: Clock, campaign: Campaign
) -> None:
    endpoint = hook(campaign, receiver.url())
    row = issue(campaign)
    send_all(clock)
    patch(campaign, row, voided=True)
    WebhookDelivery.objects.exclude(event="created").delete()
    (delivery,) = told()
    replay_webhook(organization=campaign.organization, webhook_id=endpoint.id, delivery_id=delivery.id, now=clock())
    send_all(clock)
    assert len(receiver.got) == 2
    assert (receiver.got[0].id, receiver.got[0].body) == (receiver.got[1].id, receiver.got[1].body)
    assert delivery.log.count() == 2


def test_a_receiver_that_hangs_up_is_tried_again(receiver: Receiver, clock: Clock, campaign: Campaign) -> None:
    hook(campaign, receiver.url())
    issue(campaign)
    receiver.mood = hanging_up
    send_all(clock)
    (delivery,) = told()
    assert (delivery.state, delivery.status) == ("queued", None)
    assert delivery.error == "The connection was refused or broke off."
    assert delivery.due_at == clock() + WAITS[0]


def test_a_test_is_about_no_pass_and_counted_nowhere(receiver: Receiver, clock: Clock, campaign: Campaign) -> None:
    endpoint = hook(campaign, receiver.url(), (WebhookEvent.CREATED,))
    try_webhook(organization=campaign.organization, webhook_id=endpoint.id, now=clock())
    send_all(clock)
    (got,) = receiver.got
    assert (got.json["event"], set(got.json["pass_id"])) == ("test", {"0", "-"})
    assert not Tally.objects.filter(counter=Counter.WEBHOOKS).exists()


# Endpoints


def test_an_organization_has_twenty_at_most(campaign: Campaign) -> None:
    for number in range(MOST_ENDPOINTS):
        hook(campaign, f"{ADDRESS}/{number}")
    with pytest.raises(PreconditionFailed):
        hook(campaign)


def test_private_addresses_are_refused(campaign: Campaign) -> None:
    endpoint = hook(campaign)
    organization = campaign.organization
    with pytest.raises(ValidationFailed):
        hook(campaign, "http://127.0.0.1/")
    with pytest.raises(ValidationFailed):
        update_webhook(organization=organization, webhook_id=endpoint.id, url="http://[::1]/", now=NOW)
    with pytest.raises(ValidationFailed) as refused:
        update_organization(organization_id=organization.id, webhook_url="http://10.1.2.3/", now=NOW)
    assert refused.value.errors == {"webhook_url": ["must not be a private address"]}


def test_the_organizations_address_is_an_endpoint_that_follows_it(campaign: Campaign) -> None:
    organization = campaign.organization
    set_to = lambda url: update_organization(organization_id=organization.id, webhook_url=url, now=LATER)  # noqa: E731
    set_to(ADDRESS)
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.url, endpoint.of_organization, endpoint.send_api_key) == (ADDRESS, True, True)
    assert endpoint.events == list(OF_THE_CONTRACT)
    secret = decrypted_secret(endpoint.secret_encrypted)
    WebhookEndpoint.objects.update(disabled_at=NOW, disabled_reason="gone", failing_since=NOW)
    set_to(f"{ADDRESS}/2")
    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.disabled_at, endpoint.failing_since) == (f"{ADDRESS}/2", None, None)
    assert decrypted_secret(endpoint.secret_encrypted) == secret
    update_webhook(organization=organization, webhook_id=endpoint.id, url=f"{ADDRESS}/3", now=LATER)
    organization.refresh_from_db()
    assert organization.webhook_url == f"{ADDRESS}/3"
    disable_webhook(endpoint, reason="It is gone.", now=LATER)
    set_to(None)
    assert not WebhookEndpoint.objects.exists()
    assert not Notice.objects.exists()
    set_to(ADDRESS)
    delete_webhook(organization=organization, webhook_id=WebhookEndpoint.objects.get().id, now=LATER)
    organization.refresh_from_db()
    assert organization.webhook_url is None


def test_addresses_from_before_there_were_endpoints_get_one(campaign: Campaign) -> None:
    Organization.objects.filter(id=campaign.organization_id).update(webhook_url=ADDRESS)
    toy_maker("Without")
    assert adopt_webhook_urls(now=LATER) == 1
    assert adopt_webhook_urls(now=LATER) == 0
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.url, endpoint.of_organization, endpoint.organization_id) == (
        ADDRESS,
        True,
        campaign.organization_id,
    )


def test_somebody_elses_endpoint_is_unknown(campaign: Campaign, clock: Clock) -> None:
    endpoint = hook(campaign)
    issue(campaign)
    (delivery,) = told()
    stranger = toy_maker("Stranger")
    named: dict[str, Any] = {"organization": stranger, "webhook_id": endpoint.id, "now": clock()}
    for act in (enable_webhook, rotate_webhook_secret, try_webhook, delete_webhook, update_webhook):
        with pytest.raises(NotFound):
            act(**named)
    with pytest.raises(NotFound):
        replay_webhook(**named, delivery_id=delivery.id)
    mine = create_webhook(organization=stranger, url=ADDRESS, now=NOW).endpoint
    with pytest.raises(NotFound):
        replay_webhook(organization=stranger, webhook_id=mine.id, delivery_id=delivery.id, now=clock())


def test_what_is_old_is_deleted_with_its_log(clock: Clock, campaign: Campaign) -> None:
    endpoint = hook(campaign)
    issue(campaign)
    send_all(clock, lambda *_, **__: Answer(status=200))
    assert delete_old_webhooks(now=clock() + timedelta(days=29)) == 0
    issue(campaign)
    assert delete_old_webhooks(now=clock() + timedelta(days=31), chunk=1) == 1
    assert not WebhookAttempt.objects.exists()
    assert [each.state for each in told()] == ["queued"]
    delete_webhook(organization=campaign.organization, webhook_id=endpoint.id, now=clock())
    assert delete_old_webhooks(now=clock()) == 1
    assert told() == []


@pytest.mark.django_db(transaction=True)
def test_an_organizations_address_changes_in_many_ways_at_once() -> None:
    """However it comes out: the organization and its endpoint agree, and no two wait for each other."""
    organization = toy_maker()
    for round_ in range(5):
        update_organization(organization_id=organization.id, webhook_url=ADDRESS, now=NOW)
        endpoint = WebhookEndpoint.objects.get()
        named: dict[str, Any] = {"organization": organization, "webhook_id": endpoint.id, "now": LATER}
        acts: list[Callable[[], object]] = [
            lambda: update_organization(organization_id=organization.id, webhook_url=f"{ADDRESS}/2", now=LATER),
            lambda: update_organization(organization_id=organization.id, webhook_url=None, now=LATER),
            partial(update_webhook, **named, url=f"{ADDRESS}/3"),
            partial(enable_webhook, **named),
            partial(delete_webhook, **named),
        ]
        others = together(*(partial(unless_unknown, act) for act in acts[round_ % 2 :]))
        assert len(others) == len(acts) - round_ % 2
        organization.refresh_from_db()
        urls = list(WebhookEndpoint.objects.values_list("url", flat=True))
        assert urls == ([organization.webhook_url] if organization.webhook_url else [])


def unless_unknown(act: Callable[[], object]) -> object:
    try:
        return act()
    except NotFound as refusal:
        return refusal


@pytest.mark.django_db(transaction=True)
def test_a_pass_is_made_while_its_webhook_is_being_deleted() -> None:
    campaign = toy_town(toy_maker())
    endpoint = hook(campaign)
    made: list[Pass] = []

    def run() -> None:
        try:
            made.append(issue(campaign))
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        WebhookEndpoint.objects.filter(id=endpoint.id).delete()
        thread.start()
        thread.join(5)
    assert len(made) == 1


def test_no_secret_is_said(receiver: Receiver, clock: Clock, capfd: pytest.CaptureFixture[str]) -> None:
    made = create_organization(name="Toys", now=NOW)
    campaign = toy_town(with_certificates(made.organization))
    new = create_webhook(organization=made.organization, url=receiver.url(), now=NOW)
    receiver.mood = answering(410)
    issue(campaign)
    taken = send_webhooks.take(now=clock(), room=8, room_for_failing=8, busy={})
    clock.goes(minutes=2)
    with structlog.testing.capture_logs() as lines:
        send_all(clock)
    said = f"{lines} {capfd.readouterr()} {taken} {new} {vars(Notice.objects.get())} {made}"
    assert new.secret not in said
    assert made.api_password not in said
    row = WebhookEndpoint.objects.get()
    assert new.secret.encode() not in bytes(row.secret_encrypted)
    organization = Organization.objects.get(id=made.organization.id)
    assert made.api_password.encode() not in bytes(organization.api_password_encrypted or b"")
    assert decrypted_key(organization.api_password_encrypted or b"") == made.api_password
    with pytest.raises(secrets.WrongSecret):
        decrypted_secret(organization.api_password_encrypted or b"")
