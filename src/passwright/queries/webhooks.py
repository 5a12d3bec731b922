from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from msgspec import convert

from passwright.data.models import Organization, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from passwright.passes.webhooks import Happened, Snapshot, body


def webhooks_of(organization: Organization) -> QuerySet[WebhookEndpoint]:
    return WebhookEndpoint.objects.filter(organization=organization)


def webhook_of(organization: Organization, webhook_id: UUID) -> WebhookEndpoint | None:
    return webhooks_of(organization).filter(id=webhook_id).first()


def deliveries_of(endpoint: WebhookEndpoint) -> QuerySet[WebhookDelivery]:
    """Newest first."""
    return WebhookDelivery.objects.filter(endpoint=endpoint).order_by("-at", "-id")


def delivery_of(endpoint: WebhookEndpoint, delivery_id: UUID) -> WebhookDelivery | None:
    return WebhookDelivery.objects.filter(endpoint=endpoint, id=delivery_id).first()


def webhook_body_of(delivery: WebhookDelivery) -> bytes:
    """What is sent for it, the same bytes each time."""
    return body(
        Happened(
            event=delivery.event,
            campaign_id=delivery.campaign_id,
            pass_id=delivery.pass_id,
            at=delivery.at,
            extra=delivery.extra or {},
            snapshot=convert(delivery.snapshot, Snapshot),
        )
    )


def log_of(delivery: WebhookDelivery) -> QuerySet[WebhookAttempt]:
    """Every attempt to send it, the oldest first."""
    return WebhookAttempt.objects.filter(delivery=delivery).order_by("id")
