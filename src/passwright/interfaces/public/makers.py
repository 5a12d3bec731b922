"""Who has just made a pass: his browser may show him the link with which he changes it, the link to look at it alone
never does.

The cookie is one pass's, comes back to its page alone, and ends after 24 hours.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from passwright import secrets
from passwright.settings import PUBLIC_URL

LIFETIME = timedelta(hours=24)
COOKIE = "passwright_made"


def remember(response: HttpResponse, *, path: str, opened_by: UUID, at: datetime) -> None:
    """The browser that gets this response has made the pass whose page lies at ``path``."""
    since = int(at.timestamp())
    response.set_cookie(
        COOKIE,
        f"{since}.{mac(opened_by, since)}",
        max_age=LIFETIME,
        path=path,
        httponly=True,
        samesite="Lax",
        secure=PUBLIC_URL.startswith("https://"),
    )


def is_maker(request: HttpRequest, opened_by: UUID, at: datetime) -> bool:
    since, _, given = request.COOKIES.get(COOKIE, "").partition(".")
    if not (since.isascii() and since.isdigit() and len(since) < 12 and given.isascii()):
        return False
    expected = mac(opened_by, int(since))
    return hmac.compare_digest(given, expected) and 0 <= at.timestamp() - int(since) < LIFETIME.total_seconds()


def mac(opened_by: UUID, since: int) -> str:
    digest = hmac.digest(secrets.derived_key("maker"), opened_by.bytes + since.to_bytes(8, "big"), hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()
