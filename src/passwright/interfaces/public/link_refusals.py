"""Why a link gives out no pass now: its rules, in the visitor's words and in the campaign's time zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from passwright.interfaces.public import refusals
from passwright.interfaces.public.answers import Act, Refusal
from passwright.interfaces.public.words import _, day, said
from passwright.queries.distributions import PublicCampaign


def refusal_of(campaign: PublicCampaign, at: datetime) -> Refusal | None:
    """Why nobody gets a pass here now, whoever he is; None if the link gives them out."""
    if refusal := refusals.refusal_of(campaign, at):
        return refusal
    link = campaign.link
    if link.ends_at and at >= link.ends_at:
        return over(campaign, link.ends_at)
    if link.pass_limit is not None and link.issued_count >= link.pass_limit:
        return all_gone(campaign, link.pass_limit)
    return not_yet(campaign, link.starts_at) if link.starts_at and at < link.starts_at else None


def moment(campaign: PublicCampaign, at: datetime) -> dict[str, object]:
    """``{day}``, ``{time}`` and ``{zone}`` of a sentence."""
    local = at.astimezone(ZoneInfo(campaign.time_zone))
    return {"day": day(local), "time": f"{local:%H:%M}", "zone": campaign.time_zone}


def not_yet(campaign: PublicCampaign, starts_at: datetime) -> Refusal:
    when = moment(campaign, starts_at)
    return Refusal(
        status=403,
        heading=said(_("This link opens on {day} at {time}"), **when),
        text=said(
            _("{issuer} gives out these {nouns} from then on. The time is that of {zone}."),
            campaign.revision.style,
            issuer=campaign.issuer,
            **when,
        ),
        acts=(Act(_("Come back then: the link stays the same.")),),
        reason=said(_("the distribution starts at {at} UTC"), at=f"{starts_at:%Y-%m-%d %H:%M}"),
    )


def over(campaign: PublicCampaign, ends_at: datetime) -> Refusal:
    when = moment(campaign, ends_at)
    return Refusal(
        status=410,
        heading=said(_("This link ended on {day} at {time}"), **when),
        text=said(
            _("{issuer} gives out no more {nouns} here. The time is that of {zone}. Whoever has one already keeps it."),
            campaign.revision.style,
            issuer=campaign.issuer,
            **when,
        ),
        acts=(ask_for_another(campaign),),
        reason=said(_("the distribution ended at {at} UTC"), at=f"{ends_at:%Y-%m-%d %H:%M}"),
    )


def all_gone(campaign: PublicCampaign, limit: int) -> Refusal:
    return Refusal(
        status=410,
        heading=said(_("All {nouns} of this link are gone"), campaign.revision.style),
        text=said(
            _("{issuer} gave out {limit} here, and there are no more. Whoever has one already keeps it."),
            issuer=campaign.issuer,
            limit=limit,
        ),
        acts=(ask_for_another(campaign),),
        reason=_("the pass_limit of the distribution is reached"),
    )


def too_many_tries(campaign: PublicCampaign) -> Refusal:
    return Refusal(
        status=429,
        heading=_("Too many wrong passwords"),
        text=_("So that nobody finds it out by trying, this page waits ten minutes before it looks at another one."),
        acts=(
            Act(_("Wait ten minutes and open the link again.")),
            Act(said(_("Ask {issuer} for the password."), issuer=campaign.issuer)),
        ),
        reason=_("more than 20 wrong passwords from this address in ten minutes"),
    )


def too_many_forms(campaign: PublicCampaign) -> Refusal:
    return Refusal(
        status=429,
        heading=_("Too many at once"),
        text=_("The form of this link was sent very often. Nothing is lost, and nothing was created this time."),
        acts=(
            Act(_("Try again in an hour.")),
            Act(said(_("Ask {issuer} to send you a new link."), issuer=campaign.issuer)),
        ),
        reason=_("more than 60 forms of one smart link in an hour"),
        retry_seconds=3600,
    )


def unreadable(campaign: PublicCampaign) -> Refusal:
    return Refusal(
        status=404,
        heading=_("This link is not whole"),
        text=said(
            _("It was made for one {noun} of {issuer}, and was cut off or changed on the way. Nothing was created."),
            campaign.revision.style,
            issuer=campaign.issuer,
        ),
        acts=(
            Act(_("Open it from the message it came with, all of it.")),
            Act(said(_("Ask {issuer} to send you the link again."), issuer=campaign.issuer)),
        ),
        reason=_("the token of the smart link cannot be read with this distribution"),
    )


def too_late(campaign: PublicCampaign, expires_at: datetime) -> Refusal:
    when = moment(campaign, expires_at)
    return Refusal(
        status=410,
        heading=said(_("This link ended on {day} at {time}"), **when),
        text=said(
            _("It was made for one {noun} of {issuer}. The time is that of {zone}. Nothing was created."),
            campaign.revision.style,
            issuer=campaign.issuer,
            **when,
        ),
        acts=(Act(said(_("Ask {issuer} to send you a new link."), issuer=campaign.issuer)),),
        reason=_("the smart link has expired"),
    )


def used(campaign: PublicCampaign) -> Refusal:
    return Refusal(
        status=410,
        heading=_("This link was used"),
        text=said(
            _("It was made for one {noun} of {issuer}, and somebody has that one. Nothing was created."),
            campaign.revision.style,
            issuer=campaign.issuer,
        ),
        acts=(
            Act(_("If it was you: open the link in the browser in which you made it, or look into your wallet.")),
            Act(said(_("Ask {issuer} to send you a new link."), issuer=campaign.issuer)),
        ),
        reason=_("the smart link has made its pass"),
    )


def ask_for_another(campaign: PublicCampaign) -> Act:
    return Act(said(_("Ask {issuer} whether there is a new link."), issuer=campaign.issuer))
