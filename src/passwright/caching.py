"""Values that cost much to make, kept within bounds."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class BoundedCache(Generic[Key, Value]):
    """Keeps the values used last, at most ``most_entries`` of them and ``most_bytes`` in all.

    Safe for threads: a value is made by the first that asks for it while others who want the same wait, and those
    who want another do not. What failed is not kept.
    """

    def __init__(self, *, most_entries: int, most_bytes: int, size_of: Callable[[Value], int]) -> None:
        self.most_entries = most_entries
        self.most_bytes = most_bytes
        self.size_of = size_of
        self.bytes = 0
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self._being_made: dict[Key, Future[Value]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Key]:
        """The keys, the one used longest ago first."""
        with self._lock:
            return iter(list(self._kept))

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """The value kept under the key, made now if there is none. Raises what ``make`` raises."""
        with self._lock:
            if found := self._found(key):
                return found[0]
            waiting = self._being_made.get(key)
            if waiting is None:
                mine: Future[Value] = Future()
                self._being_made[key] = mine
        if waiting is not None:
            return waiting.result()
        return self._make(key, make, mine)

    def recall(self, key: Key) -> Value | None:
        """The value kept under the key; None if there is none. For callers who make many values in one go."""
        with self._lock:
            found = self._found(key)
            return found[0] if found else None

    def keep(self, key: Key, value: Value) -> None:
        """Keep a value that the caller made."""
        size = self.size_of(value)
        with self._lock:
            self._keep(key, value, size)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self.bytes = 0

    def _make(self, key: Key, make: Callable[[], Value], promise: Future[Value]) -> Value:
        try:
            value = make()
        except BaseException as error:
            with self._lock:
                del self._being_made[key]
            promise.set_exception(error)
            raise
        size = self.size_of(value)
        with self._lock:
            del self._being_made[key]
            self._keep(key, value, size)
        promise.set_result(value)
        return value

    def _found(self, key: Key) -> tuple[Value, int] | None:
        found = self._kept.get(key)
        if found:
            self._kept.move_to_end(key)
        return found

    def _keep(self, key: Key, value: Value, size: int) -> None:
        """What is larger than everything that may be kept drives nothing else out."""
        _, before = self._kept.pop(key, (None, 0))
        self.bytes -= before
        if size <= self.most_bytes:
            self._kept[key] = value, size
            self.bytes += size
        while len(self._kept) > self.most_entries or self.bytes > self.most_bytes:
            _, (_, size) = self._kept.popitem(last=False)
            self.bytes -= size
