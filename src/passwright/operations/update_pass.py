from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction
from msgspec import UNSET

from passwright.data.models import Campaign, Event, Pass
from passwright.operations.announce import announce_pass
from passwright.operations.distinct_values import change_values, distinct_digests, refusal_of
from passwright.operations.echoes import without_echoes
from passwright.operations.nearest_stores import with_stores
from passwright.operations.one_per_answer import answer_changed
from passwright.operations.pass_content import PassWanted, barcode_digest, new_overrides, own_message, taken
from passwright.operations.pass_values import error_name
from passwright.operations.purge_campaign import own_digests
from passwright.operations.record_event import append
from passwright.operations.refusals import NotFound
from passwright.operations.remove_holder_pictures import pictures_said, remove_if_given
from passwright.operations.remove_images import remove_if_last
from passwright.operations.retrying import retried
from passwright.operations.tell_webhooks import tell_webhooks
from passwright.passes.answers import rules_of
from passwright.passes.changes import Change, content_changes, visible_changes
from passwright.passes.content import CodeType, Overrides, Revision
from passwright.passes.webhooks import WebhookEvent
from passwright.queries.campaigns import newest_revision
from passwright.queries.passes import content_of, overrides_of, shown_revision

CHANGEABLE = (
    "version",
    "overrides",
    "redeem_code",
    "external_id",
    "barcode_digest",
    "voided",
    "given_up_at",
    "expiration_date",
    "expired_at",
    "relevant_date",
    "user_info",
    "updated_at",
)


@retried
def update_pass(*, campaign: Campaign, pass_id: UUID, wanted: PassWanted, now: datetime) -> Pass:
    """Change what was sent: one update, one version, one push. One that changes nothing to be seen announces nothing.

    Raises:
        NotFound: if the campaign has no such pass.
        ValidationFailed: naming every attribute that cannot be as asked for (`WrongValues`: also values of fields).
    """
    try:
        with transaction.atomic():
            row = locked_pass(campaign, pass_id)
            current = held_campaign(campaign.id)
            return updated_pass(current, row, wanted, now)
    except IntegrityError as error:
        raise taken(error) or error from None


HELD = "SELECT * FROM campaign WHERE id = %s AND deleted_at IS NULL FOR KEY SHARE"
# Read after the pass's lock was given: what is written now must not look older than the write before it. Held, so that
# no field becomes distinct between what is read here and the pass that is written by it.


def held_campaign(campaign_id: UUID) -> Campaign:
    """Raises: NotFound: if it was deleted."""
    for campaign in Campaign.objects.raw(HELD, [campaign_id]):
        return campaign
    raise NotFound("Campaign")


def locked_pass(campaign: Campaign, pass_id: UUID) -> Pass:
    """The pass's row, locked until the transaction ends.

    Raises:
        NotFound: if the campaign has no such pass.
    """
    row = Pass.objects.select_for_update().filter(campaign_id=campaign.id, id=pass_id).first()
    if row is None:
        raise NotFound("Pass")
    return row


def updated_pass(campaign: Campaign, row: Pass, wanted: PassWanted, now: datetime) -> Pass:
    kept = row.overrides
    named, valid, given_up, visible = row.external_id, not row.voided, row.given_up, False
    before = content_of(campaign, row)
    revision = shown_revision(campaign, row)
    wanted = without_echoes(wanted, campaign=campaign, row=row, revision=revision, shown=before)
    own = new_overrides(
        overrides_of(row),
        revision,
        wanted,
        epoch=campaign.epoch,
        organization_id=campaign.organization_id,
        shown=before,
    )
    own = with_stores(own, revision, campaign)
    apply(row, own, revision, campaign, wanted)
    after = content_of(campaign, row)
    changes = content_changes(before, after)
    if changes:
        row.updated_at = now
        record(row, changes, now)
        if visible := bool(visible_changes(before, after)):
            row.version += 1
            announce_pass(
                campaign_id=row.campaign_id, pass_id=row.id, kind=Event.Kind.UPDATED, at=now, silent=not wanted.push
            )
    elif row.external_id != named:
        row.updated_at = now
    if changes or row.overrides != kept or row.external_id != named:
        row.save(update_fields=CHANGEABLE)
        if row.overrides != kept or row.given_up != given_up:
            keep_distinct(campaign, row, own, wanted)
        remove_if_last(set(own_digests(kept)) - set(own_digests(row.overrides)))
        remove_if_given(set(pictures_said(kept)) - set(pictures_said(row.overrides)))
        if row.distribution_id:
            answer_changed(row)
    if visible:
        tell_webhooks(event=WebhookEvent.UPDATED, pass_id=row.id, at=now, extra=changed(changes))
    if valid and row.voided:
        tell_webhooks(event=WebhookEvent.VOIDED, pass_id=row.id, at=now)
    return row


def keep_distinct(campaign: Campaign, row: Pass, own: Overrides, wanted: PassWanted) -> None:
    """By the campaign as it is now, whatever the pass shows of it. What its holder has deleted has no values.

    Raises:
        WrongValues: if another pass has a value of a distinct field.
    """
    newest = newest_revision(campaign)
    keys = rules_of(newest.fields).distinct
    if not keys:
        return
    digests = {} if row.given_up else distinct_digests(newest, own)
    if there := change_values(campaign.id, row.id, digests, of=keys):
        fields = {field.key: field for field in newest.fields}
        raise refusal_of({key: error_name(key, fields, wanted) for key in sorted(there)})


def apply(row: Pass, own: Overrides, revision: Revision, campaign: Campaign, wanted: PassWanted) -> None:
    row.campaign = campaign
    row.overrides = msgspec.to_builtins(own) or None
    row.barcode_digest = barcode_digest(own, revision)
    if wanted.external_id is not UNSET:
        row.external_id = wanted.external_id
    if campaign.code_type == CodeType.PER_PASS:
        row.redeem_code = own_message(own) or row.redeem_code
    if wanted.voided is not UNSET:
        row.voided = wanted.voided
        row.given_up_at = row.given_up_at if row.voided else None
    if wanted.expiration_date is not UNSET:
        row.expired_at = row.expired_at if row.expiration_date == wanted.expiration_date else None
        row.expiration_date = wanted.expiration_date
    if wanted.relevant_date is not UNSET:
        row.relevant_date = wanted.relevant_date
    if wanted.user_info is not UNSET:
        row.user_info = wanted.user_info or None


def record(row: Pass, changes: tuple[Change, ...], now: datetime) -> None:
    append(kind=Event.Kind.UPDATED, campaign_id=row.campaign_id, pass_id=row.id, extra=changed(changes), at=now)


def changed(changes: tuple[Change, ...]) -> dict[str, Any]:
    return {"changed": [change.path for change in changes]}
