from __future__ import annotations

from django.db import models


class SecretCheck(models.Model):
    """By which an installation's secret key is known again: `passwright.secrets.check_value`, one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    value = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "secret_check"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="secret_check_only_one")]

    def __str__(self) -> str:
        return "secret check"
