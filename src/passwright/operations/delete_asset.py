from __future__ import annotations

from uuid import UUID

from django.db import transaction

from passwright.data.models import Organization
from passwright.operations.refusals import NotFound, PreconditionFailed
from passwright.operations.retrying import retried
from passwright.queries.assets import assets_of, templates_showing
from passwright.queue import defer


class AssetInUse(PreconditionFailed):
    """The asset is used by a template. Delete the template first, or give it another picture."""


@retried
@transaction.atomic
def delete_asset(*, organization: Organization, asset_id: UUID) -> None:
    """Delete an asset. Passes and campaigns that still show its picture keep it: the bytes go when nothing does.

    Raises:
        NotFound: if the organization has no such asset.
        AssetInUse: if a template has it in a slot.
    """
    asset = assets_of(organization).select_for_update().filter(id=asset_id).first()
    if asset is None:
        raise NotFound("Asset")
    users = templates_showing([asset.id])
    if first := users.first():
        raise AssetInUse({"asset": f"Asset in use by {users.count()} templates, e.g.: {first.name}"})
    defer("remove_images", digests=[asset.digest])
    asset.delete()
