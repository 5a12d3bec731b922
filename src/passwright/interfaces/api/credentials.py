"""HTTP Basic: an organization's API user name and key."""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import Any, cast

from django.http import HttpRequest

from passwright import secrets
from passwright.data.models import Organization
from passwright.interfaces.api.envelope import Refused
from passwright.interfaces.api.limits import enforce
from passwright.operations.keep_api_password import keep_api_password
from passwright.queries.organizations import organization_with_username
from passwright.settings import PUBLIC_URL

NOBODY = bytes(32)
"""Compared with the key of a user name that does not exist, so that both take the same time."""


class Credentials:
    """Lets an organization in, or refuses with 401 (unknown), 403 (locked, or an open line) or 420 (too many requests).
    Once a request: who was let in stays.
    """

    openapi_security_schema = {"type": "http", "scheme": "basic", "description": "API user name and API key."}

    def __call__(self, request: HttpRequest) -> Organization:
        known_already = getattr(request, "auth", None)
        if isinstance(known_already, Organization):
            return known_already
        check_line(request)
        username, password = read_basic(request.headers.get("Authorization", ""))
        organization = organization_with_username(username)
        key_hash = bytes(organization.api_password_hash) if organization else NOBODY
        known = secrets.same_api_password(password, key_hash)
        if organization is None or not known:
            raise unauthorized()
        if organization.locked_at is not None:
            raise Refused(403, "This organization is locked. Ask the operator of this server to unlock it.")
        if organization.api_password_encrypted is None:  # older than the copy that webhooks need
            keep_api_password(organization_id=organization.id, api_password=password)
        enforce(request, organization)
        return organization


def check_line(request: HttpRequest) -> None:
    """Behind a proxy that says so, credentials came over plain http though we are at home on https. A redirect would
    hide that: one of the old clients takes it for an empty answer, and the credentials are told already.

    Raises:
        Refused: 403.
    """
    line = str(request.META.get("HTTP_X_FORWARDED_PROTO") or "").partition(",")[0].strip().lower()
    if line == "http" and PUBLIC_URL.startswith("https://"):
        raise Refused(403, f"Credentials are not taken over plain http. Send the request to {PUBLIC_URL} instead.")


def read_basic(header: str) -> tuple[str, str]:
    """User name and password of an ``Authorization`` header; both empty if it is not a Basic one (RFC 7617)."""
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        decoded = b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return "", ""
    username, _, password = decoded.decode("utf-8", errors="replace").partition(":")
    return username, password


def unauthorized() -> Refused:
    return Refused(
        401,
        "Unauthorized. Send the organization's API user name and API key with HTTP Basic.",
        errors={"base": "Unauthorized"},
        headers={"WWW-Authenticate": 'Basic realm="Passwright", charset="UTF-8"'},
    )


def organization_of(request: HttpRequest) -> Organization:
    """The organization whose credentials came with the request."""
    return cast(Organization, cast(Any, request).auth)
