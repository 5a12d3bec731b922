from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from passwright.data.models import DeviceLog

LOGS_KEPT = timedelta(days=30)
DEVICES_KEPT = timedelta(days=1)
"""After it last said its push token. A device that registers has its row for a moment before it has a pass."""

CHUNK = 1_000

FORGET = """
DELETE FROM device WHERE id IN (
    SELECT id FROM device
    WHERE token_at < %(before)s AND NOT EXISTS (SELECT 1 FROM registration WHERE device_id = device.id)
    ORDER BY id LIMIT %(chunk)s FOR UPDATE SKIP LOCKED
) AND token_at < %(before)s AND NOT EXISTS (SELECT 1 FROM registration WHERE device_id = device.id)
"""


def sweep_devices(*, now: datetime) -> int:
    """Delete devices all of whose passes were deleted here, and lines of the device log after 30 days. Returns how many
    devices it were."""
    delete_old_logs(now)
    in_all = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(FORGET, {"before": now - DEVICES_KEPT, "chunk": CHUNK})
            deleted = int(cursor.rowcount)
        in_all += deleted
        if deleted < CHUNK:
            return in_all


def delete_old_logs(now: datetime) -> None:
    old = DeviceLog.objects.filter(at__lt=now - LOGS_KEPT).order_by("at").values_list("pk", flat=True)
    while few := list(old[:CHUNK]):
        DeviceLog.objects.filter(pk__in=few).delete()
