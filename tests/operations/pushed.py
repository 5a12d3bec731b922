"""Pushes and their deliveries as rows, as if they had been spread and sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from passwright.data.models import Campaign, Delivery, Push
from passwright.queries import pushes
from tests.operations.toys import NOW

ACCEPTED = {"state": "accepted", "attempts": 1, "answered_at": NOW}
REFUSED = {"state": "refused", "attempts": 3, "answered_at": NOW, "reason": "BadTopic"}
GONE = {"state": "gone", "attempts": 1, "answered_at": NOW, "reason": "Unregistered"}
LISTED = {**ACCEPTED, "listed_at": NOW}
FETCHED = {**LISTED, "fetched_at": NOW, "fetched_version": 3}
UNCHANGED = {**LISTED, "unchanged_at": NOW, "fetched_version": 3}


def pushed(
    campaign: Campaign, pass_id: UUID | None = None, *, at: datetime = NOW, spread: bool = True, **parts: Any
) -> Push:
    """One that all devices have their delivery of."""
    kind = "updated" if pass_id else "campaign_merged"
    spread_at = at if spread else None
    return Push.objects.create(
        campaign=campaign, pass_id=pass_id, **{"kind": kind, "created_at": at, "spread_at": spread_at} | parts
    )


def delivery(push: Push, device_id: int, pass_id: UUID | None = None, **parts: Any) -> Delivery:
    asked = {"queued_at": push.created_at, **parts}
    return Delivery.objects.create(push=push, device_id=device_id, pass_id=pass_id or push.pass_id or uuid4(), **asked)


def summary(push: Push) -> str:
    """What the ledger says of it, read again."""
    push.refresh_from_db()
    return pushes.sentence(push, pushes.counts_of([push])[push.id])


def counts(push: Push) -> dict[str, int]:
    """Those that are not zero."""
    push.refresh_from_db()
    found = pushes.counts_of([push])[push.id]
    return {name: getattr(found, name) for name in pushes.COLUMNS if getattr(found, name)}
