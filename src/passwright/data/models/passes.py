from __future__ import annotations

import uuid

from django.db import models

from passwright.data.models.verbatim import VerbatimJSONField


class Pass(models.Model):
    """One individual pass: what is particular to it, and nothing that its campaign says already.

    ``overrides`` is a `passes.content.Overrides` (null when there are none); ``epoch`` is the campaign's when the
    pass was made. ``version`` moves with every visible change of this pass alone; it starts at two less the campaign's,
    so that the sum, which is the version of what the pass shows, is 2 on every new pass. Its page token and its
    authentication token are derived from the installation's secret (`passwright.secrets`) and not kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey("data.Campaign", on_delete=models.CASCADE, related_name="passes", db_index=False)
    serial_number = models.UUIDField(unique=True, default=uuid.uuid4)
    redeem_code = models.TextField()
    external_id = models.TextField(null=True)
    """The client's own name for it."""
    barcode_digest = models.BinaryField(max_length=32, null=True)
    """SHA-256 of the message that the pass brought for its code, by which a scanner finds it (`passes.codes`)."""
    epoch = models.BigIntegerField()
    version = models.BigIntegerField(default=1)
    overrides = models.JSONField(null=True)
    voided = models.BooleanField(default=False)
    redeemed_count = models.IntegerField(default=0)
    redeemed_at = models.DateTimeField(null=True)
    expiration_date = models.DateTimeField(null=True)
    expired_at = models.DateTimeField(null=True)
    """When its expiry was noticed and said; null again when the expiry is put off."""
    relevant_date = models.DateTimeField(null=True)
    user_info = VerbatimJSONField(null=True)
    metadata = models.JSONField(null=True)
    distribution_id = models.UUIDField(null=True)
    """Through which it was made. The link may be gone."""
    link_id = models.UUIDField(null=True)
    """Since it was given to somebody else: what its tokens are made from instead of its id and its serial number, so
    that those of the former holder open nothing."""
    given_up_at = models.DateTimeField(null=True)
    """When its holder deleted it, which voided it. For as long as it is voided, nothing of it is shown to holders."""
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "pass"
        indexes = [
            models.Index(fields=["campaign", "created_at", "id"], name="pass_listing"),
            models.Index(
                fields=["campaign", "barcode_digest", "id"],
                condition=models.Q(barcode_digest__isnull=False),
                name="pass_barcode",
            ),
            models.Index(
                fields=["expiration_date"],
                condition=models.Q(expiration_date__isnull=False, expired_at__isnull=True),
                name="pass_to_expire",
            ),
            models.Index(fields=["id"], condition=models.Q(overrides__has_key="images"), name="pass_with_images"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "redeem_code"], name="pass_redeem_code"),
            models.UniqueConstraint(
                fields=["campaign", "external_id"],
                condition=models.Q(external_id__isnull=False),
                name="pass_external_id",
            ),
            models.UniqueConstraint(fields=["link_id"], condition=models.Q(link_id__isnull=False), name="pass_link_id"),
        ]

    @property
    def opened_by(self) -> uuid.UUID:
        """What the tokens of its page and of its holder's page stand for."""
        return self.link_id or self.id

    @property
    def given_up(self) -> bool:
        """Whether its holder has deleted it, and nobody has made it valid again."""
        return self.voided and self.given_up_at is not None

    def __str__(self) -> str:
        return str(self.serial_number)
