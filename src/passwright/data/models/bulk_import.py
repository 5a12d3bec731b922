from __future__ import annotations

import uuid

from django.db import models


class BulkImport(models.Model):
    """Many passes asked for at once: what was sent, and how far the work is.

    ``state``: ``queued``, ``running``, ``done``, or ``stopped`` with a ``reason`` (the campaign was paused, archived or
    deleted meanwhile).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey("data.Campaign", on_delete=models.CASCADE, related_name="bulk_imports", db_index=False)
    state = models.TextField(default="queued")
    reason = models.TextField(null=True)
    rows = models.BigIntegerField()
    succeeded = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    version = models.TextField(default="v2")
    """Of the API that it came by: what a row may say."""
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "bulk_import"
        indexes = [models.Index(fields=["campaign", "created_at", "id"], name="bulk_import_listing")]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"


class BulkChunk(models.Model):
    """Some rows of a bulk import, in one transaction done or not: ``content`` is what was sent (compressed NDJSON),
    ``result`` what came of it (compressed NDJSON, a line a row); the first is emptied when there is the second.
    """

    id = models.BigAutoField(primary_key=True)
    bulk_import = models.ForeignKey(BulkImport, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    number = models.IntegerField()
    first_row = models.BigIntegerField()
    rows = models.IntegerField()
    failed = models.IntegerField(default=0)
    """Of its rows, once there is a result."""
    content = models.BinaryField()
    result = models.BinaryField(null=True)

    class Meta:
        db_table = "bulk_chunk"
        constraints = [models.UniqueConstraint(fields=["bulk_import", "number"], name="bulk_chunk_number")]

    def __str__(self) -> str:
        return f"{self.bulk_import_id} {self.number}"
