from __future__ import annotations

from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction

from passwright.data.models import Campaign, ScheduledPush
from passwright.operations.announce import Pushed
from passwright.operations.merge_campaign import merge_campaign
from passwright.operations.push_campaign import push_campaign
from passwright.operations.retrying import retried
from passwright.passes.content import Style

log = structlog.get_logger(__name__)

State = ScheduledPush.State

MOST = 1_000
"""Of one round; the others have the next."""


def run_scheduled_pushes(*, now: datetime) -> int:
    """Do what is due, each in a transaction of its own with all that it does: once, also beside itself and after a
    kill. One that fails keeps none of the others waiting and is due again next time. Returns how many were finished.

    A campaign that is paused or archived is pushed all the same, as by hand. Of a deleted campaign, and of a locked
    organization, they are cancelled.
    """
    due = ScheduledPush.objects.filter(state=State.SCHEDULED, due_at__lte=now).order_by("due_at", "id")
    return sum(run_unless_it_fails(*each, now) for each in due.values_list("id", "campaign_id")[:MOST])


def run_unless_it_fails(scheduled_push_id: UUID, campaign_id: UUID, now: datetime) -> bool:
    try:
        return run(scheduled_push_id, campaign_id, now)
    except Exception:
        log.exception("scheduled_push_failed", scheduled_push=str(scheduled_push_id))
        return False


@retried
@transaction.atomic
def run(scheduled_push_id: UUID, campaign_id: UUID, now: datetime) -> bool:
    """Whether it was still to be done. The campaign is locked first: whoever deletes it does so too."""
    campaign = Campaign.objects.select_for_update(no_key=True).filter(id=campaign_id).first()
    row = ScheduledPush.objects.select_for_update().filter(id=scheduled_push_id, state=State.SCHEDULED).first()
    if campaign is None or row is None:
        return False
    if campaign.deleted_at:
        finish(row, State.CANCELLED, now, note="The campaign was deleted.")
    elif campaign.organization.locked_at:
        finish(row, State.CANCELLED, now, note="The organization was locked.")
    else:
        row.push = done(row, campaign, now).push
        finish(row, State.DONE, now, note=None if row.push else "There were no passes.")
    return True


def done(row: ScheduledPush, campaign: Campaign, now: datetime) -> Pushed:
    organization, style = campaign.organization, Style(campaign.style)
    if row.action == ScheduledPush.Action.MERGE:
        return merge_campaign(
            organization=organization, style=style, campaign_id=campaign.id, message=row.message, now=now
        )
    return push_campaign(
        organization=organization,
        style=style,
        campaign_id=campaign.id,
        message=row.message,
        reset=row.reset,
        now=now,
    )


def finish(row: ScheduledPush, state: State, now: datetime, *, note: str | None) -> None:
    row.state, row.note, row.finished_at = state, note, now
    row.save(update_fields=["state", "note", "finished_at", "push"])
