"""How often what happened in a campaign.

Counts of a day are in two tables: what is summed up, and what has been tallied since. A report reads both in one
statement, that is at one moment, so it is exact whatever is rolled up meanwhile or is committed late.
"""

from __future__ import annotations

from datetime import date

from django.db import connection
from msgspec import Struct, field
from msgspec.json import Decoder

from passwright.data.models import Campaign

# PostgreSQL puts the counters of a day together: taking them one by one costs more than all the rest.
DAILY = """
SELECT day, json_object_agg(counter, amount)::text FROM (
    SELECT day, counter, sum(amount)::bigint AS amount FROM (
        SELECT day, counter, amount FROM daily_count
        WHERE campaign_id = %(campaign)s AND day BETWEEN %(start)s AND %(end)s
        UNION ALL
        SELECT day, counter, amount FROM tally
        WHERE campaign_id = %(campaign)s AND day BETWEEN %(start)s AND %(end)s
    ) AS counted
    GROUP BY day, counter
) AS summed
GROUP BY day ORDER BY day
"""
TOTALS = """
SELECT coalesce(json_object_agg(counter, amount), '{}')::text FROM (
    SELECT counter, sum(amount)::bigint AS amount FROM (
        SELECT counter, amount FROM daily_count WHERE campaign_id = %(campaign)s
        UNION ALL
        SELECT counter, amount FROM tally WHERE campaign_id = %(campaign)s
    ) AS counted
    GROUP BY counter
) AS summed
"""


class Counts(Struct, frozen=True, kw_only=True):
    """How often each thing happened, on a day or ever: an attribute for each `passes.counters.Counter`."""

    creates: int = 0
    updates: int = 0
    downloads: int = 0
    views: int = 0
    fetches: int = 0
    redeems: int = 0
    expires: int = 0
    pushes: int = 0
    webhooks: int = 0
    api_calls: int = 0
    distribution_updates: int = 0
    installs_ios: int = field(default=0, name="installs.ios")
    installs_android: int = field(default=0, name="installs.android")
    installs_wp: int = field(default=0, name="installs.wp")
    uninstalls_ios: int = field(default=0, name="uninstalls.ios")
    uninstalls_android: int = field(default=0, name="uninstalls.android")
    uninstalls_wp: int = field(default=0, name="uninstalls.wp")

    @property
    def installs(self) -> int:
        return self.installs_ios + self.installs_android + self.installs_wp

    @property
    def uninstalls(self) -> int:
        return self.uninstalls_ios + self.uninstalls_android + self.uninstalls_wp


read_counts = Decoder(Counts).decode


def daily(campaign: Campaign, start: date, end: date) -> dict[date, Counts]:
    """What happened on each day (UTC) from ``start`` to ``end``, both included, in order. A day without anything is
    not there."""
    with connection.cursor() as cursor:
        cursor.execute(DAILY, {"campaign": campaign.id, "start": start, "end": end})
        return {day: read_counts(amounts) for day, amounts in cursor.fetchall()}


def totals(campaign: Campaign) -> Counts:
    """What has happened since the campaign was made."""
    with connection.cursor() as cursor:
        cursor.execute(TOTALS, {"campaign": campaign.id})
        return read_counts(cursor.fetchone()[0])
