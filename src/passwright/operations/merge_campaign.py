from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from passwright.data.models import Organization
from passwright.operations.announce import Pushed
from passwright.operations.campaign_marks import MARKED, merge_into_passes
from passwright.operations.retrying import retried
from passwright.operations.update_campaign import locked
from passwright.passes.content import Style


@retried
@transaction.atomic
def merge_campaign(
    *, organization: Organization, style: Style, campaign_id: UUID, message: str = "", now: datetime
) -> Pushed:
    """Bring the campaign to the passes that were issued before: one row is written, however many they are.

    ``message`` goes to their lock screens. A campaign without passes stays as it is.

    Raises:
        NotFound: if the organization has no such campaign.
    """
    campaign = locked(organization, style, campaign_id)
    if not campaign.pass_count:
        return Pushed(campaign, None)
    push = merge_into_passes(campaign, message=message, now=now)
    campaign.save(update_fields=MARKED)
    return Pushed(campaign, push)
