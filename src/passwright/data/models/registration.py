from __future__ import annotations

import uuid

from django.db import models


class Registration(models.Model):
    """One pass that is installed on one device; it goes when the device lets go of the pass.

    ``update_tag`` moves when the pass has changed, in the order of commits (`operations.update_tags`): a device that
    knows a tag is told of what has a greater one.

    ``wallet``: ``passbook``, ``google_wallet``, ``wallet_passes``, ``passworks_wallet``, ``pass2u`` or ``passwallet``,
    and beyond the v2 contract ``walletunion`` or ``walletunion_hms``; ``device_os``: ``ios``, ``android`` or ``wp``
    (`passwright.apple.web_service`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(
        "data.Campaign", on_delete=models.CASCADE, related_name="registrations", db_index=False
    )
    pass_row = models.ForeignKey(
        "data.Pass", on_delete=models.CASCADE, related_name="registrations", db_column="pass_id", db_index=False
    )
    device = models.ForeignKey("data.Device", on_delete=models.CASCADE, related_name="registrations", db_index=False)
    update_tag = models.BigIntegerField()
    wallet = models.TextField()
    device_os = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "registration"
        indexes = [
            models.Index(fields=["campaign", "created_at", "id"], name="registration_listing"),
            models.Index(fields=["pass_row", "created_at", "id"], name="registration_of_pass"),
            models.Index(fields=["campaign", "id"], name="registration_spread"),
        ]
        constraints = [models.UniqueConstraint(fields=["device", "pass_row"], name="registration_once_a_device")]

    def __str__(self) -> str:
        return f"{self.wallet} {self.id}"
