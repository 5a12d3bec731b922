"""How often what happened in a campaign.

Counts of a day are in two tables: what is summed up, and what has been tallied since. A report reads both in one
statement, that is at one moment, so it is exact whatever is rolled up meanwhile or is committed late.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from django.db import connection
from msgspec import Struct

from passwright.data.models import Campaign
from passwright.passes.counters import Counter

DAILY = """
SELECT day, counter, sum(amount)::bigint FROM (
    SELECT day, counter, amount FROM daily_count WHERE campaign_id = %(campaign)s AND day BETWEEN %(start)s AND %(end)s
    UNION ALL
    SELECT day, counter, amount FROM tally WHERE campaign_id = %(campaign)s AND day BETWEEN %(start)s AND %(end)s
) AS counted
GROUP BY day, counter ORDER BY day
"""
TOTALS = """
SELECT counter, sum(amount)::bigint FROM (
    SELECT counter, amount FROM daily_count WHERE campaign_id = %(campaign)s
    UNION ALL
    SELECT counter, amount FROM tally WHERE campaign_id = %(campaign)s
) AS counted
GROUP BY counter
"""


class BySystem(Struct, frozen=True, kw_only=True):
    """A count by the operating system of the device."""

    ios: int = 0
    android: int = 0
    wp: int = 0

    @property
    def all(self) -> int:
        return self.ios + self.android + self.wp


class Counts(Struct, frozen=True, kw_only=True):
    """How often each thing happened, on a day or ever."""

    installs: BySystem
    uninstalls: BySystem
    redeems: int
    fetches: int
    downloads: int
    views: int
    creates: int
    expires: int
    pushes: int
    updates: int
    webhooks: int
    api_calls: int
    distribution_updates: int


def daily(campaign: Campaign, start: date, end: date) -> dict[date, Counts]:
    """What happened on each day (UTC) from ``start`` to ``end``, both included, in order. A day without anything is
    not there."""
    with connection.cursor() as cursor:
        cursor.execute(DAILY, {"campaign": campaign.id, "start": start, "end": end})
        rows: Iterable[tuple[date, str, int]] = cursor.fetchall()
    amounts: dict[date, dict[str, int]] = {}
    for day, counter, amount in rows:
        amounts.setdefault(day, {})[counter] = amount
    return {day: counts(of_day) for day, of_day in amounts.items()}


def totals(campaign: Campaign) -> Counts:
    """What has happened since the campaign was made."""
    with connection.cursor() as cursor:
        cursor.execute(TOTALS, {"campaign": campaign.id})
        return counts(dict(cursor.fetchall()))


def counts(amounts: Mapping[str, int]) -> Counts:
    return Counts(
        installs=by_system("installs", amounts),
        uninstalls=by_system("uninstalls", amounts),
        **{counter.value: amounts.get(counter.value, 0) for counter in Counter if "." not in counter.value},
    )


def by_system(name: str, amounts: Mapping[str, int]) -> BySystem:
    return BySystem(**{system: amounts.get(f"{name}.{system}", 0) for system in BySystem.__struct_fields__})
