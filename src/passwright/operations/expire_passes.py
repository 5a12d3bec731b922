from __future__ import annotations

from datetime import datetime

from django.db import connection

from passwright.operations.retrying import retried
from passwright.operations.tell_webhooks import LAST_FETCHED, OWNER, TOLD

CHUNK = 1_000

# A pass that somebody is changing has its turn a minute later: its expiry may just be put off.
TOLD_OF_IT = TOLD.format(
    source="expired AS was",
    event="'expired'",
    organization=OWNER,
    extra="NULL::jsonb",
    at="%(now)s",
    last_fetched_at=LAST_FETCHED,
)
EXPIRE = f"""
WITH due AS MATERIALIZED (
    SELECT pass.id FROM pass JOIN campaign ON campaign.id = pass.campaign_id AND campaign.deleted_at IS NULL
    WHERE pass.expiration_date <= %(now)s AND pass.expired_at IS NULL
    ORDER BY pass.expiration_date LIMIT %(chunk)s FOR UPDATE OF pass SKIP LOCKED
), expired AS (
    UPDATE pass SET expired_at = %(now)s FROM due WHERE pass.id = due.id RETURNING pass.*
), happened AS (
    INSERT INTO event (campaign_id, pass_id, kind, at) SELECT campaign_id, id, 'expired', %(now)s FROM expired
), told AS ({TOLD_OF_IT}), counted AS (
    INSERT INTO tally (campaign_id, day, counter, amount)
    SELECT campaign_id, (%(now)s AT TIME ZONE 'UTC')::date, 'expires', count(*) FROM expired GROUP BY campaign_id
)
SELECT count(*) FROM expired
"""  # noqa: S608 - nothing in it comes from outside


def expire_passes(*, now: datetime, chunk: int = CHUNK) -> int:
    """Say of every pass whose expiry has come that it has expired, once; ``chunk`` passes a transaction.

    A pass whose expiry is put off afterwards expires again. Safe beside itself and after a kill. Returns how many
    passes it were.
    """
    in_all = 0
    while True:
        expired = expire_some(now, chunk)
        in_all += expired
        if expired < chunk:
            return in_all


@retried
def expire_some(now: datetime, chunk: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(EXPIRE, {"now": now, "chunk": chunk})
        return int(cursor.fetchone()[0])
