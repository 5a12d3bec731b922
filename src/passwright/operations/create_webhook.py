from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from passwright.data.models import Organization, WebhookEndpoint
from passwright.operations.new_webhook_secret import NewSecret
from passwright.operations.refusals import PreconditionFailed, ValidationFailed
from passwright.operations.retrying import retried
from passwright.operations.webhook_secrets import encrypted_secret, new_secret
from passwright.outgoing import fault_of
from passwright.passes.webhooks import OF_THE_CONTRACT, WebhookEvent

MOST_ENDPOINTS = 20
"""Of an organization: each is a row to write at each event."""


@retried
@transaction.atomic
def create_webhook(
    *,
    organization: Organization,
    url: str,
    events: Sequence[WebhookEvent] = OF_THE_CONTRACT,
    description: str = "",
    send_api_key: bool = True,
    now: datetime,
) -> NewSecret:
    """Tell an address of the organization's events from now on.

    Raises:
        ValidationFailed: if the address is private or cannot be called.
        PreconditionFailed: if the organization has as many as it may.
    """
    check_address(url)
    held = Organization.objects.select_for_update(no_key=True).get(id=organization.id)  # of two at once one waits
    if WebhookEndpoint.objects.filter(organization=held).count() >= MOST_ENDPOINTS:
        raise PreconditionFailed(
            {"webhook": f"An organization may have {MOST_ENDPOINTS} webhooks. Delete one that is not needed."}
        )
    return made(held, url, events, description, send_api_key=send_api_key, of_organization=False, now=now)


def check_address(url: str, attribute: str = "url") -> None:
    """Raises: ValidationFailed: if the address is private or cannot be called."""
    if fault := fault_of(url):
        raise ValidationFailed({attribute: [fault]})


def made(
    organization: Organization,
    url: str,
    events: Sequence[WebhookEvent],
    description: str,
    *,
    send_api_key: bool,
    of_organization: bool,
    now: datetime,
) -> NewSecret:
    secret = new_secret()
    endpoint = WebhookEndpoint.objects.create(
        organization=organization,
        url=url,
        description=description,
        events=[event.value for event in events],
        of_organization=of_organization,
        send_api_key=send_api_key,
        secret_encrypted=encrypted_secret(secret),
        created_at=now,
        updated_at=now,
    )
    return NewSecret(endpoint=endpoint, secret=secret)
