"""Passes of campaigns: the same routes for every type in `campaign_types.TYPES`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from django.db.models import DateTimeField, F, QuerySet, Value
from django.db.models.functions import Greatest
from django.http import HttpRequest, HttpResponse

from passwright.data.models import Campaign, Pass
from passwright.interfaces.api.campaign_types import TYPES, CampaignType, add_route
from passwright.interfaces.api.frame import (
    Attribute,
    Kind,
    Router,
    ValidationFailed,
    answer,
    body_of,
    documented,
    filtered,
    found,
    gone,
    id_of,
    is_narrowed,
    is_v1,
    organization_of,
    paginated_together,
)
from passwright.interfaces.api.pass_shapes import PassShape, as_v1, pass_shape
from passwright.interfaces.api.request_schemas import pass_body
from passwright.interfaces.api.schemas import Gone
from passwright.operations.delete_pass import delete_pass
from passwright.operations.issue_pass import issue_pass
from passwright.operations.pass_content import PassWanted
from passwright.operations.update_pass import update_pass
from passwright.payloads.bodies import Body
from passwright.payloads.distributions import read_distribution_id
from passwright.payloads.passes import read_pass
from passwright.queries import campaigns, distributions, passes
from passwright.queries.campaign_with_link import CampaignWithLink, campaign_with_link

MANY = "/{campaign_id}/passes"
ONE = "/{campaign_id}/passes/{pass_id}"

ATTRIBUTES = {
    "external_id": Attribute(Kind.TEXT),
    "distribution_id": Attribute(Kind.UUID),
    "serial_number": Attribute(Kind.UUID),
    "redeem_code": Attribute(Kind.TEXT),
    "redeemed_count": Attribute(Kind.INTEGER),
    "voided": Attribute(Kind.BOOLEAN),
    "redeemed_at": Attribute(Kind.MOMENT),
    "expiration_date": Attribute(Kind.MOMENT),
    "relevant_date": Attribute(Kind.MOMENT),
    "created_at": Attribute(Kind.MOMENT),
    "updated_at": Attribute(Kind.MOMENT, "shown_updated_at"),
}


def campaign_of(kind: CampaignType, request: HttpRequest, campaign_id: str) -> CampaignWithLink:
    """Raises: NotFound: if the organization has no such campaign of this type."""
    wanted_id = id_of(campaign_id, "Campaign")
    return found(campaign_with_link(organization_of(request), kind.style, wanted_id), "Campaign")


def pass_of(there: CampaignWithLink, pass_id: str) -> Pass:
    """Raises: NotFound: if the campaign has no such pass."""
    return found(passes.pass_(there.campaign, id_of(pass_id, "Pass")), "Pass")


def list_passes(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """The campaign's passes, oldest first."""
    there = campaign_of(kind, request, campaign_id)
    campaign = there.campaign
    rows = filtered(request, as_shown(campaign, passes.listing(campaign)), ATTRIBUTES)
    total = None if is_narrowed(request) else campaign.pass_count
    return paginated_together(request, rows, lambda page: shapes(kind, request, there, page), total=total)


def as_shown(campaign: Campaign, rows: QuerySet[Pass]) -> QuerySet[Pass]:
    """With the time that the API shows as ``updated_at``: a merge changes all passes and no row."""
    marked_at = campaigns.marks_of(campaign).at
    changed_at = Greatest("updated_at", Value(marked_at, DateTimeField())) if marked_at else F("updated_at")
    return rows.annotate(shown_updated_at=changed_at)


def shapes(kind: CampaignType, request: HttpRequest, there: CampaignWithLink, rows: Sequence[Pass]) -> list[PassShape]:
    """A page of passes in one statement, however many there are."""
    marks, v1 = campaigns.marks_of(there.campaign), is_v1(request)
    shown = []
    for row, (content, revision) in zip(rows, passes.contents_over(there.campaign, rows), strict=True):
        changed_at = passes.latest(row.updated_at, marks)
        plain = pass_shape(row, there.campaign, content, there.token, changed_at, revision)
        shown.append(as_v1(plain, row, content, kind.root) if v1 else plain)
    return shown


def post_pass(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Issue a pass. Without a body it says what its campaign says. With a `distribution_id` it counts as given out
    through that link, whose limit, times and state then hold for it."""
    there = campaign_of(kind, request, campaign_id)
    campaign = there.campaign
    body = sent_body(kind, request)
    row = issue_pass(
        campaign=campaign,
        wanted=read_sent(body, request, campaign),
        distribution_id=sent_distribution(body, campaign),
        now=datetime.now(UTC),
    )
    return answer(shapes(kind, request, CampaignWithLink(row.campaign, there.token), [row])[0], status=201)


def sent_pass(kind: CampaignType, request: HttpRequest, campaign: Campaign) -> PassWanted:
    return read_sent(sent_body(kind, request), request, campaign)


def sent_body(kind: CampaignType, request: HttpRequest) -> Body:
    """Attributes stand under ``pass`` or the type's root, or bare."""
    return body_of(request, roots=("pass", kind.root))


def read_sent(body: Body, request: HttpRequest, campaign: Campaign) -> PassWanted:
    return read_pass(body.rooted_or_bare, beside=body.beside, zone=campaign.time_zone, v1=is_v1(request))


def sent_distribution(body: Body, campaign: Campaign) -> UUID | None:
    """Raises: ValidationFailed: if the campaign has no such link."""
    wanted_id = read_distribution_id(body.rooted_or_bare)
    if wanted_id and distributions.distribution(campaign, wanted_id) is None:
        raise ValidationFailed({"distribution_id": ["is not a distribution of this campaign"]})
    return wanted_id


def get_pass(kind: CampaignType, request: HttpRequest, campaign_id: str, pass_id: str) -> HttpResponse:
    """One pass."""
    there = campaign_of(kind, request, campaign_id)
    return answer(shapes(kind, request, there, [pass_of(there, pass_id)])[0])


def patch_pass(kind: CampaignType, request: HttpRequest, campaign_id: str, pass_id: str) -> HttpResponse:
    """Change what is sent and keep the rest. Devices that hold the pass are pushed and fetch it, once an update and
    only if it shows something new; with `push: false` they are not told, and hear of it when they ask by themselves."""
    there = campaign_of(kind, request, campaign_id)
    campaign = there.campaign
    wanted_id = id_of(pass_id, "Pass")
    wanted = sent_pass(kind, request, campaign)
    row = update_pass(campaign=campaign, pass_id=wanted_id, wanted=wanted, now=datetime.now(UTC))
    return answer(shapes(kind, request, CampaignWithLink(row.campaign, there.token), [row])[0])


def remove_pass(kind: CampaignType, request: HttpRequest, campaign_id: str, pass_id: str) -> HttpResponse:
    """The pass is gone; its code is not used again."""
    there = campaign_of(kind, request, campaign_id)
    campaign = there.campaign
    delete_pass(campaign=campaign, pass_id=id_of(pass_id, "Pass"), now=datetime.now(UTC))
    return gone()


def add_routes(router: Router, kind: CampaignType) -> None:
    """``POST`` (printed for boarding passes) and ``PUT`` are other words for ``PATCH``."""
    add, name, noun = partial(add_route, router, kind), f"{kind.root}_pass", f"pass of a {kind.noun}"
    add(
        "GET",
        MANY,
        list_passes,
        f"List the passes of a {kind.noun}",
        **documented(name=f"list_{name}es", answer=list[PassShape], paged=True, attributes=ATTRIBUTES, refusals=(404,)),
    )
    add(
        "POST",
        MANY,
        post_pass,
        f"Create a {noun}",
        **documented(name=f"create_{name}", answer=PassShape, status=201, body=pass_body(), refusals=(404, 412, 422)),
    )
    add("GET", ONE, get_pass, f"Get a {noun}", **documented(name=f"get_{name}", answer=PassShape, refusals=(404,)))
    for method, suffix in (("PATCH", ""), ("PUT", "_by_put"), ("POST", "_by_post")):
        add(
            method,
            ONE,
            patch_pass,
            f"Update a {noun}",
            **documented(name=f"update_{name}{suffix}", answer=PassShape, body=pass_body(), refusals=(404, 422)),
        )
    add(
        "DELETE",
        ONE,
        remove_pass,
        f"Delete a {noun}",
        **documented(name=f"delete_{name}", answer=Gone, refusals=(404,)),
    )


router = Router()
for each in TYPES:
    add_routes(router, each)
