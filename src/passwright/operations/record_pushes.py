"""Write down what came of pushes that were leased (`operations.lease_pushes`), a batch in one statement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction

from passwright.apple.apns import Outcome
from passwright.metrics import PUSHES
from passwright.operations.forget_devices import LostDevice, forget_devices
from passwright.operations.lease_pushes import BY_INDEX, QUEUED, server_cursor
from passwright.operations.retrying import retried

GIVE_UP_AFTER = timedelta(hours=24)
"""Since the change: what is still refused then stays refused."""

LONGEST_WAIT_SECONDS = 3600.0


class Sent(NamedTuple):
    """A push and what came of it. ``lease`` as it was taken. ``first_wait``: seconds until it is tried again, which
    double with every attempt, or 0 if it was not tried; ``jitter`` (0.5 to 1) is what of that is waited, so that not
    all come back at once."""

    device_id: int
    lease: str
    outcome: Outcome
    apns_id: str | None = None
    reason: str | None = None
    first_wait: float = 0.0
    jitter: float = 1.0


ACCEPTED = f"""
WITH answered AS (
    SELECT * FROM unnest(%(devices)s::bigint[], %(leases)s::timestamptz[], %(ids)s::uuid[])
        AS answer(device_id, lease, apns_id)
), held AS MATERIALIZED (
    SELECT push_id, pass_id, delivery.device_id, answered.apns_id FROM delivery JOIN answered USING (device_id)
    WHERE device_id = ANY (%(devices)s::bigint[]) AND {QUEUED} AND due_at = answered.lease
    ORDER BY push_id, pass_id, device_id FOR NO KEY UPDATE OF delivery
), accepted AS (
    UPDATE delivery SET state = 'accepted', due_at = NULL, attempts = attempts + 1, answered_at = %(now)s,
                        apns_id = held.apns_id
    FROM held
    WHERE delivery.push_id = held.push_id AND delivery.pass_id = held.pass_id
      AND delivery.device_id = held.device_id
    RETURNING delivery.push_id, delivery.device_id
)
INSERT INTO tally (campaign_id, day, counter, amount)
SELECT campaign_id, (%(now)s AT TIME ZONE 'UTC')::date, 'pushes', count(DISTINCT device_id)
FROM accepted JOIN push ON push.id = push_id GROUP BY campaign_id
"""  # noqa: S608 - nothing in it comes from outside

NOT_ACCEPTED = f"""
WITH answered AS (
    SELECT * FROM unnest(%(devices)s::bigint[], %(leases)s::timestamptz[], %(outcomes)s::text[], %(ids)s::uuid[],
                         %(reasons)s::text[], %(waits)s::float8[], %(jitters)s::float8[])
        AS answer(device_id, lease, outcome, apns_id, reason, wait, jitter)
), held AS MATERIALIZED (
    SELECT push_id, pass_id, delivery.device_id, answered.outcome, answered.apns_id, answered.reason, answered.jitter,
           answered.outcome <> 'retry' OR answered.wait > 0 AS tried,
           least(answered.wait * 2.0 ^ least(attempts, 20), %(longest)s) AS wait,
           answered.outcome = 'retry' AND queued_at > %(give_up)s AS again
    FROM delivery JOIN answered USING (device_id)
    WHERE device_id = ANY (%(devices)s::bigint[]) AND {QUEUED} AND due_at = answered.lease
    ORDER BY push_id, pass_id, device_id FOR NO KEY UPDATE OF delivery
)
UPDATE delivery SET state = CASE WHEN again THEN 'queued' WHEN outcome = 'gone' THEN 'gone' ELSE 'refused' END,
                    due_at = CASE WHEN again THEN %(now)s + wait * jitter * interval '1 second' END,
                    attempts = attempts + tried::int, reason = held.reason, apns_id = held.apns_id,
                    answered_at = CASE WHEN NOT again THEN %(now)s::timestamptz END
FROM held
WHERE delivery.push_id = held.push_id AND delivery.pass_id = held.pass_id AND delivery.device_id = held.device_id
"""  # noqa: S608 - as above


@retried
@transaction.atomic
def record_pushes(*, sent: Sequence[Sent], lost: Sequence[LostDevice], now: datetime) -> None:
    """Outcomes of leased pushes, and devices that are gone. What is said of a lease that somebody else has by now
    changes nothing: he pushes the device again."""
    transaction.on_commit(lambda: count(sent))
    kept = forget_devices(lost=lost, now=now)
    with connection.wrap_database_errors, server_cursor() as cursor:
        cursor.execute(BY_INDEX)
        accepted = [push for push in sent if push.outcome is Outcome.ACCEPTED]
        if accepted:
            values = {**columns(accepted), "now": now}
            cursor.execute(ACCEPTED, values)
        others = [push for push in sent if push.outcome is not Outcome.ACCEPTED]
        if others:
            values = {
                **columns(others),
                "outcomes": [word(push, kept) for push in others],
                "reasons": [push.reason for push in others],
                "waits": [push.first_wait for push in others],
                "jitters": [push.jitter for push in others],
                "longest": LONGEST_WAIT_SECONDS,
                "give_up": now - GIVE_UP_AFTER,
                "now": now,
            }
            cursor.execute(NOT_ACCEPTED, values)


def count(sent: Sequence[Sent]) -> None:
    for outcome, times in Counter(push.outcome for push in sent).items():
        PUSHES.labels(outcome.value).inc(times)


def columns(sent: Sequence[Sent]) -> dict[str, str]:
    """As PostgreSQL writes arrays: that is quicker than to have a thousand values of Python's adapted one by one."""
    return {
        "devices": "{" + ",".join([str(push.device_id) for push in sent]) + "}",
        "leases": '{"' + '","'.join([push.lease for push in sent]) + '"}',
        "ids": "{" + ",".join([push.apns_id or "null" for push in sent]) + "}",
    }


def word(push: Sent, kept: set[int]) -> str:
    """A device that is said to be gone, but registered again since, is tried again."""
    if push.outcome is Outcome.GONE:
        return "retry" if push.device_id in kept else "gone"
    return "refused" if push.outcome is Outcome.REFUSED else "retry"
