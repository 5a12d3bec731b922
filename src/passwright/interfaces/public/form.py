"""The form of a link: what one gets, and what has to be asked for it."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from msgspec import Struct, field

from passwright.interfaces.public import addresses, frames, guards, pictures, visits
from passwright.interfaces.public.answers import Host, host_of, page
from passwright.interfaces.public.questions import Question, errors_heading
from passwright.interfaces.public.words import NOUNS
from passwright.passes.preview import accessible_name
from passwright.queries.distributions import PublicCampaign


class Beside(Struct, frozen=True, kw_only=True):
    """What stands in a form beside its questions. ``hidden``: inputs that nobody sees. ``given``: labels and answers
    that stand already and cannot be changed. ``action``: where the form of a smart link is sent to."""

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
    noun = NOUNS[campaign.revision.style]
    content = pictures.sample_content(campaign, at)
    host = host_of(campaign)
    return page(
        "public/distribution.html",
        {
            "title": f"{'Not finished: ' if errors else ''}{campaign.revision.name}",
            "private": False,
            "host": host,
            "card": card(campaign, host, noun),
            "picture": {
                "src": sample_address(campaign, "svg"),
                "alt": f"Preview of the {noun}. {accessible_name(content)}",
            },
            "heading": campaign.revision.name,
            "lead": campaign.og_description or lead(noun, asked),
            "errors": errors,
            "errors_heading": errors_heading(len(errors)),
            "questions": asked,
            "action": beside.action or addresses.same_query(request, addresses.link_page(campaign.distribution_token)),
            "hidden": beside.hidden,
            "given": beside.given,
            "begun": addresses.begun(campaign.distribution_token, visits.sealed(visit, campaign.distribution_token)),
            "embed": frames.in_frame(request, campaign),
            "visit": visits.sealed(visit, campaign.distribution_token),
            "guards": guards.inputs(campaign, at),
            "noun": noun,
            "button": f"Create the {noun}" if asked else f"Get the {noun}",
        },
        status=422 if errors else 200,
    )


def lead(noun: str, asked: list[Question]) -> str:
    if asked:
        return f"Fill in what should stand on the {noun}. It then goes into your phone’s wallet."
    return f"The {noun} goes into your phone’s wallet and is at hand when you need it."


def card(campaign: PublicCampaign, host: Host, noun: str) -> dict[str, str] | None:
    """What a link preview shows (Open Graph); None where the campaign wants none."""
    if not campaign.og:
        return None
    return {
        "title": campaign.revision.name,
        "description": campaign.og_description or f"Get your {noun} from {host.name}.",
        "url": addresses.absolute(addresses.link_page(campaign.distribution_token)),
        "image": addresses.absolute(sample_address(campaign, "png")),
        "alt": f"Preview of the {noun}",
    }


def sample_address(campaign: PublicCampaign, suffix: str) -> str:
    path = addresses.link_page(campaign.distribution_token)
    return f"{path}.{suffix}?updated_at={int(campaign.updated_at.timestamp())}"
