from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from passwright.data.models import Device, Registration
from passwright.operations.end_registrations import end_registration
from passwright.operations.lease_pushes import QUEUED
from passwright.operations.open_pass import open_pass
from passwright.operations.retrying import retried
from passwright.queries.updatable_passes import digest_of

LET_GO = "Unregistered"


@retried
@transaction.atomic
def unregister(*, pass_type_identifier: str, serial_number: str, token: str, device: str, now: datetime) -> bool:
    """The device has let go of the pass. With its last one the device is forgotten. False if it held no such pass.

    What was said to it stays in the ledger; what was still to be said to it of this pass is gone.

    Raises:
        NotAuthorized: as `open_pass` says.
    """
    opened = open_pass(pass_type_identifier=pass_type_identifier, serial_number=serial_number, token=token, at=now)
    # The device's row first, as when it registers: what it does at once it does one after the other.
    mine = Device.objects.select_for_update().filter(
        pass_type_identifier=pass_type_identifier, identifier_digest=digest_of(device)
    )
    holder = mine.first()
    if holder is None or not end_registration(device_id=holder.id, pass_id=opened.pass_id, now=now):
        return False
    leave_untold(holder.id, opened.pass_id, now)
    if not Registration.objects.filter(device=holder).exists():
        holder.delete()
    return True


# Locked in the order of the key, as everywhere.
LEAVE = f"""
WITH waiting AS MATERIALIZED (
    SELECT push_id, pass_id, device_id FROM delivery
    WHERE device_id = %(device)s AND pass_id = %(pass)s AND {QUEUED}
    ORDER BY push_id, pass_id, device_id FOR NO KEY UPDATE
)
UPDATE delivery SET state = 'gone', reason = %(reason)s, answered_at = %(now)s, due_at = NULL FROM waiting
WHERE delivery.push_id = waiting.push_id AND delivery.pass_id = waiting.pass_id
  AND delivery.device_id = waiting.device_id
"""  # noqa: S608 - nothing in it comes from outside


def leave_untold(device_id: int, pass_id: UUID, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(LEAVE, {"device": device_id, "pass": pass_id, "reason": LET_GO, "now": now})
