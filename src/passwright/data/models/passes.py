from __future__ import annotations

import uuid

from django.db import models

from passwright.data.models.verbatim import VerbatimJSONField


class Pass(models.Model):
    """One individual pass: what is particular to it, and nothing that its campaign says already.

    ``overrides`` is a `passes.content.Overrides` (null when there are none); ``epoch`` is the campaign's when the
    pass was made; ``version`` moves with every visible change of this pass alone. Its page token and its
    authentication token are derived from the installation's secret (`passwright.secrets`) and not kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey("data.Campaign", on_delete=models.CASCADE, related_name="passes")
    serial_number = models.UUIDField(unique=True, default=uuid.uuid4)
    redeem_code = models.TextField()
    epoch = models.BigIntegerField()
    version = models.BigIntegerField(default=1)
    overrides = models.JSONField(null=True)
    voided = models.BooleanField(default=False)
    redeemed_count = models.IntegerField(default=0)
    redeemed_at = models.DateTimeField(null=True)
    expiration_date = models.DateTimeField(null=True)
    relevant_date = models.DateTimeField(null=True)
    user_info = VerbatimJSONField(null=True)
    metadata = models.JSONField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "pass"
        indexes = [
            models.Index(fields=["campaign", "created_at", "id"], name="pass_listing"),
            models.Index(fields=["id"], condition=models.Q(overrides__has_key="images"), name="pass_with_images"),
        ]
        constraints = [models.UniqueConstraint(fields=["campaign", "redeem_code"], name="pass_redeem_code")]

    def __str__(self) -> str:
        return str(self.serial_number)
