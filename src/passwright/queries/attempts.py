from __future__ import annotations

from datetime import datetime, timedelta

from passwright import secrets
from passwright.data.models import Attempts


def window_ends_at(*, who: bytes, within: timedelta) -> datetime | None:
    """When somebody who has made all his attempts (`operations.attempts`) may try again; None if he made none."""
    since = Attempts.objects.filter(digest=secrets.attempt_digest(who)).values_list("since", flat=True).first()
    return since + within if since else None
