from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from passwright.data.models import Organization, WebhookDelivery
from passwright.operations.enable_webhook import locked_webhook
from passwright.operations.replay_webhook import check_enabled
from passwright.operations.retrying import retried
from passwright.passes.webhooks import TEST

NOBODY = UUID(int=0)
"""The ids of a test: no pass has them."""


@retried
@transaction.atomic
def try_webhook(*, organization: Organization, webhook_id: UUID, now: datetime) -> WebhookDelivery:
    """Send the event ``test`` to an endpoint, whatever it asks for: it has all ids zero and is counted nowhere.

    Raises:
        NotFound: if the organization has no such endpoint.
        PreconditionFailed: if it is disabled.
    """
    endpoint = locked_webhook(organization, webhook_id)
    check_enabled(endpoint)
    return WebhookDelivery.objects.create(
        endpoint=endpoint,
        event=TEST,
        campaign_id=NOBODY,
        pass_id=NOBODY,
        snapshot={
            "serial_number": str(NOBODY),
            "voided": False,
            "redeemed_count": 0,
            "created_at": now.isoformat(),
            "updated_at": now.isoformat(),
        },
        at=now,
        due_at=now,
    )
