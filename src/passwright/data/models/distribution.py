from __future__ import annotations

import uuid

from django.db import models


class Distribution(models.Model):
    """A link at which a visitor gets his own pass. ``token``: 7 random bytes as 10 url-safe characters.

    The first of a campaign, made with it, is the one that v2 knows. ``issued_count`` moves in the transaction of each
    pass that is made through the link, under the row's lock: so no limit is passed.
    """

    class Returning(models.TextChoices):
        """What somebody gets who comes again."""

        ALWAYS_NEW = "always_new"
        PER_VISITOR = "per_visitor"
        PER_FIELD = "per_field"
        ASK = "ask"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey("data.Campaign", on_delete=models.CASCADE, related_name="distributions")
    token = models.TextField(unique=True)
    distribution_type = models.TextField(default="downloadPage")
    name = models.TextField(default="")
    state = models.TextField(default="published")
    pass_limit = models.BigIntegerField(null=True)
    issued_count = models.BigIntegerField(default=0)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    password_hash = models.TextField(null=True)
    """As `django.contrib.auth.hashers` writes it."""
    returning = models.TextField(choices=Returning.choices, default=Returning.ALWAYS_NEW)
    distinct_key = models.TextField(null=True)
    """Of which field one answer gets one pass, where ``returning`` is ``per_field``."""
    captcha = models.BooleanField(default=False)
    claims_per_hour = models.IntegerField(null=True)
    """Of one address; null is what the installation allows."""
    embed_origins = models.JSONField(default=list)
    """Of the websites that may show the form in a frame; ``*`` is any."""
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "distribution"

    def __str__(self) -> str:
        return self.name or self.token
