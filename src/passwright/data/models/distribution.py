from __future__ import annotations

import uuid

from django.db import models


class Distribution(models.Model):
    """The link at which a visitor gets his own pass. ``token``: 7 random bytes as 10 url-safe characters."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey("data.Campaign", on_delete=models.CASCADE, related_name="distributions")
    token = models.TextField(unique=True)
    distribution_type = models.TextField(default="downloadPage")
    state = models.TextField(default="published")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "distribution"

    def __str__(self) -> str:
        return self.token
