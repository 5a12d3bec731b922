from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from passwright.data.models import BulkChunk, BulkImport
from passwright.operations.import_passes import leave_to_a_job
from passwright.operations.purge_campaign import delete_chunks
from passwright.queries.bulk_imports import KEPT

LEFT_AFTER = timedelta(hours=1)


def tend_bulk_imports(*, now: datetime) -> None:
    """Forget the rows of imports that were over long ago, and go on with those whose job failed to the last try.

    The import itself stays and says how many passes it made. Safe to run twice.
    """
    while delete_chunks(BulkChunk.objects.filter(bulk_import__finished_at__lt=now - KEPT)):
        pass
    resume_left_imports(now)


@transaction.atomic
def resume_left_imports(now: datetime) -> None:
    under_way = {
        arguments["bulk_import_id"]
        for arguments in ProcrastinateJob.objects.filter(
            task_name="import_passes", status__in=("todo", "doing")
        ).values_list("args", flat=True)
    }
    left = BulkImport.objects.filter(finished_at=None, created_at__lt=now - LEFT_AFTER).values_list("id", flat=True)
    for bulk_import_id in left:
        if str(bulk_import_id) not in under_way:
            leave_to_a_job(bulk_import_id)
