from __future__ import annotations

from django.db import models


class Notice(models.Model):
    """Something that people of an organization should know and do something about; without one, the operator.

    ``subject`` names what it is about, such as ``certificate …:30``: of each subject there is one notice.
    """

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey(
        "data.Organization", null=True, on_delete=models.CASCADE, related_name="notices", db_index=False
    )
    kind = models.TextField()
    subject = models.TextField(unique=True)
    text = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "notice"
        indexes = [models.Index(fields=["organization", "created_at", "id"], name="notice_listing")]

    def __str__(self) -> str:
        return self.text
