from __future__ import annotations

from django.db import models


class Event(models.Model):
    """Something that happened, appended once in the transaction that made it happen, never inferred."""

    class Kind(models.TextChoices):
        CREATED = "created"
        UPDATED = "updated"
        DELETED = "deleted"
        DOWNLOADED = "downloaded"
        VIEWED = "viewed"
        REDEEMED = "redeemed"
        REDEEM_RESET = "redeem_reset"
        EXPIRED = "expired"
        INSTALLED = "installed"
        FETCHED = "fetched"
        UNINSTALLED = "uninstalled"
        PERSONALIZED = "personalized"
        PUSHED = "pushed"
        TRANSFERRED = "transferred"
        CAMPAIGN_CREATED = "campaign_created"
        CAMPAIGN_UPDATED = "campaign_updated"
        CAMPAIGN_DELETED = "campaign_deleted"
        CAMPAIGN_PAUSED = "campaign_paused"
        CAMPAIGN_RESUMED = "campaign_resumed"
        CAMPAIGN_ARCHIVED = "campaign_archived"
        CAMPAIGN_MERGED = "campaign_merged"
        CAMPAIGN_PUSHED = "campaign_pushed"
        CAMPAIGN_RESET_UNDONE = "campaign_reset_undone"

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey("data.Campaign", on_delete=models.CASCADE, related_name="events", db_index=False)
    pass_id = models.UUIDField(null=True)
    kind = models.TextField(choices=Kind.choices)
    extra = models.JSONField(null=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "event"
        indexes = [
            models.Index(fields=["campaign", "at"], name="event_of_campaign"),
            models.Index(fields=["pass_id", "at"], name="event_of_pass"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M:%S}"
