from __future__ import annotations

from datetime import datetime

from passwright.data.models import HourlyUsage

KEPT_HOURS = 48
"""For an operator who wants to see who was refused yesterday; only the current hour is ever counted on."""


def delete_old_usage(*, now: datetime) -> int:
    """Delete how often organizations came in hours long gone. Returns how many rows that were."""
    hour = int(now.timestamp() // 3600)
    deleted, _ = HourlyUsage.objects.filter(hour__lt=hour - KEPT_HOURS).delete()
    return deleted
