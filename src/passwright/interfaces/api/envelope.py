"""Answers of the API: plain JSON when it worked, one envelope when it did not.

Every 4xx is ``{"status_code", "error_code", "message", "errors"}``: ``error_code`` is an integer that stays,
``message`` says what to do, ``errors`` is an object whose values are a sentence or a list of sentences. The old client
libraries read all of them, and break on a body that is a list or not JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.http import HttpResponse

CONTENT_TYPE = "application/json; charset=utf-8"

REASONS = {420: "Enhance Your Calm"}
"""Of statuses that Django has no words for."""

Errors = Mapping[str, str | Sequence[str]] | Sequence[str]


class Refused(Exception):
    """A request that is answered with the envelope. Raise it from any route."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        errors: Errors | None = None,
        error_code: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors: Errors = {"base": message} if errors is None else errors
        self.error_code = 10000 + status if error_code is None else error_code
        self.headers = dict(headers or {})


def answer(content: Any, *, status: int = 200) -> HttpResponse:
    """``content`` (structs, dicts, lists, UUIDs) as JSON."""
    return HttpResponse(msgspec.json.encode(content), status=status, content_type=CONTENT_TYPE)


def gone() -> HttpResponse:
    """What a DELETE answers when it worked."""
    return HttpResponse(b'{"errors":[]}', content_type=CONTENT_TYPE)


def envelope(refused: Refused) -> HttpResponse:
    response = answer(
        {
            "status_code": refused.status,
            "error_code": refused.error_code,
            "message": refused.message,
            "errors": refused.errors,
        },
        status=refused.status,
    )
    if reason := REASONS.get(refused.status):
        response.reason_phrase = reason
    for name, value in refused.headers.items():
        response.headers[name] = value
    return response
