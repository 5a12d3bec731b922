from __future__ import annotations

import uuid

from django.db import models


class Certificate(models.Model):
    """A pass type certificate with its key (encrypted, see `passwright.secrets`) and its intermediate.

    Without an organization it is public: campaigns of its ``pass_type`` use it when they name none.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        "data.Organization", null=True, on_delete=models.CASCADE, related_name="certificates"
    )
    pass_type = models.TextField(null=True)
    pass_type_identifier = models.TextField()
    team_identifier = models.TextField()
    issued_to = models.TextField()
    not_before = models.DateTimeField()
    expires_at = models.DateTimeField()
    nfc = models.BooleanField(default=False)
    development = models.BooleanField(default=False)
    leaf_pem = models.TextField()
    intermediate_pem = models.TextField()
    key_encrypted = models.BinaryField()
    created_at = models.DateTimeField()
    pushes_refused_at = models.DateTimeField(null=True)
    """When Apple's push service last refused the certificate itself; null when it took a push since."""
    pushes_refused_reason = models.TextField(null=True)

    class Meta:
        db_table = "certificate"
        constraints = [
            models.UniqueConstraint(
                fields=["pass_type"],
                condition=models.Q(organization__isnull=True),
                name="certificate_one_public_a_type",
            ),
            models.UniqueConstraint(
                fields=["organization", "pass_type_identifier"],
                condition=models.Q(organization__isnull=False),
                name="certificate_one_an_identifier",
            ),
        ]

    def __str__(self) -> str:
        return self.pass_type_identifier


class DevelopmentAuthority(models.Model):
    """The chain that development certificates come from: one an installation, made on first use.

    The root's key signed the intermediate and is forgotten; the intermediate's is encrypted.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    root_pem = models.TextField()
    intermediate_pem = models.TextField()
    key_encrypted = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "development_authority"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="development_authority_only_one")]

    def __str__(self) -> str:
        return "development authority"
