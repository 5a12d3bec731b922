from __future__ import annotations

from uuid import UUID

from passwright.data.postgresql.statement import Statement

# One statement that locks one row: exact for all processes and machines. It writes nothing when the hour is used up,
# so who goes on asking leaves no dead rows, and a limit that is raised counts at once.
# Nobody waits for the disk: a PostgreSQL that is killed forgets the counts of its last second.
COUNT = Statement(
    "count_request",
    """
    INSERT INTO hourly_usage (organization_id, hour, requests)
    SELECT $1::uuid, $2::bigint, 1 WHERE set_config('synchronous_commit', 'off', true) = 'off'
    ON CONFLICT (organization_id, hour) DO UPDATE SET requests = hourly_usage.requests + 1
    WHERE hourly_usage.requests < $3::bigint
    RETURNING requests
    """,
)


def count_request(*, organization_id: UUID, hour: int, limit: int) -> int | None:
    """Count one more request in the clock hour (hours since 1970) and return how many that makes; None if that is more
    than ``limit``. A transaction of its own, not to be called within another."""
    counted = COUNT.row(str(organization_id), str(hour), str(limit))
    requests = int(counted[0] or 0) if counted else limit + 1
    return requests if requests <= limit else None
