"""An organization, and clients that speak to the API as the old client libraries do."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from passwright.data.models import Organization
from passwright.operations.create_organization import create_organization

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


class Api:
    """Requests with an organization's credentials. ``raise_request_exception`` is off: a 500 is an answer to see."""

    def __init__(self, organization: Organization, password: str) -> None:
        self.organization = organization
        self.password = password
        self.client = Client(
            raise_request_exception=False,
            headers={"authorization": basic(organization.api_username, password)},
        )

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> HttpResponse:
        """A JSON body from Python values; bytes go as they are."""
        import json

        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        more.setdefault("content_type", "application/json")
        return self.client.generic(method, path, data, **more)

    def get(self, path: str, **more: Any) -> HttpResponse:
        return self.call("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> HttpResponse:
        return self.call("POST", path, body, **more)

    def patch(self, path: str, body: Any = None, **more: Any) -> HttpResponse:
        return self.call("PATCH", path, body, **more)

    def delete(self, path: str, body: Any = None, **more: Any) -> HttpResponse:
        return self.call("DELETE", path, {} if body is None else body, **more)


def make_api(name: str) -> Api:
    new = create_organization(name=name, now=NOW)
    return Api(new.organization, new.api_password)


@pytest.fixture
def api(db: None) -> Api:
    return make_api("Toy Town")


@pytest.fixture
def stranger(db: None) -> Api:
    """Another organization: it sees nothing of the first."""
    return make_api("Elsewhere")
