"""Operations that stood in each other's way: one gives way and runs again, and nobody hears of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection
from psycopg.errors import DeadlockDetected, LockNotAvailable, SerializationFailure

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")

ATTEMPTS = 6
FIRST_WAIT_SECONDS = 0.02
"""Doubles each time: 0.6 seconds in all."""


def retried(operation: Callable[Asked, Answer]) -> Callable[Asked, Answer]:
    """Run the operation again when PostgreSQL ended it in favour of another: a deadlock, a serialization failure, or
    a lock that it would not wait for (``NOWAIT``).

    Within a transaction of the caller's it runs once: that one is over, and only as a whole can it be tried again.
    """

    @wraps(operation)
    def run(*args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
        if connection.in_atomic_block:
            return operation(*args, **kwargs)
        for attempt in range(ATTEMPTS - 1):
            try:
                return operation(*args, **kwargs)
            except OperationalError as error:
                if not gave_way(error):
                    raise
            time.sleep(FIRST_WAIT_SECONDS * 2**attempt)
        return operation(*args, **kwargs)

    return run


def gave_way(error: OperationalError) -> bool:
    return isinstance(error.__cause__, DeadlockDetected | SerializationFailure | LockNotAvailable)
