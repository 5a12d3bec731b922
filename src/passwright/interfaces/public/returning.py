"""Somebody who has a pass of this link already: he is led to it, asked what he wants, or told where it is."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from passwright import secrets
from passwright.data.models import Pass
from passwright.interfaces.public import addresses, visits
from passwright.interfaces.public.answers import host_of, page, redirect
from passwright.interfaces.public.words import _, said
from passwright.operations.distribute import send_links
from passwright.operations.distribution_rules import Returning
from passwright.queries.distributions import PublicCampaign

ANOTHER = "another"
"""Parameter of who was asked and wants one more pass."""


def answer_to_known(request: HttpRequest, campaign: PublicCampaign) -> HttpResponse | None:
    """What somebody sees instead of the form whose browser was given a pass here; None for all others."""
    rule = campaign.link.returning
    if rule not in (Returning.PER_VISITOR, Returning.ASK):
        return None
    if rule == Returning.ASK and (request.method == "POST" or wants_another(request, campaign)):
        return None
    row = visits.his_pass(request, campaign)
    if row is None:
        return None
    return to_page(row, campaign) if rule == Returning.PER_VISITOR else choice(request, row, campaign)


def wants_another(request: HttpRequest, campaign: PublicCampaign) -> bool:
    return campaign.link.returning == Returning.ASK and request.GET.get(ANOTHER) == "1"


def knows_visitors(campaign: PublicCampaign) -> bool:
    """Whether a browser is to be known again for longer than a day."""
    return campaign.link.returning != Returning.ALWAYS_NEW


def to_page(row: Pass, campaign: PublicCampaign) -> HttpResponse:
    return redirect(page_of(row, campaign), 303)


def page_of(row: Pass, campaign: PublicCampaign) -> str:
    return addresses.pass_page(campaign.distribution_token, secrets.page_token(row.opened_by))


def choice(request: HttpRequest, row: Pass, campaign: PublicCampaign) -> HttpResponse:
    style = campaign.revision.style
    another = addresses.same_query(request, addresses.link_page(campaign.distribution_token), **{ANOTHER: "1"})
    return known(
        campaign,
        heading=said(_("You have a {noun} of {issuer} already"), style, issuer=campaign.issuer),
        lead=said(_("Show it again, or make another one."), style),
        acts=[
            {"text": said(_("Show my {noun}"), style), "href": page_of(row, campaign), "main": True},
            {"text": said(_("Make another {noun}"), style), "href": another, "main": False},
        ],
    )


def answer_has_pass(request: HttpRequest, campaign: PublicCampaign, pass_id: UUID, at: datetime) -> HttpResponse:
    """There is a pass with this answer. Whose browser made it sees it; anybody else hears only that there is one."""
    his = visits.his_pass(request, campaign)
    if his is not None and his.id == pass_id:
        return to_page(his, campaign)
    style = campaign.revision.style
    sent = send_links(pass_id=pass_id, at=at)
    lead = (
        _("We have sent its links to the e-mail address in it. Nothing new was created.")
        if sent
        else _("One answer gets one {noun} here, so nothing new was created.")
    )
    return known(
        campaign,
        heading=said(_("There is a {noun} with this answer already"), style),
        lead=said(lead, style),
        acts=[],
        advice=[
            said(
                _("If it is yours: open the link in the browser in which you made it, or look into your wallet."), style
            ),
            _("If the answer was mistyped, go back and change it."),
            said(_("Ask {issuer} if you cannot find it."), style, issuer=campaign.issuer),
        ],
        status=409,
    )


def known(
    campaign: PublicCampaign,
    *,
    heading: str,
    lead: str,
    acts: list[dict[str, object]],
    advice: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "title": said(_("{heading} · {issuer}"), heading=heading, issuer=campaign.issuer),
        "private": True,
        "host": host_of(campaign),
        "style": campaign.revision.style,
        "heading": heading,
        "lead": lead,
        "acts": acts,
        "advice": advice or [],
    }
    return page("public/known.html", context, status=status)
