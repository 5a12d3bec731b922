from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from passwright.data.models import Campaign, Distribution
from passwright.operations.distribution_rules import KEPT, LinkWanted, apply_rules, locked_link
from passwright.operations.record_event import count
from passwright.operations.retrying import retried
from passwright.passes.counters import Counter


@retried
@transaction.atomic
def update_distribution(
    *, campaign: Campaign, distribution_id: UUID, wanted: LinkWanted, now: datetime
) -> Distribution:
    """Change what was sent; it rules for whoever comes from now on. Of two at once both count: each changes what it
    sent. An update that changes nothing leaves no trace.

    Raises:
        NotFound: if the campaign has no such link.
        ValidationFailed: naming every attribute that cannot be as asked for.
    """
    link = locked_link(campaign.id, distribution_id)
    before = [getattr(link, name) for name in KEPT]
    apply_rules(link, wanted, campaign, now)
    changed = [name for name, value in zip(KEPT, before, strict=True) if getattr(link, name) != value]
    if changed:
        link.updated_at = max(now, link.updated_at)
        link.save(update_fields=[*changed, "published_at", "updated_at"])
        count(Counter.DISTRIBUTION_UPDATES, campaign_id=campaign.id, at=now)
    return link
