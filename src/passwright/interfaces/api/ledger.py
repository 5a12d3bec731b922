"""What was pushed and what came of it, per push and per device: the same for every type in `campaign_types.TYPES`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from msgspec import Meta, Struct

from passwright.data.models import Delivery, Device, DeviceLog, Push
from passwright.interfaces.api.campaign_types import TYPES, CampaignType, add_route
from passwright.interfaces.api.content_shapes import Id, Moment, milliseconds, milliseconds_of
from passwright.interfaces.api.frame import (
    Attribute,
    Kind,
    Router,
    answer,
    documented,
    filtered,
    found,
    number_of,
    paginated,
)
from passwright.interfaces.api.pages import paginated_together
from passwright.interfaces.api.passes import ONE, campaign_of, pass_of
from passwright.queries import pushes
from passwright.queries.pushes import PushState

PUSH_ATTRIBUTES = {
    "kind": Attribute(Kind.TEXT),
    "message": Attribute(Kind.TEXT),
    "created_at": Attribute(Kind.MOMENT),
}
DELIVERY_ATTRIBUTES = {
    "push_id": Attribute(Kind.INTEGER),
    "kind": Attribute(Kind.TEXT, "push__kind"),
    "device_id": Attribute(Kind.INTEGER),
    "state": Attribute(Kind.TEXT),
    "reason": Attribute(Kind.TEXT),
    "queued_at": Attribute(Kind.MOMENT),
    "answered_at": Attribute(Kind.MOMENT),
    "listed_at": Attribute(Kind.MOMENT),
    "fetched_at": Attribute(Kind.MOMENT),
    "unchanged_at": Attribute(Kind.MOMENT),
}
LOG_ATTRIBUTES = {
    "pass_id": Attribute(Kind.UUID),
    "phrase": Attribute(Kind.TEXT),
    "line": Attribute(Kind.TEXT),
    "at": Attribute(Kind.MOMENT),
}
NEWEST = ("-id",)
KINDS = "What happened: `campaign_merged`, `campaign_pushed`, `campaign_reset_undone`, or of one pass `updated`, " + (
    "`pushed`, `redeemed` or `redeem_reset`."
)
WhatHappened = Annotated[str, Meta(description=KINDS)]


class PushShape(Struct, frozen=True, kw_only=True):
    """A push and what came of it by now, counted by device."""

    id: int
    campaign_id: Id
    pass_id: Annotated[Id | None, Meta(description="Null: all passes of the campaign.")]
    kind: WhatHappened
    message: str
    silent: Annotated[bool, Meta(description="No device is told; one that asks is answered.")]
    state: Annotated[
        PushState,
        Meta(
            description="`waiting` and `spreading`: the devices are being looked for. `sending`: the push service has "
            "not answered for all of them. `done`."
        ),
    ]
    created_at: Moment
    spread_at: Annotated[Moment | None, Meta(description="When all devices were found.")]
    devices: Annotated[int, Meta(description="Devices that held a pass then.")]
    queued: Annotated[int, Meta(description="Those for which the push service has not answered.")]
    accepted: Annotated[int, Meta(description="Those whose push the push service took.")]
    refused: Annotated[int, Meta(description="Those for which it refused the push.")]
    gone: Annotated[int, Meta(description="Those that it does not reach any more.")]
    listed: Annotated[int, Meta(description="Those that asked which of their passes have changed.")]
    fetched: Annotated[int, Meta(description="Those that then got every pass of it.")]
    unchanged: Annotated[int, Meta(description="Those that had every pass of it already, and were told so.")]
    summary: Annotated[str, Meta(examples=["12,402 devices: 12,377 accepted, 11,950 fetched, 25 gone"])]


class DeviceShape(Struct, frozen=True, kw_only=True):
    """One wallet on one device. The same number is the same device."""

    id: int
    wallet: Annotated[str | None, Meta(description="Null when the device is gone.")]
    device_os: str | None


class DeliveryShape(Struct, frozen=True, kw_only=True):
    """One push to one device that holds the pass."""

    push_id: int
    kind: WhatHappened
    message: str
    device: DeviceShape
    state: Annotated[str, Meta(description="What the push service said: `queued`, `accepted`, `refused`, `gone`.")]
    reason: Annotated[str | None, Meta(description="What it said when it did not accept, last time.")]
    attempts: int
    queued_at: Moment
    answered_at: Annotated[Moment | None, Meta(description="When it was accepted, refused or gone.")]
    accepted_at: Moment | None
    apns_id: Annotated[Id | None, Meta(description="The number under which Apple's push service took it.")]
    listed_at: Annotated[Moment | None, Meta(description="When the device asked what has changed, and was told.")]
    fetched_at: Annotated[Moment | None, Meta(description="When it then got the pass.")]
    fetched_version: Annotated[int | None, Meta(description="The version that it got or had; the first is 2.")]
    unchanged_at: Annotated[Moment | None, Meta(description="When it heard that it has the pass already.")]


class LogShape(Struct, frozen=True, kw_only=True):
    """A line that a device sent to the log, without tokens. Anybody can send one."""

    id: int
    pass_id: Id | None
    phrase: Annotated[str | None, Meta(description="What it is about, where that is known.")]
    line: str
    at: Moment


def list_pushes(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """The pushes of all passes of the campaign at once, newest first, each with what came of it."""
    rows = pushes.pushes_of(campaign_of(kind, request, campaign_id).campaign)
    return paginated_together(request, filtered(request, rows, PUSH_ATTRIBUTES, ties=NEWEST), push_shapes)


def get_push(kind: CampaignType, request: HttpRequest, campaign_id: str, push_id: str) -> HttpResponse:
    """A push of the campaign or of one of its passes, and what came of it by now."""
    campaign = campaign_of(kind, request, campaign_id).campaign
    row = found(pushes.push_of(campaign, number_of(push_id, "Push")), "Push")
    return answer(next(iter(push_shapes([row]))))


def list_deliveries(kind: CampaignType, request: HttpRequest, campaign_id: str, pass_id: str) -> HttpResponse:
    """What was sent about the pass, one entry a push and device, newest first, and what each device did then. A device
    does not name itself when it fetches: where several hold the pass, the number of fetches is exact, and which of them
    it was is inferred. Entries are deleted after 30 days, unless the server's operator keeps them longer or shorter."""
    rows = pushes.deliveries_of(pass_of(campaign_of(kind, request, campaign_id), pass_id))
    ordered = filtered(request, rows, DELIVERY_ATTRIBUTES, ties=("-push_id", "device_id"))
    return paginated_together(request, ordered, delivery_shapes)


def list_logs(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """What devices complained of about the campaign's passes in the last 30 days, newest first."""
    rows = pushes.logs_of(campaign_of(kind, request, campaign_id).campaign)
    return paginated(request, filtered(request, rows, LOG_ATTRIBUTES, ties=NEWEST), log_shape)


def list_logs_of_pass(kind: CampaignType, request: HttpRequest, campaign_id: str, pass_id: str) -> HttpResponse:
    """What devices complained of about the pass in the last 30 days, newest first."""
    rows = pushes.logs_of_pass(pass_of(campaign_of(kind, request, campaign_id), pass_id))
    return paginated(request, filtered(request, rows, LOG_ATTRIBUTES, ties=NEWEST), log_shape)


def push_shapes(rows: Sequence[Push]) -> Iterable[PushShape]:
    counts = pushes.counts_of(rows)
    return [push_shape(row, counts[row.id]) for row in rows]


def push_shape(row: Push, counts: pushes.Counts) -> PushShape:
    return PushShape(
        id=row.id,
        campaign_id=str(row.campaign_id),
        pass_id=str(row.pass_id) if row.pass_id else None,
        kind=row.kind,
        message=row.message,
        silent=row.silent,
        state=pushes.state_of(row, counts),
        created_at=milliseconds(row.created_at),
        spread_at=milliseconds_of(row.spread_at),
        devices=counts.devices,
        queued=counts.queued,
        accepted=counts.accepted,
        refused=counts.refused,
        gone=counts.gone,
        listed=counts.listed,
        fetched=counts.fetched,
        unchanged=counts.unchanged,
        summary=pushes.sentence(row, counts),
    )


def delivery_shapes(rows: Sequence[Delivery]) -> Iterable[DeliveryShape]:
    there = pushes.devices_with(row.device_id for row in rows)
    return [delivery_shape(row, there.get(row.device_id)) for row in rows]


def delivery_shape(row: Delivery, device: Device | None) -> DeliveryShape:
    answered_at = milliseconds_of(row.answered_at)
    return DeliveryShape(
        push_id=row.push_id,
        kind=row.push.kind,
        message=row.push.message,
        device=DeviceShape(
            id=row.device_id,
            wallet=device.wallet if device else None,
            device_os=device.device_os if device else None,
        ),
        state=row.state,
        reason=row.reason,
        attempts=row.attempts,
        queued_at=milliseconds(row.queued_at),
        answered_at=answered_at,
        accepted_at=answered_at if row.state == Delivery.State.ACCEPTED else None,
        apns_id=str(row.apns_id) if row.apns_id else None,
        listed_at=milliseconds_of(row.listed_at),
        fetched_at=milliseconds_of(row.fetched_at),
        fetched_version=row.fetched_version,
        unchanged_at=milliseconds_of(row.unchanged_at),
    )


def log_shape(row: DeviceLog) -> LogShape:
    return LogShape(
        id=row.id,
        pass_id=str(row.pass_id) if row.pass_id else None,
        phrase=row.phrase,
        line=row.line,
        at=milliseconds(row.at),
    )


def add_routes(router: Router, kind: CampaignType) -> None:
    add, name, noun = partial(add_route, router, kind), kind.root, kind.noun
    listed = partial(documented, paged=True, refusals=(404,))
    logs = partial(listed, answer=list[LogShape], attributes=LOG_ATTRIBUTES)
    add(
        "GET",
        "/{campaign_id}/pushes",
        list_pushes,
        f"List the pushes of a {noun}",
        **listed(name=f"list_{name}_pushes", answer=list[PushShape], attributes=PUSH_ATTRIBUTES),
    )
    add(
        "GET",
        "/{campaign_id}/pushes/{push_id}",
        get_push,
        f"Get a push of a {noun}",
        **documented(name=f"get_{name}_push", answer=PushShape, refusals=(404,)),
    )
    add(
        "GET",
        f"{ONE}/deliveries",
        list_deliveries,
        f"List what was sent about a pass of a {noun}",
        **listed(name=f"list_{name}_pass_deliveries", answer=list[DeliveryShape], attributes=DELIVERY_ATTRIBUTES),
    )
    add(
        "GET",
        "/{campaign_id}/device_logs",
        list_logs,
        f"List what devices said about a {noun}",
        **logs(name=f"list_{name}_device_logs"),
    )
    add(
        "GET",
        f"{ONE}/device_logs",
        list_logs_of_pass,
        f"List what devices said about a pass of a {noun}",
        **logs(name=f"list_{name}_pass_device_logs"),
    )


router = Router()
for each in TYPES:
    add_routes(router, each)
