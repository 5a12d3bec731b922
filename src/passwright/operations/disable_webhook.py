from __future__ import annotations

from datetime import datetime

import structlog

from passwright.data.models import Notice, WebhookDelivery, WebhookEndpoint

log = structlog.get_logger(__name__)

NOTICE = "webhook_disabled"


def disable_webhook(endpoint: WebhookEndpoint, *, reason: str, now: datetime) -> None:
    """Call an endpoint no more; what waits for it is kept. In the caller's transaction, which holds its row."""
    endpoint.disabled_at, endpoint.disabled_reason, endpoint.updated_at = now, reason, now
    endpoint.save(update_fields=["disabled_at", "disabled_reason", "updated_at"])
    WebhookDelivery.objects.filter(endpoint=endpoint, state=WebhookDelivery.State.QUEUED).update(due_at=None)
    notice = Notice(
        organization_id=endpoint.organization_id,
        kind=NOTICE,
        subject=subject_of(endpoint),
        text=f"The webhook to {endpoint.url} is disabled. {reason} Events of the time until you enable it again are "
        "not told; those that waited before are kept for 30 days.",
        created_at=now,
    )
    Notice.objects.bulk_create([notice], ignore_conflicts=True)
    log.warning("webhook_disabled", webhook=str(endpoint.id), reason=reason)


def subject_of(endpoint: WebhookEndpoint) -> str:
    return f"webhook {endpoint.id}"
