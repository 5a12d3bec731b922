from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from passwright.data.models import Asset, Organization, Template
from passwright.passes.content import ImageSlot


def assets_of(organization: Organization) -> QuerySet[Asset]:
    """What it uploaded itself: pictures that holders gave are in no list."""
    return Asset.objects.filter(organization=organization, of_holder=False)


def asset_of(organization: Organization, asset_id: UUID) -> Asset | None:
    """One of the organization's assets; None for an unknown id and for somebody else's."""
    return assets_of(organization).filter(id=asset_id).first()


def public_digest(asset_id: UUID) -> str | None:
    """Under what the picture of an asset is stored, for anybody who knows its id."""
    return Asset.objects.filter(id=asset_id).values_list("digest", flat=True).first()


def is_of_holder(asset_id: UUID) -> bool:
    """Whether the holder of a pass gave the picture: it goes with the pass."""
    return Asset.objects.filter(id=asset_id, of_holder=True).exists()


def templates_showing(asset_ids: Iterable[UUID]) -> QuerySet[Template]:
    """The templates that have one of these assets in any slot, oldest first."""
    ids = list(asset_ids)
    shown = Q()
    for slot in ImageSlot:
        shown |= Q(**{f"{slot.value}_id__in": ids})
    return Template.objects.filter(shown, deleted_at=None).order_by("created_at", "id")


DIGESTS_IN_USE = """
    SELECT digest FROM asset WHERE digest = ANY(%(digests)s)
    UNION
    SELECT image ->> 'digest' FROM campaign_revision, jsonb_each(content -> 'look' -> 'images') AS shown (slot, image)
    WHERE image ->> 'digest' = ANY(%(digests)s)
    UNION
    SELECT own -> 'image' ->> 'digest' FROM pass, jsonb_each(overrides -> 'images') AS shown (slot, own)
    WHERE overrides ? 'images' AND own -> 'image' ->> 'digest' = ANY(%(digests)s)
"""


def digests_in_use(digests: Iterable[str]) -> set[str]:
    """Those of the digests that an asset, a campaign's revision or a pass still shows.

    Reads every revision and every pass that has a picture of its own: for jobs, not for requests, and for many
    digests at once.
    """
    with connection.cursor() as cursor:
        cursor.execute(DIGESTS_IN_USE, {"digests": list(digests)})
        return {digest for (digest,) in cursor.fetchall()}
