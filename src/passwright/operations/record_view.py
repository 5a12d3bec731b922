"""Somebody looked at a public page."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from passwright.data.models import Event
from passwright.operations.record_event import append_at_once


def record_view(
    *, campaign_id: UUID, pass_id: UUID | None = None, distribution_id: UUID | None = None, at: datetime
) -> None:
    """Append a ``viewed`` event: of one of the campaign's links or of one pass. The door tells people from programs."""
    append_at_once(
        kind=Event.Kind.VIEWED, campaign_id=campaign_id, pass_id=pass_id, distribution_id=distribution_id, at=at
    )
