"""``/v1/log``: what devices complain of. Anybody can send it, so little of it is kept from one address.

Each web process counts by itself: the limit is one against floods, and the hourly one of `operations.keep_device_logs`
holds for all.
"""

from __future__ import annotations

import threading
import time
from collections import Counter

from django.http import HttpRequest

from passwright.apple.web_service import MOST_LOG_BYTES, read_logs
from passwright.interfaces.apple.answers import DONE, Answer, answered, wrong_method
from passwright.interfaces.apple.requests import body_of, now
from passwright.interfaces.client_address import sender
from passwright.operations.keep_device_logs import keep_device_logs

MOST_A_MINUTE = 300
"""Lines from one address."""
MOST_ADDRESSES = 10_000
"""Remembered for a minute; when there are more, counting starts again."""


class MinuteCount:
    """How many lines each address sent in this minute."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.minute = 0
        self.lines: Counter[str] = Counter()

    def room(self, address: str, wanted: int, seconds: float) -> int:
        """How many of the wanted lines are taken at this time; they are counted."""
        minute = int(seconds // 60)
        with self.lock:
            if minute != self.minute or len(self.lines) > MOST_ADDRESSES:
                self.minute, self.lines = minute, Counter()
            taken = max(0, min(wanted, MOST_A_MINUTE - self.lines[address]))
            self.lines[address] += taken
        return taken


sent = MinuteCount()


@answered
def log(request: HttpRequest) -> Answer:
    """Answered 200 whatever is kept: a device must not send it again."""
    if request.method != "POST":
        return wrong_method("POST")
    lines = read_logs(body_of(request, MOST_LOG_BYTES))
    taken = sent.room(sender(request.META), len(lines), time.time())
    if taken:
        keep_device_logs(lines=lines[:taken], now=now())
    return DONE
