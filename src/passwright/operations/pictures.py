"""The pictures that campaigns, templates and passes choose for a slot."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db import connection

from passwright.operations.refusals import Faults
from passwright.passes.content import ImageRef, ImageSlot

# The lock keeps the assets until the caller's transaction ends, and lets others choose the same ones.
CHOSEN = "SELECT id, asset_type, digest FROM asset WHERE organization_id = %s AND id = ANY(%s) FOR KEY SHARE"


def chosen_pictures(
    organization_id: UUID, wanted: Mapping[ImageSlot, UUID], faults: Faults
) -> dict[ImageSlot, ImageRef]:
    """The organization's assets by slot, locked against deletion; what cannot be used is added to ``faults``."""
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(CHOSEN, [organization_id, list(wanted.values())])
        found = {asset_id: (asset_type, digest) for asset_id, asset_type, digest in cursor.fetchall()}
    chosen = {}
    for slot, asset_id in wanted.items():
        asset_type, digest = found.get(asset_id, (None, ""))
        if asset_type == slot:
            chosen[slot] = ImageRef(asset_id=str(asset_id), digest=digest)
        elif asset_type is None:
            faults.add(f"{slot}_id", "does not exist")
        else:
            faults.add(f"{slot}_id", f"is an asset of type {asset_type}, not {slot}")
    return chosen
