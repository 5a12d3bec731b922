"""Why a page cannot do what one came for, in the visitor's words."""

from __future__ import annotations

from datetime import datetime

from passwright.interfaces.public.answers import Act, Refusal
from passwright.interfaces.public.words import NOUNS, day, plural
from passwright.passes.content import CodeType
from passwright.queries.distributions import PublicCampaign

UNKNOWN = Refusal(
    status=404,
    heading="This link leads nowhere",
    text="It was mistyped or cut off on the way, or what it led to has been removed.",
    acts=(
        Act("Compare the address with the message or the poster it came from: upper and lower case count."),
        Act("Ask whoever gave you the link for a new one."),
    ),
    reason="no link and no pass has this address",
)

ELSEWHERE = Refusal(
    status=403,
    heading="Nothing was created",
    text="The answers came from another website. To be sure that you want this, they have to be sent from here.",
    acts=(Act("Open the link itself and send the form there."),),
    reason="the form was sent from another origin",
)


def paused(campaign: PublicCampaign) -> Refusal:
    noun = NOUNS[campaign.revision.style]
    return Refusal(
        status=403,
        heading=f"No {plural(noun)} are given out at the moment",
        text=f"{campaign.issuer} has paused this link. Whoever has a {noun} already keeps it.",
        acts=(Act("Come back later: the link stays the same."), Act(f"Ask {campaign.issuer} when it opens again.")),
        reason="campaign paused",
    )


def ended(campaign: PublicCampaign) -> Refusal:
    noun = NOUNS[campaign.revision.style]
    return Refusal(
        status=410,
        heading=f"No more {plural(noun)} are given out here",
        text=f"{campaign.issuer} has closed this link. Whoever has a {noun} already keeps it.",
        acts=(Act(f"Ask {campaign.issuer} whether there is a new link."),),
        reason="campaign archived",
    )


def certificate_expired(campaign: PublicCampaign) -> Refusal:
    noun = NOUNS[campaign.revision.style]
    return Refusal(
        status=503,
        heading=f"The {noun} cannot be made at the moment",
        text=f"A certificate that {campaign.issuer} needs for this has run out. Nothing is lost: "
        f"{plural(noun)} that people already have keep working.",
        acts=(Act("Come back later: the link stays the same."), Act(f"Tell {campaign.issuer} about this page.")),
        reason=f"pass type certificate expired on {day(campaign.certificate_expires_at)}",
    )


def personal(campaign: PublicCampaign) -> Refusal:
    noun = NOUNS[campaign.revision.style]
    return Refusal(
        status=403,
        heading=f"These {plural(noun)} are given out personally",
        text=f"{campaign.issuer} makes each {noun} with a code of its own, so there is none to take here.",
        acts=(Act(f"Ask {campaign.issuer} for the link to your {noun}."),),
        reason="every pass of this campaign brings its own code (code_type per_pass)",
    )


def refusal_of(campaign: PublicCampaign, at: datetime) -> Refusal | None:
    """Why this campaign gives out no pass now; None if it does."""
    if campaign.state == "paused":
        return paused(campaign)
    if campaign.state == "archived":
        return ended(campaign)
    if campaign.revision.code_type is CodeType.PER_PASS and not campaign.remote_form_url:
        return personal(campaign)
    return certificate_expired(campaign) if campaign.certificate_expires_at <= at else None
