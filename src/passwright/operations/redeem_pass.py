from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from uuid import UUID, uuid4

from django.db import transaction

from passwright.data.models import Campaign, Pass
from passwright.data.postgresql.statement import Statement
from passwright.operations.announce import ANNOUNCED
from passwright.operations.refusals import NotFound, PreconditionFailed
from passwright.operations.retrying import retried
from passwright.operations.tell_webhooks import LAST_FETCHED, OWNER, TOLD
from passwright.operations.update_pass import locked_pass
from passwright.queries.pass_by_code import AmbiguousCode, pass_by_code
from passwright.queries.passes import pass_, reader


@retried
def redeem_pass(
    *, campaign: Campaign, pass_id: UUID, comment: str | None = None, source: str = "api", now: datetime
) -> Pass:
    """Use the pass. Where a pass may be used only once, this voids it.

    Raises:
        NotFound: if the campaign has no such pass.
        PreconditionFailed: if the pass is voided or has expired.
    """
    use = partial(redeemed, campaign, pass_id, comment, source, now)
    return use() or use_after_all(campaign, pass_id, now, use)


def redeem_by_code(
    *, campaign: Campaign, code: str, comment: str | None = None, source: str = "api", now: datetime
) -> Pass:
    """Use the pass that a code names (`passwright.queries.pass_by_code`).

    Raises:
        NotFound: if no pass has the code.
        PreconditionFailed: if several passes show it, or the one is voided or has expired.
    """
    row = pass_meant(campaign, code)
    return redeem_pass(campaign=campaign, pass_id=row.id, comment=comment, source=source, now=now)


def pass_meant(campaign: Campaign, code: str) -> Pass:
    """The pass that a code names.

    Raises:
        NotFound: if no pass has the code.
        PreconditionFailed: if several passes show it.
    """
    try:
        row = pass_by_code(campaign, code)
    except AmbiguousCode as error:
        raise PreconditionFailed({"pass": str(error)}) from None
    if row is None:
        raise NotFound("Pass")
    return row


def use_after_all(campaign: Campaign, pass_id: UUID, now: datetime, use: Callable[[], Pass | None]) -> Pass:
    """When the statement did nothing, say why. Should the reason have gone in between, the pass is used after all."""
    row = pass_(campaign, pass_id)
    if row is None:
        raise NotFound("Pass")
    refuse(row, campaign, now)
    with transaction.atomic():
        refuse(locked_pass(campaign, pass_id), campaign, now)
        row = use()
    if row is None:
        raise NotFound("Campaign")
    return row


def refuse(row: Pass, campaign: Campaign, now: datetime) -> None:
    if row.voided:
        raise PreconditionFailed({"pass": why_voided(row, campaign)})
    if row.expiration_date and row.expiration_date <= now:
        raise PreconditionFailed({"pass": f"Pass expired at {utc(row.expiration_date)}: it can't be redeemed."})


def why_voided(row: Pass, campaign: Campaign) -> str:
    """Where one use is all, the use is the reason; elsewhere somebody voided the pass by hand."""
    if row.redeemed_at and not campaign.allow_multiple_redeems:
        return f"Pass was already redeemed at {utc(row.redeemed_at)}. Reset its redeem to use it once more."
    return "Pass is voided: it can't be redeemed. Reset its redeem to make it valid."


def utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


# One statement is the whole redeem: of two at once, the second waits for the pass's row, looks at it again and finds
# it voided. The campaign's row, for which all redeems of a campaign queue, is taken after the pass's and held only
# until the statement is over. Times of a pass go forward, whatever the clocks of several machines say.
USE = "jsonb_build_object('redeem_id', $4::text, 'comment', $5::text, 'redeem_code', {of}.redeem_code)"
TOLD_OF_USE = TOLD.format(
    source="redeemed AS was",
    event="'redeemed'",
    organization=OWNER,
    extra=USE.format(of="was"),
    at="was.redeemed_at",
    last_fetched_at=LAST_FETCHED,
)
TOLD_OF_VOIDING = TOLD.format(
    source="redeemed AS was",
    event="'voided'",
    organization=OWNER,
    extra="NULL::jsonb",
    at="was.redeemed_at",
    last_fetched_at=LAST_FETCHED,
)
REDEEM = Statement(
    "redeem_pass",
    f"""
WITH redeemed AS (
    UPDATE pass SET redeemed_count = redeemed_count + 1, redeemed_at = greatest(redeemed_at, $3::timestamptz),
                    updated_at = greatest(pass.updated_at, $3::timestamptz),
                    voided = NOT campaign.allow_multiple_redeems,
                    version = pass.version + (NOT campaign.allow_multiple_redeems)::int
    FROM campaign
    WHERE pass.id = $1 AND pass.campaign_id = $2 AND NOT pass.voided
      AND (pass.expiration_date IS NULL OR pass.expiration_date > $3::timestamptz)
      AND campaign.id = pass.campaign_id AND campaign.deleted_at IS NULL
    RETURNING pass.*
), of_campaign AS (
    UPDATE campaign SET redeem_count = redeem_count + 1 FROM redeemed WHERE campaign.id = redeemed.campaign_id
), kept AS (
    INSERT INTO redeem (id, campaign_id, pass_id, redeem_code, comment, source, created_at)
    SELECT $4::uuid, campaign_id, id, redeem_code, $5::text, $6::text, redeemed_at FROM redeemed
), happened AS (
    INSERT INTO event (campaign_id, pass_id, kind, extra, at)
    SELECT campaign_id, id, 'redeemed', {USE.format(of="redeemed")}, redeemed_at FROM redeemed
), told AS ({TOLD_OF_USE}), told_of_voiding AS ({TOLD_OF_VOIDING} AND was.voided), counted AS (
    INSERT INTO tally (campaign_id, day, counter, amount)
    SELECT campaign_id, (redeemed_at AT TIME ZONE 'UTC')::date, 'redeems', 1 FROM redeemed
), announced AS ({ANNOUNCED.format(pass_id="id", kind="redeemed", at="redeemed_at", source="redeemed")} WHERE voided)
SELECT {reader.columns} FROM redeemed AS pass
""",  # noqa: S608 - nothing in it comes from outside
)


def redeemed(campaign: Campaign, pass_id: UUID, comment: str | None, source: str, now: datetime) -> Pass | None:
    """The pass after one more use; None if it is not there, voided or expired, or its campaign is gone."""
    cells = REDEEM.row(str(pass_id), str(campaign.id), now.isoformat(), str(uuid4()), comment, source)
    if cells is None:
        return None
    row = reader.row(cells)
    row.campaign = campaign
    return row
