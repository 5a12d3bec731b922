"""What went wrong where nobody expected it: a page that explains, with a number by which the operator finds it."""

from __future__ import annotations

import sys
from uuid import uuid4

import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from msgspec.structs import replace

from passwright.apple.images import UnusableImage
from passwright.interfaces.public import refusals
from passwright.interfaces.public.answers import Refusal, refused
from passwright.interfaces.public.words import _, in_visitors_language, said
from passwright.queries.revisions import MissingRevision
from passwright.secrets import WrongSecret
from passwright.storage import MissingImage

RETRY_SECONDS = 30

log = structlog.get_logger("passwright.public")


@in_visitors_language
def failed(request: HttpRequest) -> HttpResponse:
    """Django's ``handler500``: called while the exception is being handled."""
    error = sys.exc_info()[1]
    refusal = refusal_of(error)
    if refusal is refusals.UNKNOWN:
        return refused(refusal)
    number = str(uuid4())
    log.error("request failed", request_id=number, method=request.method, path=request.path, exc_info=error)
    reason = said(_("{reason}; request {number}"), reason=refusal.reason, number=number)
    response = refused(replace(refusal, reason=reason))
    response["X-Request-Id"] = number
    if refusal.status == 503:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response


def refusal_of(error: BaseException | None) -> Refusal:
    match error:
        case OperationalError() | InterfaceError():
            return refusals.NO_DATABASE
        case MissingImage() | UnusableImage():
            return refusals.NO_PICTURE
        case WrongSecret():
            return refusals.NO_KEY
        case MissingRevision():
            return refusals.UNKNOWN
        case _:
            return refusals.BROKEN


@in_visitors_language
def malformed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """``handler400``: a body or an address that cannot be read."""
    return refused(refusals.TOO_LONG if isinstance(exception, RequestDataTooBig) else refusals.MALFORMED)


@in_visitors_language
def unknown(request: HttpRequest, exception: Exception) -> HttpResponse:
    """``handler404``."""
    return refused(refusals.UNKNOWN)
