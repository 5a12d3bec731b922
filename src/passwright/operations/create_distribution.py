from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Max

from passwright.data.models import Distribution, Organization
from passwright.operations.distribution_rules import MOST_LINKS, LinkWanted, apply_rules
from passwright.operations.record_event import count
from passwright.operations.refusals import PreconditionFailed
from passwright.operations.retrying import retried
from passwright.operations.update_campaign import locked
from passwright.passes.content import Style
from passwright.passes.counters import Counter


@retried
@transaction.atomic
def create_distribution(
    *, organization: Organization, style: Style, campaign_id: UUID, wanted: LinkWanted, now: datetime
) -> Distribution:
    """One more link of the campaign. Its first, made with it, stays the first whatever the clocks of machines say.

    Raises:
        NotFound: if the organization has no such campaign.
        PreconditionFailed: if it has `MOST_LINKS` already.
        ValidationFailed: naming every attribute that cannot be as asked for.
    """
    campaign = locked(organization, style, campaign_id)
    links = Distribution.objects.filter(campaign=campaign)
    if links.filter(deleted_at=None).count() >= MOST_LINKS:
        raise PreconditionFailed(
            {"distribution": f"The campaign has {MOST_LINKS:,} distributions. Delete one that is not used any more."}
        )
    newest: datetime = links.aggregate(at=Max("created_at"))["at"]
    at = max(now, newest + timedelta(microseconds=1))
    link = Distribution(
        id=uuid4(),
        campaign=campaign,
        token=secrets.token_urlsafe(7),
        created_at=at,
        updated_at=at,
        published_at=at,
    )
    apply_rules(link, wanted, campaign, at)
    if link.state != "published":
        link.published_at = None
    link.save(force_insert=True)
    count(Counter.DISTRIBUTION_UPDATES, campaign_id=campaign.id, at=now)
    return link
