"""What a device did after it was pushed, written beside its deliveries.

A device names itself when it asks which passes have changed, and not when it fetches one: the protocol has only the
pass's own token there. So a fetch is put down to the device that was told of the pass and has waited longest since.
Where one device holds a pass this is exact. Where several do, each of them fetches once after it was told, so the
numbers of a push are exact, and which of the devices it was is an inference.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from passwright.data.postgresql.statement import Statement
from passwright.operations.retrying import retried

LISTED = Statement(
    "note_listed",
    """
UPDATE delivery SET listed_at = $3::timestamptz FROM (
    SELECT push_id, pass_id, device_id FROM delivery
    WHERE device_id = $1::bigint AND pass_id = ANY ($2::uuid[]) AND listed_at IS NULL
    ORDER BY push_id, pass_id, device_id FOR UPDATE
) AS told
WHERE delivery.push_id = told.push_id AND delivery.pass_id = told.pass_id AND delivery.device_id = told.device_id
""",
)

# Locked in the order of the key, as everywhere: of two who write to the same deliveries one waits, never in a circle.
FETCHED = Statement(
    "note_fetched",
    """
WITH fetching AS (
    SELECT device_id FROM delivery
    WHERE pass_id = $1::uuid AND listed_at IS NOT NULL AND fetched_at IS NULL AND unchanged_at IS NULL
    ORDER BY listed_at, push_id, device_id LIMIT 1
), theirs AS (
    SELECT push_id, delivery.pass_id, delivery.device_id FROM delivery JOIN fetching USING (device_id)
    WHERE pass_id = $1::uuid AND listed_at IS NOT NULL AND fetched_at IS NULL AND unchanged_at IS NULL
    ORDER BY push_id, delivery.pass_id, delivery.device_id FOR UPDATE OF delivery
)
UPDATE delivery SET fetched_version = $2::bigint,
                    fetched_at = CASE WHEN $4::boolean THEN NULL ELSE $3::timestamptz END,
                    unchanged_at = CASE WHEN $4::boolean THEN $3::timestamptz END
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
    """A device got the pass as it was at ``version``, or (``unchanged``) heard that it has it already."""
    FETCHED.row(str(pass_id), str(version), at.isoformat(), str(unchanged))
