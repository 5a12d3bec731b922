from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

PATIENCE_SECONDS = 3.0
"""How long others wait for whoever asks the database, before they say that it does not answer."""

Value = TypeVar("Value")


class Late(Exception):
    """Somebody else asks and has not been answered for a while."""


class Kept(Generic[Value]):
    """An answer that is found out by one at a time and given again for some seconds."""

    def __init__(self, find_out: Callable[[], Value], seconds: float) -> None:
        self.find_out = find_out
        self.seconds = seconds
        self.lock = threading.Lock()
        self.until = 0.0
        self.value: Value | None = None

    def get(self) -> Value:
        """
        Raises:
            Late: instead of waiting for ever.
        """
        if not self.lock.acquire(timeout=PATIENCE_SECONDS):
            raise Late
        try:
            if self.value is None or time.monotonic() >= self.until:
                self.value = self.find_out()
                self.until = time.monotonic() + self.seconds
            return self.value
        finally:
            self.lock.release()
