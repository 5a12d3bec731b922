from __future__ import annotations

import json
from typing import Any

import pytest

from passwright.apple.apns import Outcome, Reply
from passwright.wallets.pushes import NotSent, PushServices, announce, is_too_large, read_reply

SERVICES = PushServices(
    walletpasses_url="https://wp.example/push",
    walletpasses_key="wp-key",
    walletunion_url="https://union.example/push",
    walletunion_key="union-key",
    pass2u_url="https://p2u.example",
    pass2u_key="p2u-key",
    passworks_wallet_url="https://pw.example/v1/pushUpdate",
    passworks_wallet_key="pw-key",
    hosts=frozenset({"push.example.org"}),
)
ID = "pass.example.toys"
TOKENS = ["one", "two"]
GONE = [Reply(Outcome.GONE, "unknown_push_token"), Reply(Outcome.GONE, "expired_push_token")]


@pytest.mark.parametrize(
    ("wallet", "url", "headers", "body"),
    [
        (
            "wallet_passes",
            "https://wp.example/push",
            {"Authorization": "wp-key"},
            {"passTypeIdentifier": ID, "pushTokens": TOKENS},
        ),
        (
            "walletunion",
            "https://union.example/push",
            {"Authorization": "union-key"},
            {"passTypeIdentifier": ID, "pushTokens": TOKENS, "hms": False},
        ),
        (
            "walletunion_hms",
            "https://union.example/push",
            {"Authorization": "union-key"},
            {"passTypeIdentifier": ID, "pushTokens": TOKENS, "hms": True},
        ),
        (
            "pass2u",
            f"https://p2u.example/v2/registrations/{ID}/push",
            {"x-api-key": "p2u-key"},
            {"registrationIds": TOKENS},
        ),
        (
            "passworks_wallet",
            "https://pw.example/v1/pushUpdate",
            {"Authorization": "pw-key"},
            {"passTypeIdentifier": ID, "pushTokens": TOKENS},
        ),
    ],
)
def test_each_wallet_is_asked_in_its_own_words(wallet: str, url: str, headers: dict[str, str], body: Any) -> None:
    asked = announce(wallet, ID, TOKENS, SERVICES)
    assert (asked.url, asked.headers, json.loads(asked.body)) == (url, headers, body)
    assert "key" not in repr(asked)
    assert "key" not in repr(SERVICES)


def test_wallet_passes_takes_pushes_without_a_key() -> None:
    assert announce("wallet_passes", ID, TOKENS, PushServices(walletpasses_url="https://wp.example")).headers == {}


@pytest.mark.parametrize(
    ("wallet", "setting"),
    [
        ("walletunion", "WALLETUNION_KEY"),
        ("walletunion_hms", "WALLETUNION_KEY"),
        ("pass2u", "PASS2U_KEY"),
        ("passworks_wallet", "PASSWORKS_WALLET_KEY"),
    ],
)
def test_without_a_key_nobody_is_asked(wallet: str, setting: str) -> None:
    with pytest.raises(NotSent, match=f"set PASSWRIGHT_{setting}"):
        announce(wallet, ID, TOKENS, PushServices())


@pytest.mark.parametrize("wallet", ["google_wallet", "another"])
def test_a_wallet_without_a_push_service_is_told_nothing(wallet: str) -> None:
    with pytest.raises(NotSent, match="takes no pushes"):
        announce(wallet, ID, TOKENS, SERVICES)


def test_passwallet_is_reached_where_the_device_says_if_that_is_allowed() -> None:
    asked = announce("passwallet", ID, ["one"], SERVICES, push_service="https://push.example.org/attido/?x=1")
    assert asked.url == "https://push.example.org/attido/v1/pushUpdate"
    assert json.loads(asked.body) == {"passTypeID": ID, "pushToken": "one"}


@pytest.mark.parametrize(
    "push_service",
    [
        "",
        "https://10.0.0.1/",
        "https://push.example.org.evil.example/",
        "https://evil.example/push.example.org",
        "https://push.example.org@evil.example/",
        "https://user@push.example.org/",
        "file://push.example.org/etc/passwd",
        "gopher://push.example.org/",
        "https://[push.example.org/",
        "https://push.example.org:port/",
        "//push.example.org/",
    ],
)
def test_no_other_host_is_asked_because_a_device_says_so(push_service: str) -> None:
    with pytest.raises(NotSent, match="PASSWRIGHT_PUSH_HOSTS"):
        announce("passwallet", ID, ["one"], SERVICES, push_service=push_service)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.ACCEPTED),
        (204, Outcome.ACCEPTED),
        (302, Outcome.RETRY),
        (400, Outcome.REFUSED),
        (401, Outcome.CERTIFICATE),
        (403, Outcome.CERTIFICATE),
        (404, Outcome.REFUSED),
        (429, Outcome.RETRY),
        (500, Outcome.RETRY),
        (503, Outcome.RETRY),
    ],
)
def test_what_a_status_means_for_all_tokens(status: int, outcome: Outcome) -> None:
    assert [reply.outcome for reply in read_reply("pass2u", status, b"", TOKENS)] == [outcome] * 2


@pytest.mark.parametrize(
    ("body", "replies"),
    [
        ({"status": "OK"}, [Reply(Outcome.ACCEPTED)] * 2),
        ({"status": "OK", "unknown_push_tokens": ["one"], "expired_push_tokens": ["two"]}, GONE),
        ({"status": "FCM_FAILED", "unknown_push_tokens": ["one"]}, [GONE[0], Reply(Outcome.RETRY, "FCM_FAILED")]),
        ({"status": "ERROR"}, [Reply(Outcome.RETRY, "ERROR")] * 2),
        ([], [Reply(Outcome.RETRY, "an answer that cannot be read")] * 2),
    ],
)
def test_walletunion_says_which_tokens_are_gone(body: Any, replies: list[Reply]) -> None:
    assert read_reply("walletunion", 200, json.dumps(body).encode(), TOKENS) == replies


def test_what_is_too_large_is_halved_while_it_can_be() -> None:
    assert is_too_large(413, TOKENS)
    assert not is_too_large(413, ["one"])
    assert not is_too_large(400, TOKENS)
    assert [reply.outcome for reply in read_reply("walletunion", 413, b"", ["one"])] == [Outcome.REFUSED]
