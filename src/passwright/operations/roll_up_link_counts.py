from __future__ import annotations

from passwright.operations.roll_up_counts import CHUNK, roll_up_all

# As in `roll_up_counts`, of links: those that are gone with their campaign are not added to any more.
ROLL_UP = """
WITH chosen AS MATERIALIZED (
    SELECT ctid FROM distribution_tally ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
), taken AS (
    DELETE FROM distribution_tally WHERE ctid = ANY (ARRAY(SELECT ctid FROM chosen))
    RETURNING distribution_id, counter, amount
), summed AS (
    SELECT distribution_id, counter, sum(amount)::bigint AS amount FROM taken GROUP BY distribution_id, counter
), there AS MATERIALIZED (
    SELECT id FROM distribution WHERE id IN (SELECT distribution_id FROM summed) ORDER BY id FOR KEY SHARE
), added AS (
    INSERT INTO distribution_count (distribution_id, counter, amount)
    SELECT distribution_id, counter, amount FROM summed JOIN there ON there.id = distribution_id
    ORDER BY distribution_id, counter
    ON CONFLICT (distribution_id, counter) DO UPDATE SET amount = distribution_count.amount + excluded.amount
)
SELECT count(*) FROM taken
"""


def roll_up_link_counts(*, chunk: int = CHUNK) -> int:
    """Sum up the tallies of links, ``chunk`` a transaction, until there are no more. Safe beside itself and after a
    kill, and what is answered is the same before, after and meanwhile. Returns how many tallies it were."""
    return roll_up_all(ROLL_UP, chunk)
