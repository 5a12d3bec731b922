"""How long a report takes with ten million events in the table, and how fast their counts are summed up.

A platform of its own gets a hundred campaigns and a year of events, four million of them of one campaign. The last
weeks are tallied as they would be in operation and summed up by the operation that does so; the counts of the days
before are made from the events, as the migration of an older installation makes them. The last half day stays tallied
and not summed up while reports are asked for. All tables keep their indexes and constraints while they are filled.
"""

from __future__ import annotations

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median
from typing import Any

import django
import psycopg
from msgspec import Struct
from psycopg.sql import SQL, Identifier

from passwright.bench.http import BenchmarkFailed, Request, Server, answered, get, picture, platform

EVENTS = 10_000_000
CAMPAIGNS = 100
DAYS = 365
TALLIED_DAYS = 21
"""Days at the end whose events are tallied one by one."""
BIG_OF_TEN = 4
"""Of ten events so many are of the one big campaign."""
ASKED = 40
WRITERS = 2
MILLION = 1_000_000
HASTY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_size": "8GB",
    "shared_buffers": "512MB",
}
"""Filling in has no crash to fear. None of it changes how long a report takes, but that its rows are in memory."""

KINDS = (
    "created",
    "viewed",
    "viewed",
    "downloaded",
    "updated",
    "viewed",
    "created",
    "downloaded",
    "viewed",
    "downloaded",
)
COUNTERS = {"created": "creates", "viewed": "views", "downloaded": "downloads", "updated": "updates"}

# Events of a part of a day, at even distances, five of them of one pass; where wanted with their tallies.
HAPPEN = """
WITH happened AS (
    SELECT number, %(day)s + number * interval '1 day' / %(of_day)s AS at,
           CASE WHEN number %% 10 < %(big)s THEN (%(ids)s::uuid[])[1]
                ELSE (%(ids)s::uuid[])[2 + (number %% (%(campaigns)s - 1))] END AS campaign_id,
           1 + (number / 10) %% 10 AS turn
    FROM generate_series(%(start)s::int, %(end)s::int - 1) AS number
), appended AS (
    INSERT INTO event (campaign_id, pass_id, kind, at)
    SELECT campaign_id, ('00000000-0000-4000-8000-' || lpad(to_hex((%(first)s + number) / 5), 12, '0'))::uuid,
           (%(kinds)s::text[])[turn], at
    FROM happened
)
INSERT INTO tally (campaign_id, day, counter, amount)
SELECT campaign_id, (at AT TIME ZONE 'UTC')::date, (%(counters)s::text[])[turn], 1 FROM happened WHERE %(tallied)s
"""
COUNT_BEFORE = """
INSERT INTO daily_count (campaign_id, day, counter, amount)
SELECT campaign_id, (at AT TIME ZONE 'UTC')::date, counter, count(*)
FROM event JOIN unnest(%(kinds)s::text[], %(counters)s::text[]) AS named (kind, counter) USING (kind)
WHERE at < %(until)s GROUP BY 1, 2, 3
"""
HAPPENED = "SELECT kind, count(*) FROM event WHERE campaign_id = %s AND kind = ANY(%s) GROUP BY kind"


class ReportsResult(Struct, frozen=True, kw_only=True):
    """Medians of answers over HTTP in milliseconds, of the campaign with the most events. ``daily_ms`` is a report of
    the whole year, ``daily_default_ms`` of the last month."""

    events: int
    campaigns: int
    events_of_campaign: int
    tallies_not_summed_up: int
    totals_ms: float
    daily_ms: float
    daily_default_ms: float
    slowest_ms: float
    roll_up_rows_per_s: float
    tallies_rolled_up: int
    filled_in_s: float


class Part(Struct, frozen=True):
    """Events of one day, from one number to before another, with tallies or without."""

    midnight: datetime
    start: int
    end: int
    tallied: bool


def run(events: int = EVENTS) -> ReportsResult:
    """Start a platform of its own, fill it, ask it, stop it. It takes some minutes, most of them to fill it."""
    with platform(HASTY) as server, psycopg.connect(server.environment["DATABASE_URL"], autocommit=True) as rows:
        started = time.monotonic()
        of_day = -(-events // DAYS)
        parts = year_of(of_day)
        campaigns = make_campaigns(server)
        fill(server, campaigns, parts[:-1], of_day)
        say("Counting the days before the tallied ones …")
        until = next(part.midnight for part in parts if part.tallied)
        rows.execute(COUNT_BEFORE, {"kinds": [*COUNTERS], "counters": [*COUNTERS.values()], "until": until})
        filled_in = time.monotonic() - started
        say("Summing up the tallies …")
        tallies, seconds = rolled_up(server)
        fill(server, campaigns, parts[-1:], of_day)
        rows.execute("VACUUM ANALYZE tally, daily_count, campaign")  # as autovacuum would after a while
        say("Asking for reports …")
        base = f"/v2/generics/{campaigns[0]}/reports"
        of_campaign = check_totals(server, rows, campaigns[0])
        year = f"{base}?start_date={parts[0].midnight:%Y-%m-%d}&end_date={parts[-1].midnight:%Y-%m-%d}"
        taken = [milliseconds(server, path) for path in (f"{base}/totals", year, base)]
        return ReportsResult(
            events=number_of(rows, "event"),
            campaigns=len(campaigns),
            events_of_campaign=of_campaign,
            tallies_not_summed_up=number_of(rows, "tally"),
            totals_ms=median(taken[0]),
            daily_ms=median(taken[1]),
            daily_default_ms=median(taken[2]),
            slowest_ms=max(map(max, taken)),
            roll_up_rows_per_s=tallies / seconds,
            tallies_rolled_up=tallies,
            filled_in_s=filled_in,
        )


def say(line: str) -> None:
    """Progress goes to standard error."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def year_of(of_day: int) -> list[Part]:
    """A year of days until today, and the second half of its last one as a part of its own."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [
        Part(today - timedelta(days=DAYS - 1 - number), 0, of_day, number >= DAYS - TALLIED_DAYS)
        for number in range(DAYS)
    ]
    noon = of_day // 2
    return [*days[:-1], Part(today, 0, noon, True), Part(today, noon, of_day, True)]


def make_campaigns(server: Server) -> list[str]:
    """Their ids. The first is the big one."""
    say(f"Making {CAMPAIGNS} campaigns …")
    icon = server.upload("icon", picture(114, 114, 12))
    first = server.post("/v2/generics", {"generic": {"name": "Campaign 0", "icon_id": icon}})
    look = first["template_id"]
    more = [
        server.post("/v2/generics", {"generic": {"name": f"Campaign {number}", "template_id": look}})
        for number in range(1, CAMPAIGNS)
    ]
    return [str(made["id"]) for made in (first, *more)]


def fill(server: Server, campaigns: list[str], parts: list[Part], of_day: int) -> None:
    """Write the events, several days at a time, and say how far it is."""
    written = 0
    with ThreadPoolExecutor(WRITERS) as writers:
        for many in writers.map(partial(write, server, campaigns, of_day), parts):
            if (written + many) // MILLION > written // MILLION:
                say(f"{(written + many) // MILLION} million events …")
            written += many


def write(server: Server, campaigns: list[str], of_day: int, part: Part) -> int:
    values = {
        "day": part.midnight,
        "of_day": of_day,
        "big": BIG_OF_TEN,
        "ids": campaigns,
        "campaigns": len(campaigns),
        "start": part.start,
        "end": part.end,
        "first": part.midnight.toordinal() * of_day,
        "kinds": list(KINDS),
        "counters": [COUNTERS[kind] for kind in KINDS],
        "tallied": part.tallied,
    }
    with psycopg.connect(server.environment["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(HAPPEN, values)
    return part.end - part.start


def rolled_up(server: Server) -> tuple[int, float]:
    """Tallies that the operation has summed up, and its seconds. Django gets to know the database only here."""
    os.environ.update(server.environment)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "passwright.settings")
    django.setup()
    from django.db import connection

    from passwright.operations.roll_up_counts import roll_up_counts

    started = time.monotonic()
    tallies = roll_up_counts()
    seconds = time.monotonic() - started
    connection.close()
    return tallies, seconds


def check_totals(server: Server, rows: psycopg.Connection[Any], campaign: str) -> int:
    """How many events there are of the campaign.

    Raises:
        BenchmarkFailed: if the report says anything else.
    """
    happened = dict(rows.execute(HAPPENED, [campaign, [*COUNTERS]]).fetchall())
    report = json.loads(server.ask(report_request(server, f"/v2/generics/{campaign}/reports/totals")))["report"]
    said = {kind: report[f"{counter}_count"] for kind, counter in COUNTERS.items()}
    if said != happened:
        raise BenchmarkFailed(f"the report says {said}, but it was {happened}")
    return sum(happened.values())


def milliseconds(server: Server, path: str) -> list[float]:
    """How long each of many answers took, on one connection."""
    request, connection = report_request(server, path), server.connect()
    taken = []
    try:
        for _ in range(ASKED):
            started = time.perf_counter()
            answered(connection, request)
            taken.append((time.perf_counter() - started) * 1000)
    finally:
        connection.close()
    return taken


def report_request(server: Server, path: str) -> Request:
    return get(path, "application/json", server.login)


def number_of(rows: psycopg.Connection[Any], table: str) -> int:
    row = rows.execute(SQL("SELECT count(*) FROM {}").format(Identifier(table))).fetchone()
    assert row is not None
    return int(row[0])
