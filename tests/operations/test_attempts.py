"""So many tries and no more, however many come at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from passwright.data.models import Attempts
from passwright.operations.attempts import LONGEST, attempt, forget_attempts
from passwright.queries.attempts import window_ends_at

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def tried(who: bytes = b"who", *, limit: int = 3, now: datetime = NOW) -> bool:
    return attempt(who=who, limit=limit, within=HOUR, now=now)


@pytest.mark.django_db
def test_the_window_begins_with_the_first_try_and_ends() -> None:
    assert [tried(now=NOW + timedelta(minutes=minute)) for minute in (0, 20, 40, 59)] == [True, True, True, False]
    assert window_ends_at(who=b"who", within=HOUR) == NOW + HOUR
    assert [tried(now=NOW + HOUR) for _ in range(4)] == [True, True, True, False]
    assert window_ends_at(who=b"who", within=HOUR) == NOW + 2 * HOUR


@pytest.mark.django_db
def test_nobody_uses_up_what_others_have() -> None:
    assert [tried(who) for who in (b"one", b"one", b"two")] == [True, True, True]
    assert [tried(b"one", limit=2), tried(b"two", limit=2)] == [False, True]
    assert window_ends_at(who=b"nobody", within=HOUR) is None


@pytest.mark.django_db
def test_a_limit_of_nothing_lets_nobody_try() -> None:
    assert not tried(limit=0)
    assert not Attempts.objects.exists()


@pytest.mark.django_db
def test_a_limit_that_is_raised_counts_at_once() -> None:
    assert [tried(limit=1), tried(limit=1), tried(limit=2), tried(limit=2)] == [True, False, True, False]


@pytest.mark.django_db
def test_rows_do_not_say_who_it_was() -> None:
    tried(b"203.0.113.7")
    row = Attempts.objects.get()
    assert len(bytes(row.digest)) == 32
    assert b"203" not in bytes(row.digest)
    assert "203" not in str(row)


@pytest.mark.django_db
def test_what_no_window_reaches_is_deleted() -> None:
    for who, age in ((b"old", LONGEST), (b"young", LONGEST - timedelta(seconds=1))):
        tried(who, now=NOW - age)
    assert forget_attempts(now=NOW) == 1
    assert window_ends_at(who=b"old", within=HOUR) is None
    assert window_ends_at(who=b"young", within=HOUR) is not None


@pytest.mark.django_db(transaction=True)
def test_of_a_hundred_at_once_ten_are_let_in() -> None:
    together = threading.Barrier(100)

    def one(_: int) -> bool:
        try:
            together.wait(30)
            return tried(limit=10)
        finally:
            connection.close()

    with ThreadPoolExecutor(100) as pool:
        assert sum(pool.map(one, range(100))) == 10
    assert Attempts.objects.get().number == 10


@pytest.mark.django_db(transaction=True)
def test_of_a_hundred_at_the_end_of_a_window_ten_are_let_in() -> None:
    """The first of them begins the next window, and only the first."""
    assert tried(limit=10)
    together = threading.Barrier(100)

    def one(_: int) -> bool:
        try:
            together.wait(30)
            return tried(limit=10, now=NOW + HOUR)
        finally:
            connection.close()

    with ThreadPoolExecutor(100) as pool:
        assert sum(pool.map(one, range(100))) == 10
