from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from passwright.data.models import Organization, WebhookDelivery, WebhookEndpoint
from passwright.operations.enable_webhook import locked_webhook
from passwright.operations.refusals import NotFound, PreconditionFailed
from passwright.operations.retrying import retried


@retried
@transaction.atomic
def replay_webhook(
    *, organization: Organization, webhook_id: UUID, delivery_id: UUID, now: datetime
) -> WebhookDelivery:
    """Send a delivery once more, now, with the same id and body; whether it arrived before or not.

    Raises:
        NotFound: if the organization has no such endpoint, or that has no such delivery.
        PreconditionFailed: if the endpoint is disabled.
    """
    endpoint = locked_webhook(organization, webhook_id)
    delivery = WebhookDelivery.objects.select_for_update().filter(endpoint=endpoint, id=delivery_id).first()
    if delivery is None:
        raise NotFound("Delivery")
    check_enabled(endpoint)
    if delivery.state != WebhookDelivery.State.QUEUED:
        delivery.state, delivery.attempts, delivery.finished_at = WebhookDelivery.State.QUEUED, 0, None
    delivery.due_at = now
    delivery.save(update_fields=["state", "attempts", "finished_at", "due_at"])
    return delivery


def check_enabled(endpoint: WebhookEndpoint) -> None:
    """Raises: PreconditionFailed: if the endpoint is disabled."""
    if endpoint.disabled_at:
        raise PreconditionFailed({"webhook": "The webhook is disabled. Enable it first."})
