from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from passwright.data.models import Campaign, Event, Pass
from passwright.operations.announce import announce_pass
from passwright.operations.pass_content import NOTHING_WANTED
from passwright.operations.record_event import append
from passwright.operations.refusals import PreconditionFailed, WrongValues
from passwright.operations.retrying import retried
from passwright.operations.tell_webhooks import tell_webhooks
from passwright.operations.update_pass import held_campaign, keep_distinct, locked_pass
from passwright.passes.webhooks import WebhookEvent
from passwright.queries.passes import overrides_of


@retried
@transaction.atomic
def reset_redeem(*, campaign: Campaign, pass_id: UUID, now: datetime) -> Pass:
    """Make a voided pass valid again; how often it was redeemed stays told. One that is valid stays as it is.

    Raises:
        NotFound: if the campaign has no such pass.
        PreconditionFailed: if its holder has deleted it, and another pass has a value of a distinct field since then.
    """
    row = locked_pass(campaign, pass_id)
    row.campaign = campaign
    if row.voided:
        given_up = row.given_up
        row.voided, row.given_up_at = False, None
        row.version += 1
        row.updated_at = now
        row.save(update_fields=("voided", "given_up_at", "version", "updated_at"))
        if given_up:
            take_back_values(row)
        append(kind=Event.Kind.REDEEM_RESET, campaign_id=campaign.id, pass_id=row.id, at=now)
        announce_pass(campaign_id=campaign.id, pass_id=row.id, kind=Event.Kind.REDEEM_RESET, at=now)
        tell_webhooks(event=WebhookEvent.UPDATED, pass_id=row.id, at=now, extra={"changed": ["voided"]})
    return row


def take_back_values(row: Pass) -> None:
    try:
        keep_distinct(held_campaign(row.campaign_id), row, overrides_of(row), NOTHING_WANTED)
    except WrongValues as wrong:
        keys = ", ".join(wrong.faults)
        raise PreconditionFailed(
            {"pass": f"Its holder has deleted the pass, and another one has its {keys} since. Change that first."}
        ) from None
