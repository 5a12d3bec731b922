"""Pushes and merges that come later: the same for every type in `campaign_types.TYPES`."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Annotated
from zoneinfo import ZoneInfo

from django.db.models import TextChoices
from django.http import HttpRequest, HttpResponse
from msgspec import Meta, Struct

from passwright.data.models import Campaign, ScheduledPush
from passwright.interfaces.api.campaign_types import TYPES, CampaignType, add_route
from passwright.interfaces.api.content_shapes import Id, Moment, milliseconds, milliseconds_of, whole_seconds
from passwright.interfaces.api.frame import (
    Attribute,
    Kind,
    Router,
    answer,
    body_of,
    documented,
    filtered,
    found,
    gone,
    id_of,
    organization_of,
    paginated,
)
from passwright.interfaces.api.passes import campaign_of
from passwright.interfaces.api.request_schemas import scheduled_push_body
from passwright.interfaces.api.schemas import Gone
from passwright.operations.cancel_scheduled_push import cancel_scheduled_push
from passwright.operations.schedule_push import schedule_push
from passwright.payloads.scheduled_pushes import read_later
from passwright.queries import scheduled_pushes

ROOT, NOUN = "scheduled_push", "Scheduled push"
MANY = "/{campaign_id}/scheduled_pushes"
ONE = "/{campaign_id}/scheduled_pushes/{scheduled_push_id}"

ATTRIBUTES = {
    "action": Attribute(Kind.TEXT),
    "state": Attribute(Kind.TEXT),
    "push_id": Attribute(Kind.INTEGER),
    "due_at": Attribute(Kind.MOMENT),
    "created_at": Attribute(Kind.MOMENT),
    "finished_at": Attribute(Kind.MOMENT),
}


def one_of(words: type[TextChoices]) -> Meta:
    return Meta(extra_json_schema={"enum": words.values})


class ScheduledPushShape(Struct, frozen=True, kw_only=True):
    """A push or a merge that the campaign gets later, or that it got."""

    id: Id
    campaign_id: Id
    action: Annotated[str, one_of(ScheduledPush.Action)]
    message: str
    reset: Annotated[bool, Meta(description="As in a push now; of a merge it means nothing.")]
    due_at: Moment
    state: Annotated[str, one_of(ScheduledPush.State)]
    push_id: Annotated[int | None, Meta(description="The push that came of it.")]
    note: Annotated[str | None, Meta(description="Why it was cancelled by itself, or why nothing was pushed.")]
    created_at: Moment
    finished_at: Moment | None


def post_scheduled(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Have the campaign pushed or merged at a time: `due_at`, in the future and within a year. It happens within some
    seconds of it, once, and as if somebody had asked for it then, also when the campaign is paused or archived. At most
    100 of a campaign can wait."""
    body = body_of(request, roots=(ROOT,))
    campaign = campaign_of(kind, request, campaign_id).campaign
    made = schedule_push(
        organization=organization_of(request),
        style=kind.style,
        campaign_id=campaign.id,
        wanted=read_later(body.rooted_or_bare, zone=ZoneInfo(campaign.time_zone)),
        now=datetime.now(UTC),
    )
    return answer(shape(made), status=201)


def list_scheduled(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """The pushes and merges that the campaign gets later, and those that are over, oldest first."""
    rows = scheduled_pushes.scheduled_pushes_of(campaign_of(kind, request, campaign_id).campaign)
    return paginated(request, filtered(request, rows, ATTRIBUTES), shape)


def get_scheduled(kind: CampaignType, request: HttpRequest, campaign_id: str, scheduled_push_id: str) -> HttpResponse:
    campaign = campaign_of(kind, request, campaign_id).campaign
    return answer(shape(scheduled_of(campaign, scheduled_push_id)))


def cancel_scheduled(
    kind: CampaignType, request: HttpRequest, campaign_id: str, scheduled_push_id: str
) -> HttpResponse:
    """It will not happen. It stays in the list, as cancelled. One that is done or cancelled is refused."""
    cancel_scheduled_push(
        campaign=campaign_of(kind, request, campaign_id).campaign,
        scheduled_push_id=id_of(scheduled_push_id, NOUN),
        now=datetime.now(UTC),
    )
    return gone()


def scheduled_of(campaign: Campaign, scheduled_push_id: str) -> ScheduledPush:
    """Raises: NotFound: if the campaign has no such scheduled push."""
    return found(scheduled_pushes.scheduled_push(campaign, id_of(scheduled_push_id, NOUN)), NOUN)


def shape(row: ScheduledPush) -> ScheduledPushShape:
    return ScheduledPushShape(
        id=str(row.id),
        campaign_id=str(row.campaign_id),
        action=row.action,
        message=row.message,
        reset=row.reset,
        due_at=whole_seconds(row.due_at),
        state=row.state,
        push_id=row.push_id,
        note=row.note,
        created_at=milliseconds(row.created_at),
        finished_at=milliseconds_of(row.finished_at),
    )


def add_routes(router: Router, kind: CampaignType) -> None:
    add, name = partial(add_route, router, kind), f"scheduled_{kind.root}_push"
    add(
        "GET",
        MANY,
        list_scheduled,
        f"List the scheduled pushes of a {kind.noun}",
        **documented(
            name=f"list_{name}es", answer=list[ScheduledPushShape], paged=True, attributes=ATTRIBUTES, refusals=(404,)
        ),
    )
    add(
        "POST",
        MANY,
        post_scheduled,
        f"Push or merge a {kind.noun} later",
        **documented(
            name=f"create_{name}",
            answer=ScheduledPushShape,
            status=201,
            body=scheduled_push_body(),
            refusals=(404, 412, 422),
        ),
    )
    add(
        "GET",
        ONE,
        get_scheduled,
        f"Get a scheduled push of a {kind.noun}",
        **documented(name=f"get_{name}", answer=ScheduledPushShape, refusals=(404,)),
    )
    add(
        "DELETE",
        ONE,
        cancel_scheduled,
        f"Cancel a scheduled push of a {kind.noun}",
        **documented(name=f"cancel_{name}", answer=Gone, refusals=(404, 412)),
    )


router = Router()
for each in TYPES:
    add_routes(router, each)
