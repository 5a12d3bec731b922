"""The one view behind ``/v2`` and ``/v1``: it evens out the address, calls the route and answers in every case.

No address is ever redirected. Repeated slashes, a trailing slash and ``.json`` are taken off, ``/v1`` is served by the
same routes, and whatever goes wrong becomes the envelope.
"""

from __future__ import annotations

import re
import uuid
from functools import partial

import structlog
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.urls import Resolver404, ResolverMatch, resolve

from passwright.interfaces.api import idempotency, spool
from passwright.interfaces.api.api_calls import count_call
from passwright.interfaces.api.envelope import Refused, envelope
from passwright.interfaces.api.filters import ignored_params
from passwright.interfaces.api.limits import standing
from passwright.operations.refusals import (
    NotAllowed,
    NotFound,
    PreconditionFailed,
    ValidationFailed,
    WrongTransition,
)
from passwright.operations.upload_asset import PictureTooLarge

MAX_BODY = 4 * 1024 * 1024
ROUTES = "passwright.interfaces.api.routes"

log = structlog.get_logger("passwright.api")


def door(request: HttpRequest) -> HttpResponse:
    """Answer an API request."""
    head = request.method == "HEAD"
    if head:
        request.method = "GET"
    refused = None
    try:
        response = call(request)
    except Exception as error:
        refused = refusal(error, request)
        response = envelope(refused)
    finally:
        spool.let_go(request)
    count_call(request, getattr(request, "named", {}), refused)
    finish(request, response)
    return without_body(response) if head else response


def call(request: HttpRequest) -> HttpResponse:
    """The route's answer. It may raise anything."""
    check_site(request)
    version, path = evened(request.path_info)
    even_media_type(request)
    if spool.is_upload(request.method, path):
        spool.check_upload(request)
    else:
        check_length(request, path)
        check_whole(request)
    request.api_version = version  # type: ignore[attr-defined]  # read by is_v1
    match = resolve(path, urlconf=ROUTES)
    request.named = match.kwargs  # type: ignore[attr-defined]  # read by the door when it answers
    route = partial(routed, request, match)
    if idempotency.has_key(request):
        return idempotency.once(request, f"{version} {path}", route, refusal)
    return route()


def routed(request: HttpRequest, match: ResolverMatch) -> HttpResponse:
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    if isinstance(response, HttpResponseNotAllowed):
        allowed = ", ".join(sorted({*response.headers["Allow"].split(", "), *head_of(response.headers["Allow"])}))
        raise Refused(405, f"This address answers {allowed}, not {request.method}.", headers={"Allow": allowed})
    return response


def head_of(allowed: str) -> set[str]:
    return {"HEAD"} if "GET" in allowed.split(", ") else set()


def evened(path: str) -> tuple[str, str]:
    """API version and the path below it as the routes know it.

    >>> evened("//v1//coupons.json/")
    ('v1', '/v2/coupons')
    """
    plain = re.sub(r"/{2,}", "/", path).rstrip("/").removesuffix(".json").rstrip("/")
    version, _, rest = plain.lstrip("/").partition("/")
    return version, f"/v2/{rest}"


def is_v1(request: HttpRequest) -> bool:
    """Did the client come through ``/v1``, where passes and campaigns carry a few attributes more?"""
    return bool(getattr(request, "api_version", "v2") == "v1")


def check_site(request: HttpRequest) -> None:
    """A browser that keeps an organization's credentials sends them with forms of any website; it says so."""
    site = request.headers.get("Sec-Fetch-Site", "none")
    if request.method not in ("GET", "HEAD", "OPTIONS") and site not in ("none", "same-origin"):
        raise Refused(403, "A page of another website sent this. Call the API from a program of your own.")


def check_length(request: HttpRequest, path: str) -> None:
    """Bodies have a length that is told before, and an end that fits into memory.

    Our own web server gives chunked bodies a length; behind another one they would be read as empty. A picture that is
    too large is refused as such, whatever its size: the old clients, which upload what people give them, take 413 for
    success.
    """
    if request.META.get("HTTP_TRANSFER_ENCODING") and not request.META.get("CONTENT_LENGTH"):
        raise Refused(411, "Send the body with a Content-Length header instead of in chunks.")
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    if length.isdigit() and (len(length) > 15 or int(length) > MAX_BODY):
        if (request.method, path) == ("POST", "/v2/assets"):
            raise PictureTooLarge
        raise Refused(413, f"The body is larger than {MAX_BODY // 1024 // 1024} MiB. Send less at once.")


def even_media_type(request: HttpRequest) -> None:
    """``Multipart/Form-Data`` is ``multipart/form-data``, which is how Django's parser wants it spelled."""
    media_type, separator, rest = str(request.META.get("CONTENT_TYPE") or "").partition(";")
    request.META["CONTENT_TYPE"] = media_type.lower() + separator + rest


def check_whole(request: HttpRequest) -> None:
    """A connection that broke off reads as a shorter body, and an empty one would be no parameters at all."""
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    if length.isdigit() and len(request.body) < int(length):
        raise Refused(400, "The body ended early. Send it again.")


def refusal(error: Exception, request: HttpRequest) -> Refused:
    """The envelope's content for whatever a route raised."""
    match error:
        case Refused():
            return error
        case ValidationFailed():
            return Refused(422, str(error), errors=error.errors)
        case NotAllowed():
            return Refused(403, str(error))
        case NotFound():
            return Refused(404, str(error), errors=error.errors)
        case PreconditionFailed():
            return Refused(412, str(error), errors=error.errors)
        case WrongTransition():
            return Refused(412, str(error), errors=error.errors)
        case Resolver404():
            return Refused(404, "There is nothing at this address. /docs lists the ones there are.")
        case Http404():
            return Refused(404, "Not found.")
        case RequestDataTooBig():
            return Refused(413, f"The body is larger than {MAX_BODY // 1024 // 1024} MiB. Send less at once.")
        case TooManyFieldsSent():
            return Refused(400, "Too many parameters. Send fewer at once.")
        case MultiPartParserError() | SuspiciousOperation():
            return Refused(400, "The request is malformed. Check its encoding and its content type.")
        case UnreadablePostError():
            return Refused(400, "The body ended early. Send it again.")
        case OperationalError() | InterfaceError():
            log.warning("database unavailable", method=request.method, path=request.path, error=str(error))
            return Refused(503, "The database is not available. Try again in a moment.", headers={"Retry-After": "5"})
    return broken(error, request)


def broken(error: Exception, request: HttpRequest) -> Refused:
    """Our own error: the log has the trace under the request id that the client gets."""
    request_id = str(uuid.uuid4())
    log.error("request failed", request_id=request_id, method=request.method, path=request.path, exc_info=error)
    return Refused(
        500,
        f"The server failed. Tell its operator this request id: {request_id}.",
        headers={"X-Request-Id": request_id},
    )


def finish(request: HttpRequest, response: HttpResponse) -> None:
    """The headers that every answer carries."""
    for name, value in standing(request).headers().items():
        response.headers[name] = value
    if ignored := ignored_params(request):
        response.headers["X-Ignored-Params"] = ignored
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["Content-Length"] = str(len(response.content))


def without_body(response: HttpResponse) -> HttpResponse:
    """``Content-Length`` still says how long it would be."""
    response.content = b""
    return response
