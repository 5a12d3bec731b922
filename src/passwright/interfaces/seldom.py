"""What goes on for a while is said now and then, not each time that it is found out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

SECONDS = 60.0
"""Between two lines about the same."""


class Seldom:
    """Ask it before saying something. Any thread may."""

    def __init__(self, seconds: float = SECONDS, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self.clock = clock
        self.lock = threading.Lock()
        self.said_at: float | None = None

    def __call__(self) -> bool:
        """Whether it was not said for so long; then it is said now."""
        with self.lock:
            now = self.clock()
            if self.said_at is not None and now - self.said_at < self.seconds:
                return False
            self.said_at = now
            return True
