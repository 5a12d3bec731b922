from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from passwright.data.models import Campaign, Event, Pass
from passwright.operations.announce import announce_pass
from passwright.operations.record_event import append
from passwright.operations.retrying import retried
from passwright.operations.tell_webhooks import tell_webhooks
from passwright.operations.update_pass import locked_pass
from passwright.passes.webhooks import WebhookEvent


@retried
@transaction.atomic
def reset_redeem(*, campaign: Campaign, pass_id: UUID, now: datetime) -> Pass:
    """Make a voided pass valid again; how often it was redeemed stays told. One that is valid stays as it is.

    Raises:
        NotFound: if the campaign has no such pass.
    """
    row = locked_pass(campaign, pass_id)
    row.campaign = campaign
    if row.voided:
        row.voided = False
        row.version += 1
        row.updated_at = now
        row.save(update_fields=("voided", "version", "updated_at"))
        append(kind=Event.Kind.REDEEM_RESET, campaign_id=campaign.id, pass_id=row.id, at=now)
        announce_pass(campaign_id=campaign.id, pass_id=row.id, kind=Event.Kind.REDEEM_RESET, at=now)
        tell_webhooks(event=WebhookEvent.UPDATED, pass_id=row.id, at=now, extra={"changed": ["voided"]})
    return row
