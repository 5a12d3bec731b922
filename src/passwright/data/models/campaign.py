from __future__ import annotations

import uuid

from django.db import models

from passwright.data.models.verbatim import VerbatimJSONField


class Campaign(models.Model):
    """A type of pass plus settings. All that renders is in its revisions; here is what rules and counts.

    ``epoch`` moves at every content update, merge and reset; ``marks`` (`passes.content.Marks`) says what happened
    to all passes at once; ``version`` moves with every visible change of them all. ``next_code`` is the sequence of
    redeem codes: it is taken under the row's lock, so codes follow the order of creation without a gap.
    A campaign with ``deleted_at`` is gone for everybody; a job removes its passes.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("data.Organization", on_delete=models.CASCADE, related_name="campaigns")
    style = models.TextField()
    name = models.TextField()
    description = models.TextField(null=True)
    organization_name = models.TextField(null=True)
    template = models.ForeignKey("data.Template", on_delete=models.PROTECT, related_name="campaigns")
    certificate = models.ForeignKey("data.Certificate", on_delete=models.PROTECT, related_name="campaigns")

    epoch = models.BigIntegerField(default=1)
    marks = models.JSONField(default=dict)
    version = models.BigIntegerField(default=1)
    push_message = models.TextField(default="")
    push_message_epoch = models.BigIntegerField(default=0)
    """When it was said: what a pass was told by itself since then goes before it."""

    code_type = models.TextField(default="sequencial")
    code_fixed_value = models.TextField(null=True)
    code_width = models.IntegerField(default=7)
    next_code = models.BigIntegerField(default=1)
    pass_count = models.BigIntegerField(default=0)
    """Passes there are: counting them would cost a merge of a million more than the merge."""
    last_issued_at = models.DateTimeField(null=True)
    """``created_at`` of the newest pass: the next one's is later, so that a list never grows in its middle."""
    allow_multiple_redeems = models.BooleanField(default=False)
    redeem_count = models.BigIntegerField(default=0)

    user_info = VerbatimJSONField(default=dict)
    expiration_date = models.DateTimeField(null=True)
    relevant_date = models.DateTimeField(null=True)
    time_zone = models.TextField(default="UTC")
    remote_form_url = models.TextField(null=True)
    og = models.BooleanField(default=True)
    og_description = models.TextField(default="")
    javascript = models.TextField(null=True)
    stylesheet = models.TextField(null=True)
    render_on_short_url = models.BooleanField(default=False)
    sync_locations_on_merge = models.BooleanField(default=True)
    sync_beacons_on_merge = models.BooleanField(default=True)
    merge_on_update = models.BooleanField(default=False)
    language = models.TextField(default="en")
    country = models.TextField(null=True)
    days_valid = models.IntegerField(null=True)
    """New passes expire so many times 24 hours after their issue."""
    after_create = models.TextField(default="view")
    confirm_by_email = models.BooleanField(default=True)
    allow_update = models.BooleanField(default=False)
    allow_delete = models.BooleanField(default=False)
    allow_transfer = models.BooleanField(default=False)
    gwallet_usage = models.BooleanField(default=False)
    gwallet_status = models.TextField(null=True)
    gwallet_message = models.TextField(null=True)

    state = models.TextField(default="published")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "campaign"
        indexes = [models.Index(fields=["organization", "style", "created_at", "id"], name="campaign_listing")]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "style", "name"],
                condition=models.Q(deleted_at__isnull=True),
                name="campaign_name",
            )
        ]

    def __str__(self) -> str:
        return self.name


class CampaignRevision(models.Model):
    """An immutable `passes.content.Revision`, numbered by the epoch at which it was made."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="revisions")
    epoch = models.BigIntegerField()
    content = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "campaign_revision"
        constraints = [models.UniqueConstraint(fields=["campaign", "epoch"], name="campaign_revision_epoch")]

    def __str__(self) -> str:
        return f"{self.campaign_id}@{self.epoch}"
