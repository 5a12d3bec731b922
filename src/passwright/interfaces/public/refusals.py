"""Why a page cannot do what one came for, in the visitor's words."""

from __future__ import annotations

from datetime import datetime

from passwright.interfaces.public.answers import Act, Refusal
from passwright.interfaces.public.words import _, day, said
from passwright.operations.held_pass import May
from passwright.passes.content import CodeType
from passwright.queries.distributions import PublicCampaign

UNKNOWN = Refusal(
    status=404,
    heading=_("This link leads nowhere"),
    text=_("It was mistyped or cut off on the way, or what it led to has been removed."),
    acts=(
        Act(_("Compare the address with the message or the poster it came from: upper and lower case count.")),
        Act(_("Ask whoever gave you the link for a new one.")),
    ),
    reason=_("no link and no pass has this address"),
)

ELSEWHERE = Refusal(
    status=403,
    heading=_("Nothing was created"),
    text=_("The answers came from another website. To be sure that you want this, they have to be sent from here."),
    acts=(Act(_("Open the link itself and send the form there.")),),
    reason=_("the form was sent from another origin"),
)

SEND_THE_FORM = Act(_("Open the link itself and send the form there."))
TOO_LONG = Refusal(
    status=413,
    heading=_("The answers are too long"),
    text=_("Nothing was created: more was sent than the form has room for."),
    acts=(Act(_("Go back, shorten the longest answer and send the form again.")),),
    reason=_("the body is larger than 256 KiB"),
)
PICTURES_TOO_LARGE = Refusal(
    status=413,
    heading=_("The picture is too large"),
    text=_("Nothing was created: the form was larger than it may be, most likely because of a picture."),
    acts=(Act(_("Go back, choose a smaller picture and send the form again.")),),
    reason=_("the body is larger than 256 KiB and 1 MiB for each picture"),
)
WITHOUT_LENGTH = Refusal(
    status=411,
    heading=_("Nothing was created"),
    text=_("The answers came without their length, so they were not read."),
    acts=(SEND_THE_FORM,),
    reason=_("a POST without a readable Content-Length"),
)
NOT_A_FORM = Refusal(
    status=415,
    heading=_("Nothing was created"),
    text=_("The answers came in a shape that this form does not send, so they were not read."),
    acts=(SEND_THE_FORM,),
    reason=_("a POST that is not application/x-www-form-urlencoded"),
)
MALFORMED = Refusal(
    status=400,
    heading=_("This could not be read"),
    text=_("Nothing was created. The address or the answers were damaged on the way."),
    acts=(SEND_THE_FORM,),
    reason=_("the request is malformed"),
)

NO_DATABASE = Refusal(
    status=503,
    heading=_("This page takes a short break"),
    text=_("It cannot reach its data at the moment. Nothing is lost: passes on phones keep working."),
    acts=(Act(_("Open the link again in half a minute.")),),
    reason=_("the database does not answer"),
)
NO_PICTURE = Refusal(
    status=503,
    heading=_("The pass cannot be made at the moment"),
    text=_("One of its pictures cannot be read. Nothing is lost: phones that have the pass already keep it."),
    acts=(
        Act(_("Come back later: the link stays the same.")),
        Act(_("Tell whoever gave you the link about this page.")),
    ),
    reason=_("a picture is missing from the storage or damaged"),
)
NO_KEY = Refusal(
    status=503,
    heading=_("The pass cannot be signed at the moment"),
    text=_("The installation cannot open its signing key. Nothing is lost: phones that have the pass already keep it."),
    acts=(
        Act(_("Come back later: the link stays the same.")),
        Act(_("Tell whoever gave you the link about this page.")),
    ),
    reason=_("the certificate’s key cannot be decrypted with this installation’s secret key"),
)
BROKEN = Refusal(
    status=500,
    heading=_("This page failed"),
    text=_("The cause lies on our side and has been written down. Nothing you have is lost."),
    acts=(
        Act(_("Try again in a minute.")),
        Act(_("If it fails again, tell whoever gave you the link, with the number below.")),
    ),
    reason=_("an unexpected failure"),
)


def paused(campaign: PublicCampaign) -> Refusal:
    style, issuer = campaign.revision.style, campaign.issuer
    return Refusal(
        status=403,
        heading=said(_("No {nouns} are given out at the moment"), style, issuer=issuer),
        text=said(_("{issuer} has paused this link. Whoever has a {noun} already keeps it."), style, issuer=issuer),
        acts=(
            Act(_("Come back later: the link stays the same.")),
            Act(said(_("Ask {issuer} when it opens again."), style, issuer=issuer)),
        ),
        reason=_("campaign paused"),
    )


def ended(campaign: PublicCampaign) -> Refusal:
    style, issuer = campaign.revision.style, campaign.issuer
    return Refusal(
        status=410,
        heading=said(_("No more {nouns} are given out here"), style, issuer=issuer),
        text=said(_("{issuer} has closed this link. Whoever has a {noun} already keeps it."), style, issuer=issuer),
        acts=(Act(said(_("Ask {issuer} whether there is a new link."), style, issuer=issuer)),),
        reason=_("campaign archived"),
    )


def certificate_expired(campaign: PublicCampaign) -> Refusal:
    style, issuer = campaign.revision.style, campaign.issuer
    return Refusal(
        status=503,
        heading=said(_("The {noun} cannot be made at the moment"), style, issuer=issuer),
        text=said(
            _(
                "A certificate that {issuer} needs for this has run out. Nothing is lost: {nouns} that people already "
                "have keep working."
            ),
            style,
            issuer=issuer,
        ),
        acts=(
            Act(_("Come back later: the link stays the same.")),
            Act(said(_("Tell {issuer} about this page."), style, issuer=issuer)),
        ),
        reason=said(_("pass type certificate expired on {day}"), day=day(campaign.certificate_expires_at)),
    )


def personal(campaign: PublicCampaign) -> Refusal:
    style, issuer = campaign.revision.style, campaign.issuer
    return Refusal(
        status=403,
        heading=said(_("These {nouns} are given out personally"), style, issuer=issuer),
        text=said(
            _("{issuer} makes each {noun} with a code of its own, so there is none to take here."), style, issuer=issuer
        ),
        acts=(Act(said(_("Ask {issuer} for the link to your {noun}."), style, issuer=issuer)),),
        reason=_("every pass of this campaign brings its own code (code_type per_pass)"),
    )


def changed(campaign: PublicCampaign) -> Refusal:
    style, issuer = campaign.revision.style, campaign.issuer
    return Refusal(
        status=409,
        heading=said(_("The {noun} was not created"), style, issuer=issuer),
        text=said(_("{issuer} has just changed what it is made of."), style, issuer=issuer),
        acts=(
            Act(_("Open the link again: it shows what holds now.")),
            Act(said(_("Ask {issuer} if this stays so."), style, issuer=issuer)),
        ),
        reason=_("the campaign does not take a pass with these answers"),
    )


def remote_form_unreadable(campaign: PublicCampaign) -> Refusal:
    style, issuer = campaign.revision.style, campaign.issuer
    return Refusal(
        status=503,
        heading=said(_("The form for the {noun} cannot be opened"), style, issuer=issuer),
        text=said(_("It is a page of {issuer}, and its address is written wrong."), style, issuer=issuer),
        acts=(Act(said(_("Tell {issuer} about this page."), style, issuer=issuer)),),
        reason=_("remote_form_url is not an address on the web"),
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


def given_up(campaign: PublicCampaign) -> Refusal:
    style = campaign.revision.style
    return Refusal(
        status=410,
        heading=said(_("This {noun} was deleted"), style),
        text=said(
            _("Its holder has deleted it. A phone that still has it shows it greyed out; it can be removed there."),
            style,
        ),
        acts=(Act(said(_("Ask {issuer} if you need another one."), style, issuer=campaign.issuer)),),
        reason=_("deleted by its holder"),
    )


def locked(campaign: PublicCampaign) -> Refusal:
    return Refusal(
        status=403,
        heading=_("This page has a password"),
        text=_("It cannot be asked for at the moment, so the page stays closed."),
        acts=(Act(said(_("Ask {issuer}."), issuer=campaign.issuer)),),
        reason=_("the link has a password"),
    )


def too_many_changes(campaign: PublicCampaign) -> Refusal:
    return Refusal(
        status=429,
        heading=_("That was changed very often"),
        text=_("Nothing was changed this time. What you saved before is kept."),
        acts=(Act(_("Try again in an hour.")),),
        reason=_("more than 60 changes in an hour"),
    )


def not_by_holders(campaign: PublicCampaign, what: May) -> Refusal:
    """The campaign keeps this to the organization."""
    style, issuer = campaign.revision.style, campaign.issuer
    heading, reason = {
        May.UPDATE: (_("Only {issuer} changes this {noun}"), _("allow_update of the campaign is off")),
        May.DELETE: (_("Only {issuer} deletes this {noun}"), _("allow_delete of the campaign is off")),
        May.TRANSFER: (_("This {noun} stays with you"), _("allow_transfer of the campaign is off")),
    }[what]
    return Refusal(
        status=403,
        heading=said(heading, style, issuer=issuer),
        text=said(_("{issuer} has not opened this to the people who have one."), style, issuer=issuer),
        acts=(Act(said(_("Ask {issuer} if something on it has to be changed."), style, issuer=issuer)),),
        reason=reason,
    )


def counts_no_more(campaign: PublicCampaign, *, expired: bool) -> Refusal:
    style, issuer = campaign.revision.style, campaign.issuer
    heading = _("This {noun} has expired") if expired else _("This {noun} no longer counts")
    return Refusal(
        status=403,
        heading=said(heading, style),
        text=said(_("Nothing on it can be changed any more."), style),
        acts=(Act(said(_("Ask {issuer} if you need another one."), style, issuer=issuer)),),
        reason=_("the pass has expired") if expired else _("the pass is voided"),
    )
