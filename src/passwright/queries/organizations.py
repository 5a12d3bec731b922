from __future__ import annotations

from uuid import UUID

from passwright.data.models import Organization
from passwright.data.postgresql.rows import Reader
from passwright.data.postgresql.statement import Statement

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
