"""Find out who is to be told of a change, after it has committed: every registration of what changed gets the next
update tag, and a delivery beside it.

Locks are taken in one order: the pushes (whoever finds one taken passes it by), the right to draw tags, registrations
by their ids. A transaction does a batch of pushes or a thousand registrations, so a device that registers meanwhile
waits some milliseconds; killed anywhere, it has done all of that or nothing.
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

# Devices of one wallet, pass type identifier and certificate share a lane. Apple's are not negative, the others are:
# they are sent by different couriers. Two that fall on one number by chance share it, which harms nobody.
LANE = """(
    hashtext(concat_ws(' ', device.wallet, device.pass_type_identifier, campaign.certificate_id))
    & 2147483647 | CASE device.wallet WHEN 'passbook' THEN 0 ELSE (-2147483648)::int END
)"""

OF_PASSES = """
SELECT id FROM push WHERE spread_at IS NULL AND pass_id IS NOT NULL ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
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

OF_CAMPAIGNS = """
SELECT id FROM push WHERE spread_at IS NULL AND pass_id IS NULL ORDER BY id
"""

# With it all that wait at the same place of its campaign: they go on together.
OF_CAMPAIGN = """
SELECT push.id, push.campaign_id, push.spread_after
FROM push JOIN push AS first USING (campaign_id)
WHERE first.id = %s AND first.spread_at IS NULL AND first.pass_id IS NULL
  AND push.spread_at IS NULL AND push.pass_id IS NULL AND push.spread_after IS NOT DISTINCT FROM first.spread_after
ORDER BY push.id FOR UPDATE OF push SKIP LOCKED
"""

SPREAD_CAMPAIGN = f"""
WITH held AS MATERIALIZED (
    SELECT id FROM registration WHERE campaign_id = %(campaign)s AND id > %(after)s ORDER BY id LIMIT %(chunk)s
    FOR NO KEY UPDATE
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
    """Spread a batch of the pushes that wait, and a thousand registrations further each that is of a campaign: none
    waits for the end of another. Safe beside itself. Says whether there was anything to do."""
    found = spread_passes(now=now)
    for push_id in waiting_campaign_pushes():
        found |= spread_campaign_further(push_id=push_id, now=now)
        found |= spread_passes(now=now)
    return found


def waiting_campaign_pushes() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(OF_CAMPAIGNS)
        return [int(push_id) for (push_id,) in cursor.fetchall()]


@retried
@transaction.atomic
def spread_passes(*, now: datetime, batch: int = BATCH) -> bool:
    """Spread pushes of single passes, the oldest first. One of a pass that no device holds is forgotten."""
    with connection.cursor() as cursor:
        cursor.execute(OF_PASSES, [batch])
        pushes = [push_id for (push_id,) in cursor.fetchall()]
        if pushes:
            lock_tags()
            cursor.execute(SPREAD_PASSES, {"pushes": pushes, "now": now})
    return bool(pushes)


@retried
@transaction.atomic
def spread_campaign_further(*, push_id: int, now: datetime, chunk: int = CHUNK) -> bool:
    """Go on with a campaign's push, and with those that have come as far: several updates that wait for the same
    devices are told in one. False if it has been spread meanwhile, or somebody else is at it."""
    with connection.cursor() as cursor:
        cursor.execute(OF_CAMPAIGN, [push_id])
        rows = cursor.fetchall()
        if rows:
            lock_tags()
            campaign_id, after = rows[0][1], rows[0][2]
            pushes = [row[0] for row in rows]
            values = {"campaign": campaign_id, "after": after or LEAST, "chunk": chunk, "pushes": pushes, "now": now}
            cursor.execute(SPREAD_CAMPAIGN, values)
    return bool(rows)
