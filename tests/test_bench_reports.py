"""What `./dev bench reports` writes down before it asks."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from passwright.bench import reports


def test_a_year_of_days_without_a_gap() -> None:
    """As many events as it says, the last weeks tallied, and the last half day by itself."""
    of_day = -(-reports.EVENTS // reports.DAYS)
    *days, before_noon, after_noon = reports.year_of(of_day)
    assert sum(part.end - part.start for part in (*days, before_noon, after_noon)) >= reports.EVENTS
    assert all(next_.midnight - part.midnight == timedelta(days=1) for part, next_ in pairwise([*days, before_noon]))
    assert [part.tallied for part in (*days, before_noon)].count(True) == reports.TALLIED_DAYS
    assert (before_noon.midnight, before_noon.end) == (after_noon.midnight, after_noon.start)
    assert (before_noon.start, after_noon.end, after_noon.tallied) == (0, of_day, True)


def test_every_kind_of_event_has_its_counter() -> None:
    assert set(reports.KINDS) == set(reports.COUNTERS)
