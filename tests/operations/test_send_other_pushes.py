"""Android's wallets, whose push services are played by a real HTTP server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from passwright.data.models import Campaign, Delivery, Device, Event
from passwright.operations import send_other_pushes
from passwright.operations.announce import announce_campaign
from passwright.operations.send_other_pushes import LEASE, OtherPushSender, post
from passwright.wallets.pushes import PushServices
from tests import devices
from tests.operations.installed import installed, issued, spread_all
from tests.operations.toys import toy_maker, toy_town
from tests.pushing import OtherService, Reply

pytestmark = pytest.mark.django_db
START = datetime.now(UTC).replace(microsecond=0)
IDENTIFIER = "pass.example.toys"


@pytest.fixture
def service() -> Iterator[OtherService]:
    with OtherService() as running:
        yield running


@pytest.fixture
def campaign() -> Campaign:
    return toy_town(toy_maker())


def sender(server: OtherService, *, at: datetime = START, **services: Any) -> OtherPushSender:
    urls = {
        "walletpasses_url": server.url("/passes"),
        "walletunion_url": server.url("/union"),
        "walletunion_key": "union-key",
        "pass2u_url": server.url("/p2u"),
        "pass2u_key": "p2u-key",
    }
    return OtherPushSender(services=PushServices(**(urls | services)), post=post, clock=lambda: at)


def change(campaign: Campaign) -> None:
    announce_campaign(campaign_id=campaign.id, kind=Event.Kind.UPDATED, at=START)
    spread_all(START)


def asked(server: OtherService) -> list[Any]:
    return [body for _, body in server.log]


def states() -> list[tuple[str, str | None]]:
    return [*Delivery.objects.order_by("device_id").values_list("state", "reason")]


def test_devices_of_one_wallet_are_told_in_one_request(campaign: Campaign, service: OtherService) -> None:
    held = [installed(issued(campaign), wallet="wallet_passes") for _ in range(3)]
    installed(issued(campaign))  # an iPhone, which is somebody else's to tell
    change(campaign)
    assert sender(service).step()
    tokens = {devices.token_of(registration.device) for registration in held}
    [body] = asked(service)
    assert (body["passTypeIdentifier"], {*body["pushTokens"]}) == (IDENTIFIER, tokens)
    assert sorted(states()) == [("accepted", None)] * 3 + [("queued", None)]
    assert not sender(service).step()


def test_tokens_that_are_gone_go_and_large_batches_are_halved(campaign: Campaign, service: OtherService) -> None:
    held = [installed(issued(campaign), wallet="walletunion") for _ in range(8)]
    gone = devices.token_of(held[3].device)

    def answer(body: Any) -> Reply:
        if len(body["pushTokens"]) > 2:
            return 413, b"", {}
        unknown = [gone] if gone in body["pushTokens"] else []
        return 200, json.dumps({"status": "OK", "unknown_push_tokens": unknown}).encode(), {}

    service.answer = answer
    change(campaign)
    assert sender(service).step()
    assert [len(body["pushTokens"]) for body in asked(service)] == [8, 4, 2, 2, 2, 2]
    assert sorted(states()) == [("accepted", None)] * 7 + [("gone", "unknown_push_token")]
    assert not Device.objects.filter(id=held[3].device_id).exists()
    assert Event.objects.filter(kind="uninstalled").count() == 1


@pytest.mark.parametrize("status", [302, 429, 500])
def test_what_failed_is_tried_again(campaign: Campaign, service: OtherService, status: int) -> None:
    service.answer = lambda _: (status, b"", {"Location": service.url("/elsewhere")})
    installed(issued(campaign), wallet="pass2u")
    change(campaign)
    first = sender(service)
    first.step()
    assert states() == [("queued", f"status {status}")]
    assert not first.step()
    service.answer = lambda _: (200, b"{}", {})
    sender(service, at=START + timedelta(minutes=1)).step()
    assert [state for state, _ in states()] == ["accepted"]
    assert [path for path, _ in service.log] == ["/p2u/v2/registrations/pass.example.toys/push"] * 2


def test_a_service_that_is_not_there_is_tried_again(campaign: Campaign, service: OtherService) -> None:
    installed(issued(campaign), wallet="wallet_passes")
    change(campaign)
    sender(service, walletpasses_url="http://127.0.0.1:1/push").step()
    assert states() == [("queued", "no answer (curl 7)")]


def test_a_wallet_without_a_key_is_refused_with_the_setting(campaign: Campaign, service: OtherService) -> None:
    installed(issued(campaign), wallet="pass2u")
    change(campaign)
    sender(service, pass2u_key="").step()
    assert states() == [("refused", "not configured: set PASSWRIGHT_PASS2U_KEY")]


def test_passwallet_is_asked_at_hosts_of_the_list_alone(campaign: Campaign, service: OtherService) -> None:
    for host in (f"localhost:{service.port}", f"127.0.0.1:{service.port}"):
        registration = installed(issued(campaign), wallet="passwallet")
        Device.objects.filter(id=registration.device_id).update(push_service=f"http://{host}/attido")
    change(campaign)
    sender(service, hosts=frozenset({"localhost"})).step()
    assert [state for state, _ in states()] == ["accepted", "refused"]
    assert [path for path, _ in service.log] == ["/attido/v1/pushUpdate"]


def named(campaign: Campaign, push_service: str) -> Device:
    """A device of PassWallet's that named its push service."""
    held = installed(issued(campaign), wallet="passwallet")
    Device.objects.filter(id=held.device_id).update(push_service=push_service)
    return held.device


def test_a_host_that_does_not_answer_holds_up_no_other(campaign: Campaign, service: OtherService) -> None:
    broken, well = "http://127.0.0.1:1/attido", f"http://localhost:{service.port}/attido"
    named(campaign, broken)
    first = sender(service, hosts=frozenset({"127.0.0.1", "localhost"}))
    change(campaign)
    first.step()
    named(campaign, well)
    change(campaign)
    first.step()
    assert [path for path, _ in service.log] == ["/attido/v1/pushUpdate"]


def test_what_was_not_asked_in_time_is_due_at_once_and_says_nothing_of_the_service(
    campaign: Campaign, service: OtherService
) -> None:
    seconds = 0.0

    def slow(_: Any) -> Reply:
        nonlocal seconds
        seconds += 15.0
        return 200, b"", {}

    for number in range(7):  # their services are many, their turn is one
        named(campaign, f"http://localhost:{service.port}/{number % 3}")
    change(campaign)
    service.answer = slow
    first = sender(service, hosts=frozenset({"localhost"}))
    first.monotonic = lambda: seconds
    for accepted in (2, 4, 6, 7):
        first.step()
        assert Delivery.objects.filter(state="accepted").count() == accepted
    assert {told.attempts for told in Delivery.objects.all()} == {1}


def test_lanes_take_turns(campaign: Campaign, service: OtherService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send_other_pushes, "LANES", 1)
    monkeypatch.setattr(send_other_pushes, "DEVICES", 1)
    for wallet in ("wallet_passes", "pass2u"):
        for _ in range(2):
            installed(issued(campaign), wallet=wallet)
    change(campaign)
    first = sender(service)
    assert [first.step() for _ in range(5)] == [True, True, True, True, False]
    paths = [path for path, _ in service.log]
    assert paths[0] == paths[2] != paths[1] == paths[3]


def test_what_a_killed_worker_had_taken_is_due_again(campaign: Campaign, service: OtherService) -> None:
    installed(issued(campaign), wallet="wallet_passes")
    change(campaign)

    def die(_: object) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        OtherPushSender(services=PushServices(walletpasses_url="http://x"), post=die, clock=lambda: START).step()
    assert not sender(service).step()
    sender(service, at=START + LEASE + timedelta(seconds=2)).step()
    assert states() == [("accepted", None)]
