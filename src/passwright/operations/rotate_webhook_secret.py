from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from passwright.data.models import Organization
from passwright.operations.enable_webhook import locked_webhook
from passwright.operations.new_webhook_secret import NewSecret
from passwright.operations.retrying import retried
from passwright.operations.webhook_secrets import encrypted_secret, new_secret

OVERLAP = timedelta(hours=24)
"""How long the old secret signs too: what a receiver has to learn the new one."""


@retried
@transaction.atomic
def rotate_webhook_secret(*, organization: Organization, webhook_id: UUID, now: datetime) -> NewSecret:
    """Sign with another secret; for a day the one before signs too.

    Raises:
        NotFound: if the organization has no such endpoint.
    """
    endpoint = locked_webhook(organization, webhook_id)
    secret = new_secret()
    endpoint.old_secret_encrypted, endpoint.old_secret_until = endpoint.secret_encrypted, now + OVERLAP
    endpoint.secret_encrypted = encrypted_secret(secret)
    endpoint.updated_at = now
    endpoint.save(update_fields=["old_secret_encrypted", "old_secret_until", "secret_encrypted", "updated_at"])
    return NewSecret(endpoint=endpoint, secret=secret)
