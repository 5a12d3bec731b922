"""Android's wallets, whose push services are played by a real HTTP server."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from passwright.data.models import Campaign, Delivery, Device, Event
from passwright.operations.announce import announce_campaign
from passwright.operations.send_other_pushes import LEASE, OtherPushSender, post
from passwright.wallets.pushes import PushServices
from tests import devices
from tests.operations.installed import installed, issued, spread_all
from tests.operations.toys import toy_maker, toy_town

pytestmark = pytest.mark.django_db
START = datetime.now(UTC).replace(microsecond=0)
IDENTIFIER = "pass.example.toys"


@pytest.fixture
def campaign() -> Campaign:
    return toy_town(toy_maker())


def sender(server: HTTPServer, *, at: datetime = START, **services: Any) -> OtherPushSender:
    urls = {
        "walletpasses_url": server.url_for("/passes"),
        "walletunion_url": server.url_for("/union"),
        "walletunion_key": "union-key",
        "pass2u_url": server.url_for("/p2u"),
        "pass2u_key": "p2u-key",
    }
    return OtherPushSender(services=PushServices(**(urls | services)), post=post, clock=lambda: at)


def change(campaign: Campaign) -> None:
    announce_campaign(campaign_id=campaign.id, kind=Event.Kind.UPDATED, at=START)
    spread_all(START)


def asked(server: HTTPServer) -> list[Any]:
    return [json.loads(request.get_data()) for request, _ in server.log]


def states() -> list[tuple[str, str | None]]:
    return [*Delivery.objects.order_by("device_id").values_list("state", "reason")]


def test_devices_of_one_wallet_are_told_in_one_request(campaign: Campaign, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/passes", method="POST").respond_with_json({})
    held = [installed(issued(campaign), wallet="wallet_passes") for _ in range(3)]
    installed(issued(campaign))  # an iPhone, which is somebody else's to tell
    change(campaign)
    assert sender(httpserver).step()
    tokens = {devices.token_of(registration.device) for registration in held}
    [body] = asked(httpserver)
    assert (body["passTypeIdentifier"], {*body["pushTokens"]}) == (IDENTIFIER, tokens)
    assert sorted(states()) == [("accepted", None)] * 3 + [("queued", None)]
    assert not sender(httpserver).step()


def test_tokens_that_are_gone_go_and_large_batches_are_halved(campaign: Campaign, httpserver: HTTPServer) -> None:
    held = [installed(issued(campaign), wallet="walletunion") for _ in range(8)]
    gone = devices.token_of(held[3].device)

    def answer(request: Request) -> Response:
        tokens = request.get_json()["pushTokens"]
        if len(tokens) > 2:
            return Response(status=413)
        body = {"status": "OK", "unknown_push_tokens": [gone] if gone in tokens else []}
        return Response(json.dumps(body), content_type="application/json")

    httpserver.expect_request("/union").respond_with_handler(answer)
    change(campaign)
    assert sender(httpserver).step()
    assert [len(body["pushTokens"]) for body in asked(httpserver)] == [8, 4, 2, 2, 2, 2]
    assert sorted(states()) == [("accepted", None)] * 7 + [("gone", "unknown_push_token")]
    assert not Device.objects.filter(id=held[3].device_id).exists()
    assert Event.objects.filter(kind="uninstalled").count() == 1


@pytest.mark.parametrize("status", [302, 429, 500])
def test_what_failed_is_tried_again(campaign: Campaign, httpserver: HTTPServer, status: int) -> None:
    elsewhere = {"Location": httpserver.url_for("/elsewhere")}
    httpserver.expect_oneshot_request("/p2u/v2/registrations/pass.example.toys/push").respond_with_data(
        "", status=status, headers=elsewhere
    )
    httpserver.expect_request("/p2u/v2/registrations/pass.example.toys/push").respond_with_json({})
    installed(issued(campaign), wallet="pass2u")
    change(campaign)
    first = sender(httpserver)
    first.step()
    assert states() == [("queued", f"status {status}")]
    assert not first.step()
    sender(httpserver, at=START + timedelta(minutes=1)).step()
    assert [state for state, _ in states()] == ["accepted"]
    assert len(httpserver.log) == 2


def test_a_service_that_is_not_there_is_tried_again(campaign: Campaign, httpserver: HTTPServer) -> None:
    installed(issued(campaign), wallet="wallet_passes")
    change(campaign)
    sender(httpserver, walletpasses_url="http://127.0.0.1:1/push").step()
    assert states() == [("queued", "no answer (curl 7)")]


def test_a_wallet_without_a_key_is_refused_with_the_setting(campaign: Campaign, httpserver: HTTPServer) -> None:
    installed(issued(campaign), wallet="pass2u")
    change(campaign)
    sender(httpserver, pass2u_key="").step()
    assert states() == [("refused", "not configured: set PASSWRIGHT_PASS2U_KEY")]


def test_passwallet_is_asked_at_hosts_of_the_list_alone(campaign: Campaign, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/attido/v1/pushUpdate").respond_with_json({})
    for host in (f"localhost:{httpserver.port}", f"127.0.0.1:{httpserver.port}"):
        registration = installed(issued(campaign), wallet="passwallet")
        Device.objects.filter(id=registration.device_id).update(push_service=f"http://{host}/attido")
    change(campaign)
    sender(httpserver, hosts=frozenset({"localhost"})).step()
    assert [state for state, _ in states()] == ["accepted", "refused"]
    assert len(httpserver.log) == 1


def test_what_a_killed_worker_had_taken_is_due_again(campaign: Campaign, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/passes").respond_with_json({})
    installed(issued(campaign), wallet="wallet_passes")
    change(campaign)

    def die(_: object) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        OtherPushSender(services=PushServices(walletpasses_url="http://x"), post=die, clock=lambda: START).step()
    assert not sender(httpserver).step()
    sender(httpserver, at=START + LEASE + timedelta(seconds=2)).step()
    assert states() == [("accepted", None)]
