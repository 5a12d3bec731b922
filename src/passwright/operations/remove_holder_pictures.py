"""Forget pictures that holders gave, once no pass says them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from passwright.data.models import Asset
from passwright.operations.remove_images import remove_if_last
from passwright.operations.retrying import retried
from passwright.queue import defer

SAID = """
SELECT DISTINCT said ->> 'value' FROM pass
JOIN campaign ON campaign.id = pass.campaign_id
CROSS JOIN LATERAL jsonb_array_elements(pass.overrides -> 'fields') AS said
WHERE campaign.organization_id = ANY(%s) AND jsonb_typeof(pass.overrides -> 'fields') = 'array'
AND said ->> 'value' = ANY(%s)
"""


def pictures_said(overrides: dict[str, Any] | None) -> list[str]:
    """What in a pass may be the id of a picture that its holder gave."""
    values = [field.get("value") for field in (overrides or {}).get("fields", [])]
    return [value for value in values if isinstance(value, str) and is_id(value)]


def is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def remove_if_given(values: Collection[str]) -> None:
    """Called when passes go or say something else: holders' pictures among these ids are looked at by a job."""
    ids = list(values)
    given = Asset.objects.filter(id__in=ids, of_holder=True).values_list("id", flat=True) if ids else []
    if found := sorted(str(asset_id) for asset_id in given):
        defer("remove_holder_pictures", asset_ids=found)


@retried
@transaction.atomic
def remove_holder_pictures(*, asset_ids: Collection[str]) -> int:
    """Forget those of the pictures that no pass of their organization says; how many it were. Safe to run twice.

    Reads every pass of the organization: for jobs, and for many pictures at once.
    """
    held = Asset.objects.select_for_update().filter(id__in=list(asset_ids), of_holder=True).order_by("id")
    assets = {str(asset.id): asset for asset in held}
    if not assets:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(SAID, [[asset.organization_id for asset in assets.values()], list(assets)])
        said = {value for (value,) in cursor.fetchall()}
    gone = [asset for asset_id, asset in assets.items() if asset_id not in said]
    Asset.objects.filter(id__in=[asset.id for asset in gone]).delete()
    remove_if_last({asset.digest for asset in gone})
    return len(gone)
