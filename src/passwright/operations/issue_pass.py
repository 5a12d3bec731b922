from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, transaction
from msgspec import UNSET, Struct

from passwright.data.models import Campaign, Distribution, Pass
from passwright.data.postgresql.rows import moment
from passwright.data.postgresql.statement import Statement
from passwright.operations.distinct_values import distinct_digests, keep_values, refusal_of
from passwright.operations.distribution_rules import locked_link
from passwright.operations.leave_mail import confirm, confirms
from passwright.operations.nearest_stores import with_stores
from passwright.operations.pass_content import (
    NOTHING_WANTED,
    PassWanted,
    barcode_digest,
    new_overrides,
    own_message,
    taken,
)
from passwright.operations.pass_values import brings, error_name, is_generated
from passwright.operations.refusals import NotFound, PreconditionFailed, WrongValues
from passwright.operations.retrying import retried
from passwright.operations.tell_webhooks import TOLD
from passwright.passes.answers import rules_of
from passwright.passes.content import CodeType, Field, Overrides
from passwright.queries.campaigns import newest_revision
from passwright.queries.passes import overrides_of
from passwright.queries.revisions import MissingRevision

NOTHING_OWN = Overrides()


class Asked(Struct, frozen=True, gc=False):
    """What `issue_pass` is asked for."""

    wanted: PassWanted
    now: datetime
    source: str
    metadata: Mapping[str, Any] | None
    pass_id: UUID | None
    distribution_id: UUID | None


@retried
def issue_pass(
    *,
    campaign: Campaign,
    wanted: PassWanted = NOTHING_WANTED,
    now: datetime,
    source: str = "api",
    metadata: Mapping[str, Any] | None = None,
    pass_id: UUID | None = None,
    distribution_id: UUID | None = None,
) -> Pass:
    """Make a pass of the campaign, with the next code of its sequence.

    ``source`` says who asked (``api``, ``page`` ...), ``distribution_id`` through which link, which counts it against
    its limit, ``metadata`` what the page was opened with. ``pass_id`` is for callers who have to recognise their own
    pass: of two who bring the same, one gets an IntegrityError.

    Raises:
        NotFound: if the campaign was deleted in the meantime.
        PreconditionFailed: if the campaign is paused or archived, or the link gives out no pass now.
        ValidationFailed: naming every attribute that cannot be as asked for (`WrongValues`: also values of fields).
    """
    asked = Asked(wanted, now, source, metadata, pass_id, distribution_id)
    try:
        for _ in range(DRAWS - 1):
            try:
                return issued(campaign, asked)
            except DrawnTwice:
                continue
        return issued(campaign, asked)
    except IntegrityError as error:
        raise taken(error) or error from None


DRAWS = 10
"""Attempts at a generated value that no other pass has."""


class DrawnTwice(WrongValues):
    """All that was taken are values that were drawn by lot: the next ones may be free."""


def issued(campaign: Campaign, asked: Asked) -> Pass:
    with whole(campaign, asked):
        made = insert(drawn_up(campaign, asked), campaign, asked.source)
        if made:
            keep_distinct(made, campaign, asked.wanted)
            confirm(made, asked.source)
    return made or issue_under_lock(campaign, asked)


def keep_distinct(made: Pass, campaign: Campaign, wanted: PassWanted) -> None:
    """Raises: WrongValues: if another pass has a value of a distinct field."""
    revision = newest_revision(campaign)
    digests = distinct_digests(revision, overrides_of(made))
    if not digests:
        return
    if there := keep_values(campaign.id, made.id, digests):
        fields = {field.key: field for field in revision.fields}
        refusal = refusal_of({key: error_name(key, fields, wanted) for key in sorted(there)})
        if all(is_drawn(fields[key], wanted) for key in there):
            raise DrawnTwice(refusal.errors, refusal.faults)
        raise refusal


def is_drawn(field: Field, wanted: PassWanted) -> bool:
    return is_generated(field) and not brings(wanted, field.key)


def whole(campaign: Campaign, asked: Asked) -> AbstractContextManager[Any]:
    """A transaction where there is more than the one statement of `insert`, which is whole by itself; in a caller's
    transaction a savepoint where that statement can be refused, so that the caller can go on after the refusal."""
    several = asked.wanted.images or campaign.code_type == CodeType.PER_PASS or confirms(campaign, asked.source)
    several = several or looks_elsewhere(campaign)
    refusable = asked.wanted.external_id and connection.in_atomic_block
    return transaction.atomic() if several or refusable else nullcontext()


def looks_elsewhere(campaign: Campaign) -> bool:
    """Whether values are compared with those of other passes, or pictures have to stay there until the pass is."""
    try:
        fields = newest_revision(campaign).fields
    except MissingRevision:  # it was deleted meanwhile
        return False
    rules = rules_of(fields)
    return bool(rules.distinct) or rules.pictures


@transaction.atomic
def issue_under_lock(campaign: Campaign, asked: Asked) -> Pass:
    """The same when the campaign is not as the caller read it, or the link gives out none: read again, and held until
    the pass is made. A link is locked before its campaign."""
    if asked.distribution_id:
        check_link(locked_link(campaign.id, asked.distribution_id), asked.now)
    current = Campaign.objects.select_for_update(no_key=True).filter(id=campaign.id, deleted_at=None).first()
    if current is None:
        raise NotFound("Campaign")
    made = insert(drawn_up(current, asked), current, asked.source)
    assert made is not None
    keep_distinct(made, current, asked.wanted)
    confirm(made, asked.source)
    return made


def drawn_up(campaign: Campaign, asked: Asked) -> Pass:
    """The pass as it would be made at the epoch at which ``campaign`` was read; only its code is not known."""
    check_issuing(campaign)
    revision, wanted, now = newest_revision(campaign), asked.wanted, asked.now
    own = new_overrides(
        NOTHING_OWN,
        revision,
        wanted,
        epoch=campaign.epoch,
        organization_id=campaign.organization_id,
        creating=True,
    )
    own = with_stores(own, revision, campaign)
    return Pass(
        id=asked.pass_id or uuid4(),
        serial_number=uuid4(),
        campaign=campaign,
        redeem_code=(own_message(own) or "") if revision.code_type is CodeType.PER_PASS else "",
        external_id=wanted.external_id or None,
        barcode_digest=barcode_digest(own, revision),
        epoch=campaign.epoch,
        overrides=msgspec.to_builtins(own) or None,
        voided=bool(wanted.voided),
        expiration_date=inherited(wanted.expiration_date, expiry(campaign, now)),
        relevant_date=inherited(wanted.relevant_date, campaign.relevant_date),
        user_info=inherited(wanted.user_info, campaign.user_info) or None,
        metadata=dict(asked.metadata) if asked.metadata else None,
        distribution_id=asked.distribution_id,
        created_at=now,
        updated_at=now,
    )


def check_issuing(campaign: Campaign) -> None:
    """Raises: PreconditionFailed: if the campaign is paused or archived."""
    if campaign.state != "published":
        raise PreconditionFailed({"campaign": f"Campaign is {campaign.state}: no passes can be issued."})


def check_link(link: Distribution, now: datetime) -> None:
    """Raises: PreconditionFailed: if the link gives out no pass now."""
    if link.state != "published":
        why = f"is {link.state}"
    elif link.starts_at and now < link.starts_at:
        why = f"opens at {link.starts_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    elif link.ends_at and now >= link.ends_at:
        why = f"ended at {link.ends_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    elif link.pass_limit is not None and link.issued_count >= link.pass_limit:
        why = f"has given out all of its {link.pass_limit:,} passes"
    else:
        return
    raise PreconditionFailed({"distribution": f"The distribution {why}: no passes can be issued through it."})


def expiry(campaign: Campaign, now: datetime) -> datetime | None:
    """Of a pass that is made now and does not say it itself."""
    if campaign.days_valid is None:
        return campaign.expiration_date
    own = now + timedelta(days=campaign.days_valid)
    return min(own, campaign.expiration_date) if campaign.expiration_date else own


def inherited(sent: Any, of_campaign: Any) -> Any:
    return of_campaign if sent is UNSET else sent


# One statement takes the code, makes the pass and says so: the campaign's row is locked for that long only, and no
# code is lost or given twice. It does nothing when the campaign has moved on since it was read.
# Times follow the codes, whatever the clocks of several machines say: who goes through the list page by page while
# it grows meets no pass twice.
TOLD_OF_IT = TOLD.format(
    source="made AS was CROSS JOIN code",
    event="'created'",
    organization="code.organization_id",
    extra="NULL::jsonb",
    at="was.created_at",
    last_fetched_at="NULL",
)
ISSUING = f"""
WITH {{link}} code AS (
    UPDATE campaign SET next_code = next_code + 1, pass_count = pass_count + 1,
                        last_issued_at = greatest($12::timestamptz, last_issued_at + interval '1 microsecond')
    WHERE id = $1 AND epoch = $2 AND state = 'published' AND deleted_at IS NULL {{and_the_link}}
    RETURNING (next_code - 1)::text AS number, code_width, last_issued_at AS issued_at, version, organization_id
), made AS (
    INSERT INTO pass (id, campaign_id, serial_number, redeem_code, external_id, barcode_digest, epoch, version,
                      overrides, voided, redeemed_count, expiration_date, relevant_date, user_info, metadata,
                      distribution_id, created_at, updated_at)
    SELECT $3::uuid, $1::uuid, $4::uuid, coalesce($5, lpad(number, greatest(code_width, length(number)), '0')),
           $14::text, $15::bytea, $2::bigint, 2 - version, $6::jsonb, $7::boolean, 0, $8::timestamptz, $9::timestamptz,
           $10::json, $11::jsonb, $16::uuid,
           issued_at, issued_at
    FROM code RETURNING pass.*
), happened AS (
    INSERT INTO event (campaign_id, pass_id, kind, extra, at)
    SELECT $1::uuid, $3::uuid, 'created', jsonb_build_object('source', $13::text), created_at FROM made
), told AS ({TOLD_OF_IT}), counted AS (
    INSERT INTO tally (campaign_id, day, counter, amount)
    SELECT $1::uuid, (created_at AT TIME ZONE 'UTC')::date, 'creates', 1 FROM made
) {{counted}}
SELECT redeem_code, extract(epoch FROM created_at) FROM made
"""  # noqa: S608 - nothing in it comes from outside
ISSUE = Statement("issue_pass", ISSUING.format(link="", and_the_link="", counted=""))

# The same through a link: its row is locked, and looked at once more when somebody else has just held it, before the
# campaign's; so no more passes are made than it may give out, and what was made is counted or neither.
GIVES_OUT = """
link AS MATERIALIZED (
    SELECT id FROM distribution
    WHERE id = $16::uuid AND campaign_id = $1 AND deleted_at IS NULL AND state = 'published'
      AND (starts_at IS NULL OR starts_at <= $12::timestamptz) AND (ends_at IS NULL OR ends_at > $12::timestamptz)
      AND (pass_limit IS NULL OR issued_count < pass_limit)
    FOR NO KEY UPDATE
),
"""
COUNTED = """
, counted_link AS (
    UPDATE distribution SET issued_count = issued_count + 1 FROM made WHERE distribution.id = made.distribution_id
)
"""
ISSUE_THROUGH_LINK = Statement(
    "issue_pass_through_link",
    ISSUING.format(link=GIVES_OUT, and_the_link="AND EXISTS (SELECT FROM link)", counted=COUNTED),
)


def insert(drawn_up: Pass, campaign: Campaign, source: str) -> Pass | None:
    """The pass with its code, kept; None if the campaign is not any more as it was when the pass was drawn up, or the
    link gives out none."""
    statement = ISSUE_THROUGH_LINK if drawn_up.distribution_id else ISSUE
    cells = statement.row(
        str(campaign.id),
        str(campaign.epoch),
        str(drawn_up.id),
        str(drawn_up.serial_number),
        drawn_up.redeem_code or None,
        as_json(drawn_up.overrides),
        str(drawn_up.voided),
        as_moment(drawn_up.expiration_date),
        as_moment(drawn_up.relevant_date),
        as_json(drawn_up.user_info),
        as_json(drawn_up.metadata),
        as_moment(drawn_up.created_at),
        source,
        drawn_up.external_id,
        as_octets(drawn_up.barcode_digest),
        str(drawn_up.distribution_id) if drawn_up.distribution_id else None,
    )
    if cells is None:
        return None
    drawn_up.redeem_code = (cells[0] or b"").decode()
    drawn_up.created_at = drawn_up.updated_at = moment(cells[1] or b"")
    drawn_up._state.adding, drawn_up._state.db = False, DEFAULT_DB_ALIAS
    return drawn_up


def as_moment(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def as_octets(value: bytes | memoryview | None) -> str | None:
    return None if value is None else f"\\x{value.hex()}"


def as_json(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
