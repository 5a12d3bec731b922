from __future__ import annotations

from django.db import models


class IdempotentAnswer(models.Model):
    """The first answer to a request that named itself by an ``Idempotency-Key``.

    Written in the transaction of what the request does. ``answer`` is encrypted: it may hold credentials.
    """

    pk = models.CompositePrimaryKey("organization_id", "key")
    organization = models.ForeignKey("data.Organization", on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.TextField()
    fingerprint = models.BinaryField(max_length=32)
    """SHA-256 of method, address and body."""
    answer = models.BinaryField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "idempotent_answer"
        indexes = [models.Index(fields=["created_at"], name="idempotent_answer_age")]

    def __str__(self) -> str:
        return self.key
