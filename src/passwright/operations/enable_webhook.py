from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from passwright.data.models import Notice, Organization, WebhookDelivery, WebhookEndpoint
from passwright.operations.disable_webhook import subject_of
from passwright.operations.refusals import NotFound
from passwright.operations.retrying import retried


@retried
@transaction.atomic
def enable_webhook(*, organization: Organization, webhook_id: UUID, now: datetime) -> WebhookEndpoint:
    """Call an endpoint again that was disabled, beginning with what was kept for it. One that is enabled stays so.

    Raises:
        NotFound: if the organization has no such endpoint.
    """
    endpoint = locked_webhook(organization, webhook_id)
    if endpoint.disabled_at:
        endpoint.updated_at = now
        endpoint.save(update_fields=["updated_at"])
        set_going(endpoint, now=now)
    return endpoint


def locked_webhook(organization: Organization, webhook_id: UUID) -> WebhookEndpoint:
    """The endpoint's row, locked until the transaction ends; before any of its deliveries is.

    Raises:
        NotFound: if the organization has no such endpoint.
    """
    rows = WebhookEndpoint.objects.select_for_update(no_key=True)
    endpoint = rows.filter(organization=organization, id=webhook_id).first()
    if endpoint is None:
        raise NotFound("Webhook")
    return endpoint


def set_going(endpoint: WebhookEndpoint, *, now: datetime) -> None:
    """What waits for it is due, and nothing is held against it."""
    endpoint.disabled_at = endpoint.disabled_reason = endpoint.failing_since = None
    endpoint.save(update_fields=["disabled_at", "disabled_reason", "failing_since"])
    WebhookDelivery.objects.filter(endpoint=endpoint, state=WebhookDelivery.State.QUEUED, due_at=None).update(
        due_at=now
    )
    Notice.objects.filter(subject=subject_of(endpoint)).delete()
