"""Write down that webhooks are to be told, in the transaction of the event: lost and found with it.

A delivery for every endpoint that wants the event, with what the pass was at that moment. Where an organization has no
endpoint this is one look into an index.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from passwright.data.models import Event
from passwright.passes.webhooks import WebhookEvent

OF_KINDS = {
    Event.Kind.CREATED: WebhookEvent.CREATED,
    Event.Kind.DOWNLOADED: WebhookEvent.DOWNLOADED,
    Event.Kind.INSTALLED: WebhookEvent.INSTALLED,
    Event.Kind.FETCHED: WebhookEvent.FETCHED,
    Event.Kind.REDEEMED: WebhookEvent.REDEEMED,
    Event.Kind.UNINSTALLED: WebhookEvent.UNINSTALLED,
    Event.Kind.EXPIRED: WebhookEvent.EXPIRED,
    Event.Kind.TRANSFERRED: WebhookEvent.TRANSFERRED,
}
"""Events that webhooks are told of whenever they are appended. ``updated`` and ``voided`` depend on what changed."""

TOLD = """
INSERT INTO webhook_delivery (id, endpoint_id, event, campaign_id, pass_id, extra, snapshot, at, state, due_at,
                              attempts)
SELECT gen_random_uuid(), endpoint.id, {event}, was.campaign_id, was.id, {extra},
       jsonb_build_object(
           'serial_number', was.serial_number, 'voided', was.voided, 'redeemed_count', was.redeemed_count,
           'redeemed_at', was.redeemed_at, 'created_at', was.created_at, 'updated_at', was.updated_at,
           'metadata', was.metadata,
           'distribution_id', coalesce(was.distribution_id,
                                       (SELECT id FROM distribution WHERE distribution.campaign_id = was.campaign_id
                                        ORDER BY distribution.created_at, distribution.id LIMIT 1)),
           'last_fetched_at', {last_fetched_at}
       ), {at}, 'queued', {at}, 0
FROM {source} JOIN webhook_endpoint AS endpoint ON endpoint.organization_id = {organization}
WHERE endpoint.disabled_at IS NULL AND endpoint.events ? {event}
"""
"""As part of a longer statement. Fill in with `str.format`:

* ``source``: what gives the row ``was`` with a pass's columns as they are after the event: what ``RETURNING pass.*``
  gave, where the statement itself writes the pass (a statement does not see what it writes), or a ``JOIN pass AS was``.
* ``organization``: SQL of whose the pass is, such as `OWNER`.
* ``event``, ``extra`` (jsonb), ``at``: SQL of the event's name, its ``event_extra`` and its time.
* ``last_fetched_at``: `LAST_FETCHED`, or ``NULL`` where nobody can have fetched the pass.
"""

OWNER = "(SELECT organization_id FROM campaign WHERE campaign.id = was.campaign_id)"

LAST_FETCHED = """(SELECT fetched.at FROM event AS fetched WHERE fetched.pass_id = was.id AND fetched.kind = 'fetched'
                   ORDER BY fetched.at DESC LIMIT 1)"""

ONE = TOLD.format(
    source="pass AS was",
    event="%(event)s",
    organization=OWNER,
    extra="%(extra)s::jsonb",
    at="%(at)s",
    last_fetched_at=LAST_FETCHED,
)


def tell_webhooks(*, event: WebhookEvent, pass_id: UUID, at: datetime, extra: Mapping[str, Any] | None = None) -> None:
    """One pass has an event, in the caller's transaction, which has written the pass already."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{ONE} AND was.id = %(pass)s",
            {"event": event.value, "pass": pass_id, "at": at, "extra": as_json(extra)},
        )


def as_json(extra: Mapping[str, Any] | None) -> str | None:
    return msgspec.json.encode(extra).decode() if extra else None


def wanted(*, campaign_id: UUID, event: WebhookEvent) -> bool:
    """Whether any endpoint asks for the event: for those who would have to collect many passes to tell of them."""
    with connection.cursor() as cursor:
        cursor.execute(WANTED, {"campaign": campaign_id, "event": event.value})
        return bool(cursor.fetchone()[0])


WANTED = """
SELECT EXISTS (
    SELECT FROM webhook_endpoint AS endpoint JOIN campaign ON campaign.organization_id = endpoint.organization_id
    WHERE campaign.id = %(campaign)s AND endpoint.disabled_at IS NULL AND endpoint.events ? %(event)s
)
"""
