from __future__ import annotations

from datetime import datetime
from uuid import UUID

from passwright.data.models import Campaign, ScheduledPush
from passwright.operations.refusals import NotFound, PreconditionFailed
from passwright.operations.retrying import retried

SCHEDULED, CANCELLED = ScheduledPush.State.SCHEDULED, ScheduledPush.State.CANCELLED


@retried
def cancel_scheduled_push(*, campaign: Campaign, scheduled_push_id: UUID, now: datetime) -> None:
    """Let it not happen. One that is just being done is waited for, and is done then.

    Raises:
        NotFound: if the campaign has no such scheduled push.
        PreconditionFailed: if it is done or cancelled already.
    """
    row = ScheduledPush.objects.filter(campaign=campaign, id=scheduled_push_id)
    if row.filter(state=SCHEDULED).update(state=CANCELLED, finished_at=now):
        return
    there = row.first()
    if there is None:
        raise NotFound("Scheduled push")
    raise PreconditionFailed({"scheduled_push": f"It is {there.state} already."})
