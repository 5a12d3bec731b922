"""What a device hears when it asks which of its passes have changed."""

from __future__ import annotations

import hashlib
import re
from uuid import UUID

from msgspec import Struct

from passwright.data.postgresql.statement import Statement

TAG = re.compile(r"[0-9]{1,18}", re.ASCII)

# One statement, so one moment: the passes that changed, and the greatest tag of all that the device holds. Tags become
# visible in their order (`operations.update_tags`), so none that is less comes later. A tag that has not been given yet
# is one of a database that was restored from a backup since: nothing is known of what the device knows.
FIND = Statement(
    "updatable_passes",
    """
WITH known AS MATERIALIZED (
    SELECT CASE WHEN $3::bigint <= last_value THEN $3::bigint ELSE 0 END AS tag FROM update_tag
)
SELECT device.id, max(registration.update_tag),
       string_agg(pass.serial_number::text, ' ' ORDER BY registration.update_tag, pass.id)
           FILTER (WHERE registration.update_tag > known.tag),
       string_agg(pass.id::text, ' ') FILTER (WHERE registration.update_tag > known.tag)
FROM device
JOIN registration ON registration.device_id = device.id
JOIN pass ON pass.id = registration.pass_id
JOIN campaign ON campaign.id = registration.campaign_id AND campaign.deleted_at IS NULL
CROSS JOIN known
WHERE device.pass_type_identifier = $1 AND device.identifier_digest = $2::bytea
GROUP BY device.id
""",
)


class UpdatablePasses(Struct, frozen=True):
    """``tag`` is what the device shows next time."""

    device_id: int
    tag: str
    serial_numbers: list[str]
    pass_ids: list[UUID]


def updatable_passes(*, pass_type_identifier: str, device: str, tag: str | None) -> UpdatablePasses | None:
    """The device's passes that changed after ``tag``, those that changed last at the end; all of them if the tag is
    none of ours. None if there are none, or no such device."""
    if "\0" in pass_type_identifier:
        return None
    known = tag if tag and TAG.fullmatch(tag) else "0"
    cells = FIND.row(pass_type_identifier, f"\\x{digest_of(device).hex()}", known)
    if cells is None or cells[2] is None:
        return None
    device_id, newest, serials, ids = ((cell or b"").decode() for cell in cells)
    return UpdatablePasses(int(device_id), newest, serials.split(" "), [UUID(text) for text in ids.split(" ")])


def digest_of(device: str) -> bytes:
    """What is kept of the name that a device gives itself (`Device`)."""
    return hashlib.sha256(device.encode("utf-8", "surrogatepass")).digest()
