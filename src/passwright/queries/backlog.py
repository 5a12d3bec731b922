"""What waits, and for how long: what an operator watches. Numbers of the whole installation, none of a tenant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection
from msgspec import Struct

COUNTED_MOST = 1_000_000
"""What waits is counted up to here: with more of it, the exact number says nothing new and takes long."""

JOBS = """
SELECT
    task_name,
    count(*) FILTER (WHERE status = 'todo' AND coalesce(scheduled_at, %(now)s) <= %(now)s),
    count(*) FILTER (WHERE status = 'todo' AND scheduled_at > %(now)s),
    count(*) FILTER (WHERE status = 'doing'),
    count(*) FILTER (WHERE status = 'failed'),
    greatest(extract(epoch FROM %(now)s - min(coalesce(scheduled_at, deferred_at)) FILTER (
        WHERE status = 'todo' AND coalesce(scheduled_at, %(now)s) <= %(now)s
    )), 0)::float
FROM (
    SELECT task_name, status, scheduled_at, (
        SELECT at FROM procrastinate_events WHERE job_id = procrastinate_jobs.id AND type = 'deferred' LIMIT 1
    ) AS deferred_at
    FROM procrastinate_jobs WHERE status IN ('todo', 'doing', 'failed') LIMIT %(most)s
) AS job
GROUP BY task_name ORDER BY task_name
"""

DUE = """
SELECT
    (SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {waits} AND {moment} <= %(now)s LIMIT %(most)s) AS due),
    (SELECT extract(epoch FROM %(now)s - min({moment}))::float FROM {table} WHERE {waits} AND {moment} <= %(now)s)
"""
PUSHES = DUE.format(table="push", waits="spread_at IS NULL", moment="created_at")
SCHEDULED = DUE.format(table="scheduled_push", waits="state = 'scheduled'", moment="due_at")

# Of those that stand in lines: the indexes begin with the line, so the lines are found by skipping from one to the
# next, and what is not due yet is not read.
DUE_IN_LINES = """
WITH RECURSIVE line AS (
    (SELECT {line} AS name FROM {table} WHERE {waits} ORDER BY {line} LIMIT 1)
    UNION ALL
    SELECT (SELECT {line} FROM {table} WHERE {waits} AND {line} > line.name ORDER BY {line} LIMIT 1)
    FROM line WHERE line.name IS NOT NULL
)
SELECT
    (SELECT count(*) FROM (
        SELECT 1 FROM line CROSS JOIN LATERAL (
            SELECT 1 FROM {table} WHERE {line} = line.name AND {waits} AND due_at <= %(now)s LIMIT %(most)s
        ) AS due LIMIT %(most)s
    ) AS counted),
    (SELECT extract(epoch FROM %(now)s - min(first))::float FROM (
        SELECT (SELECT min(due_at) FROM {table} WHERE {line} = line.name AND {waits}) AS first FROM line
    ) AS firsts WHERE first <= %(now)s)
"""
DELIVERIES = DUE_IN_LINES.format(table="delivery", line="lane", waits="state = 'queued'")
WEBHOOKS = DUE_IN_LINES.format(
    table="webhook_delivery", line="endpoint_id", waits="state = 'queued' AND due_at IS NOT NULL"
)

ENDPOINTS = """
SELECT
    count(*) FILTER (WHERE failing_since IS NOT NULL AND disabled_at IS NULL),
    count(*) FILTER (WHERE disabled_at IS NOT NULL)
FROM webhook_endpoint
"""

CERTIFICATES = """
SELECT
    count(*) FILTER (WHERE expires_at <= %(now)s),
    count(*) FILTER (WHERE expires_at > %(now)s AND expires_at <= %(now)s + interval '7 days'),
    count(*) FILTER (WHERE expires_at > %(now)s + interval '7 days' AND expires_at <= %(now)s + interval '30 days'),
    count(*) FILTER (WHERE expires_at > %(now)s + interval '30 days' AND expires_at <= %(now)s + interval '60 days'),
    count(*) FILTER (WHERE expires_at > %(now)s + interval '60 days'),
    extract(epoch FROM min(expires_at) FILTER (WHERE expires_at > %(now)s) - %(now)s)::float / 86400,
    count(*) FILTER (WHERE pushes_refused_at IS NOT NULL)
FROM certificate WHERE NOT development
"""

WORKERS = """
SELECT
    count(*) FILTER (WHERE last_heartbeat > %(now)s - %(alive)s * interval '1 second'),
    greatest(extract(epoch FROM %(now)s - max(last_heartbeat)), 0)::float
FROM procrastinate_workers
"""


class Jobs(Struct, frozen=True):
    """Those of one task. ``later`` wait for their time: another try, mostly. ``oldest`` in seconds, of the waiting."""

    task: str
    waiting: int
    later: int
    doing: int
    failed: int
    oldest: float


class Due(Struct, frozen=True):
    """How much should have been done by now, and for how many seconds the oldest has been waiting."""

    count: int
    oldest: float


class Endpoints(Struct, frozen=True):
    failing: int
    disabled: int


class Certificates(Struct, frozen=True):
    """How many run out within so many days, those without development; ``soonest``: days, of those still valid."""

    expired: int
    within_7: int
    within_30: int
    within_60: int
    later: int
    soonest: float | None
    pushes_refused: int


class Workers(Struct, frozen=True):
    """How many have given a sign of life lately, and the seconds since the last sign of any (0: there is none)."""

    alive: int
    silence: float


class Backlog(Struct, frozen=True):
    jobs: list[Jobs]
    pushes: Due
    deliveries: Due
    webhooks: Due
    scheduled: Due
    endpoints: Endpoints
    certificates: Certificates
    workers: Workers


def backlog(*, now: datetime, alive_seconds: float) -> Backlog:
    """All of it. A worker counts as alive for ``alive_seconds`` after a sign of life."""
    known = {"now": now, "most": COUNTED_MOST, "alive": alive_seconds}
    return Backlog(
        jobs=[Jobs(*cells) for cells in rows(JOBS, known)],
        pushes=due(PUSHES, known),
        deliveries=due(DELIVERIES, known),
        webhooks=due(WEBHOOKS, known),
        scheduled=due(SCHEDULED, known),
        endpoints=Endpoints(*rows(ENDPOINTS, known)[0]),
        certificates=Certificates(*rows(CERTIFICATES, known)[0]),
        workers=Workers(*rows(WORKERS, known)[0]),
    )


def due(statement: str, known: Mapping[str, Any]) -> Due:
    ((count, oldest),) = rows(statement, known)
    return Due(count, oldest or 0.0)


def rows(statement: str, known: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, known)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
