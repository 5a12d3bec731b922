"""The rate-limit headers: 5,000 requests an hour per API user name, 60 per address without credentials.

Nothing is refused yet, so counting is cheap instead of exact: each web process counts its own requests in the current
clock hour, and ``X-RateLimit-Remaining`` is what is left of the limit as that process saw it.
"""

from __future__ import annotations

import threading
from collections import Counter

from msgspec import Struct

HOUR = 3600
WITH_CREDENTIALS = 5000
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
        return Standing(limit=limit, remaining=max(0, limit - used), reset=(hour + 1) * HOUR)
