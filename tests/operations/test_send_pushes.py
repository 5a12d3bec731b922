"""From queued deliveries to recorded outcomes, over HTTP/2 with TLS client certificates."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from msgspec import Struct

from passwright.apple import apns
from passwright.apple.development import development_authority
from passwright.data.models import (
    Campaign,
    Certificate,
    Delivery,
    DevelopmentAuthority,
    Device,
    Event,
    Organization,
    Pass,
    Registration,
    Tally,
    WebhookDelivery,
    WebhookEndpoint,
)
from passwright.operations.announce import announce_campaign, announce_pass
from passwright.operations.make_development_certificates import authority_of_installation
from passwright.operations.pass_content import PassWanted
from passwright.operations.register import said_of
from passwright.operations.send_pushes import BATCH, FEWEST, LEASE, PushSender
from passwright.operations.update_pass import update_pass
from passwright.phone import push_service as simulated
from passwright.phone.push_service import Mean, PushService
from passwright.phone.tls import identity_by
from passwright.transport import STREAMS, TRIES, Http2Line, roots_with
from tests import devices, pushing
from tests.operations.installed import installed, issued, spread_all
from tests.operations.toys import toy_maker, toy_town

pytestmark = pytest.mark.django_db

KIND = Event.Kind.UPDATED
START = datetime.now(UTC).replace(microsecond=0)


class Clock(Struct):
    """What the sender takes for now."""

    at: datetime = START

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **span: float) -> None:
        self.at += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def running() -> Iterator[PushService]:
    with pushing.push_service() as service:
        yield service


@pytest.fixture
def service(running: PushService) -> PushService:
    running.behave()
    running.pushes.clear()
    running.outcomes.clear()
    return running


@pytest.fixture
def sender(service: PushService, tmp_path: Path, clock: Clock) -> Iterator[PushSender]:
    made = pushing.sender_to(service, tmp_path, clock=clock)
    yield made
    made.close()


def town(
    organization: Organization, identifier: str = "pass.example.toys", name: str = "Toys", **parts: Any
) -> Campaign:
    made = pushing.certificate(organization, identifier, **parts)
    return toy_town(organization, name=name, certificate_id=made.id)


@pytest.fixture
def campaign() -> Campaign:
    return town(toy_maker())


def changed(row: Pass, at: datetime = START) -> None:
    announce_pass(campaign_id=row.campaign_id, pass_id=row.id, kind=KIND, at=at)
    spread_all(at)


def changed_all(campaign: Campaign, at: datetime = START) -> None:
    announce_campaign(campaign_id=campaign.id, kind=KIND, at=at)
    spread_all(at)


def send(sender: PushSender) -> None:
    """All that is due."""
    for _ in range(200):
        if not sender.step():
            return
    raise AssertionError("it has no end")


def states() -> Counter[str]:
    return Counter(Delivery.objects.values_list("state", flat=True))


def delivery() -> Delivery:
    return Delivery.objects.get()


def test_a_change_is_pushed_to_every_device_that_holds_the_pass(
    service: PushService, sender: PushSender, campaign: Campaign
) -> None:
    row = issued(campaign)
    held = [installed(row) for _ in range(3)]
    changed(row)
    send(sender)
    assert len(service.pushes) == len({push.token for push in service.pushes}) == 3
    assert {push.topic for push in service.pushes} == {"pass.example.toys"}
    rows = [*Delivery.objects.all()]
    assert {str(row.apns_id) for row in rows} == {push.apns_id.lower() for push in service.pushes}
    assert {(row.state, row.answered_at, row.due_at) for row in rows} == {("accepted", START, None)}
    assert {row.device_id for row in rows} == {registration.device_id for registration in held}
    assert [*Tally.objects.filter(counter="pushes").values_list("campaign_id", "amount")] == [(campaign.id, 3)]
    assert not sender.step()


def test_no_change_is_no_push(service: PushService, sender: PushSender, campaign: Campaign) -> None:
    row = issued(campaign)
    installed(row)
    update_pass(campaign=campaign, pass_id=row.id, wanted=PassWanted(), now=START)
    spread_all(START)
    send(sender)
    assert service.outcomes == []


def test_several_changes_that_wait_for_a_device_are_one_push(
    service: PushService, sender: PushSender, campaign: Campaign
) -> None:
    one, two = issued(campaign), issued(campaign)
    device = devices.device("pass.example.toys")
    installed(one, device)
    installed(two, device)
    for row in (one, two, one):
        changed(row)
    changed_all(campaign)
    send(sender)
    assert len(service.pushes) == 1
    assert states() == {"accepted": 5}
    assert Tally.objects.get(counter="pushes").amount == 1


def test_what_waits_for_its_second_attempt_goes_with_the_next_change(
    service: PushService, sender: PushSender, campaign: Campaign
) -> None:
    row = issued(campaign)
    installed(row)
    service.misbehave(Mean.SERVICE_UNAVAILABLE)
    changed(row)
    send(sender)
    changed(row)
    send(sender)
    assert (len(service.pushes), states()) == (1, {"accepted": 2})


@pytest.mark.parametrize(
    ("how", "reason", "seconds"),
    [
        (Mean.SERVICE_UNAVAILABLE, "ServiceUnavailable", 2),
        (Mean.INTERNAL_SERVER_ERROR, "InternalServerError", 2),
        (Mean.SHUTDOWN, "Shutdown", 2),
        (Mean.TOO_MANY_REQUESTS, "TooManyRequests", 30),
    ],
)
def test_what_failed_is_tried_again_later_and_later(
    service: PushService, sender: PushSender, campaign: Campaign, clock: Clock, how: Mean, reason: str, seconds: int
) -> None:
    row = issued(campaign)
    installed(row)
    changed(row)
    service.misbehave(how, times=3)
    for attempt in range(3):
        send(sender)
        waiting = delivery()
        assert (waiting.state, waiting.reason, waiting.attempts) == ("queued", reason, attempt + 1)
        wait = (waiting.due_at or START) - clock.at
        assert timedelta(seconds=seconds * 2**attempt / 2) <= wait <= timedelta(seconds=seconds * 2**attempt)
        clock.forward(seconds=wait.total_seconds())
    send(sender)
    assert (delivery().state, len(service.pushes)) == ("accepted", 1)


def test_after_a_day_a_push_that_is_not_taken_stays_refused(
    service: PushService, sender: PushSender, campaign: Campaign, clock: Clock
) -> None:
    row = issued(campaign)
    installed(row)
    changed(row)
    service.misbehave(Mean.SERVICE_UNAVAILABLE, times=50)
    for _ in range(40):
        send(sender)
        if delivery().state != "queued":
            break
        assert (delivery().due_at or START) - clock.at <= timedelta(hours=1)
        clock.forward(hours=1)
    assert (delivery().state, delivery().reason) == ("refused", "ServiceUnavailable")
    assert clock.at - START <= timedelta(hours=25)


@pytest.mark.parametrize("how", [Mean.UNREGISTERED, Mean.EXPIRED_TOKEN, Mean.BAD_DEVICE_TOKEN])
def test_a_device_that_is_gone_goes_with_its_registrations(
    service: PushService, sender: PushSender, campaign: Campaign, how: Mean
) -> None:
    rows = [issued(campaign), issued(campaign)]
    device = devices.device("pass.example.toys")
    held = [installed(row, device) for row in rows]
    other = installed(rows[0])
    service.misbehave(how, token=devices.token_of(device))
    changed_all(campaign)
    send(sender)
    assert [*Device.objects.values_list("id")] == [(other.device_id,)]
    assert [*Registration.objects.values_list("id")] == [(other.id,)]
    assert states() == {"gone": 2, "accepted": 1}
    events = Event.objects.filter(kind="uninstalled")
    assert {event.pass_id for event in events} == {row.id for row in rows}
    assert {event.extra["registration_id"] for event in events} == {str(registration.id) for registration in held}
    assert Tally.objects.get(counter="uninstalls.ios").amount == 2


def test_webhooks_hear_of_a_device_that_is_gone_as_of_one_that_unregisters(
    service: PushService, sender: PushSender, campaign: Campaign
) -> None:
    made = {"organization": campaign.organization, "secret_encrypted": b"", "created_at": START, "updated_at": START}
    WebhookEndpoint.objects.create(url="https://example.org", events=["uninstalled"], **made)
    row = issued(campaign)
    held = installed(row)
    service.misbehave(Mean.UNREGISTERED, token=devices.token_of(held.device))
    changed(row)
    send(sender)
    told, said = WebhookDelivery.objects.get(), said_of(held.id, row.id, held.wallet, held.device_os)
    assert (told.event, told.pass_id, told.campaign_id, told.extra) == ("uninstalled", row.id, campaign.id, said)
    assert Event.objects.get(kind="uninstalled").extra == said


def test_a_worker_that_is_told_to_stop_waits_for_the_last_answers(
    service: PushService, sender: PushSender, campaign: Campaign
) -> None:
    service.always = Mean.SLOW
    row = issued(campaign)
    installed(row)
    changed(row)
    sender.step()
    assert (states(), sum(sender.under_way.values())) == ({"queued": 1}, 1)
    sender.finish()
    assert (states(), sender.under_way, sender.lines) == ({"accepted": 1}, {}, {})


def test_a_device_that_registered_after_it_was_gone_stays(
    service: PushService, sender: PushSender, campaign: Campaign, clock: Clock
) -> None:
    row = issued(campaign)
    held = installed(row)
    service.remove(devices.token_of(held.device), since=held.device.token_at - timedelta(seconds=1))
    changed(row)
    send(sender)
    assert (delivery().state, delivery().attempts) == ("queued", 1)
    assert Registration.objects.exists()
    service.add(devices.token_of(held.device), topic="pass.example.toys")
    clock.forward(minutes=1)
    send(sender)
    assert delivery().state == "accepted"


def test_a_device_that_got_another_token_meanwhile_stays(
    service: PushService, sender: PushSender, campaign: Campaign
) -> None:
    row = issued(campaign)
    held = installed(row)
    service.misbehave(Mean.BAD_DEVICE_TOKEN, token=devices.token_of(held.device))
    changed(row)
    sender.take()
    devices.give_token(held.device, "ab" * 32)
    sender.record(sender.carry())
    assert (delivery().state, Registration.objects.count()) == ("queued", 1)


def test_a_push_that_does_not_fit_is_refused_and_the_device_stays(
    service: PushService, sender: PushSender, campaign: Campaign
) -> None:
    row = issued(campaign)
    installed(row)
    changed(row)
    service.misbehave(Mean.NOT_FOR_TOPIC)
    send(sender)
    assert (delivery().state, delivery().reason) == ("refused", "DeviceTokenNotForTopic")
    assert delivery().apns_id is not None
    assert Registration.objects.exists()


def test_what_was_let_go_of_before_it_was_pushed_is_pushed_to_nobody(
    service: PushService, sender: PushSender, campaign: Campaign
) -> None:
    row = issued(campaign)
    left, removed = installed(row), installed(row)
    changed(row)
    left.delete()
    removed.delete()
    Device.objects.filter(id=removed.device_id).delete()
    send(sender)
    assert (service.outcomes, states()) == ([], {"gone": 2})


@pytest.mark.parametrize("how", [Mean.GOAWAY, Mean.RESET_STREAM, Mean.CUT])
def test_what_a_connection_takes_with_it_is_sent_again(
    service: PushService, sender: PushSender, campaign: Campaign, how: Mean
) -> None:
    """At once, on another stream or connection: nothing of it reaches the ledger."""
    row = issued(campaign)
    for _ in range(60):
        installed(row)
    changed(row)
    service.misbehave(how, times=2)
    send(sender)
    assert len({push.token for push in service.pushes}) == 60
    assert states() == {"accepted": 60}
    assert {*Delivery.objects.values_list("attempts", flat=True)} == {1}


def test_a_lost_answer_costs_a_second_push_and_nothing_more(
    service: PushService, sender: PushSender, campaign: Campaign
) -> None:
    row = issued(campaign)
    installed(row)
    changed(row)
    service.misbehave(Mean.LOST_ANSWER)
    send(sender)
    assert (len(service.pushes), states()) == (2, {"accepted": 1})


def test_one_connection_is_kept_and_shared(service: PushService, sender: PushSender, campaign: Campaign) -> None:
    row = issued(campaign)
    for _ in range(50):
        installed(row)
    before = service.connections_made
    for _ in range(3):
        changed(row)
        send(sender)
    assert (len(service.pushes), service.connections_made - before) == (150, 1)


def test_a_service_that_takes_few_at_a_time_gets_few_at_a_time(
    campaign: Campaign, tmp_path: Path, clock: Clock
) -> None:
    row = issued(campaign)
    for _ in range(40):
        installed(row)
    changed(row)
    with pushing.push_service(concurrent_streams=2) as service:
        sender = pushing.sender_to(service, tmp_path, clock=clock)
        send(sender)
        assert len(service.pushes) == 40
        assert {outcome.status for outcome in service.outcomes} == {200}
        sender.close()
    assert states() == {"accepted": 40}


def test_two_organizations_push_with_their_own_certificates(service: PushService, sender: PushSender) -> None:
    one = town(toy_maker("One"), "pass.example.one")
    two = town(toy_maker("Two"), "pass.example.two")
    held = [installed(issued(campaign)) for _ in range(20) for campaign in (one, two)]
    for number in range(3):
        for registration in held[number::3]:
            changed(registration.pass_row)
    send(sender)
    topics = Counter(push.topic for push in service.pushes)
    assert topics == {"pass.example.one": 20, "pass.example.two": 20}
    assert states() == {"accepted": 40}
    counted = Counter[UUID]()
    for campaign_id, amount in Tally.objects.filter(counter="pushes").values_list("campaign_id", "amount"):
        counted[campaign_id] += amount  # one for each batch of answers
    assert counted == {one.id: 20, two.id: 20}


def test_a_connection_that_is_refused_rests_and_holds_up_nobody(service: PushService, sender: PushSender) -> None:
    good = town(toy_maker("Good"), "pass.example.good")
    bad = town(toy_maker("Bad"), "pass.example.bad", by=development_authority(START))
    for campaign in (bad, good):
        for _ in range(30):
            installed(issued(campaign))
        changed_all(campaign)
    send(sender)
    assert Counter(push.topic for push in service.pushes) == {"pass.example.good": 30}
    assert states() == {"accepted": 30, "queued": 30}
    assert all((row.due_at or START) > START for row in Delivery.objects.filter(state="queued"))


def test_a_certificate_that_tls_refuses_is_marked_and_rests(campaign: Campaign, tmp_path: Path, clock: Clock) -> None:
    row = issued(campaign)
    for _ in range(30):
        installed(row)
    changed(row)
    with pushing.refusing() as (url, roots, met):
        sender = PushSender(url=url, roots=roots_with(roots), clock=clock)
        send(sender)
        sender.close()
    assert {*met} == {"refused"}
    assert len(met) <= TRIES  # a few connections say it for all
    certificate = Certificate.objects.get(id=campaign.certificate_id)
    assert certificate.pushes_refused_at == START
    assert certificate.pushes_refused_reason == "the push service refused the certificate"
    assert states() == {"queued": 30}
    assert all((row.due_at or START) >= START + timedelta(seconds=30) for row in Delivery.objects.all())


def test_a_certificate_that_is_taken_again_is_marked_no_more(
    service: PushService, sender: PushSender, campaign: Campaign, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = issued(campaign)
    for _ in range(3):
        installed(row)
    changed(row)
    service.misbehave(Mean.BAD_CERTIFICATE, times=3)
    send(sender)
    assert Certificate.objects.get(id=campaign.certificate_id).pushes_refused_reason == "BadCertificate"
    assert states() == {"queued": 3}
    clock.forward(minutes=2)
    assert not sender.step()  # it rests by the monotonic clock
    monotonic = sender.monotonic
    monkeypatch.setattr(sender, "monotonic", lambda: monotonic() + 61)
    send(sender)
    assert states() == {"accepted": 3}
    certificate = Certificate.objects.get(id=campaign.certificate_id)
    assert (certificate.pushes_refused_at, certificate.pushes_refused_reason) == (None, None)


def test_a_service_that_says_nothing_holds_up_no_other_certificate(
    service: PushService, sender: PushSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = town(toy_maker("Slow"), "pass.example.slow")
    quick = town(toy_maker("Quick"), "pass.example.quick")
    hanging = [installed(issued(slow)) for _ in range(5)]
    for registration in hanging:
        service.misbehave(Mean.SLOW, token=devices.token_of(registration.device))
    row = issued(quick)
    installed(row)
    changed_all(slow)
    monkeypatch.setattr(simulated, "SLOW_SECONDS", 3.0)
    started = time.monotonic()
    sender.step()
    for number in (1, 2):
        changed(row)
        while states()["accepted"] < number:
            sender.step()
            assert time.monotonic() - started < 2.9
    assert [push.topic for push in service.pushes].count("pass.example.quick") == 2
    assert states()["accepted"] == 2
    send(sender)
    assert states() == {"accepted": 7}


def test_a_service_that_cannot_be_reached_is_tried_again(campaign: Campaign, tmp_path: Path, clock: Clock) -> None:
    row = issued(campaign)
    for _ in range(20):
        installed(row)
    changed(row)
    with pushing.push_service() as service:
        sender = pushing.sender_to(service, tmp_path, clock=clock)
    send(sender)
    assert states() == {"queued": 20}
    assert all((found.reason or "").startswith("no answer: unreachable") for found in Delivery.objects.all())
    assert all(
        devices.token_of(device) not in (delivery.reason or "")
        for device in Device.objects.all()
        for delivery in Delivery.objects.all()
    )
    sender.close()


def test_without_a_certificate_that_is_valid_nothing_is_sent(
    service: PushService, sender: PushSender, clock: Clock
) -> None:
    organization = toy_maker()
    expired = town(organization, "pass.example.old", name="Old")
    Certificate.objects.filter(id=expired.certificate_id).update(expires_at=START - timedelta(days=1))
    stranger = town(organization, "pass.example.new", name="New")
    installed(issued(expired))
    installed(issued(stranger), devices.device("pass.example.before"))
    changed_all(expired)
    changed_all(stranger)
    send(sender)
    assert (service.outcomes, states()) == ([], {"refused": 2})
    reasons = " ".join(sorted(row.reason or "" for row in Delivery.objects.all()))
    assert "pass.example.old expired at" in reasons
    assert "no certificate for pass.example.before" in reasons


def test_a_device_of_another_identifier_is_pushed_with_the_organization_s_certificate_for_it(
    service: PushService, sender: PushSender
) -> None:
    organization = toy_maker()
    pushing.certificate(organization, "pass.example.before")
    pushing.certificate(toy_maker("Other"), "pass.example.before")
    installed(issued(town(organization, "pass.example.new")), devices.device("pass.example.before"))
    changed_all(Campaign.objects.get())
    send(sender)
    assert [push.topic for push in service.pushes] == ["pass.example.before"]


def test_apple_is_never_asked_with_a_development_certificate(clock: Clock) -> None:
    installed(issued(town(toy_maker(), development=True)))
    changed_all(Campaign.objects.get())
    sender = PushSender(url=apns.HOST, roots="/nonexistent", clock=clock)
    send(sender)
    assert (delivery().state, "development certificate" in (delivery().reason or "")) == ("refused", True)


def test_a_development_certificate_pushes_to_a_simulated_phone_instead(clock: Clock) -> None:
    """Found by the development root alone; whatever port of Apple's is set, nothing goes there."""
    DevelopmentAuthority.objects.all().delete()
    authority = authority_of_installation(START)
    installed(issued(town(toy_maker(), "pass.example.toys", by=authority, development=True)))
    changed_all(Campaign.objects.get())
    identity = identity_by(authority, START)
    with PushService(client_authorities=authority.root_pem, identity=identity, knows_all=True) as phone:
        sender = PushSender(url=f"{apns.HOST}:2197", roots="/nonexistent", phone_url=phone.url, clock=clock)
        send(sender)
        assert [push.topic for push in phone.pushes] == ["pass.example.toys"]
    assert delivery().state == "accepted"


@pytest.mark.parametrize(
    ("url", "apples"),
    [
        (apns.HOST, True),
        (f"{apns.HOST}:2197", True),
        ("https://API.push.apple.com.", True),
        ("https://api.sandbox.push.apple.com", True),
        ("https://127.0.0.1:2197", False),
        ("https://pushapple.com", False),
    ],
)
def test_which_push_services_are_apple_s(url: str, apples: bool) -> None:
    assert apns.is_apples(url) is apples


def test_a_token_of_another_secret_is_refused(service: PushService, sender: PushSender, campaign: Campaign) -> None:
    row = issued(campaign)
    installed(row)
    Device.objects.update(push_token_encrypted=b"not a cipher text")
    changed(row)
    send(sender)
    assert (delivery().state, service.outcomes) == ("refused", [])


def test_what_a_killed_worker_had_taken_is_pushed_when_its_lease_is_over(
    service: PushService, sender: PushSender, campaign: Campaign, clock: Clock, tmp_path: Path
) -> None:
    row = issued(campaign)
    for _ in range(3):
        installed(row)
    changed(row)
    killed = pushing.sender_to(service, tmp_path, clock=clock)
    killed.take()
    killed.close()
    send(sender)
    assert (len(service.pushes), states()) == (0, {"queued": 3})
    clock.forward(seconds=LEASE.total_seconds() + 1)
    send(sender)
    assert (len(service.pushes), states()) == (3, {"accepted": 3})


def test_an_answer_that_comes_after_the_lease_changes_nothing(
    service: PushService, sender: PushSender, campaign: Campaign, clock: Clock, tmp_path: Path
) -> None:
    row = issued(campaign)
    installed(row)
    changed(row)
    late = pushing.sender_to(service, tmp_path, clock=clock)
    late.take()
    clock.forward(seconds=LEASE.total_seconds() + 1)
    sender.take()
    late.finish()
    assert states() == {"queued": 1}
    sender.finish()
    assert (states(), len(service.pushes)) == ({"accepted": 1}, 2)
    assert Tally.objects.get(counter="pushes").amount == 1
    late.close()


def test_a_sender_that_fails_begins_anew(
    service: PushService, sender: PushSender, campaign: Campaign, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = issued(campaign)
    installed(row)
    changed(row)
    with monkeypatch.context() as patched:
        patched.setattr(Http2Line, "turn", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            sender.step()
    assert not sender.step()
    clock.forward(seconds=LEASE.total_seconds() + 1)
    send(sender)
    assert (len(service.pushes), states()) == (1, {"accepted": 1})


def test_lanes_share_what_is_taken_and_a_resting_one_gets_nothing(sender: PushSender) -> None:
    assert sender.room([1]) == {1: BATCH}
    assert sender.room([1, 2, 3, 4]) == dict.fromkeys((1, 2, 3, 4), BATCH // 4)
    assert min(sender.room([*range(500)]).values()) == FEWEST
    sender.under_way = {1: STREAMS, 2: STREAMS - 5}
    assert sender.rest(3, 60)
    assert not sender.rest(3, 60)
    assert sender.room([1, 2, 3]) == {2: 5}
    sender.rests[3].until = sender.monotonic()
    assert sender.room([3]) == {3: 1}


@pytest.mark.django_db(transaction=True)
def test_of_two_senders_at_once_one_pushes_each_device(
    service: PushService, campaign: Campaign, tmp_path: Path, clock: Clock
) -> None:
    rows = [issued(campaign) for _ in range(60)]
    for row in rows:
        for _ in range(3):
            installed(row)
    barrier = threading.Barrier(3)

    # Here and not in the threads: each writes the file with the service's root anew.
    senders = [pushing.sender_to(service, tmp_path, clock=clock) for _ in range(3)]

    def send_all(sender: PushSender) -> None:
        barrier.wait()
        try:
            while sender.step() or Delivery.objects.filter(state="queued").exists():
                pass
        finally:
            sender.close()
            connection.close()

    changed_all(campaign)
    with ThreadPoolExecutor(3) as pool:
        for each in [pool.submit(send_all, sender) for sender in senders]:
            each.result()
    assert Counter(Counter(push.token for push in service.pushes).values()) == {1: 180}
    assert states() == {"accepted": 180}
    assert sum(Tally.objects.filter(counter="pushes").values_list("amount", flat=True)) == 180
