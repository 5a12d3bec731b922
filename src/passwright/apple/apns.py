"""Apple's push service (APNs) as passes use it: a request an installed pass, and what its answers mean.

Sources: Apple, "Updating a Wallet pass" and "Handling notification responses from APNs". The certificate of the pass
is the client certificate of the connection, and there is no sandbox: passes know production alone.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Struct

HOST = "https://api.push.apple.com"
SIMULATED = "https://127.0.0.1:2197"
"""Where the push service of a simulated phone listens that nobody gave another address."""

BODY = "{}"
"""The dictionary is empty, as Apple wants it for passes: what changed, the device asks the web service."""


NAMED_BY = "apns-id"
"""The header of an answer that names the push, by which Apple finds it again. One can name it oneself."""

is_name = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}").fullmatch


class Outcome(StrEnum):
    """What becomes of a push. ``certificate``: what was refused is not this push but whoever sends it."""

    ACCEPTED = "accepted"
    GONE = "gone"
    RETRY = "retry"
    REFUSED = "refused"
    CERTIFICATE = "certificate"


class Reply(Struct, frozen=True):
    """``reason`` in the push service's word. ``gone_at``: since when the token is none; a device that registered it
    later is there."""

    outcome: Outcome
    reason: str | None = None
    gone_at: datetime | None = None


class Answer(Struct, frozen=True):
    """The JSON of an answer that is not 200. ``timestamp``: milliseconds of Unix time, with 410 alone."""

    reason: str = ""
    timestamp: float | None = None


ACCEPTED = Reply(Outcome.ACCEPTED)

GONE_WITH_400 = "BadDeviceToken"
RETRY_WITH_400 = frozenset({"IdleTimeout"})
MISDIRECTED, TOO_MANY = 421, 429

read_answer = msgspec.json.Decoder(Answer).decode


def is_apples(url: str) -> bool:
    """Whether a push service is Apple's own, which knows no development certificate, whatever its port."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    return host == "apple.com" or host.endswith(".apple.com")


def path(push_token: str) -> str:
    """A token of Apple's is hexadecimal; what somebody else registered as one is no more than a part of the path."""
    return f"/3/device/{push_token if push_token.isalnum() and push_token.isascii() else quote(push_token, safe='')}"


def headers(pass_type_identifier: str) -> tuple[str, ...]:
    """What is the same in all requests for the passes of one identifier.

    There is no push type of its own for passes. ``background`` says what it is: a device has something to do, and
    nobody is shown anything by the push itself. Such a push may not have priority 10.
    """
    return f"apns-topic: {pass_type_identifier}", "apns-push-type: background", "apns-priority: 5"


def read_reply(status: int, body: bytes) -> Reply:
    """What an answer means, whatever its body is."""
    if status == 200:
        return ACCEPTED
    try:
        answer = read_answer(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        answer = Answer()
    reason = answer.reason[:100] or f"status {status}"
    if status == 410:
        return Reply(Outcome.GONE, reason, moment(answer.timestamp))
    return Reply(outcome(status, answer.reason), reason)


def outcome(status: int, reason: str) -> Outcome:
    """Of an answer that is neither 200 nor 410."""
    if status == 400 and reason == GONE_WITH_400:
        return Outcome.GONE
    if status == 403:
        return Outcome.CERTIFICATE
    if status in (MISDIRECTED, TOO_MANY) or not 400 <= status < 500 or reason in RETRY_WITH_400:
        return Outcome.RETRY
    return Outcome.REFUSED


def moment(milliseconds: float | None) -> datetime | None:
    """None also for a number that is no time."""
    try:
        return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
