"""The list of stores of a campaign, of which passes get those nearest to a point."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from passwright.caching import BoundedCache
from passwright.data.models import Campaign, Store
from passwright.passes.content import Location
from passwright.passes.nearest import PlaceList

BYTES_OF_A_STORE = 600
"""In memory, with a name and a text of usual length (measured)."""

lists: BoundedCache[tuple[UUID, int], PlaceList] = BoundedCache(
    most_entries=64, most_bytes=64 * 1024 * 1024, size_of=lambda kept: 1 + BYTES_OF_A_STORE * len(kept)
)
"""By campaign and epoch, which moves when the list is replaced."""


def stores_of(campaign: Campaign) -> QuerySet[Store]:
    """In the order in which they were sent."""
    return Store.objects.filter(campaign=campaign).order_by("id")


def store_list(campaign: Campaign) -> PlaceList:
    """As of the campaign's epoch or later. Read once for all passes that are made meanwhile."""
    return lists.get((campaign.id, campaign.epoch), lambda: PlaceList(locations_of(campaign)))


def locations_of(campaign: Campaign) -> list[Location]:
    rows = stores_of(campaign).values_list("name", "latitude", "longitude", "relevant_text")
    return [
        Location(name=name, latitude=latitude, longitude=longitude, relevant_text=text)
        for name, latitude, longitude, text in rows
    ]
