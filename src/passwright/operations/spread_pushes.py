"""Find out who is to be told of a change, after it has committed: every registration of what changed gets the next
update tag, and a delivery beside it.

Locks are taken in the order of docs/architecture.md: the pushes (whoever finds one taken passes it by), the right to
draw tags, registrations by their ids. A transaction does a batch of pushes or a thousand registrations, so a device
that registers meanwhile waits some milliseconds; killed anywhere, it has done all of that or nothing.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from passwright.operations.retrying import retried
from passwright.operations.update_tags import NEXT_TAG, lock_tags

BATCH = 500
"""Pushes of single passes a transaction."""

CHUNK = 1_000
"""Registrations of a campaign a transaction."""

# Devices of one wallet, pass type identifier and certificate share a lane, and of one host where they named their push
# service themselves. Apple's are not negative, the others are: they are sent by different couriers. Two that fall on
# one number by chance share it, which harms nobody.
LANE = """(
    hashtext(concat_ws(' ', device.wallet, device.pass_type_identifier, campaign.certificate_id,
                       lower(split_part(device.push_service, '/', 3)))) & 2147483647
    | CASE device.wallet WHEN 'passbook' THEN 0 ELSE (-2147483648)::int END
)"""

OF_PASSES = """
SELECT id FROM push WHERE spread_at IS NULL AND pass_id IS NOT NULL AND spread_after IS NULL
ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
"""

# One pass may lie on a million devices. Its pushes are spread as a campaign's are.
SET_MANY_APART = """
UPDATE push SET spread_after = '00000000-0000-0000-0000-000000000000'
WHERE id = ANY (%(pushes)s) AND EXISTS (
    SELECT 1 FROM registration WHERE registration.pass_id = push.pass_id OFFSET %(many)s
)
RETURNING id
"""

# A tag for all. Several changes of one pass that wait move its registrations once, and lie beside each other then: one
# push to the device answers them all.
SPREAD_PASSES = f"""
WITH waiting AS MATERIALIZED (
    SELECT id, pass_id, silent FROM push WHERE id = ANY (%(pushes)s)
), held AS MATERIALIZED (
    SELECT id FROM registration WHERE pass_id IN (SELECT pass_id FROM waiting) ORDER BY id FOR NO KEY UPDATE
), tag AS MATERIALIZED (
    SELECT {NEXT_TAG} AS next
), moved AS (
    UPDATE registration SET update_tag = tag.next FROM held, tag WHERE registration.id = held.id
    RETURNING registration.campaign_id, registration.pass_id, registration.device_id
), told AS (
    INSERT INTO delivery (push_id, pass_id, device_id, state, lane, due_at, attempts, queued_at)
    SELECT waiting.id, pass_id, device.id, 'queued', {LANE}, %(now)s, 0, %(now)s
    FROM moved JOIN waiting USING (pass_id) JOIN campaign ON campaign.id = moved.campaign_id
    JOIN device ON device.id = moved.device_id
    WHERE NOT waiting.silent
    RETURNING push_id
), counted AS (
    SELECT push_id, count(*) AS devices FROM told GROUP BY push_id
), spread AS (
    UPDATE push SET spread_at = %(now)s, devices = coalesce(counted.devices, 0)
    FROM waiting LEFT JOIN counted ON counted.push_id = waiting.id
    WHERE push.id = waiting.id AND waiting.pass_id IN (SELECT pass_id FROM moved)
)
DELETE FROM push WHERE id IN (SELECT id FROM waiting WHERE pass_id NOT IN (SELECT pass_id FROM moved))
"""  # noqa: S608 - nothing in it comes from outside

OF_MANY = """
SELECT id FROM push WHERE spread_at IS NULL AND (pass_id IS NULL OR spread_after IS NOT NULL) ORDER BY id
"""

# With it all that wait at the same place of its campaign, or pass: they go on together.
WITH_OTHERS = """
SELECT push.id, push.campaign_id, push.pass_id, push.spread_after
FROM push JOIN push AS first USING (campaign_id)
WHERE first.id = %s AND first.spread_at IS NULL AND push.spread_at IS NULL
  AND push.pass_id IS NOT DISTINCT FROM first.pass_id AND push.spread_after IS NOT DISTINCT FROM first.spread_after
ORDER BY push.id FOR UPDATE OF push SKIP LOCKED
"""

# In the order of ids there is an index of a campaign's registrations and none of a pass's: the condition for the pass
# is written so that it is no reason to use another one.
SPREAD_MANY = f"""
WITH held AS MATERIALIZED (
    SELECT id FROM registration
    WHERE campaign_id = %(campaign)s AND id > %(after)s AND (pass_id = %(pass)s) IS NOT FALSE
    ORDER BY id LIMIT %(chunk)s FOR NO KEY UPDATE
), tag AS MATERIALIZED (
    SELECT {NEXT_TAG} AS next
), moved AS (
    UPDATE registration SET update_tag = tag.next FROM held, tag WHERE registration.id = held.id
    RETURNING registration.campaign_id, registration.pass_id, registration.device_id
), told AS (
    INSERT INTO delivery (push_id, pass_id, device_id, state, lane, due_at, attempts, queued_at)
    SELECT push.id, moved.pass_id, device.id, 'queued', {LANE}, %(now)s, 0, %(now)s
    FROM moved JOIN campaign ON campaign.id = moved.campaign_id JOIN device ON device.id = moved.device_id, push
    WHERE push.id = ANY (%(pushes)s) AND NOT push.silent
    RETURNING push_id
), reached AS (
    SELECT count(*) AS registrations, (SELECT id FROM held ORDER BY id DESC LIMIT 1) AS last FROM held
)
UPDATE push SET devices = devices + (SELECT count(*) FROM told WHERE push_id = push.id),
                spread_after = coalesce(reached.last, spread_after),
                spread_at = CASE WHEN reached.registrations < %(chunk)s THEN %(now)s::timestamptz END
FROM reached WHERE push.id = ANY (%(pushes)s)
"""  # noqa: S608 - as above

LEAST = UUID(int=0)


def spread_pushes(*, now: datetime) -> bool:
    """Spread a batch of the pushes that wait, and a thousand registrations further each that is for many: none waits
    for the end of another. Safe beside itself. Says whether there was anything to do."""
    found = spread_passes(now=now)
    for push_id in waiting_for_many():
        found |= spread_further(push_id=push_id, now=now)
        found |= spread_passes(now=now)
    return found


def waiting_for_many() -> list[int]:
    """Pushes of campaigns, and of passes on very many devices."""
    with connection.cursor() as cursor:
        cursor.execute(OF_MANY)
        return [int(push_id) for (push_id,) in cursor.fetchall()]


@retried
@transaction.atomic
def spread_passes(*, now: datetime, batch: int = BATCH, many: int = CHUNK) -> bool:
    """Spread pushes of single passes, the oldest first. One of a pass that no device holds is forgotten; one of a pass
    on more than ``many`` devices is left to `spread_further`."""
    with connection.cursor() as cursor:
        cursor.execute(OF_PASSES, [batch])
        pushes = [push_id for (push_id,) in cursor.fetchall()]
        if pushes:
            cursor.execute(SET_MANY_APART, {"pushes": pushes, "many": many})
            apart = {push_id for (push_id,) in cursor.fetchall()}
            few = [push_id for push_id in pushes if push_id not in apart]
            lock_tags()
            cursor.execute(SPREAD_PASSES, {"pushes": few, "now": now})
    return bool(pushes)


@retried
@transaction.atomic
def spread_further(*, push_id: int, now: datetime, chunk: int = CHUNK) -> bool:
    """Go on with a push for many, and with those that have come as far: several updates that wait for the same devices
    are told in one. False if it has been spread meanwhile, or somebody else is at it."""
    with connection.cursor() as cursor:
        cursor.execute(WITH_OTHERS, [push_id])
        rows = cursor.fetchall()
        if rows:
            lock_tags()
            _, campaign_id, pass_id, after = rows[0]
            values = {
                "campaign": campaign_id,
                "pass": pass_id,
                "after": after or LEAST,
                "chunk": chunk,
                "pushes": [row[0] for row in rows],
                "now": now,
            }
            cursor.execute(SPREAD_MANY, values)
    return bool(rows)
