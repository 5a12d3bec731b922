"""The endpoint that an organization's ``webhook_url`` names: it comes, changes and goes with that."""

from __future__ import annotations

from datetime import datetime

from passwright.data.models import Organization, WebhookEndpoint
from passwright.operations.create_webhook import made
from passwright.operations.delete_webhook import forget
from passwright.operations.enable_webhook import set_going
from passwright.passes.webhooks import OF_THE_CONTRACT


def keep_in_step(organization: Organization, *, now: datetime) -> None:
    """In the caller's transaction, which holds the organization's row. Another address is called at once, also when
    the old one was disabled: the contract knows no other way to enable it."""
    endpoint = WebhookEndpoint.objects.select_for_update().filter(organization=organization, of_organization=True)
    there = endpoint.first()
    if organization.webhook_url is None:
        if there:
            forget(there, now=now)
    elif there is None:
        made(
            organization,
            organization.webhook_url,
            OF_THE_CONTRACT,
            "",
            send_api_key=True,
            of_organization=True,
            now=now,
        )
    elif there.url != organization.webhook_url or there.disabled_at:
        there.url = organization.webhook_url
        there.updated_at = now
        there.save(update_fields=["url", "updated_at"])
        set_going(there, now=now)
