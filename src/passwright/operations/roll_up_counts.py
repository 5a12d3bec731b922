from __future__ import annotations

from django.db import connection

from passwright.operations.retrying import retried

CHUNK = 10_000

# Rows are taken by their place, which a locked row keeps: by id PostgreSQL may read the whole table for each chunk.
# One statement, so one transaction: a row is either a tally or in the sum, for everybody who reads both at once.
# Whoever rolls up beside us takes other tallies, and the days are added to in one order, so that two who meet at the
# same days wait for each other and never in a circle. The lock on the campaigns is the one of a foreign key: passes
# are issued beside it, and a purge comes before it (its tallies are dropped) or after.
ROLL_UP = """
WITH chosen AS MATERIALIZED (
    SELECT ctid FROM tally ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
), taken AS (
    DELETE FROM tally WHERE ctid = ANY (ARRAY(SELECT ctid FROM chosen)) RETURNING campaign_id, day, counter, amount
), summed AS (
    SELECT campaign_id, day, counter, sum(amount)::bigint AS amount FROM taken GROUP BY campaign_id, day, counter
), there AS MATERIALIZED (
    SELECT id FROM campaign WHERE id IN (SELECT campaign_id FROM summed) AND deleted_at IS NULL
    ORDER BY id FOR KEY SHARE
), added AS (
    INSERT INTO daily_count (campaign_id, day, counter, amount)
    SELECT campaign_id, day, counter, amount FROM summed JOIN there ON there.id = campaign_id
    ORDER BY campaign_id, day, counter
    ON CONFLICT (campaign_id, day, counter) DO UPDATE SET amount = daily_count.amount + excluded.amount
)
SELECT count(*) FROM taken
"""


def roll_up_counts(*, chunk: int = CHUNK) -> int:
    """Sum the tallies up into the counts of their days, ``chunk`` a transaction, until there are no more.

    Those of a campaign that is gone are dropped. Safe beside itself and after a kill: what reports say is the same
    before, after and meanwhile. Returns how many tallies it were.
    """
    return roll_up_all(ROLL_UP, chunk)


def roll_up_all(statement: str, chunk: int) -> int:
    """``statement``: rolls up so many tallies at most as it is given, and says how many it were."""
    in_all = 0
    while True:
        rolled_up = roll_up_some(chunk, statement)
        in_all += rolled_up
        if rolled_up < chunk:
            return in_all


@retried
def roll_up_some(chunk: int, statement: str = ROLL_UP) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, [chunk])
        return int(cursor.fetchone()[0])
