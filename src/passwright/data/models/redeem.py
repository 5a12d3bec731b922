from __future__ import annotations

import uuid

from django.db import models


class Redeem(models.Model):
    """One use of a pass. ``source``: ``api``, ``scanner`` or ``web``; ``redeemed_by``: who, where that is known."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey("data.Campaign", on_delete=models.CASCADE, related_name="redeems", db_index=False)
    pass_row = models.ForeignKey(
        "data.Pass", on_delete=models.CASCADE, related_name="redeems", db_column="pass_id", db_index=False
    )
    redeem_code = models.TextField()
    comment = models.TextField(null=True)
    source = models.TextField(default="api")
    redeemed_by = models.TextField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "redeem"
        indexes = [
            models.Index(fields=["campaign", "created_at", "id"], name="redeem_listing"),
            models.Index(fields=["pass_row", "created_at", "id"], name="redeem_of_pass"),
        ]

    def __str__(self) -> str:
        return f"{self.redeem_code} {self.created_at:%Y-%m-%d %H:%M:%S}"
