from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from passwright.data.models import Campaign, Distribution
from passwright.operations.change_campaign_state import Transition
from passwright.operations.distribution_rules import locked_link
from passwright.operations.record_event import count
from passwright.operations.refusals import WrongTransition
from passwright.operations.retrying import retried
from passwright.passes.counters import Counter


@retried
@transaction.atomic
def change_distribution_state(
    *, campaign: Campaign, distribution_id: UUID, transition: Transition, now: datetime
) -> Distribution:
    """Pause, resume or archive one link. Whoever has a pass keeps it.

    Raises:
        NotFound: if the campaign has no such link.
        WrongTransition: if it is not in a state from which this can be done; of two at once one comes too late.
    """
    link = locked_link(campaign.id, distribution_id)
    if link.state not in transition.origins:
        raise WrongTransition(f"Can't {transition.event} from {link.state} to {transition.verb}")
    link.state, link.updated_at = transition.state, max(now, link.updated_at)
    if link.state == "published":
        link.published_at = link.published_at or now
    link.save(update_fields=["state", "published_at", "updated_at"])
    count(Counter.DISTRIBUTION_UPDATES, campaign_id=campaign.id, at=now)
    return link
