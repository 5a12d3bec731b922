"""Organizations and clients with their credentials."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from passwright.data.models import Organization
from passwright.operations.create_organization import create_organization
from tests.interfaces.api.toy_town import ApiClient, public_certificates

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


class Api(ApiClient):
    """A client of one organization."""

    def __init__(self, organization: Organization, password: str) -> None:
        super().__init__(organization.api_username, password)
        self.organization = organization
        self.password = password


def make_api(name: str) -> Api:
    new = create_organization(name=name, now=NOW)
    return Api(new.organization, new.api_password)


@pytest.fixture
def api(db: None) -> Api:
    return make_api("your company")


@pytest.fixture
def stranger(db: None) -> Api:
    """Another organization: it sees nothing of the first."""
    return make_api("Elsewhere")


@pytest.fixture
def certificates(db: None) -> None:
    """A public certificate for each type of campaign. Nothing is signed with them."""
    public_certificates(NOW)
