from __future__ import annotations

from django.db import models


class Store(models.Model):
    """A place of a campaign's list, of which each pass gets those nearest to a point. Degrees."""

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey("data.Campaign", on_delete=models.CASCADE, related_name="stores")
    name = models.TextField()
    latitude = models.FloatField()
    longitude = models.FloatField()
    relevant_text = models.TextField(null=True)

    class Meta:
        db_table = "store"

    def __str__(self) -> str:
        return self.name
