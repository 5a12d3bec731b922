from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from passwright.data.models import Event, Pass
from passwright.operations.announce import announce_pass
from passwright.operations.held_pass import May, held_pass
from passwright.operations.pass_content import NOTHING_WANTED
from passwright.operations.record_event import append
from passwright.operations.retrying import retried
from passwright.operations.tell_webhooks import tell_webhooks
from passwright.operations.update_pass import keep_distinct
from passwright.passes.webhooks import WebhookEvent
from passwright.queries.passes import overrides_of


@retried
@transaction.atomic
def delete_by_holder(*, opened_by: UUID, now: datetime) -> Pass:
    """The pass is voided, its phones are told and show it greyed out, and its pages are gone. What its holder said of
    himself stays with the organization until that deletes the pass; others may say the same in distinct fields.

    Raises:
        passwright.operations.refusals.NotFound: as `held_pass` says.
        passwright.operations.held_pass.HolderMayNot: likewise.
    """
    row = held_pass(opened_by, May.DELETE, now)
    row.voided = True
    row.given_up_at = row.updated_at = now
    row.version += 1
    row.save(update_fields=("voided", "given_up_at", "version", "updated_at"))
    keep_distinct(row.campaign, row, overrides_of(row), NOTHING_WANTED)
    changed = {"changed": ["voided"], "by": "holder"}
    append(kind=Event.Kind.UPDATED, campaign_id=row.campaign_id, pass_id=row.id, extra=changed, at=now)
    announce_pass(campaign_id=row.campaign_id, pass_id=row.id, kind=Event.Kind.UPDATED, at=now)
    tell_webhooks(event=WebhookEvent.UPDATED, pass_id=row.id, at=now, extra=changed)
    tell_webhooks(event=WebhookEvent.VOIDED, pass_id=row.id, at=now, extra={"by": "holder"})
    return row
