from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from passwright.data.models import Device, Event, Registration
from passwright.operations.open_pass import open_pass
from passwright.operations.record_event import append, count
from passwright.operations.register import said_of
from passwright.operations.retrying import retried
from passwright.passes.counters import Counter
from passwright.queries.updatable_passes import digest_of

UNINSTALLS = {"ios": Counter.UNINSTALLS_IOS, "android": Counter.UNINSTALLS_ANDROID, "wp": Counter.UNINSTALLS_WP}
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
    held = Registration.objects.filter(device=holder, pass_row_id=opened.pass_id).first() if holder else None
    if holder is None or held is None:
        return False
    said = said_of(held.id, opened.pass_id, held.wallet, held.device_os)
    held.delete()
    leave_untold(holder.id, opened.pass_id, now)
    if not Registration.objects.filter(device=holder).exists():
        holder.delete()
    append(
        kind=Event.Kind.UNINSTALLED,
        campaign_id=opened.campaign_id,
        pass_id=opened.pass_id,
        extra=said,
        at=now,
    )
    count(UNINSTALLS[held.device_os], campaign_id=opened.campaign_id, at=now)
    return True


# Locked in the order of the key, as everywhere.
LEAVE = """
WITH waiting AS MATERIALIZED (
    SELECT push_id, pass_id, device_id FROM delivery
    WHERE device_id = %(device)s AND pass_id = %(pass)s AND state = 'queued'
    ORDER BY push_id, pass_id, device_id FOR NO KEY UPDATE
)
UPDATE delivery SET state = 'gone', reason = %(reason)s, answered_at = %(now)s, due_at = NULL FROM waiting
WHERE delivery.push_id = waiting.push_id AND delivery.pass_id = waiting.pass_id
  AND delivery.device_id = waiting.device_id
"""


def leave_untold(device_id: int, pass_id: UUID, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(LEAVE, {"device": device_id, "pass": pass_id, "reason": LET_GO, "now": now})
