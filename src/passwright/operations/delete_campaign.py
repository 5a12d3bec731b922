from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from passwright.data.models import Event, Organization
from passwright.operations.record_event import append
from passwright.operations.refusals import NotFound, PreconditionFailed
from passwright.operations.retrying import retried
from passwright.operations.update_campaign import locked
from passwright.passes.content import Style
from passwright.queue import defer


@retried
@transaction.atomic
def delete_campaign(*, organization: Organization, style: Style, campaign_id: UUID, now: datetime) -> None:
    """The campaign is gone for everybody and its name free; a job removes its passes. Its template stays.

    Raises:
        PreconditionFailed: if the organization has no such campaign.
    """
    try:
        campaign = locked(organization, style, campaign_id)
    except NotFound as refusal:
        raise PreconditionFailed(refusal.errors) from None
    campaign.deleted_at = campaign.updated_at = now
    campaign.save(update_fields=["deleted_at", "updated_at"])
    append(kind=Event.Kind.CAMPAIGN_DELETED, campaign_id=campaign.id, at=now)
    defer("purge_campaign", campaign_id=str(campaign.id))
