from __future__ import annotations

from msgspec import Struct

from passwright.data.models import Organization


class NewPassword(Struct, frozen=True, kw_only=True):
    """An organization and its new API password, which is shown here and nowhere again."""

    organization: Organization
    api_password: str

    def __repr__(self) -> str:
        return f"NewPassword({self.organization.id})"
