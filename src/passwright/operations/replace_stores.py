from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from passwright.data.models import Campaign, Event, Organization, Store
from passwright.operations.record_event import append
from passwright.operations.retrying import retried
from passwright.operations.update_campaign import locked
from passwright.passes.content import Location, Style
from passwright.queries.stores import locations_of
from passwright.queue import defer

AT_ONCE = 2_000
"""Rows of one statement."""


@retried
@transaction.atomic
def replace_stores(
    *, organization: Organization, style: Style, campaign_id: UUID, stores: Sequence[Location], now: datetime
) -> Campaign:
    """The campaign has these stores and no others. A job finds the nearest ones again for each pass that gave a point.

    The epoch moves: who makes a pass meanwhile with the stores of before does it again.

    Raises:
        NotFound: if the organization has no such campaign.
    """
    campaign = locked(organization, style, campaign_id)
    if locations_of(campaign) == list(stores):
        return campaign
    Store.objects.filter(campaign=campaign).delete()
    Store.objects.bulk_create(
        (
            Store(
                campaign=campaign,
                name=store.name or "",
                latitude=store.latitude,
                longitude=store.longitude,
                relevant_text=store.relevant_text,
            )
            for store in stores
        ),
        batch_size=AT_ONCE,
    )
    campaign.epoch += 1
    campaign.updated_at = now
    campaign.save(update_fields=["epoch", "updated_at"])
    append(kind=Event.Kind.CAMPAIGN_UPDATED, campaign_id=campaign.id, extra={"changed": ["stores"]}, at=now)
    defer("find_stores", campaign_id=str(campaign.id))
    return campaign
