from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from passwright.operations.end_registrations import end_registrations_of_devices

# Whoever registered with the same token later than it is said to be gone, or with another one since it was pushed,
# is there. Devices before registrations, both in the order of their ids.
HOLD = """
WITH lost AS (
    SELECT * FROM unnest(%(devices)s::bigint[], %(tokens)s::bytea[], %(times)s::timestamptz[])
        AS said(device_id, token, gone_at)
)
SELECT device.id FROM device JOIN lost ON device.id = lost.device_id
WHERE device.push_token_encrypted = lost.token AND (lost.gone_at IS NULL OR device.token_at <= lost.gone_at)
ORDER BY device.id FOR UPDATE OF device
"""

UNDELIVERED = """
WITH held AS MATERIALIZED (
    SELECT push_id, pass_id, device_id FROM delivery
    WHERE device_id = ANY (%(devices)s::bigint[]) AND state = 'queued'
    ORDER BY push_id, pass_id, device_id FOR NO KEY UPDATE
)
UPDATE delivery SET state = 'gone', reason = reasons.reason, due_at = NULL, answered_at = %(now)s
FROM held JOIN unnest(%(devices)s::bigint[], %(reasons)s::text[]) AS reasons(device_id, reason) USING (device_id)
WHERE delivery.push_id = held.push_id AND delivery.pass_id = held.pass_id AND delivery.device_id = held.device_id
"""


class LostDevice(NamedTuple):
    """A device that its push service says is gone. ``token_encrypted`` as it was read when it was pushed; ``gone_at``
    if the service says since when."""

    device_id: int
    token_encrypted: bytes
    gone_at: datetime | None
    reason: str

    def __repr__(self) -> str:
        return f"LostDevice({self.device_id})"


def forget_devices(*, lost: Sequence[LostDevice], now: datetime) -> set[int]:
    """Remove devices that are gone, with their registrations: each says ``uninstalled``. In the caller's transaction.

    Returns those that stay, because they registered (again) since.
    """
    if not lost:
        return set()
    assert connection.in_atomic_block
    by_id = {device.device_id: device for device in lost}
    with connection.cursor() as cursor:
        said: dict[str, Any] = {
            "devices": list(by_id),
            "tokens": [device.token_encrypted for device in by_id.values()],
            "times": [device.gone_at for device in by_id.values()],
        }
        cursor.execute(HOLD, said)
        gone = [device_id for (device_id,) in cursor.fetchall()]
        if gone:
            values: dict[str, Any] = {
                "devices": gone,
                "reasons": [by_id[device_id].reason for device_id in gone],
                "now": now,
            }
            end_registrations_of_devices(device_ids=gone, now=now)
            cursor.execute(UNDELIVERED, values)
            cursor.execute("DELETE FROM device WHERE id = ANY (%(devices)s::bigint[])", values)
    return by_id.keys() - set(gone)
