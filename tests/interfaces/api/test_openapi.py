"""The OpenAPI document tells the truth: schemathesis calls every route of it and compares."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, settings
from schemathesis.checks import negative_data_rejection, positive_data_acceptance
from schemathesis.config import SchemathesisConfig

from passwright.data.models import Organization
from passwright.interfaces import jobs
from passwright.interfaces.api.campaign_types import TYPES
from passwright.interfaces.api.openapi import document, routes
from passwright.wsgi import application
from tests.interfaces.api.conftest import Api
from tests.interfaces.api.five_types import create, issue, path_of
from tests.interfaces.api.toy_town import johnny, ok, toy_town

OTHER_TYPES = "coupons|store_cards|event_tickets|boarding_passes"
"""Their routes are those of generics, from the same code."""
FUZZED = {"coverage": {"enabled": False}}
QUICK = {
    "phases": {"coverage": {"unexpected-methods": ["trace", "put"]}},
    "operations": [
        # Thousands of near-identical bodies: fuzzing finds as much there in a hundredth of the time.
        {"include-path-regex": "/v2/generics", "phases": FUZZED},
        {"include-path-regex": f"/v2/({OTHER_TYPES})", "phases": {**FUZZED, "examples": {"enabled": False}}},
        # Another word for PATCH, which is covered.
        {"include-method": "PUT", "phases": FUZZED},
    ],
}
schema = schemathesis.openapi.from_wsgi("/openapi.json", application, config=SchemathesisConfig.from_dict(QUICK))

UNWANTED = [
    negative_data_rejection,  # the contract wants numbers as text, unknown attributes and odd pages to be understood
    positive_data_acceptance,  # a well-formed id may belong to nothing
]


@contextmanager
def one_connection() -> Iterator[None]:
    """The application shares the test's transaction, so it must not close the connection between requests."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    try:
        yield
    finally:
        request_started.connect(close_old_connections)
        request_finished.connect(close_old_connections)


@pytest.fixture
def ids(api: Api, certificates: None) -> dict[str, str]:
    """Something of everything that has an id, so that half of the calls find what they ask for."""
    pictures = {f"{slot}_id": api.upload(slot) for slot in ("icon", "logo", "thumbnail")}
    campaign = ok(api.post("/v2/generics", toy_town(pictures["icon_id"], pictures["logo_id"])), 201)
    made = ok(api.post(f"/v2/generics/{campaign['id']}/passes", johnny(pictures["thumbnail_id"])), 201)
    Organization.objects.update(children_allowed=10)
    bulk = ok(api.raw("POST", f"/v2/generics/{campaign['id']}/passes/bulk", b"{}\n[]\n"), 202)
    jobs.import_rows(bulk["id"])
    hook = ok(api.post("/v2/webhooks", {"url": "https://shop.example.org/hooks"}), 201)
    template = {"name": "Mine", "pass_type": "generic", "icon_id": pictures["icon_id"]}
    return {
        **pictures,
        "asset_id": api.upload("strip"),
        "campaign_id": campaign["id"],
        "distribution_id": campaign["distributions"][0]["id"],
        "pass_id": made["id"],
        "redeem_code": made["redeem_code"],
        "bulk_id": bulk["id"],
        "certificate_id": campaign["certificate_id"],
        "template_id": ok(api.post("/v2/templates", {"template": template}), 201)["id"],
        "organization_id": ok(api.post("/v2/organizations", {"name": "North"}), 201)["id"],
        "webhook_id": hook["id"],
        "delivery_id": ok(api.post(f"/v2/webhooks/{hook['id']}/test"), 202)["id"],
    }


def with_real_ids(value: Any, ids: dict[str, str]) -> Any:
    """The same with ids that exist."""
    if isinstance(value, dict):
        return {key: ids.get(key) or with_real_ids(each, ids) for key, each in value.items()}
    return [with_real_ids(each, ids) for each in value] if isinstance(value, list) else value


QUIETLY = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)


@schema.exclude(path_regex=f"^/v2/({OTHER_TYPES})").parametrize()
@settings(QUIETLY, max_examples=6)
def test_every_answer_is_as_documented(case: schemathesis.Case, api: Api, ids: dict[str, str]) -> None:
    compare(case, api, ids)


@schema.exclude(path_regex=f"^/v2/(?!{OTHER_TYPES})").parametrize()
@settings(QUIETLY, max_examples=1)
def test_so_are_those_of_the_other_types(case: schemathesis.Case, api: Api, ids: dict[str, str]) -> None:
    kind = next(kind for kind in TYPES if kind.segment == case.operation.path.split("/")[2])
    campaign = create(api, kind)
    own = {
        "campaign_id": campaign["id"],
        "distribution_id": campaign["distributions"][0]["id"],
        "pass_id": issue(api, path_of(kind, campaign))["id"],
    }
    compare(case, api, {**ids, **own})


def compare(case: schemathesis.Case, api: Api, ids: dict[str, str]) -> None:
    with one_connection():
        check(case, api)
        if case.operation.method.upper() == case.method.upper():
            check(found(case, ids), api)


def check(case: schemathesis.Case, api: Api) -> None:
    case.call_and_validate(headers={"Authorization": api.authorization}, excluded_checks=UNWANTED)


def found(case: schemathesis.Case, ids: dict[str, str]) -> schemathesis.Case:
    """The same call, for things that exist."""
    return case.operation.Case(
        method=case.method,
        path_parameters={name: ids[name] for name in case.path_parameters or {}},
        query=case.query,
        body=with_real_ids(case.body, ids),
        media_type=case.media_type,
    )


def test_every_route_is_in_the_document() -> None:
    found = {(route.path, route.method) for route in routes()}
    documented = {(path, method) for path, methods in document()["paths"].items() for method in methods}
    assert found == documented
    assert {
        ("/v2/ping", "get"),
        ("/v2/assets", "post"),
        ("/v2/templates/{template_id}", "patch"),
        ("/v2/templates/{template_id}", "put"),
        ("/v2/certificates/{certificate_id}", "get"),
        ("/v2/generics/{campaign_id}/passes/{pass_id}", "patch"),
    } <= documented


def test_names_of_operations_are_unique() -> None:
    names = [route.operation["operationId"] for route in routes()]
    assert len(names) == len(set(names))


def test_only_ping_needs_no_credentials() -> None:
    assert [route.path for route in routes() if not route.closed] == ["/v2/ping"]


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def test_every_reference_leads_somewhere() -> None:
    for reference in set(references(document())):
        place: Any = document()
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def test_the_document_needs_no_credentials() -> None:
    answer = Client().get("/openapi.json")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["openapi"] == "3.1.0"
