"""Campaigns: the same routes for every type in `campaign_types.TYPES`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse

from passwright.data.models import Campaign
from passwright.interfaces.api.campaign_payloads import campaign_attributes, read_campaign
from passwright.interfaces.api.campaign_shapes import CampaignShape, campaign_shape
from passwright.interfaces.api.campaign_types import TYPES, CampaignType, add_route
from passwright.interfaces.api.frame import (
    Attribute,
    Kind,
    NotFound,
    PreconditionFailed,
    Router,
    answer,
    body_of,
    documented,
    filtered,
    found,
    gone,
    id_of,
    is_v1,
    organization_of,
    paginated_together,
)
from passwright.interfaces.api.request_schemas import campaign_body, new_campaign_body
from passwright.interfaces.api.schemas import Gone
from passwright.operations.create_campaign import create_campaign
from passwright.operations.delete_campaign import delete_campaign
from passwright.operations.update_campaign import update_campaign
from passwright.queries import campaigns

ONE = "/{campaign_id}"

ATTRIBUTES = {
    "name": Attribute(Kind.TEXT),
    "description": Attribute(Kind.TEXT, "shown_description"),
    "state": Attribute(Kind.TEXT),
    "code_type": Attribute(Kind.TEXT),
    "organization_name": Attribute(Kind.TEXT, "shown_organization_name"),
    "redeem_count": Attribute(Kind.INTEGER),
    "allow_multiple_redeems": Attribute(Kind.BOOLEAN),
    "gwallet_status": Attribute(Kind.TEXT),
    "expiration_date": Attribute(Kind.MOMENT),
    "template_id": Attribute(Kind.UUID),
    "certificate_id": Attribute(Kind.UUID),
    "created_at": Attribute(Kind.MOMENT),
    "updated_at": Attribute(Kind.MOMENT),
}


def list_campaigns(kind: CampaignType, request: HttpRequest) -> HttpResponse:
    """The organization's campaigns of this type, oldest first."""
    rows = as_shown(campaigns.listing(organization_of(request), kind.style))
    return paginated_together(request, filtered(request, rows, ATTRIBUTES), shapes)


def as_shown(rows: QuerySet[Campaign]) -> QuerySet[Campaign]:
    """With the texts that campaigns inherit, so that they are found by what the API shows."""
    return rows.annotate(
        shown_description=Coalesce("description", "name"),
        shown_organization_name=Coalesce("organization_name", "organization__name"),
    )


def shapes(rows: Sequence[Campaign]) -> list[CampaignShape]:
    """A page of campaigns in three statements, however many there are."""
    revisions, distributions = campaigns.newest_revisions(rows), campaigns.distributions(rows)
    return [campaign_shape(row, revisions[row.id], distributions[row.id]) for row in rows]


def post_campaign(kind: CampaignType, request: HttpRequest) -> HttpResponse:
    """Make a campaign, from a template or from presentation attributes (which become a template)."""
    sent = campaign_attributes(body_of(request, roots=kind.roots), root=kind.root)
    sent.require("name")
    wanted = read_campaign(sent, zone="UTC", v1=is_v1(request))
    row = create_campaign(organization=organization_of(request), style=kind.style, wanted=wanted, now=datetime.now(UTC))
    return answer(shapes([row])[0], status=201)


def get_campaign(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """One campaign."""
    return answer(shapes([campaign_of(kind, request, campaign_id)])[0])


def patch_campaign(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Change what is sent and keep the rest. Passes that were issued before stay as they are, unless the campaign
    merges by itself (`merge_on_update`)."""
    row = campaign_of(kind, request, campaign_id)
    sent = campaign_attributes(body_of(request, roots=kind.roots), root=kind.root)
    wanted = read_campaign(sent, zone=row.time_zone, v1=is_v1(request))
    changed = update_campaign(
        organization=organization_of(request),
        style=kind.style,
        campaign_id=row.id,
        wanted=wanted,
        now=datetime.now(UTC),
    )
    return answer(shapes([changed])[0])


def remove_campaign(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """The campaign and its passes are gone at once. An unknown campaign is a failed precondition here."""
    try:
        wanted_id = id_of(campaign_id, "Campaign")
    except NotFound as unknown:
        raise PreconditionFailed(unknown.errors) from None
    delete_campaign(
        organization=organization_of(request), style=kind.style, campaign_id=wanted_id, now=datetime.now(UTC)
    )
    return gone()


def campaign_of(kind: CampaignType, request: HttpRequest, campaign_id: str) -> Campaign:
    """Raises: NotFound: if the organization has no such campaign of this type."""
    row = campaigns.campaign(organization_of(request), kind.style, id_of(campaign_id, "Campaign"))
    return found(row, "Campaign")


def add_routes(router: Router, kind: CampaignType) -> None:
    """``PUT`` is another word for ``PATCH``."""
    add, name, many = partial(add_route, router, kind), kind.root, f"{kind.noun}s"
    changed = campaign_body(name)
    add(
        "GET",
        "",
        list_campaigns,
        f"List {many}",
        **documented(name=f"list_{kind.segment}", answer=list[CampaignShape], paged=True, attributes=ATTRIBUTES),
    )
    add(
        "POST",
        "",
        post_campaign,
        f"Create a {kind.noun}",
        **documented(
            name=f"create_{name}",
            answer=CampaignShape,
            status=201,
            body=new_campaign_body(name),
            refusals=(422,),
        ),
    )
    add(
        "GET",
        ONE,
        get_campaign,
        f"Get a {kind.noun}",
        **documented(name=f"get_{name}", answer=CampaignShape, refusals=(404,)),
    )
    for method, suffix in (("PATCH", ""), ("PUT", "_by_put")):
        add(
            method,
            ONE,
            patch_campaign,
            f"Update a {kind.noun}",
            **documented(name=f"update_{name}{suffix}", answer=CampaignShape, body=changed, refusals=(404, 422)),
        )
    add(
        "DELETE",
        ONE,
        remove_campaign,
        f"Delete a {kind.noun}",
        **documented(name=f"delete_{name}", answer=Gone, refusals=(412,)),
    )


router = Router()
for each in TYPES:
    add_routes(router, each)
