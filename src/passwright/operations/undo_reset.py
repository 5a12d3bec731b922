from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from passwright.data.models import Campaign, Event, Organization
from passwright.operations.announce import announce_campaign
from passwright.operations.campaign_marks import index_codes_if_due, set_marks
from passwright.operations.record_event import append
from passwright.operations.refusals import PreconditionFailed
from passwright.operations.retrying import retried
from passwright.operations.update_campaign import locked
from passwright.passes import lay
from passwright.passes.content import Style
from passwright.queries.campaigns import marks_of


@retried
@transaction.atomic
def undo_reset(*, organization: Organization, style: Style, campaign_id: UUID, now: datetime) -> Campaign:
    """Let what the last campaign push reset count again. What was written to passes since then stays.

    Raises:
        NotFound: if the organization has no such campaign.
        PreconditionFailed: if there is no reset to undo.
    """
    campaign = locked(organization, style, campaign_id)
    before = marks_of(campaign)
    after = lay.undo_reset(before, at=now)
    if after == before:
        raise PreconditionFailed({"campaign": "No push of this campaign has reset passes: there is nothing to undo."})
    set_marks(campaign, after)
    index_codes_if_due(campaign, since=lay.least_shown(after))
    campaign.version += 1
    campaign.save(update_fields=["marks", "version"])
    append(kind=Event.Kind.CAMPAIGN_RESET_UNDONE, campaign_id=campaign.id, at=now)
    announce_campaign(campaign_id=campaign.id, kind=Event.Kind.CAMPAIGN_RESET_UNDONE, at=now)
    return campaign
