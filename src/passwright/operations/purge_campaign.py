from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from passwright.data.models import (
    BulkChunk,
    Campaign,
    CampaignRevision,
    Delivery,
    DeviceLog,
    Distribution,
    DistributionCount,
    Event,
    Pass,
    Push,
    Registration,
    Tally,
)
from passwright.operations.remove_holder_pictures import pictures_said, remove_if_given
from passwright.operations.remove_images import remove_if_last
from passwright.operations.retrying import retried

CHUNK = 1_000


def purge_campaign(*, campaign_id: UUID) -> None:
    """Remove a deleted campaign with everything of it: 1,000 passes a transaction, so that nobody waits for long.

    Nothing happens when it is not deleted or not there; run again after a kill, it goes on where it was.
    """
    if not Campaign.objects.filter(id=campaign_id, deleted_at__isnull=False).exists():
        return
    while delete_passes(campaign_id):
        pass
    while delete_events(campaign_id):
        pass
    while delete_pushes(campaign_id):
        pass
    while delete_device_logs(campaign_id):
        pass
    while delete_tallies(campaign_id):
        pass
    while delete_chunks(BulkChunk.objects.filter(bulk_import__campaign_id=campaign_id)):
        pass
    with transaction.atomic():
        # From here on nobody adds to its counts, which go with it: who rolls them up waits and finds it gone. Links are
        # locked before their campaign, as by whoever makes a pass.
        delete_link_counts(campaign_id)
        Campaign.objects.select_for_update().filter(id=campaign_id, deleted_at__isnull=False).first()
        gone = CampaignRevision.objects.filter(campaign_id=campaign_id, campaign__deleted_at__isnull=False)
        looks = [content["look"] for content in gone.values_list("content", flat=True)]
        Campaign.objects.filter(id=campaign_id, deleted_at__isnull=False).delete()
        remove_if_last({image["digest"] for look in looks for image in look.get("images", {}).values()})


@retried
@transaction.atomic
def delete_passes(campaign_id: UUID) -> int:
    """Delete up to 1,000 passes; how many it were. No ``uninstalled`` is said of them: reports go with the campaign.

    Passes are locked before their registrations, as by whoever registers.
    """
    mine = Pass.objects.select_for_update().filter(campaign_id=campaign_id)
    overrides = dict(mine.order_by().values_list("pk", "overrides")[:CHUNK])
    held = Registration.objects.select_for_update().filter(pass_row_id__in=overrides)
    list(held.order_by("id").values_list("id", flat=True))
    Pass.objects.filter(pk__in=overrides).delete()
    remove_if_last({digest for own in overrides.values() for digest in own_digests(own)})
    remove_if_given({value for own in overrides.values() for value in pictures_said(own)})
    return len(overrides)


def own_digests(overrides: dict[str, Any] | None) -> list[str]:
    """The pictures that one pass brought for itself."""
    images = (overrides or {}).get("images", {})
    return [override["image"]["digest"] for override in images.values()]


@transaction.atomic
def delete_events(campaign_id: UUID) -> int:
    """Delete up to 1,000 events; how many it were."""
    chunk = list(Event.objects.filter(campaign_id=campaign_id).order_by().values_list("pk", flat=True)[:CHUNK])
    Event.objects.filter(pk__in=chunk).delete()
    return len(chunk)


@retried
@transaction.atomic
def delete_pushes(campaign_id: UUID) -> int:
    """Delete up to 1,000 deliveries of the first pushes, or those pushes when they have none; how many rows it were."""
    pushes = list(Push.objects.filter(campaign_id=campaign_id).order_by("id").values_list("id", flat=True)[:CHUNK])
    theirs = Delivery.objects.select_for_update().filter(push_id__in=pushes)
    few = list(theirs.order_by("push_id", "pass_id", "device_id").values_list("pk", flat=True)[:CHUNK])
    if few:
        Delivery.objects.filter(pk__in=few).delete()
    else:
        Push.objects.filter(id__in=pushes).delete()
    return len(few or pushes)


@transaction.atomic
def delete_device_logs(campaign_id: UUID) -> int:
    """Delete up to 1,000 lines that devices sent; how many it were."""
    few = list(DeviceLog.objects.filter(campaign_id=campaign_id).order_by().values_list("pk", flat=True)[:CHUNK])
    DeviceLog.objects.filter(pk__in=few).delete()
    return len(few)


@transaction.atomic
def delete_tallies(campaign_id: UUID) -> int:
    """Delete up to 1,000 tallies that are not being rolled up; how many it were."""
    free = Tally.objects.select_for_update(skip_locked=True).filter(campaign_id=campaign_id)
    chunk = list(free.order_by().values_list("pk", flat=True)[:CHUNK])
    Tally.objects.filter(pk__in=chunk).delete()
    return len(chunk)


def delete_link_counts(campaign_id: UUID) -> None:
    """Lock the links of the campaign and delete what is summed up of them; tallies that are left are dropped by the
    next roll-up."""
    links = list(Distribution.objects.select_for_update().filter(campaign_id=campaign_id).values_list("id", flat=True))
    DistributionCount.objects.filter(distribution_id__in=links).delete()


@transaction.atomic
def delete_chunks(chunks: QuerySet[BulkChunk]) -> int:
    """Delete up to 1,000 chunks of bulk imports; how many it were."""
    few = list(chunks.order_by().values_list("pk", flat=True)[:CHUNK])
    BulkChunk.objects.filter(pk__in=few).delete()
    return len(few)
