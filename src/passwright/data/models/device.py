from __future__ import annotations

from django.db import models


class Device(models.Model):
    """One wallet on one device that holds passes of one pass type identifier, and where it is reached.

    A phone names itself differently to every pass type identifier, and that name is all it shows when it asks what
    has changed: it is a secret, kept as its SHA-256. ``push_token`` is encrypted (`passwright.secrets`); the digest
    says whether it is another one. ``wallet`` and ``device_os`` as in `Registration`.
    """

    id = models.BigAutoField(primary_key=True)
    pass_type_identifier = models.TextField()
    identifier_digest = models.BinaryField(max_length=32)
    push_token_encrypted = models.BinaryField()
    push_token_digest = models.BinaryField(max_length=32)
    push_service = models.TextField(null=True)
    """Base URL of the push service that the device itself named; used only if the operator allows its host."""
    wallet = models.TextField()
    device_os = models.TextField()
    token_at = models.DateTimeField()
    """When it last said that this is its push token: an older report that it is gone does not count."""
    created_at = models.DateTimeField()

    class Meta:
        db_table = "device"
        constraints = [
            models.UniqueConstraint(fields=["pass_type_identifier", "identifier_digest"], name="device_identifier")
        ]

    def __str__(self) -> str:
        return f"{self.wallet} {self.id}"


class DeviceLog(models.Model):
    """A line that a device sent to the log of Apple's web service. Anybody can send one; tokens in it are hidden.

    ``pass_id`` and ``campaign`` are known where the line names a pass of ours.
    """

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey(
        "data.Campaign", null=True, on_delete=models.CASCADE, related_name="device_logs", db_index=False
    )
    pass_id = models.UUIDField(null=True)
    phrase = models.TextField(null=True)
    """What the device complains of, as `passwright.apple.web_service.Complaint`; null if it is none that we know."""
    line = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "device_log"
        indexes = [
            models.Index(fields=["campaign", "id"], name="device_log_of_campaign"),
            models.Index(fields=["pass_id", "id"], name="device_log_of_pass"),
            models.Index(fields=["at"], name="device_log_age"),
        ]

    def __str__(self) -> str:
        return self.line
