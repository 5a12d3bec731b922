from __future__ import annotations

from django.db import models


class DistinctValue(models.Model):
    """That a pass has a value of which its campaign wants no second: written with the pass, so that a constraint
    refuses the second. ``digest``: SHA-256 of the value as `passes.answers` compares it."""

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey("data.Campaign", on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.TextField()
    digest = models.BinaryField(max_length=32)
    holder = models.ForeignKey(
        "data.Pass", on_delete=models.CASCADE, related_name="distinct_values", db_column="pass_id"
    )

    class Meta:
        db_table = "distinct_value"
        constraints = [models.UniqueConstraint(fields=["campaign", "key", "digest"], name="distinct_value_of_campaign")]

    def __str__(self) -> str:
        return self.key
