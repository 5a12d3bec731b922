"""Be ahead again of what phones know, after the database was restored from a backup.

Phones keep the last update tag and the ``Last-Modified`` that they were given, and some were given after the backup was
made. To those the restored database would say the same tags and times once more, about something else, and they would
miss it.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from passwright.data.models import Event
from passwright.operations.update_tags import lock_tags

TAGS = 1_000_000_000
"""More than can have been drawn since the backup."""

VERSIONS = 10_000
"""Likewise, of visible changes of one pass."""

OVERTAKE = f"SELECT setval('update_tag', nextval('update_tag') + {TAGS})"
RENEW = "UPDATE campaign SET version = version + %s"
ANNOUNCE = f"""
INSERT INTO push (campaign_id, kind, message, silent, created_at, devices, accepted, fetched, unchanged, refused, gone)
SELECT id, '{Event.Kind.CAMPAIGN_PUSHED.value}', '', false, %s, 0, 0, 0, 0, 0, 0 FROM campaign
WHERE deleted_at IS NULL AND EXISTS (SELECT 1 FROM registration WHERE campaign_id = campaign.id)
"""  # noqa: S608 - a constant


@transaction.atomic
def overtake_phones(*, now: datetime) -> int:
    """Every pass is newer than any phone has it, and the phones are told. Safe to repeat.

    Returns:
        How many campaigns have passes on phones.
    """
    lock_tags()
    with connection.cursor() as cursor:
        cursor.execute(OVERTAKE)
        cursor.execute(RENEW, [VERSIONS])
        cursor.execute(ANNOUNCE, [now])
        return int(cursor.rowcount)
