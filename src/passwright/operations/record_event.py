"""Append what happened, in the transaction that makes it happen."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from passwright.data.models import Event


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
