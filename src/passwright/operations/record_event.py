"""Append what happened, in the transaction that makes it happen, and count it for the reports."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from passwright.data.models import Event, Tally
from passwright.data.postgresql.statement import Statement
from passwright.operations.tell_webhooks import LAST_FETCHED, OF_KINDS, OWNER, TOLD, tell_webhooks
from passwright.passes.counters import Counter, LinkCounter

COUNTED = {
    Event.Kind.CREATED: Counter.CREATES,
    Event.Kind.UPDATED: Counter.UPDATES,
    Event.Kind.DOWNLOADED: Counter.DOWNLOADS,
    Event.Kind.VIEWED: Counter.VIEWS,
    Event.Kind.FETCHED: Counter.FETCHES,
    Event.Kind.REDEEMED: Counter.REDEEMS,
    Event.Kind.EXPIRED: Counter.EXPIRES,
}
"""What reports count of events. Statements that append events by hand (issue, redeem, expire) count for themselves,
and so do installs and uninstalls, which are counted by operating system."""

TOLD_AT_ONCE = TOLD.format(
    source="happened JOIN pass AS was ON was.id = happened.pass_id",
    event="$3::text",
    organization=OWNER,
    extra="NULL::jsonb",
    at="happened.at",
    last_fetched_at=f"CASE WHEN $3::text = 'fetched' THEN $4::timestamptz ELSE {LAST_FETCHED} END",
)
AT_ONCE = Statement(
    "append_at_once",
    f"""
WITH happened AS (
    INSERT INTO event (campaign_id, pass_id, kind, at)
    SELECT id, $2::uuid, $3::text, $4::timestamptz FROM campaign WHERE id = $1 AND deleted_at IS NULL
    RETURNING campaign_id, pass_id, at
), told AS ({TOLD_AT_ONCE} AND $3::text IN ('downloaded', 'fetched')), through AS (
    INSERT INTO distribution_tally (distribution_id, counter, amount)
    SELECT link, $5::text, 1 FROM (
        SELECT coalesce($6::uuid, (
            SELECT distribution_id FROM pass WHERE id = happened.pass_id AND $3::text = 'downloaded'
        )) AS link FROM happened
    ) AS counted WHERE link IS NOT NULL
)
INSERT INTO tally (campaign_id, day, counter, amount)
SELECT campaign_id, (at AT TIME ZONE 'UTC')::date, $5::text, 1 FROM happened
""",  # noqa: S608 - nothing in it comes from outside
)


def append(
    *,
    kind: Event.Kind,
    campaign_id: uuid.UUID,
    at: datetime,
    pass_id: uuid.UUID | None = None,
    extra: Mapping[str, Any] | None = None,
) -> None:
    """Append one event and tell webhooks of it; the caller's transaction decides whether it happened.

    Webhooks say what the pass is now: write the pass first.
    """
    Event.objects.create(
        kind=kind, campaign_id=campaign_id, pass_id=pass_id, extra=dict(extra) if extra else None, at=at
    )
    if counter := COUNTED.get(kind):
        count(counter, campaign_id=campaign_id, at=at)
    if pass_id and (event := OF_KINDS.get(kind)):
        tell_webhooks(event=event, pass_id=pass_id, at=at, extra=extra)


def append_at_once(
    *,
    kind: Event.Kind,
    campaign_id: uuid.UUID,
    pass_id: uuid.UUID | None = None,
    distribution_id: uuid.UUID | None = None,
    at: datetime,
) -> None:
    """Append an event that reports count, in one statement: where it is all that is written, no transaction is needed.
    Of a campaign that is gone nothing is said. It counts of the link that is named, and a download of the one through
    which the pass was made."""
    AT_ONCE.row(
        str(campaign_id),
        None if pass_id is None else str(pass_id),
        kind.value,
        at.isoformat(),
        COUNTED[kind].value,
        None if distribution_id is None else str(distribution_id),
    )


OF_THE_LINK = """
INSERT INTO distribution_tally (distribution_id, counter, amount)
SELECT distribution_id, %(counter)s, 1 FROM pass WHERE id = %(pass)s AND distribution_id IS NOT NULL
"""


def count_of_link(counter: LinkCounter, *, pass_id: uuid.UUID) -> None:
    """Count of the link through which the pass was made, if it was made through one."""
    with connection.cursor() as cursor:
        cursor.execute(OF_THE_LINK, {"counter": counter.value, "pass": pass_id})


def count(counter: Counter, *, campaign_id: uuid.UUID, at: datetime, amount: int = 1) -> None:
    """Count for the reports of the day (UTC) on which it happened."""
    Tally.objects.create(campaign_id=campaign_id, day=at.astimezone(UTC).date(), counter=counter.value, amount=amount)
