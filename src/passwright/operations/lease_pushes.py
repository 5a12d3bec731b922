"""Take devices that are due a push, so that nobody else sends it meanwhile.

What is taken becomes due again when its lease is over, should nobody say by then what came of it. The lease is also
who has it: an outcome counts only for deliveries whose ``due_at`` is still that lease.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from django.db import connection, transaction

from passwright.operations.retrying import retried

APPLE_LANES = (0, 2**31 - 1)
OTHER_LANES = (-(2**31), -1)
"""See `operations.spread_pushes.LANE`."""

QUEUED = "delivery.state || '' = 'queued'"
"""As the planner finds no index for it. That of what is due would do, it says, after statistics from before a push to a
million devices, and then it reads all of them for every thousand. There is one by devices."""

BY_INDEX = "SET LOCAL enable_seqscan = off"
"""For the rest of the transaction: a thousand rows are looked up, and no table is ever read whole for them."""

# From lane to lane by the index, and of each the delivery that is due first: with nothing queued one look.
LANES_DUE = """
WITH RECURSIVE lanes AS (
    (SELECT lane, due_at FROM delivery WHERE state = 'queued' AND lane BETWEEN %(first)s AND %(last)s
     ORDER BY lane, due_at LIMIT 1)
    UNION ALL
    SELECT next.lane, next.due_at FROM lanes, LATERAL (
        SELECT lane, due_at FROM delivery WHERE state = 'queued' AND lane > lanes.lane AND lane <= %(last)s
        ORDER BY lane, due_at LIMIT 1
    ) AS next
)
SELECT lane FROM lanes WHERE due_at <= %(now)s
"""

# A device that somebody else has taken is passed by. It looks like one that is not there any more.
DUE = """
WITH wanted AS MATERIALIZED (
    SELECT DISTINCT ON (due.device_id) due.device_id, due.lane, due.push_id
    FROM unnest(%(lanes)s::int[], %(limits)s::int[]) AS asked(lane, most), LATERAL (
        SELECT device_id, lane, push_id FROM delivery
        WHERE state = 'queued' AND lane = asked.lane AND due_at <= %(now)s ORDER BY due_at LIMIT asked.most
    ) AS due
    ORDER BY due.device_id
)
SELECT wanted.device_id, wanted.lane, push.campaign_id, device.wallet, device.pass_type_identifier,
       device.push_service, device.push_token_encrypted
FROM wanted JOIN push ON push.id = wanted.push_id LEFT JOIN LATERAL (
    SELECT wallet, pass_type_identifier, push_service, push_token_encrypted FROM device
    WHERE id = wanted.device_id FOR NO KEY UPDATE SKIP LOCKED
) AS device ON true
"""

# A statement of its own: what others leased and committed before we had the device is seen here. All that is queued
# for a device goes with what is due: one push answers it. What was let go of is told to nobody.
LEASE = f"""
WITH due AS MATERIALIZED (
    SELECT DISTINCT device_id FROM delivery
    WHERE device_id = ANY (%(devices)s::bigint[]) AND {QUEUED} AND due_at <= %(now)s
), held AS MATERIALIZED (
    SELECT push_id, pass_id, device_id, EXISTS (
        SELECT 1 FROM registration
        WHERE registration.device_id = delivery.device_id AND registration.pass_id = delivery.pass_id
    ) AS registered
    FROM delivery JOIN due USING (device_id) WHERE {QUEUED}
    ORDER BY push_id, pass_id, device_id FOR NO KEY UPDATE OF delivery
), leased AS (
    UPDATE delivery SET due_at = CASE WHEN registered THEN %(lease)s::timestamptz END,
                        state = CASE WHEN registered THEN 'queued' ELSE 'gone' END,
                        answered_at = CASE WHEN NOT registered THEN %(now)s::timestamptz END
    FROM held
    WHERE delivery.push_id = held.push_id AND delivery.pass_id = held.pass_id
      AND delivery.device_id = held.device_id
    RETURNING delivery.device_id, registered
)
SELECT DISTINCT device_id FROM leased WHERE registered
"""  # noqa: S608 - nothing in it comes from outside

NOBODY_THERE = f"""
WITH held AS MATERIALIZED (
    SELECT push_id, pass_id, device_id FROM delivery
    WHERE device_id = ANY (%(devices)s::bigint[]) AND {QUEUED}
      AND NOT EXISTS (SELECT 1 FROM device WHERE device.id = delivery.device_id)
    ORDER BY push_id, pass_id, device_id FOR NO KEY UPDATE
)
UPDATE delivery SET state = 'gone', due_at = NULL, answered_at = %(now)s FROM held
WHERE delivery.push_id = held.push_id AND delivery.pass_id = held.pass_id AND delivery.device_id = held.device_id
"""  # noqa: S608 - as above


class DueDevice(NamedTuple):
    """One that is to be pushed. ``campaign_id``: of one of the changes it is to be told of."""

    device_id: int
    lane: int
    campaign_id: UUID
    wallet: str
    pass_type_identifier: str
    push_service: str | None
    token_encrypted: bytes

    def __repr__(self) -> str:
        return f"DueDevice({self.device_id})"


def lanes_due(*, now: datetime, lanes: tuple[int, int]) -> list[int]:
    """Those lanes, of the first to the last, in which something is due."""
    with connection.cursor() as cursor:
        cursor.execute(LANES_DUE, {"first": lanes[0], "last": lanes[1], "now": now})
        return [lane for (lane,) in cursor.fetchall()]


@retried
@transaction.atomic
def lease_pushes(*, limits: Mapping[int, int], lease: datetime, now: datetime) -> list[DueDevice]:
    """Take up to so many devices of each lane, until ``lease``, which nobody else uses at the same time."""
    asked = {"lanes": list(limits), "limits": list(limits.values()), "now": now}
    with connection.wrap_database_errors, server_cursor() as cursor:
        cursor.execute(BY_INDEX)
        rows = cursor.execute(DUE, asked, binary=True).fetchall()
        found = [DueDevice._make(row) for row in rows if row[3] is not None]
        if len(found) < len(rows):
            absent = [row[0] for row in rows if row[3] is None]
            cursor.execute(NOBODY_THERE, {"devices": absent, "now": now})
        devices = "{" + ",".join([str(device.device_id) for device in found]) + "}"
        leased = cursor.execute(LEASE, {"devices": devices, "lease": lease, "now": now}, binary=True)
        taken = {device_id for (device_id,) in leased}
    return [device for device in found if device.device_id in taken] if len(taken) < len(found) else found


def server_cursor() -> psycopg.Cursor[Any]:
    """On Django's connection, without Django's cursor: for a thousand rows at a time that is what costs."""
    connection.ensure_connection()
    return psycopg.Cursor(connection.connection)
