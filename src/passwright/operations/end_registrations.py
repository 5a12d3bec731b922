"""Passes are on devices no more: the device says so, its push service says that it is gone, or the pass is deleted.
Each time reports and webhooks hear of it, or they would count it for ever."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from passwright.operations.register import WALLET_TYPE
from passwright.operations.tell_webhooks import LAST_FETCHED, OWNER, TOLD

TOLD_OF_IT = TOLD.format(
    source="let_go JOIN pass AS was ON was.id = let_go.pass_id",
    event="'uninstalled'",
    organization=OWNER,
    extra="let_go.extra",
    at="%(now)s",
    last_fetched_at=LAST_FETCHED,
)

# The operating systems of reports are spelled as in `Registration`; what is said as in `operations.register.said_of`.
END = f"""
WITH held AS MATERIALIZED (
    SELECT id FROM registration WHERE {{which}} ORDER BY id FOR UPDATE
), let_go AS (
    DELETE FROM registration USING held WHERE registration.id = held.id
    RETURNING campaign_id, pass_id, device_os, jsonb_build_object(
        'pass_id', pass_id, 'registration_id', registration.id, 'device_os', device_os, 'device_app_vendor', wallet,
        'wallet_type', %(wallet_type)s::text
    ) AS extra
), happened AS (
    INSERT INTO event (campaign_id, pass_id, kind, extra, at)
    SELECT campaign_id, pass_id, 'uninstalled', extra, %(now)s FROM let_go
), told AS ({TOLD_OF_IT})
INSERT INTO tally (campaign_id, day, counter, amount)
SELECT campaign_id, (%(now)s AT TIME ZONE 'UTC')::date, 'uninstalls.' || device_os, count(*)
FROM let_go GROUP BY campaign_id, device_os
"""  # noqa: S608 - nothing in it comes from outside

OF_DEVICES = END.format(which="device_id = ANY (%(devices)s::bigint[])")
OF_PASS = END.format(which="pass_id = %(pass)s")
OF_PASS_ON_DEVICE = END.format(which="pass_id = %(pass)s AND device_id = %(device)s")


def end_registration(*, device_id: int, pass_id: UUID, now: datetime) -> bool:
    """The one pass on the one device; False if it holds none such. The caller's transaction holds the device."""
    return run(OF_PASS_ON_DEVICE, {"pass": pass_id, "device": device_id}, now)


def end_registrations_of_devices(*, device_ids: Sequence[int], now: datetime) -> None:
    """All that these devices hold, each with its ``uninstalled``. The caller's transaction holds the devices."""
    run(OF_DEVICES, {"devices": list(device_ids)}, now)


def end_registrations_of_pass(*, pass_id: UUID, now: datetime) -> None:
    """On all devices, each with its ``uninstalled``. The caller's transaction holds the pass, which is still there."""
    run(OF_PASS, {"pass": pass_id}, now)


def run(statement: str, which: dict[str, Any], now: datetime) -> bool:
    """Whether there was any: something is counted then."""
    assert connection.in_atomic_block
    with connection.cursor() as cursor:
        cursor.execute(statement, {**which, "wallet_type": WALLET_TYPE, "now": now})
        return int(cursor.rowcount) > 0
