from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from passwright.data.models import Notice, Organization, WebhookEndpoint
from passwright.operations.disable_webhook import subject_of
from passwright.operations.enable_webhook import locked_webhook
from passwright.operations.retrying import retried
from passwright.queue import defer


@retried
@transaction.atomic
def delete_webhook(*, organization: Organization, webhook_id: UUID, now: datetime) -> None:
    """Forget an endpoint with all that waits for it and its log; the organization's ``webhook_url`` if it is that.

    Raises:
        NotFound: if the organization has no such endpoint.
    """
    Organization.objects.select_for_update(no_key=True).get(id=organization.id)  # as whoever changes its address does
    endpoint = locked_webhook(organization, webhook_id)
    if endpoint.of_organization:
        Organization.objects.filter(id=organization.id).update(webhook_url=None, updated_at=now)
    forget(endpoint, now=now)


def forget(endpoint: WebhookEndpoint, *, now: datetime) -> None:
    """In the caller's transaction, which holds its row. What waits for it is deleted by a job."""
    Notice.objects.filter(subject=subject_of(endpoint)).delete()
    endpoint.delete()
    defer("delete_old_webhooks", timestamp=int(now.timestamp()))
