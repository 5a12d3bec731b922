from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from msgspec import Struct

from passwright.data.models import Campaign, Distribution, Event, Organization
from passwright.operations.record_event import append, count
from passwright.operations.refusals import WrongTransition
from passwright.operations.retrying import retried
from passwright.operations.update_campaign import locked
from passwright.passes.content import Style
from passwright.passes.counters import Counter


class Transition(Struct, frozen=True, kw_only=True):
    """What somebody asks for (``event``), from where it leads where, and the word for that (``verb``) in refusals."""

    event: str
    verb: str
    origins: tuple[str, ...]
    state: str
    kind: Event.Kind


PAUSE = Transition(event="pause", verb="pause", origins=("published",), state="paused", kind=Event.Kind.CAMPAIGN_PAUSED)
RESUME = Transition(
    event="resume", verb="publish", origins=("paused",), state="published", kind=Event.Kind.CAMPAIGN_RESUMED
)
ARCHIVE = Transition(
    event="archive",
    verb="archive",
    origins=("published", "paused"),
    state="archived",
    kind=Event.Kind.CAMPAIGN_ARCHIVED,
)
TRANSITIONS = (PAUSE, RESUME, ARCHIVE)


@retried
@transaction.atomic
def change_campaign_state(
    *, organization: Organization, style: Style, campaign_id: UUID, transition: Transition, now: datetime
) -> Campaign:
    """Pause, resume or archive the campaign, and its first distribution with it; the others keep their own state, and
    give out nothing while the campaign does not. Only published campaigns issue passes; those issued before live on in
    every state.

    Raises:
        NotFound: if the organization has no such campaign.
        WrongTransition: if it is not in a state from which this can be done; of two at once one comes too late.
    """
    first = first_link(campaign_id)
    campaign = locked(organization, style, campaign_id)
    if campaign.state not in transition.origins:
        raise WrongTransition(f"Can't {transition.event} from {campaign.state} to {transition.verb}")
    campaign.state, campaign.updated_at = transition.state, now
    campaign.save(update_fields=["state", "updated_at"])
    changed = Distribution.objects.filter(id__in=first).update(state=transition.state, updated_at=now)
    count(Counter.DISTRIBUTION_UPDATES, campaign_id=campaign.id, at=now, amount=changed)
    append(kind=transition.kind, campaign_id=campaign.id, at=now)
    return campaign


def first_link(campaign_id: UUID) -> list[UUID]:
    """Locked before the campaign, as by whoever makes a pass through it."""
    links = Distribution.objects.select_for_update(no_key=True).filter(campaign_id=campaign_id)
    return list(links.order_by("created_at", "id").values_list("id", flat=True)[:1])
