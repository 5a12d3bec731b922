from __future__ import annotations

import uuid

from django.db import models


class WebhookEndpoint(models.Model):
    """An address that an organization wants to be told at, and of what.

    ``secret_encrypted`` signs (Standard Webhooks); after a rotation ``old_secret_encrypted`` signs too until
    ``old_secret_until``. ``of_organization``: it is the one that the organization's ``webhook_url`` names.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        "data.Organization", on_delete=models.CASCADE, related_name="webhook_endpoints", db_index=False
    )
    url = models.TextField()
    description = models.TextField(default="")
    events = models.JSONField(default=list)
    """Names of `passwright.passes.webhooks.WebhookEvent`."""
    of_organization = models.BooleanField(default=False)
    send_api_key = models.BooleanField(default=True)
    """Whether the organization's API key stands in ``Authorization``, as the v2 contract has it."""
    secret_encrypted = models.BinaryField()
    old_secret_encrypted = models.BinaryField(null=True)
    old_secret_until = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    """Since when nothing has been accepted; null while deliveries succeed."""
    disabled_at = models.DateTimeField(null=True)
    disabled_reason = models.TextField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "webhook_endpoint"
        indexes = [models.Index(fields=["organization", "created_at", "id"], name="webhook_endpoint_listing")]
        constraints = [
            models.UniqueConstraint(
                fields=["organization"],
                condition=models.Q(of_organization=True),
                name="webhook_endpoint_of_organization",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class WebhookDelivery(models.Model):
    """One event for one endpoint: written in the transaction of the event, with what the pass was then.

    The body is made from this row alone, so that it is the same however often it is sent. ``snapshot`` holds the
    parts of the pass that the contract wants told.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        DELIVERED = "delivered"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.DO_NOTHING, related_name="deliveries", db_index=False, db_constraint=False
    )
    """No key of the database: what happens to a pass while somebody deletes an endpoint must not fail for that.
    What an endpoint leaves behind is deleted by a job."""
    event = models.TextField()
    campaign_id = models.UUIDField()
    """Not a key: what happened is told even when the campaign is gone."""
    pass_id = models.UUIDField()
    extra = models.JSONField(null=True)
    snapshot = models.JSONField()
    at = models.DateTimeField()
    state = models.TextField(choices=State.choices, default=State.QUEUED)
    due_at = models.DateTimeField(null=True)
    """When it is to be sent, while it is queued; moved into the future by whoever sends it, as with `Delivery`. Null
    while its endpoint is disabled."""
    attempts = models.IntegerField(default=0)
    """How often it was taken to be sent. Who sends it writes what came of it only if nobody took it after him."""
    status = models.IntegerField(null=True)
    """The HTTP status of the last answer; null if there was none."""
    error = models.TextField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "webhook_delivery"
        indexes = [
            models.Index(
                fields=["endpoint", "due_at"],
                condition=models.Q(state="queued", due_at__isnull=False),
                name="webhook_delivery_due",
            ),
            models.Index(fields=["endpoint", "at", "id"], name="webhook_delivery_listing"),
            models.Index(
                fields=["finished_at"], condition=models.Q(finished_at__isnull=False), name="webhook_delivery_age"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.state}"


class WebhookAttempt(models.Model):
    """One try of a delivery: the delivery log."""

    id = models.BigAutoField(primary_key=True)
    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="log")
    at = models.DateTimeField()
    milliseconds = models.IntegerField()
    status = models.IntegerField(null=True)
    error = models.TextField(null=True)
    answer = models.TextField(null=True)
    """The first characters of the answer's body."""

    class Meta:
        db_table = "webhook_attempt"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.status or self.error}"
