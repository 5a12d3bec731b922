"""What a device did after it was pushed, written beside its deliveries.

A device names itself when it asks which passes have changed, and not when it fetches one: the protocol has only the
pass's own token there. So a fetch is put down to the device that was last told of the pass and has not fetched it.
Where one device holds a pass this is exact. Where several do, each of them fetches once after it was told, so the
numbers of a push are exact, and which of the devices it was is an inference. (The last one told, not the first: one
that was told and then lost its network would take the fetches of all others for its own.)

Every request of a phone comes by here. Where there is nothing to note, that is one look at an index that holds nothing
else than what may be noted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from passwright.data.postgresql.statement import Statement
from passwright.operations.retrying import retried

# Deliveries are locked in the order of their key, here and by whoever else writes to many: of two who write to the
# same ones one waits for the other, and never in a circle.
LISTED = Statement(
    "note_listed",
    """
WITH told AS MATERIALIZED (
    SELECT push_id, pass_id, device_id FROM delivery
    WHERE device_id = $1::bigint AND listed_at IS NULL AND pass_id = ANY ($2::uuid[])
    ORDER BY push_id, pass_id, device_id FOR UPDATE
)
UPDATE delivery SET listed_at = $3::timestamptz FROM told
WHERE delivery.push_id = told.push_id AND delivery.pass_id = told.pass_id AND delivery.device_id = told.device_id
""",
)

AWAITED = Statement(
    "is_fetch_awaited",
    """
SELECT 1 FROM delivery
WHERE pass_id = $1::uuid AND listed_at IS NOT NULL AND fetched_at IS NULL AND unchanged_at IS NULL LIMIT 1
""",
)

# Of two devices that fetch the same pass at once each is another one: the second looks when the first has written.
ONE_BY_ONE = Statement("note_fetched_one_by_one", "SELECT pg_advisory_xact_lock(hashtextextended($1::text, 0))")

FETCHED = Statement(
    "note_fetched",
    """
WITH fetching AS MATERIALIZED (
    SELECT device_id FROM delivery
    WHERE pass_id = $1::uuid AND listed_at IS NOT NULL AND fetched_at IS NULL AND unchanged_at IS NULL
    ORDER BY listed_at DESC LIMIT 1
), theirs AS MATERIALIZED (
    SELECT push_id, pass_id, device_id FROM delivery
    WHERE device_id = (SELECT device_id FROM fetching) AND pass_id = $1::uuid
      AND listed_at IS NOT NULL AND fetched_at IS NULL AND unchanged_at IS NULL
    ORDER BY push_id, pass_id, device_id FOR UPDATE
)
UPDATE delivery SET fetched_version = $2::bigint,
                    fetched_at = CASE WHEN $3::boolean THEN NULL ELSE $4::timestamptz END,
                    unchanged_at = CASE WHEN $3::boolean THEN $4::timestamptz END
FROM theirs
WHERE delivery.push_id = theirs.push_id AND delivery.pass_id = theirs.pass_id
  AND delivery.device_id = theirs.device_id
""",
)


@retried
def note_listed(*, device_id: int, pass_ids: Sequence[UUID], at: datetime) -> None:
    """The device asked which of its passes have changed, and was told these."""
    if pass_ids:
        LISTED.row(str(device_id), "{" + ",".join(map(str, pass_ids)) + "}", at.isoformat())


@retried
def note_fetched(*, pass_id: UUID, version: int, at: datetime, unchanged: bool = False) -> None:
    """A device got the pass as it was at ``version``, or (``unchanged``) heard that it has it already.

    A transaction of the caller's should hold no deliveries: others may wait for what he holds while he waits here.
    """
    if AWAITED.row(str(pass_id)) is None:
        return
    with transaction.atomic():
        ONE_BY_ONE.row(str(pass_id))
        FETCHED.row(str(pass_id), str(version), "true" if unchanged else "false", at.isoformat())
