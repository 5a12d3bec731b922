"""Pausing, resuming and archiving campaigns."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from django.http import HttpRequest, HttpResponse

from passwright.interfaces.api.campaign_shapes import CampaignShape
from passwright.interfaces.api.campaign_types import TYPES, CampaignType, add_route
from passwright.interfaces.api.campaigns import shapes
from passwright.interfaces.api.frame import Router, answer, documented, id_of, organization_of
from passwright.operations.change_campaign_state import ARCHIVE, PAUSE, RESUME, Transition, change_campaign_state


def changed(transition: Transition, kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """The campaign in its new state. What the request's body says is not read."""
    row = change_campaign_state(
        organization=organization_of(request),
        style=kind.style,
        campaign_id=id_of(campaign_id, "Campaign"),
        transition=transition,
        now=datetime.now(UTC),
    )
    return answer(shapes([row])[0])


def pause_campaign(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """No more passes are issued until it is resumed. Those that were issued can be updated, pushed, merged and
    redeemed."""
    return changed(PAUSE, kind, request, campaign_id)


def resume_campaign(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """A paused campaign issues passes again."""
    return changed(RESUME, kind, request, campaign_id)


def archive_campaign(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """No more passes are issued, for good. Those that were issued can be updated, pushed, merged and redeemed."""
    return changed(ARCHIVE, kind, request, campaign_id)


STATES = {"pause": pause_campaign, "resume": resume_campaign, "archive": archive_campaign}


def add_routes(router: Router, kind: CampaignType) -> None:
    add = partial(add_route, router, kind)
    for event, handler in STATES.items():
        add(
            "POST",
            f"/{{campaign_id}}/{event}",
            handler,
            f"{event.capitalize()} a {kind.noun}",
            **documented(name=f"{event}_{kind.root}", answer=CampaignShape, refusals=(404,), listed=(412,)),
        )


router = Router()
for each in TYPES:
    add_routes(router, each)
