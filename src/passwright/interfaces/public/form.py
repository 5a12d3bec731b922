"""The form of a link: what one gets, and what has to be asked for it."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from msgspec import Struct, field

from passwright.interfaces.public import addresses, frames, guards, pictures, visits
from passwright.interfaces.public.answers import Host, host_of, page
from passwright.interfaces.public.bodies import FORM, MULTIPART
from passwright.interfaces.public.questions import Question, errors_heading
from passwright.interfaces.public.words import _, said
from passwright.operations.keep_holder_picture import MAX_BYTES
from passwright.passes.content import AfterCreate, Style
from passwright.passes.preview import accessible_name
from passwright.queries.distributions import PublicCampaign


class Beside(Struct, frozen=True, kw_only=True):
    """What stands in a form beside its questions. ``hidden``: inputs that nobody sees. ``given``: labels and answers
    that stand already and cannot be changed. ``action``: where the form of a smart link is sent to, whose page is no
    search engine's."""

    hidden: dict[str, str] = field(default_factory=dict)
    given: tuple[tuple[str, str], ...] = ()
    action: str | None = None


NOTHING_BESIDE = Beside()


def show(
    request: HttpRequest,
    campaign: PublicCampaign,
    visit: visits.Visit,
    asked: list[Question],
    at: datetime,
    beside: Beside = NOTHING_BESIDE,
) -> HttpResponse:
    errors = [question for question in asked if question.error]
    style, name = campaign.revision.style, campaign.revision.name
    host = host_of(campaign)
    alternative = said(
        _("Preview of the {noun}. {content}"), style, content=accessible_name(pictures.sample_content(campaign, at))
    )
    return page(
        "public/distribution.html",
        {
            "title": said(_("Not finished: {name}"), name=name) if errors else name,
            "private": beside.action is not None,
            "host": host,
            "style": style,
            "scripted": True,
            "embed": frames.parent_of(request, campaign),
            "card": card(campaign, host),
            "picture": {"src": sample_address(campaign, "svg"), "alt": alternative},
            "heading": name,
            "lead": campaign.og_description or lead(style, asked),
            "errors": errors,
            "errors_heading": errors_heading(len(errors)),
            "questions": asked,
            "action": beside.action or addresses.same_query(request, addresses.link_page(campaign.distribution_token)),
            "encoding": MULTIPART if any(question.control == "picture" for question in asked) else FORM,
            "most_picture_bytes": MAX_BYTES,
            "hidden": beside.hidden,
            "given": beside.given,
            "begun": addresses.begun(campaign.distribution_token, visits.sealed(visit, campaign.distribution_token)),
            "visit": visits.sealed(visit, campaign.distribution_token),
            "guards": guards.inputs(campaign, at),
            "button": said(_("Create the {noun}") if asked else _("Get the {noun}"), style),
            "busy": said(_("Making your {noun}"), style),
        },
        status=422 if errors else 200,
    )


def lead(style: Style, asked: list[Question]) -> str:
    if asked:
        return said(_("Fill in what should stand on the {noun}. It then goes into your phone’s wallet."), style)
    return said(_("The {noun} goes into your phone’s wallet and is at hand when you need it."), style)


def after_create(request: HttpRequest, campaign: PublicCampaign, path: str) -> str:
    """The page of the pass that was made, which begins its download where the campaign wants it so."""
    query = {"download": "1"} if campaign.after_create is AfterCreate.DOWNLOAD else {}
    if frames.in_frame(request, campaign):
        query["embed"] = "1"
    return f"{path}?{urlencode(query)}" if query else path


def card(campaign: PublicCampaign, host: Host) -> dict[str, str] | None:
    """What a link preview shows (Open Graph); None where the campaign wants none."""
    if not campaign.og:
        return None
    style = campaign.revision.style
    return {
        "title": campaign.revision.name,
        "description": campaign.og_description or said(_("Get your {noun} from {issuer}."), style, issuer=host.name),
        "url": addresses.absolute(addresses.link_page(campaign.distribution_token)),
        "image": addresses.absolute(sample_address(campaign, "png")),
        "alt": said(_("Preview of the {noun}"), style),
    }


def sample_address(campaign: PublicCampaign, suffix: str) -> str:
    path = addresses.link_page(campaign.distribution_token)
    return f"{path}.{suffix}?updated_at={int(campaign.updated_at.timestamp())}"
