from __future__ import annotations

from django.db import models


class HourlyUsage(models.Model):
    """How many requests an organization has made in a clock hour (hours since 1970), counted while limits rule."""

    pk = models.CompositePrimaryKey("organization_id", "hour")
    organization = models.ForeignKey("data.Organization", on_delete=models.CASCADE, related_name="+", db_index=False)
    hour = models.BigIntegerField()
    requests = models.BigIntegerField()

    class Meta:
        db_table = "hourly_usage"

    def __str__(self) -> str:
        return f"{self.organization_id} {self.hour}"
