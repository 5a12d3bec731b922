from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from passwright.data.models import Certificate, Organization
from tests.interfaces.api.conftest import NOW, Api
from tests.interfaces.api.toy_town import ok, refused


def make(organization: Organization | None, name: str, **more: Any) -> str:
    row = Certificate.objects.create(
        organization=organization,
        pass_type=more.get("pass_type"),
        pass_type_identifier=f"pass.example.{name}",
        team_identifier="A1B2C3D4E5",
        issued_to="Example Ltd",
        not_before=NOW,
        expires_at=NOW + timedelta(days=365, microseconds=5),
        leaf_pem="-----BEGIN CERTIFICATE-----",
        intermediate_pem="",
        key_encrypted=b"secret",
        created_at=NOW + timedelta(seconds=more.get("order", 0)),
    )
    return str(row.id)


@pytest.fixture(autouse=True)
def no_others(db: None) -> None:
    Certificate.objects.all().delete()


def test_own_and_public_ones(api: Api, stranger: Api) -> None:
    public = make(None, "public", pass_type="generic", order=1)
    own = make(api.organization, "own", order=2)
    foreign = make(stranger.organization, "foreign", order=3)
    assert [row["id"] for row in ok(api.get("/v2/certificates"))] == [public, own]
    assert [row["id"] for row in ok(stranger.get("/v2/certificates"))] == [public, foreign]
    assert ok(api.get(f"/v2/certificates/{own}")) == {
        "id": own,
        "team_identifier": "A1B2C3D4E5",
        "pass_type_identifier": "pass.example.own",
        "issued_to": "Example Ltd",
        "expires_at": "2027-11-22T09:30:00Z",
    }
    ok(api.get(f"/v2/certificates/{public}"))
    refused(api.get(f"/v2/certificates/{foreign}"), 404)
    refused(api.get(f"/v2/certificates/{uuid.uuid4()}"), 404)


@pytest.mark.parametrize("method", ["POST", "DELETE", "PATCH"])
def test_they_are_only_read(api: Api, method: str) -> None:
    refused(api.request(method, "/v2/certificates"), 405)
    refused(api.request(method, f"/v2/certificates/{make(api.organization, 'own')}"), 405)
