from __future__ import annotations

import uuid

from django.db import models


class Organization(models.Model):
    """The tenant: owns everything else. Its API password is kept as a SHA-256 of 256 random bits.

    Webhooks carry the password in a header, as the contract has it: for that alone it is kept encrypted too. Null
    where the password is older than that copy; the next request that brings it leaves one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.TextField()
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="children")
    api_username = models.TextField(unique=True)
    api_password_hash = models.BinaryField(max_length=32)
    api_password_encrypted = models.BinaryField(null=True)
    webhook_url = models.TextField(null=True)
    children_allowed = models.IntegerField(default=0)
    """How many organizations it may have below it; with 0 it may not look after any."""
    hourly_limit = models.IntegerField(null=True)
    """API requests an hour, where limits are enforced; null is the default of the API."""
    locked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "organization"

    def __str__(self) -> str:
        return self.name
