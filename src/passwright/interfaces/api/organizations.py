"""Organizations below the caller's: each has credentials, campaigns and passes of its own.

Who may manage them is said by the operator (``passwright organization allow``). Any organization may look at itself and
change its own name and webhook address.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from msgspec import UNSET, Meta, Struct

from passwright.data.models import Organization
from passwright.interfaces.api.content_shapes import Moment, milliseconds
from passwright.interfaces.api.frame import (
    Attribute,
    Kind,
    Router,
    answer,
    body_of,
    documented,
    filtered,
    found,
    id_of,
    organization_of,
    paginated,
)
from passwright.interfaces.api.schemas import WEBHOOK_URL, organization_body
from passwright.operations.create_organization import create_organization
from passwright.operations.new_password import NewPassword
from passwright.operations.refresh_api_password import refresh_api_password
from passwright.operations.refusals import NotAllowed
from passwright.operations.update_organization import update_organization
from passwright.payloads.values import Sent, given
from passwright.queries.organizations import children_of, organization_within

router = Router(tags=["Organizations"])

ATTRIBUTES = {"name": Attribute(Kind.TEXT), "created_at": Attribute(Kind.MOMENT)}

AS_SENT = "As it was sent: other letters than those of ASCII are kept."
PASSWORD = "In the answers that make one, and null in all others: only its hash is kept."


class OrganizationShape(Struct, frozen=True, kw_only=True):
    """A tenant with credentials of its own."""

    id: UUID
    name: str
    api_username: str
    api_password: Annotated[str, Meta(description=PASSWORD)] | None
    webhook_url: Annotated[str, Meta(description=AS_SENT)] | None
    users_count: int
    locked_at: Moment | None
    updated_at: Moment
    created_at: Moment


def shape(organization: Organization, api_password: str | None = None) -> OrganizationShape:
    return OrganizationShape(
        id=organization.id,
        name=organization.name,
        api_username=organization.api_username,
        api_password=api_password,
        webhook_url=organization.webhook_url,
        users_count=0,  # the contract's children have no users
        locked_at=milliseconds(organization.locked_at) if organization.locked_at else None,
        updated_at=milliseconds(organization.updated_at),
        created_at=milliseconds(organization.created_at),
    )


def with_password(new: NewPassword) -> OrganizationShape:
    return shape(new.organization, new.api_password)


@router.get(
    "/organizations",
    summary="List organizations",
    **documented(name="list_organizations", answer=list[OrganizationShape], paged=True, attributes=ATTRIBUTES),
)
def list_organizations(request: HttpRequest) -> HttpResponse:
    """Those below the caller's."""
    return paginated(request, filtered(request, children_of(allowed(request)), ATTRIBUTES), shape)


@router.post(
    "/organizations",
    summary="Create an organization",
    **documented(
        name="create_organization",
        answer=OrganizationShape,
        status=201,
        body=organization_body(required=("name",)),
        refusals=(412, 422),
    ),
)
def post_organization(request: HttpRequest) -> HttpResponse:
    """One below the caller's. The answer has its credentials; the password is shown here and nowhere again. 412 when
    there are as many as the caller may have. The attributes have no root; under `organization` they are understood."""
    parent = allowed(request)
    sent = sent_attributes(request)
    sent.require("name")
    name = sent.name()
    sent.check()
    new = create_organization(name=given(name, ""), parent=parent, now=timezone.now())
    return answer(with_password(new), status=201)


@router.get(
    "/organizations/{organization_id}",
    summary="Get an organization",
    **documented(name="get_organization", answer=OrganizationShape, refusals=(404,)),
)
def get_organization(request: HttpRequest, organization_id: str) -> HttpResponse:
    """One below the caller's, or the caller's own."""
    return answer(shape(own_or_child(request, organization_id)))


@router.api_operation(
    ["PATCH", "PUT"],
    "/organizations/{organization_id}",
    summary="Update an organization",
    **documented(
        name="update_organization",
        answer=OrganizationShape,
        body=organization_body(webhook_url=WEBHOOK_URL),
        refusals=(404, 422),
    ),
)
def patch_organization(request: HttpRequest, organization_id: str) -> HttpResponse:
    """One below the caller's, or the caller's own. What is not sent stays."""
    organization = own_or_child(request, organization_id)
    sent = sent_attributes(request)
    name, webhook_url = sent.name(), sent.url("webhook_url")
    sent.check()
    changed = update_organization(
        organization_id=organization.id, name=given(name, UNSET), webhook_url=webhook_url, now=timezone.now()
    )
    return answer(shape(changed))


@router.post(
    "/organizations/{organization_id}/refresh_api_password",
    summary="Give an organization another API password",
    **documented(name="refresh_api_password", answer=OrganizationShape, refusals=(404,)),
)
def refresh(request: HttpRequest, organization_id: str) -> HttpResponse:
    """The answer has the new password; the old one is refused from the next request on. For one below the caller's, or
    the caller's own."""
    allowed(request)
    organization = own_or_child(request, organization_id)
    return answer(with_password(refresh_api_password(organization_id=organization.id, now=timezone.now())))


def allowed(request: HttpRequest) -> Organization:
    """The caller's organization.

    Raises:
        NotAllowed: if it may not manage others.
    """
    organization = organization_of(request)
    if not organization.children_allowed:
        raise NotAllowed
    return organization


def own_or_child(request: HttpRequest, text: str) -> Organization:
    """The organization with the id in the path. Only the caller's own is there for those who may not manage others.

    Raises:
        NotAllowed: if it is another and the caller may not manage any.
        NotFound: if it is none of the caller's.
    """
    caller = organization_of(request)
    if text.lower() != str(caller.id):
        allowed(request)
    return found(organization_within(caller, id_of(text, "Organization")), "Organization")


def sent_attributes(request: HttpRequest) -> Sent:
    body = body_of(request, roots=("organization",))
    return Sent({**body.beside, **body.attributes})
