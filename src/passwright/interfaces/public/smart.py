"""The page of a smart link: a form in which some of the answers stand already, for one pass."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from passwright.data.models import Pass
from passwright.interfaces.public import distribution, frames, link_refusals, refusals, returning, visits
from passwright.interfaces.public.answers import refused, wrong_method
from passwright.operations import smart_links
from passwright.operations.attempts import attempt
from passwright.operations.distribute import was_made_by
from passwright.operations.smart_links import SmartLink
from passwright.queries.distributions import PublicCampaign, campaign_of_link

MOST_FORMS, WITHIN = 60, timedelta(hours=1)
"""Of one smart link: who has one is no crowd, and no program that tries answers either."""


def smart_page(request: HttpRequest, link: str, sealed: str) -> HttpResponse:
    """``/p/{link}/t/{token}``: GET shows, POST makes the pass of the link, once."""
    if request.method not in ("GET", "HEAD", "POST"):
        return wrong_method("GET", "HEAD", "POST")
    campaign = campaign_of_link(link)
    if campaign is None:
        return refused(refusals.UNKNOWN)
    at = timezone.now()
    return frames.framed(request, campaign, answered(request, campaign, sealed, at))


def answered(request: HttpRequest, campaign: PublicCampaign, sealed: str, at: datetime) -> HttpResponse:
    smart_link = smart_links.opened(sealed, campaign.distribution_id)
    if smart_link is None:
        return distribution.refuse(campaign, link_refusals.unreadable(campaign))
    if request.method == "POST" and (refusal := distribution.refusal_of_post(request, campaign)):
        return distribution.refuse(campaign, refusal)
    if row := smart_links.pass_of(smart_link, campaign.campaign_id):
        return again(request, campaign, smart_link, row, at)
    if smart_link.expires_at <= at:
        return distribution.refuse(campaign, link_refusals.too_late(campaign, smart_link.expires_at))
    if smart_links.is_spent(smart_link):
        # Its pass was deleted, or somebody has made it since the look above.
        if row := smart_links.pass_of(smart_link, campaign.campaign_id):
            return again(request, campaign, smart_link, row, at)
        return distribution.refuse(campaign, link_refusals.used(campaign))
    if refusal := link_refusals.refusal_of(campaign, at):
        return distribution.refuse(campaign, refusal)
    if request.method == "POST":
        if not attempt(who=b"smart link " + smart_link.number, limit=MOST_FORMS, within=WITHIN, now=at):
            return distribution.refuse(campaign, link_refusals.too_many_forms(campaign))
        return distribution.submit(request, campaign, at, smart_link, sealed)
    return distribution.look(request, campaign, at, smart_link, sealed)


def again(
    request: HttpRequest, campaign: PublicCampaign, smart_link: SmartLink, row: Pass, at: datetime
) -> HttpResponse:
    """The link has made its pass: whoever has the link sees it, or only the browser that made it."""
    if row.link_id is not None or row.given_up:
        return distribution.refuse(campaign, link_refusals.used(campaign))
    form = visits.form_of(request, campaign.distribution_token, at)
    if visits.made_here(request, campaign, row) or was_made_by(row.id, form.number):
        return returning.to_page(row, campaign)
    if smart_link.single_use:
        return distribution.refuse(campaign, link_refusals.used(campaign))
    if smart_link.expires_at <= at:
        return distribution.refuse(campaign, link_refusals.too_late(campaign, smart_link.expires_at))
    return returning.to_page(row, campaign)
