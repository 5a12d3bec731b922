from __future__ import annotations

import uuid

from django.db import models


def picture(name: str) -> models.ForeignKey[models.Model | None, models.Model | None]:
    """A slot for an asset; an asset in use cannot be deleted."""
    return models.ForeignKey("data.Asset", null=True, on_delete=models.PROTECT, related_name=f"templates_with_{name}")


class Template(models.Model):
    """The look of passes: pictures, colours, logo text, code. Made by people or by campaigns, reusable.

    A template with ``deleted_at`` is gone for everybody; it stays until the deleted campaigns that name it are purged.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("data.Organization", on_delete=models.CASCADE, related_name="templates")
    name = models.TextField()
    description = models.TextField(null=True)
    pass_type = models.TextField()
    transit_type = models.TextField(null=True)
    logo_text = models.TextField(null=True)
    background_color = models.TextField(null=True)
    text_color = models.TextField(null=True)
    label_color = models.TextField(null=True)
    barcode = models.JSONField(null=True)
    """As `passes.content.Barcode`; null when none was given."""
    source = models.TextField(default="api")
    icon = picture("icon")
    logo = picture("logo")
    strip = picture("strip")
    thumbnail = picture("thumbnail")
    background = picture("background")
    footer = picture("footer")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "template"
        indexes = [models.Index(fields=["organization", "created_at", "id"], name="template_listing")]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"],
                condition=models.Q(deleted_at__isnull=True),
                name="template_name",
            )
        ]

    def __str__(self) -> str:
        return self.name
