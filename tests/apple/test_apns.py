from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from passwright.apple.apns import Outcome, Reply, headers, is_name, path, read_reply

AT = datetime(2026, 11, 22, 12, 0, 0, 500_000, tzinfo=UTC)


def test_a_request_names_the_token_in_its_path_and_the_pass_type_identifier_as_topic() -> None:
    assert path("ab" * 32) == "/3/device/" + "ab" * 32
    assert headers("pass.example.toys") == (
        "apns-topic: pass.example.toys",
        "apns-push-type: background",
        "apns-priority: 5",
    )


@pytest.mark.parametrize("token", ["../../v1", "a/b?c#d", "a b", "ü", ""])
def test_what_is_no_token_stays_one_part_of_the_path(token: str) -> None:
    assert re.fullmatch(r"/3/device/[A-Za-z0-9.%]*", path(token))


def test_a_push_is_named_by_a_uuid() -> None:
    assert is_name("EABEAE54-14A8-11E5-B60B-1697F925EC7B")
    assert not is_name("eabeae54-14a8-11e5-b60b-1697f925ec7b, 1")
    assert not is_name("")


@pytest.mark.parametrize(
    ("status", "reason", "outcome"),
    [
        (400, "BadDeviceToken", Outcome.GONE),
        (400, "DeviceTokenNotForTopic", Outcome.REFUSED),
        (400, "BadTopic", Outcome.REFUSED),
        (400, "PayloadEmpty", Outcome.REFUSED),
        (400, "IdleTimeout", Outcome.RETRY),
        (403, "BadCertificate", Outcome.CERTIFICATE),
        (403, "BadCertificateEnvironment", Outcome.CERTIFICATE),
        (403, "Forbidden", Outcome.CERTIFICATE),
        (404, "BadPath", Outcome.REFUSED),
        (405, "MethodNotAllowed", Outcome.REFUSED),
        (410, "Unregistered", Outcome.GONE),
        (410, "ExpiredToken", Outcome.GONE),
        (413, "PayloadTooLarge", Outcome.REFUSED),
        (421, "MisdirectedRequest", Outcome.RETRY),
        (429, "TooManyRequests", Outcome.RETRY),
        (500, "InternalServerError", Outcome.RETRY),
        (503, "ServiceUnavailable", Outcome.RETRY),
        (503, "Shutdown", Outcome.RETRY),
        (302, "Found", Outcome.RETRY),
    ],
)
def test_what_an_answer_means(status: int, reason: str, outcome: Outcome) -> None:
    assert read_reply(status, b'{"reason": "%s"}' % reason.encode()) == Reply(outcome, reason)


def test_only_200_is_accepted() -> None:
    assert read_reply(200, b"") == Reply(Outcome.ACCEPTED)
    assert read_reply(204, b"").outcome == Outcome.RETRY


def test_a_token_is_gone_since_a_time_in_milliseconds() -> None:
    body = b'{"reason": "Unregistered", "timestamp": %d}' % (AT.timestamp() * 1000)
    assert read_reply(410, body) == Reply(Outcome.GONE, "Unregistered", AT)


@pytest.mark.parametrize("timestamp", [b"1e300", b"-1e300", b"null"])
def test_a_time_that_is_none_is_left_out(timestamp: bytes) -> None:
    body = b'{"reason": "Unregistered", "timestamp": %s}' % timestamp
    assert read_reply(410, body) == Reply(Outcome.GONE, "Unregistered")


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe", b"[]", b'{"reason": 1}', b"{}"])
def test_an_answer_without_a_reason_says_its_status(body: bytes) -> None:
    assert read_reply(503, body) == Reply(Outcome.RETRY, "status 503")


def test_a_long_reason_is_cut() -> None:
    assert len(read_reply(500, b'{"reason": "%s"}' % (b"x" * 5000)).reason or "") == 100
