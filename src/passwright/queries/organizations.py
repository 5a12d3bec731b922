from __future__ import annotations

from uuid import UUID

from django.db.models import Count, Q, QuerySet
from msgspec import Struct

from passwright.data.models import Organization
from passwright.data.postgresql.rows import Reader
from passwright.data.postgresql.statement import Statement

HOURLY_LIMIT = 5000
"""API requests an hour of an organization that has no limit of its own."""

reader = Reader(Organization)

# Every request to the API begins with it.
WITH_USERNAME = Statement(
    "organization_with_username",
    f"SELECT {reader.columns} FROM organization WHERE api_username = $1",  # noqa: S608 - nothing comes from outside
)


def organization_with_username(username: str) -> Organization | None:
    """The organization with this API user name. A name that PostgreSQL cannot hold is nobody's."""
    if not username or "\x00" in username:
        return None
    cells = WITH_USERNAME.row(username)
    return reader.row(cells) if cells else None


def organization_with_id(organization_id: UUID) -> Organization | None:
    return Organization.objects.filter(id=organization_id).first()


class Listed(Struct, frozen=True, kw_only=True):
    """An organization and how many it has below it."""

    organization: Organization
    children: int


def all_organizations() -> list[Listed]:
    """For the operator, the oldest first."""
    rows = Organization.objects.annotate(children_there=Count("children")).order_by("created_at", "id")
    return [Listed(organization=row, children=row.children_there) for row in rows]


def children_of(organization: Organization) -> QuerySet[Organization]:
    return Organization.objects.filter(parent=organization)


def organization_within(organization: Organization, organization_id: UUID) -> Organization | None:
    """One that the organization looks after: itself or a child, not a child's child."""
    own = Q(id=organization.id) | Q(parent=organization)
    return Organization.objects.filter(own, id=organization_id).first()


def hourly_limit_of(organization: Organization) -> int:
    return HOURLY_LIMIT if organization.hourly_limit is None else organization.hourly_limit
