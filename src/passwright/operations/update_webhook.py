from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from msgspec import UNSET, UnsetType

from passwright.data.models import Organization, WebhookEndpoint
from passwright.operations.create_webhook import check_address
from passwright.operations.enable_webhook import locked_webhook
from passwright.operations.retrying import retried
from passwright.passes.webhooks import WebhookEvent


@retried
@transaction.atomic
def update_webhook(
    *,
    organization: Organization,
    webhook_id: UUID,
    url: str | UnsetType = UNSET,
    events: Sequence[WebhookEvent] | UnsetType = UNSET,
    description: str | UnsetType = UNSET,
    send_api_key: bool | UnsetType = UNSET,
    now: datetime,
) -> WebhookEndpoint:
    """Change what was sent. What waits goes to the new address; events are asked for from now on.

    Raises:
        NotFound: if the organization has no such endpoint.
        ValidationFailed: if the address is private or cannot be called.
    """
    if not isinstance(url, UnsetType):
        check_address(url)
    Organization.objects.select_for_update(no_key=True).get(id=organization.id)  # as whoever changes its address does
    endpoint = locked_webhook(organization, webhook_id)
    names = UNSET if isinstance(events, UnsetType) else [event.value for event in events]
    wanted = {"url": url, "events": names, "description": description, "send_api_key": send_api_key}
    sent = {column: value for column, value in wanted.items() if value is not UNSET}
    for column, value in sent.items():
        setattr(endpoint, column, value)
    endpoint.updated_at = now
    endpoint.save(update_fields=[*sent, "updated_at"])
    if endpoint.of_organization and "url" in sent:
        Organization.objects.filter(id=organization.id).update(webhook_url=endpoint.url, updated_at=now)
    return endpoint
