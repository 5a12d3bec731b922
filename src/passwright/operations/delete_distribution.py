from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from passwright.data.models import Campaign
from passwright.operations.distribution_rules import locked_link
from passwright.operations.record_event import count
from passwright.operations.refusals import PreconditionFailed
from passwright.operations.retrying import retried
from passwright.passes.counters import Counter
from passwright.queries.campaigns import distribution


@retried
@transaction.atomic
def delete_distribution(*, campaign: Campaign, distribution_id: UUID, now: datetime) -> None:
    """The link leads nowhere from now on. The pages of the passes that were made through it stay.

    Raises:
        NotFound: if the campaign has no such link.
        PreconditionFailed: if it is the first: the campaign's own addresses lead to it.
    """
    link = locked_link(campaign.id, distribution_id)
    if link.id == distribution(campaign).id:
        raise PreconditionFailed(
            {"distribution": "The first distribution of a campaign stays. Pause or archive it instead."}
        )
    link.deleted_at = link.updated_at = max(now, link.updated_at)
    link.save(update_fields=["deleted_at", "updated_at"])
    count(Counter.DISTRIBUTION_UPDATES, campaign_id=campaign.id, at=now)
