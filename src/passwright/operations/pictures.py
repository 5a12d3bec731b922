"""The pictures that campaigns, templates and passes choose for a slot."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import connection
from msgspec import Struct

from passwright.operations.refusals import Faults
from passwright.passes.content import ImageRef, ImageSlot

# The lock keeps the assets until the caller's transaction ends, and lets others choose the same ones.
CHOSEN = "SELECT id, asset_type, digest FROM asset WHERE organization_id = %s AND id = ANY(%s) FOR KEY SHARE"


class KnownAsset(Struct, frozen=True):
    asset_type: str
    digest: str


def known_assets(organization_id: UUID, asset_ids: Collection[UUID]) -> dict[UUID, KnownAsset]:
    """Those of the organization, by id, locked against deletion."""
    if not asset_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(CHOSEN, [organization_id, list(asset_ids)])
        return {asset_id: KnownAsset(asset_type, digest) for asset_id, asset_type, digest in cursor.fetchall()}


def chosen_pictures(
    organization_id: UUID,
    wanted: Mapping[ImageSlot, UUID],
    faults: Faults,
    *,
    known: Mapping[UUID, KnownAsset] | None = None,
) -> dict[ImageSlot, ImageRef]:
    """The organization's assets by slot, locked against deletion; what cannot be used is added to ``faults``.

    ``known``: what `known_assets` said of them already.
    """
    found = known_assets(organization_id, wanted.values()) if known is None else known
    chosen = {}
    for slot, asset_id in wanted.items():
        asset = found.get(asset_id)
        if asset is None:
            faults.add(f"{slot}_id", "does not exist")
        elif asset.asset_type != slot:
            faults.add(f"{slot}_id", f"is an asset of type {asset.asset_type}, not {slot}")
        else:
            chosen[slot] = ImageRef(asset_id=str(asset_id), digest=asset.digest)
    return chosen
