"""The rate limit: 5,000 requests an hour for each organization, or its own limit; 60 per address without credentials.

Where the operator wants limits enforced (``PASSWRIGHT_ENFORCE_LIMITS``), the database counts the requests of
organizations, exactly, and one too many is answered 420, the status that the old client libraries know; they take 429
for success. Otherwise, and for those without credentials, nothing is refused and counting is cheap instead of exact:
each web process counts its own requests in the current clock hour, and ``X-RateLimit-Remaining`` is what is left of
the limit as that process saw it.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from typing import Any

from django.http import HttpRequest
from msgspec import Struct

from passwright.data.models import Organization
from passwright.interfaces.api.envelope import Refused
from passwright.interfaces.client_address import sender
from passwright.operations.count_request import count_request
from passwright.queries.organizations import hourly_limit_of
from passwright.settings import ENVIRONMENT

HOUR = 3600
ANONYMOUS = 60
MAX_CALLERS = 50_000
"""Remembered per hour and process; when there are more, counting starts again."""


class Standing(Struct, frozen=True, kw_only=True):
    """Where a caller stands. ``reset`` is the end of the window in epoch seconds."""

    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset),
        }


class HourlyCount:
    """How often each caller came in the current hour."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.hour = 0
        self.seen: Counter[str] = Counter()

    def count(self, caller: str, *, limit: int, now: float) -> Standing:
        hour = int(now // HOUR)
        with self.lock:
            if hour != self.hour or len(self.seen) > MAX_CALLERS:
                self.hour, self.seen = hour, Counter()
            self.seen[caller] += 1
            used = self.seen[caller]
        return standing_at(hour, limit=limit, used=used)


hourly = HourlyCount()


def standing_at(hour: int, *, limit: int, used: int) -> Standing:
    return Standing(limit=limit, remaining=max(0, limit - used), reset=(hour + 1) * HOUR)


def standing(request: HttpRequest) -> Standing:
    """What the answer says about the limit."""
    counted = getattr(request, "standing", None)
    if isinstance(counted, Standing):
        return counted
    organization: Any = getattr(request, "auth", None)
    if isinstance(organization, Organization):
        return hourly.count(organization.api_username, limit=hourly_limit_of(organization), now=time.time())
    return hourly.count(sender(request.META), limit=ANONYMOUS, now=time.time())


def enforce(request: HttpRequest, organization: Organization) -> None:
    """Count the request, where limits are enforced.

    Raises:
        Refused: 420 if the organization has made all requests of this hour.
    """
    if not ENVIRONMENT.enforce_limits:
        return
    now, limit = time.time(), hourly_limit_of(organization)
    hour = int(now // HOUR)
    used = count_request(organization_id=organization.id, hour=hour, limit=limit)
    counted = standing_at(hour, limit=limit, used=limit if used is None else used)
    request.standing = counted  # type: ignore[attr-defined]  # read when the request is answered
    if used is None:
        raise too_many(counted, wait=max(1, math.ceil(counted.reset - now)))


def too_many(counted: Standing, *, wait: int) -> Refused:
    return Refused(
        420,
        f"The {counted.limit:,} requests of this hour are used up. Go on in {wait} seconds, or ask the operator of "
        "this server for a higher limit.",
        headers={"Retry-After": str(wait)},
    )
