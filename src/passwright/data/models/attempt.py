from __future__ import annotations

from django.db import models


class Attempts(models.Model):
    """How often somebody has tried something since a moment. ``digest`` says who and what, and cannot be read back."""

    digest = models.BinaryField(primary_key=True, max_length=32)
    since = models.DateTimeField()
    number = models.IntegerField()

    class Meta:
        db_table = "attempts"
        indexes = [models.Index(fields=["since"], name="attempts_since")]

    def __str__(self) -> str:
        return f"{self.number} since {self.since:%Y-%m-%d %H:%M:%S}"
