"""The stores of a campaign: each pass that gives a point has those nearest to it as its places."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from msgspec import Struct

from passwright.data.models import Store
from passwright.interfaces.api.campaign_types import TYPES, CampaignType, add_route
from passwright.interfaces.api.frame import (
    Refused,
    Router,
    answer,
    documented,
    found,
    gone,
    id_of,
    organization_of,
    paginated,
)
from passwright.interfaces.api.request_schemas import number
from passwright.interfaces.api.schemas import Gone
from passwright.operations.replace_stores import replace_stores
from passwright.passes.places import LONGEST_WORDS
from passwright.payloads.stores import COLUMNS, MOST_BYTES, MOST_STORES, read_stores
from passwright.queries import campaigns
from passwright.queries.stores import stores_of

STORE = {
    "title": "SentStore",
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": LONGEST_WORDS},
        "latitude": number(-90, 90),
        "longitude": number(-180, 180),
        "text": {
            "type": ["string", "null"],
            "maxLength": LONGEST_WORDS,
            "description": "What a lock screen says there; `${key}` is filled in.",
        },
    },
    "required": ["name", "latitude", "longitude"],
}
CSV: dict[str, Any] = {
    "type": "string",
    "description": f"UTF-8, with commas or semicolons. The first line names the columns in any order:"
    f" {', '.join(COLUMNS)}.",
    "examples": ["name,latitude,longitude,text\nBaixa,38.7107,-9.1365,Toys around the corner\n"],
}
BODY = {"application/json": {"type": "array", "maxItems": MOST_STORES, "items": STORE}, "text/csv": CSV}


class StoreShape(Struct, frozen=True, kw_only=True):
    """Degrees. ``text``: what a lock screen says there."""

    name: str
    latitude: float
    longitude: float
    text: str | None


class StoresKept(Struct, frozen=True, kw_only=True):
    """How many stores the campaign has now."""

    stores: int


def shape(store: Store) -> StoreShape:
    return StoreShape(name=store.name, latitude=store.latitude, longitude=store.longitude, text=store.relevant_text)


def list_stores(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """In the order in which they were sent."""
    campaign = campaigns.campaign(organization_of(request), kind.style, id_of(campaign_id, "Campaign"))
    return paginated(request, stores_of(found(campaign, "Campaign")), shape)


def put_stores(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Replace all stores: as CSV, or as a JSON list. If a row is wrong, nothing is replaced, and each wrong row is
    named. Passes that gave a point get their ten nearest stores again; those that get others are pushed."""
    wanted = id_of(campaign_id, "Campaign")
    organization = organization_of(request)
    found(campaigns.campaign(organization, kind.style, wanted), "Campaign")
    if len(request.body) > MOST_BYTES:
        raise Refused(413, f"The stores are larger than {MOST_BYTES // 1024 // 1024} MiB. Send fewer.")
    stores = read_stores(request.body)
    replace_stores(
        organization=organization, style=kind.style, campaign_id=wanted, stores=stores, now=datetime.now(UTC)
    )
    return answer(StoresKept(stores=len(stores)))


def remove_stores(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """The campaign has no stores any more. Passes that gave a point have its own places then."""
    replace_stores(
        organization=organization_of(request),
        style=kind.style,
        campaign_id=id_of(campaign_id, "Campaign"),
        stores=(),
        now=datetime.now(UTC),
    )
    return gone()


def add_routes(router: Router, kind: CampaignType) -> None:
    add, path, name = partial(add_route, router, kind), "/{campaign_id}/stores", f"{kind.root}_stores"
    add(
        "GET",
        path,
        list_stores,
        f"List the stores of a {kind.noun}",
        **documented(name=f"list_{name}", answer=list[StoreShape], paged=True, refusals=(404,)),
    )
    add(
        "PUT",
        path,
        put_stores,
        f"Replace the stores of a {kind.noun}",
        **documented(name=f"replace_{name}", answer=StoresKept, body=BODY, refusals=(404, 413, 422)),
    )
    add(
        "DELETE",
        path,
        remove_stores,
        f"Delete the stores of a {kind.noun}",
        **documented(name=f"delete_{name}", answer=Gone, refusals=(404,)),
    )


router = Router()
for each in TYPES:
    add_routes(router, each)
