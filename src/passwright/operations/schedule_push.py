from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from msgspec import Struct

from passwright.data.models import Organization, ScheduledPush
from passwright.operations.refusals import Faults, PreconditionFailed
from passwright.operations.retrying import retried
from passwright.operations.update_campaign import locked
from passwright.passes.content import Style

MOST = 100
"""That wait, of one campaign."""

FARTHEST = timedelta(days=366)


class Later(Struct, frozen=True, kw_only=True):
    """``reset`` and ``message`` as in `operations.push_campaign`; a merge does not reset."""

    action: ScheduledPush.Action
    due_at: datetime
    message: str = ""
    reset: bool = True


@retried
@transaction.atomic
def schedule_push(
    *, organization: Organization, style: Style, campaign_id: UUID, wanted: Later, now: datetime
) -> ScheduledPush:
    """Have the campaign pushed or merged later, by `operations.run_scheduled_pushes`.

    Raises:
        NotFound: if the organization has no such campaign.
        ValidationFailed: for a time that is past or more than a year ahead.
        PreconditionFailed: if `MOST` wait already.
    """
    campaign = locked(organization, style, campaign_id)
    faults = Faults()
    if wanted.due_at <= now:
        faults.add("due_at", "must be in the future")
    if wanted.due_at > now + FARTHEST:
        faults.add("due_at", "must be within a year")
    faults.check()
    if ScheduledPush.objects.filter(campaign=campaign, state=ScheduledPush.State.SCHEDULED).count() >= MOST:
        raise PreconditionFailed({"scheduled_push": f"{MOST} are waiting already. Cancel one first."})
    return ScheduledPush.objects.create(
        campaign=campaign,
        action=wanted.action,
        message=wanted.message,
        reset=wanted.reset,
        due_at=wanted.due_at,
        created_at=now,
    )
