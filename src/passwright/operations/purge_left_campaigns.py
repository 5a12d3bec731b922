from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from passwright.data.models import Campaign
from passwright.queue import defer

LEFT_AFTER = timedelta(hours=1)


@transaction.atomic
def purge_left_campaigns(*, now: datetime) -> int:
    """Purge again what was deleted long ago and is still there: a purge that failed to the last try is not forgotten.

    Campaigns whose purge waits or runs are left to it. Returns how many were asked for.
    """
    under_way = {
        arguments["campaign_id"]
        for arguments in ProcrastinateJob.objects.filter(
            task_name="purge_campaign", status__in=("todo", "doing")
        ).values_list("args", flat=True)
    }
    left = Campaign.objects.filter(deleted_at__lt=now - LEFT_AFTER).values_list("id", flat=True)
    again = [str(campaign_id) for campaign_id in left if str(campaign_id) not in under_way]
    for campaign_id in again:
        defer("purge_campaign", campaign_id=campaign_id)
    return len(again)
