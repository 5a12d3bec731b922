from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection, transaction

from passwright.data.models import Event, Pass
from passwright.operations.end_registrations import end_registrations_of_pass
from passwright.operations.held_pass import May, held_pass
from passwright.operations.lease_pushes import QUEUED
from passwright.operations.leave_mail import Reason, leave_mail
from passwright.operations.record_event import append
from passwright.operations.retrying import retried

TRANSFERRED = "Transferred"


@retried
@transaction.atomic
def transfer_pass(*, opened_by: UUID, to: str | None = None, now: datetime) -> Pass:
    """Give the pass to somebody else: from now on it has other links and another token, and those of the former holder
    open nothing. It keeps its serial number, its code and what stands on it. Phones that have it are told no more.

    ``to``: the e-mail address to which the new links are sent, if the new holder is not handed them.

    Raises:
        passwright.operations.refusals.NotFound: as `held_pass` says; also for the later of two at once.
        passwright.operations.held_pass.HolderMayNot: likewise.
    """
    row = held_pass(opened_by, May.TRANSFER, now)
    row.link_id, row.updated_at = uuid4(), now
    row.save(update_fields=("link_id", "updated_at"))
    end_registrations_of_pass(pass_id=row.id, now=now)
    leave_untold(row.id, now)
    append(kind=Event.Kind.TRANSFERRED, campaign_id=row.campaign_id, pass_id=row.id, at=now)
    if to:
        leave_mail(row=row, reason=Reason.TRANSFERRED, to=to)
    return row


# Locked in the order of the key, as everywhere.
LEAVE = f"""
WITH waiting AS MATERIALIZED (
    SELECT push_id, pass_id, device_id FROM delivery
    WHERE pass_id = %(pass)s AND {QUEUED}
    ORDER BY push_id, pass_id, device_id FOR NO KEY UPDATE
)
UPDATE delivery SET state = 'gone', reason = %(reason)s, answered_at = %(now)s, due_at = NULL FROM waiting
WHERE delivery.push_id = waiting.push_id AND delivery.pass_id = waiting.pass_id
  AND delivery.device_id = waiting.device_id
"""  # noqa: S608 - nothing in it comes from outside


def leave_untold(pass_id: UUID, now: datetime) -> None:
    """What was still to be said of it to the former holder's phones is gone."""
    with connection.cursor() as cursor:
        cursor.execute(LEAVE, {"pass": pass_id, "reason": TRANSFERRED, "now": now})
