"""What devices send, out of Django's requests."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpRequest

from passwright.apple.web_service import Authorization, Client, UnusableBody, client_of, read_authorization
from passwright.operations.open_pass import NotAuthorized


def authorization_of(header: str | None) -> Authorization:
    """Raises: NotAuthorized: if the header is none of a wallet's."""
    authorization = read_authorization(header)
    if authorization is None:
        raise NotAuthorized(NotAuthorized.__doc__)
    return authorization


def client(request: HttpRequest, authorization: Authorization) -> Client:
    return client_of(authorization.scheme, request.headers.get("X-Pass-Client"), request.headers.get("User-Agent"))


def body_of(request: HttpRequest, most_bytes: int) -> bytes:
    """Raises: UnusableBody: if it is too long; it is not read then."""
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    if not (length.isascii() and length.isdigit()) or len(length) > 9 or int(length) > most_bytes:
        raise UnusableBody(f"The body is too long: send at most {most_bytes} bytes.")
    return request.body


def now() -> datetime:
    return datetime.now(UTC)
