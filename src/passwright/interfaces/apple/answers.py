"""How the web service answers: devices read statuses and a few headers, and nobody reads anything else."""

from __future__ import annotations

import functools
from collections.abc import Callable
from http import HTTPStatus
from uuid import uuid4

import msgspec
import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from msgspec import Struct

from passwright.apple.archive import MEDIA_TYPE
from passwright.apple.web_service import UnusableBody, http_date
from passwright.operations.deliver import CertificateExpired
from passwright.operations.deliver_to_phone import PhoneDelivery
from passwright.operations.open_pass import NotAuthorized
from passwright.queries.updatable_passes import UpdatablePasses

PRIVATE = "private, no-store"
JSON = "application/json"
BODILESS = (204, 304)
RETRY_SECONDS = 30
CERTIFICATE_RETRY_SECONDS = 3_600

log = structlog.get_logger("passwright.apple")


class Answer(Struct, frozen=True):
    """What is sent back, whoever sends it. ``headers``: their names as they go over the wire."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @property
    def line(self) -> str:
        return f"{self.status} {HTTPStatus(self.status).phrase}"

    def all_headers(self) -> list[tuple[str, str]]:
        every = [*self.headers, ("Cache-Control", PRIVATE), ("X-Content-Type-Options", "nosniff")]
        return every if self.status in BODILESS else [*every, ("Content-Length", str(len(self.body)))]


DONE, NEW, NOTHING = Answer(200), Answer(201), Answer(204)
UNAUTHORIZED = Answer(401, (("WWW-Authenticate", "ApplePass"),))
UNKNOWN = Answer(404)
TOO_LONG = Answer(413)


def pass_answer(delivery: PhoneDelivery) -> Answer:
    changed = ("Last-Modified", http_date(delivery.last_modified))
    if delivery.unchanged:
        return Answer(304, (changed,))
    return Answer(200, (("Content-Type", MEDIA_TYPE), changed), delivery.pkpass or b"")


def list_answer(found: UpdatablePasses | None) -> Answer:
    if found is None:
        return NOTHING
    said = {"serialNumbers": found.serial_numbers, "lastUpdated": found.tag}
    return Answer(200, (("Content-Type", JSON),), msgspec.json.encode(said))


def refusal(status: int, message: str, *headers: tuple[str, str]) -> Answer:
    """One that a developer reads in his own log."""
    return Answer(status, (("Content-Type", JSON), *headers), msgspec.json.encode({"message": message}))


def wrong_method(*allowed: str) -> Answer:
    return Answer(405, (("Allow", ", ".join(allowed)),))


def answered(view: Callable[..., Answer]) -> Callable[..., HttpResponse]:
    """A view of Django's that answers whatever happens: a device that gets a status it does not expect asks again and
    again, and its holder sees nothing of the reason."""

    @functools.wraps(view)
    def run(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        response = response_of(answer_of(view, request, *args, **kwargs))
        if request.method == "HEAD":
            del response["Content-Length"]  # that of the pass is known when it is signed
        return response

    return run


def answer_of(view: Callable[..., Answer], request: HttpRequest, *args: str, **kwargs: str) -> Answer:
    try:
        return view(request, *args, **kwargs)
    except NotAuthorized:
        return UNAUTHORIZED
    except UnusableBody as error:
        return refusal(400, str(error))
    except UnreadablePostError:
        return refusal(400, "The body did not arrive whole.")
    except CertificateExpired as error:
        return refusal(503, str(error), ("Retry-After", str(CERTIFICATE_RETRY_SECONDS)))
    except Exception as error:
        return failed(request, error)


def failed(request: HttpRequest, error: Exception) -> Answer:
    number = str(uuid4())
    log.error("request failed", request_id=number, method=request.method, path=request.path, exc_info=error)
    headers = [("X-Request-Id", number)]
    if isinstance(error, OperationalError | InterfaceError):
        headers.append(("Retry-After", str(RETRY_SECONDS)))
        return refusal(503, "The database does not answer.", *headers)
    return refusal(500, f"The server failed. Its operator finds the reason in the log, as {number}.", *headers)


def response_of(answer: Answer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status)
    del response["Content-Type"]
    for name, value in answer.all_headers():
        response[name] = value
    return response
