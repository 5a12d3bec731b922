from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from passwright.apple.web_service import LogLine, hide_tokens, read_log_line
from passwright.data.models import DeviceLog
from passwright.operations.open_pass import CERTIFICATE, IDENTIFIER, read_serial_number
from passwright.operations.retrying import retried

MOST_AN_HOUR = 10_000
"""Lines that the whole platform keeps: anybody can send one."""

ROOM = "SELECT count(*) FROM (SELECT 1 FROM device_log WHERE at > %s LIMIT %s) AS kept"

NAMED = f"""
SELECT named.place, pass.campaign_id, pass.id
FROM unnest(%(places)s::int[], %(serials)s::uuid[], %(identifiers)s::text[]) AS named (place, serial, identifier)
JOIN pass ON pass.serial_number = named.serial
JOIN campaign ON campaign.id = pass.campaign_id AND campaign.deleted_at IS NULL
CROSS JOIN {CERTIFICATE.format(identifier="named.identifier", at="%(at)s::timestamptz")}
FOR KEY SHARE OF campaign
"""  # noqa: S608 - nothing comes from outside


@retried
@transaction.atomic
def keep_device_logs(*, lines: Sequence[str], now: datetime) -> int:
    """Keep what a device complains of, without tokens; beside the pass that a line names, if it is one of ours.

    Of a platform that got `MOST_AN_HOUR` lines in the last hour the rest is dropped. Returns how many were kept.
    """
    with connection.cursor() as cursor:
        cursor.execute(ROOM, [now - timedelta(hours=1), MOST_AN_HOUR])
        room = max(0, MOST_AN_HOUR - int(cursor.fetchone()[0]))
    kept = lines[:room]
    read = [read_log_line(line) for line in kept]
    passes = passes_named(read, now)
    DeviceLog.objects.bulk_create(
        DeviceLog(
            campaign_id=passes.get(place, (None, None))[0],
            pass_id=passes.get(place, (None, None))[1],
            phrase=said.complaint.value if said.complaint else None,
            line=hide_tokens(line),
            at=now,
        )
        for place, (line, said) in enumerate(zip(kept, read, strict=True))
    )
    return len(kept)


def passes_named(read: Iterable[LogLine], now: datetime) -> dict[int, tuple[UUID, UUID]]:
    """Campaign and pass of the lines, by their place, that name a pass of ours."""
    named = []
    for place, said in enumerate(read):
        serial = read_serial_number(said.serial_number or "")
        if serial and IDENTIFIER.fullmatch(said.pass_type_identifier or ""):
            named.append((place, serial, said.pass_type_identifier))
    if not named:
        return {}
    places, serials, identifiers = (list(column) for column in zip(*named, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(NAMED, {"places": places, "serials": serials, "identifiers": identifiers, "at": now})
        return {place: (campaign_id, pass_id) for place, campaign_id, pass_id in cursor.fetchall()}
