from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

KEPT = timedelta(days=30)
CHUNK = 1_000

# What is over, what was kept for an endpoint that nobody enables, and what an endpoint left behind.
DELETE = """
WITH old AS (
    SELECT id FROM webhook_delivery WHERE finished_at < %(before)s
    UNION ALL
    SELECT delivery.id FROM webhook_delivery AS delivery LEFT JOIN webhook_endpoint AS endpoint
                            ON endpoint.id = delivery.endpoint_id
    WHERE endpoint.id IS NULL OR (endpoint.disabled_at IS NOT NULL AND delivery.at < %(before)s)
    LIMIT %(chunk)s
), locked AS (
    SELECT id FROM webhook_delivery WHERE id IN (SELECT id FROM old) FOR UPDATE SKIP LOCKED
), unlogged AS (
    DELETE FROM webhook_attempt WHERE delivery_id IN (SELECT id FROM locked)
), deleted AS (
    DELETE FROM webhook_delivery WHERE id IN (SELECT id FROM locked) RETURNING id
)
SELECT count(*) FROM deleted
"""


def delete_old_webhooks(*, now: datetime, chunk: int = CHUNK) -> int:
    """Delete deliveries that are 30 days old, with their log, ``chunk`` a transaction. Returns how many it were."""
    in_all = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(DELETE, {"before": now - KEPT, "chunk": chunk})
            deleted = int(cursor.fetchone()[0])
        in_all += deleted
        if deleted < chunk:
            return in_all
