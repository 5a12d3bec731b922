from __future__ import annotations

import uuid

from django.db import models


class Asset(models.Model):
    """An uploaded picture, kept as PNG. The bytes lie in `passwright.storage` under their SHA-256."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("data.Organization", on_delete=models.CASCADE, related_name="assets")
    asset_type = models.TextField()
    digest = models.TextField()
    width = models.IntegerField()
    height = models.IntegerField()
    of_holder = models.BooleanField(default=False)
    """Given with a form by the holder of a pass: in no list, and gone when its last pass is."""
    created_at = models.DateTimeField()

    class Meta:
        db_table = "asset"
        indexes = [
            models.Index(fields=["organization", "created_at", "id"], name="asset_listing"),
            models.Index(fields=["digest"], name="asset_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.asset_type} {self.id}"
