"""Append what happened, in the transaction that makes it happen, and count it for the reports."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from passwright.data.models import Event, Tally
from passwright.passes.counters import Counter

COUNTED = {
    Event.Kind.CREATED: Counter.CREATES,
    Event.Kind.UPDATED: Counter.UPDATES,
    Event.Kind.DOWNLOADED: Counter.DOWNLOADS,
    Event.Kind.VIEWED: Counter.VIEWS,
    Event.Kind.REDEEMED: Counter.REDEEMS,
    Event.Kind.EXPIRED: Counter.EXPIRES,
}
"""What reports count of events. Statements that append events by hand (issue, redeem, deliver) count for themselves."""


def append(
    *,
    kind: Event.Kind,
    campaign_id: uuid.UUID,
    at: datetime,
    pass_id: uuid.UUID | None = None,
    extra: Mapping[str, Any] | None = None,
) -> None:
    """Append one event; the caller's transaction decides whether it happened."""
    Event.objects.create(
        kind=kind, campaign_id=campaign_id, pass_id=pass_id, extra=dict(extra) if extra else None, at=at
    )
    if counter := COUNTED.get(kind):
        count(counter, campaign_id=campaign_id, at=at)


def count(counter: Counter, *, campaign_id: uuid.UUID, at: datetime, amount: int = 1) -> None:
    """Count for the reports of the day (UTC) on which it happened."""
    Tally.objects.create(campaign_id=campaign_id, day=at.astimezone(UTC).date(), counter=counter.value, amount=amount)
