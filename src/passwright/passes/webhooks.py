"""What webhooks say: the payload of the v2 contract, the same bytes however often it is made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct


class WebhookEvent(StrEnum):
    """What an endpoint can ask to be told."""

    CREATED = "created"
    DOWNLOADED = "downloaded"
    INSTALLED = "installed"
    FETCHED = "fetched"
    REDEEMED = "redeemed"
    UNINSTALLED = "uninstalled"
    UPDATED = "updated"
    VOIDED = "voided"
    EXPIRED = "expired"
    TRANSFERRED = "transferred"


OF_THE_CONTRACT = (
    WebhookEvent.CREATED,
    WebhookEvent.DOWNLOADED,
    WebhookEvent.INSTALLED,
    WebhookEvent.FETCHED,
    WebhookEvent.REDEEMED,
    WebhookEvent.UNINSTALLED,
)
"""What an endpoint is told that does not say what it wants. The other events are ours: clients of the contract do not
know them."""

TEST = "test"
"""The event of a delivery that somebody asked for to see whether it arrives. It is about no pass."""

EXTRA_ORDER = (
    "pass_id",
    "registration_id",
    "device_os",
    "device_app_vendor",
    "wallet_type",
    "ip",
    "redeem_id",
    "comment",
    "redeem_code",
)
"""The contract's order of what ``event_extra`` holds. The database keeps an order of its own."""


class Snapshot(Struct, frozen=True, kw_only=True):
    """What the pass was when it happened."""

    serial_number: UUID
    voided: bool
    redeemed_count: int
    created_at: datetime
    updated_at: datetime
    distribution_id: UUID | None = None
    redeemed_at: datetime | None = None
    last_fetched_at: datetime | None = None
    metadata: dict[str, Any] | None = None


class Happened(Struct, frozen=True, kw_only=True):
    """One event of one pass."""

    event: str
    campaign_id: UUID
    pass_id: UUID
    at: datetime
    extra: Mapping[str, Any]
    snapshot: Snapshot


class Payload(Struct, frozen=True, kw_only=True):
    """As the contract prints it, in its order."""

    event: str
    context: str
    campaign_id: UUID
    distribution_id: UUID | None
    pass_id: UUID
    voided: bool
    serial_number: UUID
    redeemed_count: int
    redeemed_at: str | None
    created_at: str
    updated_at: str
    last_fetched_at: str | None
    event_at: str
    metadata: dict[str, Any]
    event_extra: dict[str, Any]


def body(happened: Happened) -> bytes:
    """The JSON that is sent; equal events give equal bytes."""
    return msgspec.json.encode(payload(happened))


def payload(happened: Happened) -> Payload:
    was = happened.snapshot
    return Payload(
        event=happened.event,
        context="pass",
        campaign_id=happened.campaign_id,
        distribution_id=was.distribution_id,
        pass_id=happened.pass_id,
        voided=was.voided,
        serial_number=was.serial_number,
        redeemed_count=was.redeemed_count,
        redeemed_at=seconds(was.redeemed_at),
        created_at=whole_seconds(was.created_at),
        updated_at=whole_seconds(was.updated_at),
        last_fetched_at=seconds(was.last_fetched_at),
        event_at=whole_seconds(happened.at),
        metadata=was.metadata or {},
        event_extra=ordered(happened.extra),
    )


def whole_seconds(at: datetime) -> str:
    """
    >>> whole_seconds(datetime(2026, 11, 22, 12, 0, 59, 999999, tzinfo=UTC))
    '2026-11-22T12:00:59Z'
    """
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def seconds(at: datetime | None) -> str | None:
    return None if at is None else whole_seconds(at)


def ordered(extra: Mapping[str, Any]) -> dict[str, Any]:
    """What the contract names first, in its order; then the rest as it came."""
    named = {name: extra[name] for name in EXTRA_ORDER if name in extra}
    return named | dict(extra)
