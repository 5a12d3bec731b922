"""``Idempotency-Key``: a POST that is sent again gets the answer of the first time, and nothing happens twice.

See docs/decisions/0015-idempotency-keys.md.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from passwright.interfaces.api import spool
from passwright.interfaces.api.credentials import Credentials
from passwright.interfaces.api.envelope import Refused, envelope
from passwright.operations.answer_once import Answered, KeptAnswer, KeyOfAnother, StillUnderWay, answer_once
from passwright.operations.refusals import NotFound, PreconditionFailed, ValidationFailed, WrongTransition

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
MAX_KEY = 255
KEY = re.compile(rf"[!-~]{{1,{MAX_KEY}}}")
"""Visible ASCII characters."""

EXPECTED = (Refused, ValidationFailed, NotFound, PreconditionFailed, WrongTransition)
NOT_KEPT = frozenset({400, 401, 403, 405, 411, 413, 420, 429})
"""Refusals that say nothing about what was asked for: the same request may go well in a moment."""


class NotKept(Exception):
    """The route answered something that is given to this client and not to a repetition."""

    def __init__(self, response: HttpResponse) -> None:
        self.response = response
        super().__init__(response.status_code)


def has_key(request: HttpRequest) -> bool:
    return request.method == "POST" and "HTTP_IDEMPOTENCY_KEY" in request.META


def once(
    request: HttpRequest,
    address: str,
    route: Callable[[], HttpResponse],
    refusal: Callable[[Exception, HttpRequest], Refused],
) -> HttpResponse:
    """The route's answer, or the one that the first request under its key got.

    ``address``: version and path as the routes know it, so that other spellings of an address are the same request.
    """
    organization = Credentials()(request)
    request.auth = organization  # type: ignore[attr-defined]  # found by the route, which does not look it up again
    try:
        answered = answer_once(
            organization=organization,
            key=key_of(request),
            fingerprint=fingerprint(request, address),
            act=lambda: kept(whole_again(request, route)),
            refused_as=lambda error: kept_refusal(error, request, refusal),
            now=timezone.now(),
        )
    except NotKept as other:
        return other.response
    except KeyOfAnother:
        raise wrong_key("was used for another request before. Take a new key for each request") from None
    except StillUnderWay:
        raise Refused(
            409, f"The first request with this {HEADER} is not answered yet. Try again.", headers={"Retry-After": "5"}
        ) from None
    return given(answered)


def key_of(request: HttpRequest) -> str:
    key: str = request.META["HTTP_IDEMPOTENCY_KEY"].strip()
    if not KEY.fullmatch(key):
        raise wrong_key(f"must be 1 to {MAX_KEY} visible ASCII characters without spaces, such as a UUID")
    return key


def wrong_key(fault: str) -> Refused:
    return Refused(422, f"{HEADER} {fault}.", errors={HEADER: [fault]})


def fingerprint(request: HttpRequest, address: str) -> bytes:
    """SHA-256 of method, address, query and body: what tells one request from another."""
    parts = (request.method, address, request.META.get("QUERY_STRING") or "", digest_of_body(request))
    return hashlib.sha256(msgspec.msgpack.encode(parts)).digest()


def digest_of_body(request: HttpRequest) -> bytes:
    """SHA-256 of what the body says. The boundaries of a form with files are others each time it is sent."""
    if spool.is_awaited(request):
        return spool.spooled(request).digest
    if request.content_type == "multipart/form-data":
        return hashlib.sha256(msgspec.msgpack.encode(parts_of_form(request))).digest()
    return hashlib.sha256(request.body).digest()


def parts_of_form(request: HttpRequest) -> list[Any]:
    files = [(name, hashlib.sha256(file.read()).digest()) for name, all_ in request.FILES.lists() for file in all_]
    return [list(request.POST.lists()), files]


def whole_again(request: HttpRequest, route: Callable[[], HttpResponse]) -> HttpResponse:
    """The route's answer to a request of which nothing is read yet: its files were read for the fingerprint, or by
    an attempt that gave way to another operation."""
    if request.content_type == "multipart/form-data":
        for _, files in request.FILES.lists():
            for file in files:
                file.seek(0)
    return route()


def kept(response: HttpResponse) -> KeptAnswer:
    """Raises: NotKept: if it is no answer for a repetition; all that the route did is undone."""
    if not is_kept(response.status_code):
        raise NotKept(response)
    return KeptAnswer(status=response.status_code, headers=dict(response.headers), body=response.content)


def kept_refusal(
    error: Exception, request: HttpRequest, refusal: Callable[[Exception, HttpRequest], Refused]
) -> KeptAnswer | None:
    """The envelope of an expected refusal; None for what a repetition should try again."""
    if not isinstance(error, EXPECTED):
        return None
    refused = refusal(error, request)
    return kept(envelope(refused)) if is_kept(refused.status) else None


def is_kept(status: int) -> bool:
    return status < 500 and status not in NOT_KEPT


def given(answered: Answered) -> HttpResponse:
    answer = answered.answer
    response = HttpResponse(answer.body, status=answer.status, headers=answer.headers)
    if answered.replayed:
        response.headers[REPLAYED] = "true"
    return response
