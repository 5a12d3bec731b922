"""Which passes are on which devices: the same lists for every type in `campaign_types.TYPES`."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from msgspec import Struct

from passwright.data.models import Registration
from passwright.interfaces.api.campaign_types import TYPES, CampaignType, add_route
from passwright.interfaces.api.content_shapes import Moment, milliseconds
from passwright.interfaces.api.frame import Attribute, Kind, Router, documented, filtered, paginated
from passwright.interfaces.api.passes import ONE, campaign_of, pass_of
from passwright.queries import registrations

ATTRIBUTES = {
    "wallet": Attribute(Kind.TEXT),
    "device_os": Attribute(Kind.TEXT),
    "pass_id": Attribute(Kind.UUID, "pass_row_id"),
    "created_at": Attribute(Kind.MOMENT),
}


class RegistrationShape(Struct, frozen=True, kw_only=True):
    """One pass that is installed on one device."""

    id: UUID
    pass_id: UUID
    wallet: str
    device_os: str
    created_at: Moment


def registration_shape(row: Registration) -> RegistrationShape:
    return RegistrationShape(
        id=row.id,
        pass_id=row.pass_row_id,
        wallet=row.wallet,
        device_os=row.device_os,
        created_at=milliseconds(row.created_at),
    )


def list_registrations(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """The campaign's passes that are on a device now, one entry a pass and device, oldest first."""
    rows = registrations.registrations_of(campaign_of(kind, request, campaign_id).campaign)
    return paginated(request, filtered(request, rows, ATTRIBUTES), registration_shape)


def list_registrations_of_pass(
    kind: CampaignType, request: HttpRequest, campaign_id: str, pass_id: str
) -> HttpResponse:
    """The devices that hold the pass now, oldest first."""
    rows = registrations.registrations_of_pass(pass_of(campaign_of(kind, request, campaign_id), pass_id))
    return paginated(request, filtered(request, rows, ATTRIBUTES), registration_shape)


def add_routes(router: Router, kind: CampaignType) -> None:
    add, name = partial(add_route, router, kind), kind.root
    listed = partial(documented, answer=list[RegistrationShape], paged=True, attributes=ATTRIBUTES, refusals=(404,))
    add(
        "GET",
        "/{campaign_id}/registrations",
        list_registrations,
        f"List the registrations of a {kind.noun}",
        **listed(name=f"list_{name}_registrations"),
    )
    add(
        "GET",
        f"{ONE}/registrations",
        list_registrations_of_pass,
        f"List the registrations of a pass of a {kind.noun}",
        **listed(name=f"list_{name}_pass_registrations"),
    )


router = Router()
for each in TYPES:
    add_routes(router, each)
