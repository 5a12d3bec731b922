"""The links of campaigns: the same routes for every type in `campaign_types.TYPES`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Annotated
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from msgspec import Meta, Struct

from passwright.addresses import from_outside, smart_link_page
from passwright.data.models import Campaign, Distribution
from passwright.interfaces.api.campaign_shapes import LinkShape, link_shape
from passwright.interfaces.api.campaign_types import TYPES, CampaignType, add_route
from passwright.interfaces.api.content_shapes import Address, Id, Moment, whole_seconds
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
    paginated_together,
)
from passwright.interfaces.api.passes import campaign_of
from passwright.interfaces.api.request_schemas import distribution_body, smart_links_body
from passwright.interfaces.api.schemas import Gone
from passwright.operations.change_campaign_state import ARCHIVE, PAUSE, RESUME, Transition
from passwright.operations.change_distribution_state import change_distribution_state
from passwright.operations.create_distribution import create_distribution
from passwright.operations.delete_distribution import delete_distribution
from passwright.operations.make_smart_links import MadeSmartLink, make_smart_links
from passwright.operations.update_distribution import update_distribution
from passwright.payloads.distributions import read_link, read_smart_links
from passwright.queries import distributions
from passwright.queries.link_counts import link_counts

ROOT, NOUN = "distribution", "Distribution"
MANY = "/{campaign_id}/distributions"
ONE = "/{campaign_id}/distributions/{distribution_id}"

ATTRIBUTES = {
    "name": Attribute(Kind.TEXT),
    "state": Attribute(Kind.TEXT),
    "pass_limit": Attribute(Kind.INTEGER),
    "issued_count": Attribute(Kind.INTEGER),
    "starts_at": Attribute(Kind.MOMENT),
    "ends_at": Attribute(Kind.MOMENT),
    "created_at": Attribute(Kind.MOMENT),
    "updated_at": Attribute(Kind.MOMENT),
}


class SmartLinkShape(Struct, frozen=True, kw_only=True):
    """A link for one pass, with values in it."""

    url: Address
    pass_id: Annotated[Id, Meta(description="The id that the pass will have.")]
    external_id: str | None
    single_use: bool
    expires_at: Moment


class SmartLinksShape(Struct, frozen=True, kw_only=True):
    """In the order in which they were asked for."""

    links: tuple[SmartLinkShape, ...]


def list_distributions(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """The campaign's links, the first of them first: its own addresses are those of that one."""
    campaign = campaign_of(kind, request, campaign_id).campaign
    rows = filtered(request, distributions.listing(campaign), ATTRIBUTES)
    return paginated_together(request, rows, partial(shapes, campaign))


def shapes(campaign: Campaign, rows: Sequence[Distribution]) -> list[LinkShape]:
    counts = link_counts(row.id for row in rows)
    return [link_shape(campaign, row, counts[row.id]) for row in rows]


def post_distribution(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """One more link at which visitors get passes of the campaign, with its own rules. A campaign has 1,000 at most."""
    body = body_of(request, roots=(ROOT,))
    campaign = campaign_of(kind, request, campaign_id).campaign
    made = create_distribution(
        organization=organization_of(request),
        style=kind.style,
        campaign_id=campaign.id,
        wanted=read_link(body.rooted_or_bare, zone=ZoneInfo(campaign.time_zone)),
        now=datetime.now(UTC),
    )
    return answer(shapes(campaign, [made])[0], status=201)


def get_distribution(kind: CampaignType, request: HttpRequest, campaign_id: str, distribution_id: str) -> HttpResponse:
    """One link, with what came of it and what to put on other websites."""
    campaign = campaign_of(kind, request, campaign_id).campaign
    return answer(shapes(campaign, [distribution_of(campaign, distribution_id)])[0])


def patch_distribution(
    kind: CampaignType, request: HttpRequest, campaign_id: str, distribution_id: str
) -> HttpResponse:
    """Change what is sent and keep the rest. It rules for whoever comes from now on; nobody loses a pass."""
    campaign = campaign_of(kind, request, campaign_id).campaign
    changed = update_distribution(
        campaign=campaign,
        distribution_id=id_of(distribution_id, NOUN),
        wanted=read_link(
            body_of(request, roots=(ROOT,)).rooted_or_bare,
            zone=ZoneInfo(campaign.time_zone),
        ),
        now=datetime.now(UTC),
    )
    return answer(shapes(campaign, [changed])[0])


def remove_distribution(
    kind: CampaignType, request: HttpRequest, campaign_id: str, distribution_id: str
) -> HttpResponse:
    """The link leads nowhere from now on; the passes that came of it stay, with their pages. The first link of a
    campaign cannot be deleted, only paused or archived."""
    delete_distribution(
        campaign=campaign_of(kind, request, campaign_id).campaign,
        distribution_id=id_of(distribution_id, NOUN),
        now=datetime.now(UTC),
    )
    return gone()


def changed(
    transition: Transition, kind: CampaignType, request: HttpRequest, campaign_id: str, distribution_id: str
) -> HttpResponse:
    campaign = campaign_of(kind, request, campaign_id).campaign
    row = change_distribution_state(
        campaign=campaign,
        distribution_id=id_of(distribution_id, NOUN),
        transition=transition,
        now=datetime.now(UTC),
    )
    return answer(shapes(campaign, [row])[0])


def pause_distribution(
    kind: CampaignType, request: HttpRequest, campaign_id: str, distribution_id: str
) -> HttpResponse:
    """No more passes are given out through this link until it is resumed."""
    return changed(PAUSE, kind, request, campaign_id, distribution_id)


def resume_distribution(
    kind: CampaignType, request: HttpRequest, campaign_id: str, distribution_id: str
) -> HttpResponse:
    """A paused link gives out passes again."""
    return changed(RESUME, kind, request, campaign_id, distribution_id)


def archive_distribution(
    kind: CampaignType, request: HttpRequest, campaign_id: str, distribution_id: str
) -> HttpResponse:
    """No more passes are given out through this link, for good."""
    return changed(ARCHIVE, kind, request, campaign_id, distribution_id)


STATES = {"pause": pause_distribution, "resume": resume_distribution, "archive": archive_distribution}


def post_smart_links(kind: CampaignType, request: HttpRequest, campaign_id: str, distribution_id: str) -> HttpResponse:
    """Addresses with values in them, for one pass each: who opens one sees the form with these values filled in, is
    asked for the rest, and gets the pass. They are sealed: nobody reads or changes what they say. Up to 1,000 at once;
    nothing is kept of them here."""
    body = body_of(request)
    campaign = campaign_of(kind, request, campaign_id).campaign
    link = distribution_of(campaign, distribution_id)
    several = isinstance(body.rooted_or_bare.get("links"), list)
    wanted = read_smart_links(body.rooted_or_bare, zone=ZoneInfo(campaign.time_zone))
    made = make_smart_links(campaign=campaign, link=link, wanted=wanted, several=several, now=datetime.now(UTC))
    return answer(SmartLinksShape(links=tuple(smart_link_shape(link, one) for one in made)), status=201)


def smart_link_shape(link: Distribution, made: MadeSmartLink) -> SmartLinkShape:
    return SmartLinkShape(
        url=from_outside(smart_link_page(link.token, made.token)),
        pass_id=str(made.smart_link.pass_id),
        external_id=made.smart_link.external_id,
        single_use=made.smart_link.single_use,
        expires_at=whole_seconds(made.smart_link.expires_at),
    )


def distribution_of(campaign: Campaign, distribution_id: str) -> Distribution:
    """Raises: NotFound: if the campaign has no such link."""
    return found(distributions.distribution(campaign, id_of(distribution_id, NOUN)), NOUN)


def add_routes(router: Router, kind: CampaignType) -> None:
    """``PUT`` is another word for ``PATCH``."""
    add, name, noun = partial(add_route, router, kind), f"{kind.root}_distribution", f"distribution of a {kind.noun}"
    add(
        "GET",
        MANY,
        list_distributions,
        f"List the distributions of a {kind.noun}",
        **documented(name=f"list_{name}s", answer=list[LinkShape], paged=True, attributes=ATTRIBUTES, refusals=(404,)),
    )
    add(
        "POST",
        MANY,
        post_distribution,
        f"Create a {noun}",
        **documented(
            name=f"create_{name}", answer=LinkShape, status=201, body=distribution_body(), refusals=(404, 412, 422)
        ),
    )
    add(
        "GET",
        ONE,
        get_distribution,
        f"Get a {noun}",
        **documented(name=f"get_{name}", answer=LinkShape, refusals=(404,)),
    )
    for method, suffix in (("PATCH", ""), ("PUT", "_by_put")):
        add(
            method,
            ONE,
            patch_distribution,
            f"Update a {noun}",
            **documented(
                name=f"update_{name}{suffix}", answer=LinkShape, body=distribution_body(), refusals=(404, 422)
            ),
        )
    add(
        "DELETE",
        ONE,
        remove_distribution,
        f"Delete a {noun}",
        **documented(name=f"delete_{name}", answer=Gone, refusals=(404, 412)),
    )
    for event, handler in STATES.items():
        add(
            "POST",
            f"{ONE}/{event}",
            handler,
            f"{event.capitalize()} a {noun}",
            **documented(name=f"{event}_{name}", answer=LinkShape, refusals=(404,), listed=(412,)),
        )
    add(
        "POST",
        f"{ONE}/links",
        post_smart_links,
        f"Make smart links of a {noun}",
        **documented(
            name=f"create_{kind.root}_smart_links",
            answer=SmartLinksShape,
            status=201,
            body=smart_links_body(),
            refusals=(404, 412, 422),
        ),
    )


router = Router()
for each in TYPES:
    add_routes(router, each)
