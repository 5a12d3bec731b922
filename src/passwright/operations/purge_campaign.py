from __future__ import annotations

from uuid import UUID

from django.db import models, transaction

from passwright.data.models import Campaign, Event, Pass

CHUNK = 1_000


def purge_campaign(*, campaign_id: UUID) -> None:
    """Remove a deleted campaign with everything of it: 1,000 passes a transaction, so that nobody waits for long.

    Nothing happens when it is not deleted or not there; run again after a kill, it goes on where it was.
    """
    if not Campaign.objects.filter(id=campaign_id, deleted_at__isnull=False).exists():
        return
    for rows in (Pass.objects.filter(campaign_id=campaign_id), Event.objects.filter(campaign_id=campaign_id)):
        while delete_chunk(rows):
            pass
    with transaction.atomic():
        Campaign.objects.filter(id=campaign_id, deleted_at__isnull=False).delete()


@transaction.atomic
def delete_chunk(rows: models.QuerySet[models.Model]) -> int:
    """Delete up to 1,000 of the rows and what hangs on them; how many it were."""
    chunk = list(rows.order_by().values_list("pk", flat=True)[:CHUNK])
    rows.model._default_manager.filter(pk__in=chunk).delete()
    return len(chunk)
