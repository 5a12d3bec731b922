"""Merging and pushing campaigns, undoing a reset, and pushing one pass."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from django.http import HttpRequest, HttpResponse

from passwright.data.models import Push
from passwright.interfaces.api.campaign_types import ROOTS, TYPES, CampaignType, add_route
from passwright.interfaces.api.frame import Router, answer, body_of, documented, found, id_of, organization_of
from passwright.interfaces.api.request_schemas import push_body
from passwright.interfaces.api.schemas import Said
from passwright.operations.merge_campaign import merge_campaign
from passwright.operations.push_campaign import push_campaign
from passwright.operations.push_pass import push_pass
from passwright.operations.undo_reset import undo_reset
from passwright.payloads.pushes import PushWanted, read_push
from passwright.queries.campaign_with_link import campaign_of_any_style

PUSHED = ("X-Push-Id",)
EVERY_ROOT = ("pass", *sorted(ROOTS))


def sent_push(request: HttpRequest) -> PushWanted:
    """Messages stand bare, under ``pass`` or under any type's root: the contract prints all of them."""
    body = body_of(request, roots=EVERY_ROOT)
    return read_push(body.attributes, beside=body.beside)


def post_merge(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Bring the campaign to the passes that were issued before. What is fixed becomes the campaign's, what is dynamic
    keeps its value; fields and pictures that a pass brought itself stay. Devices that hold a pass are pushed and fetch
    it; the message, if there is one, is on their lock screens."""
    merged = merge_campaign(
        organization=organization_of(request),
        style=kind.style,
        campaign_id=id_of(campaign_id, "Campaign"),
        message=sent_push(request).message,
        now=datetime.now(UTC),
    )
    row = merged.campaign
    if merged.push is None:
        return answer(Said(f"There are no passes to merge for campaign '{row.name}'."))
    return started(merged.push, f"Started merging {row.pass_count} passes for campaign '{row.name}'.")


def post_push(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Reset passes older than the campaign's last update to what it says now, without anything personal, unless
    `reset` is false; `undo_reset` brings that back. Coupons are never reset. Devices that hold a pass are pushed and
    fetch it; the message, if there is one, is on their lock screens."""
    wanted = sent_push(request)
    pushed = push_campaign(
        organization=organization_of(request),
        style=kind.style,
        campaign_id=id_of(campaign_id, "Campaign"),
        message=wanted.message,
        reset=wanted.reset,
        now=datetime.now(UTC),
    )
    row = pushed.campaign
    if pushed.push is None:
        return answer(Said(f"There are no passes to update for campaing '{row.name}'."))  # spelled as in the contract
    return started(pushed.push, f"Started pushing {row.pass_count} passes for campaign '{row.name}'.")


def started(push: Push, sentence: str) -> HttpResponse:
    """Its body is the contract's; the number of the push goes beside it."""
    response = answer(Said(sentence))
    response.headers["X-Push-Id"] = str(push.id)
    return response


def post_undo_reset(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Give the passes back what the last campaign push took from them. What was written to them since then stays."""
    row = undo_reset(
        organization=organization_of(request),
        style=kind.style,
        campaign_id=id_of(campaign_id, "Campaign"),
        now=datetime.now(UTC),
    )
    return answer(Said(f"Undid the last reset of the passes of campaign '{row.name}'."))


def post_pass_push(kind: CampaignType, request: HttpRequest, campaign_id: str, pass_id: str) -> HttpResponse:
    """Say something on one pass. The type in the address is not looked at: the contract prints another one for boarding
    passes. Devices that hold the pass are pushed and fetch it; the message, if there is one, is on their lock
    screens."""
    wanted_id = id_of(campaign_id, "Campaign")
    campaign = found(campaign_of_any_style(organization_of(request), wanted_id), "Campaign").campaign
    row = push_pass(
        campaign=campaign,
        pass_id=id_of(pass_id, "Pass"),
        message=sent_push(request).message,
        now=datetime.now(UTC),
    )
    return answer(Said(f"push notifications sent for pass with id: {row.id} on campaign '{row.campaign.name}'"))


def add_routes(router: Router, kind: CampaignType) -> None:
    add, name = partial(add_route, router, kind), kind.root
    add(
        "POST",
        "/{campaign_id}/merge",
        post_merge,
        f"Merge a {kind.noun} into its passes",
        **documented(name=f"merge_{name}", answer=Said, body=push_body(name), headers=PUSHED, refusals=(404, 422)),
    )
    add(
        "POST",
        "/{campaign_id}/push",
        post_push,
        f"Push all passes of a {kind.noun}",
        **documented(
            name=f"push_{name}", answer=Said, body=push_body(name, resets=True), headers=PUSHED, refusals=(404, 422)
        ),
    )
    add(
        "POST",
        "/{campaign_id}/undo_reset",
        post_undo_reset,
        f"Undo the last reset of a {kind.noun}",
        **documented(name=f"undo_{name}_reset", answer=Said, refusals=(404, 412)),
    )
    add(
        "POST",
        "/{campaign_id}/passes/{pass_id}/push",
        post_pass_push,
        f"Push a pass of a {kind.noun}",
        **documented(name=f"push_{name}_pass", answer=Said, body=push_body(name), refusals=(404, 422)),
    )


router = Router()
for each in TYPES:
    add_routes(router, each)
