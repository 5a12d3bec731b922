"""Whatever JSON is sent: never a server error, and nothing written unless it was accepted."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from passwright.data.models import Campaign, CampaignRevision, Distribution, Event, Pass, Template
from passwright.interfaces.api import request_schemas
from tests.interfaces.api.conftest import Api
from tests.interfaces.api.toy_town import ok

pytestmark = pytest.mark.usefixtures("certificates")

BARE = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["", "fixed", "dynamic", "none", "qrcode", "#fff", "2030-01-01", "0", "-1", "1e5", "\x00", "%@"])
)
ANYTHING = st.recursive(
    BARE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(["a", "b", "c", "", " ", "push_message"]) | st.text(max_size=6)


def shaped(attributes: Any, items: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with the attributes of the contract, whose values are right, nearly right and wrong."""
    return st.dictionaries(st.sampled_from(sorted(attributes)), items, max_size=4)


FIELD = shaped({*request_schemas.PLAIN_FIELD, *request_schemas.COLUMN, "behavior"}, BARE | ANYTHING).flatmap(
    lambda field: KEYS.map(lambda key: {"key": key, **field})
)
PLACE = shaped({*request_schemas.LOCATION, "name"}, st.floats(-200, 200) | BARE)
BEACON = shaped(request_schemas.BEACON, st.integers(-2, 70_000) | BARE | st.uuids().map(str))
BARCODE = shaped(request_schemas.BARCODE, BARE)
VALUES = ANYTHING | st.lists(FIELD | PLACE | BEACON | BARCODE, max_size=3) | BARCODE
CAMPAIGN = shaped(request_schemas.CAMPAIGN["properties"], VALUES)
PASS = shaped(request_schemas.PASS["properties"], VALUES)
FLAGS = shaped({"merge", "push"}, BARE)
FREELY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def rows() -> tuple[int, ...]:
    return tuple(
        table._default_manager.count() for table in (Campaign, CampaignRevision, Distribution, Event, Pass, Template)
    )


def versions() -> list[Any]:
    return [*Campaign.objects.order_by("id").values(), *Pass.objects.order_by("id").values()]


@pytest.fixture
def path(api: Api) -> str:
    body = {"generic": {"name": "Town", "icon_id": api.upload("icon"), "back_fields": [{"key": "a", "value": "1"}]}}
    return f"/v2/generics/{ok(api.post('/v2/generics', body), 201)['id']}"


def written_or_refused(api: Api, method: str, path: str, body: Any) -> None:
    before = (rows(), versions())
    answer = api.request(method, path, body)
    assert answer.status_code in {200, 201, 400, 404, 412, 422}, (answer.status_code, answer.content, body)
    shown = json.loads(answer.content)
    if answer.status_code >= 400:
        assert set(shown) == {"status_code", "error_code", "message", "errors"}
        assert (rows(), versions()) == before
    elif "campaign_id" in shown:
        assert ok(api.get(f"{path.partition('/passes')[0]}/passes/{shown['id']}")) == shown
    else:
        assert ok(api.get(f"/v2/generics/{shown['id']}")) == shown


@FREELY
@given(body=st.builds(lambda attributes: {"generic": attributes}, CAMPAIGN) | ANYTHING)
def test_updating_a_campaign(api: Api, path: str, body: Any) -> None:
    written_or_refused(api, "PATCH", path, body)


@FREELY
@given(attributes=CAMPAIGN)
def test_creating_a_campaign(api: Api, path: str, attributes: dict[str, Any]) -> None:
    icon = Campaign.objects.get(name="Town").template.icon_id
    sent = {"name": str(uuid4()), "icon_id": str(icon), **attributes}
    written_or_refused(api, "POST", "/v2/generics", {"generic": sent})
    Campaign.objects.exclude(name="Town").update(name="gone", deleted_at="2026-01-01T00:00:00Z")


@FREELY
@given(
    body=st.builds(lambda attributes, beside: {**beside, "pass": attributes}, PASS, shaped({"merge", "push"}, BARE))
    | ANYTHING
)
def test_creating_a_pass(api: Api, path: str, body: Any) -> None:
    written_or_refused(api, "POST", f"{path}/passes", body)


@FREELY
@given(bodies=st.lists(st.builds(lambda attributes: {"pass": attributes}, PASS), min_size=1, max_size=3))
def test_updating_a_pass(api: Api, path: str, bodies: list[Any]) -> None:
    made = ok(api.post(f"{path}/passes"), 201)
    for body in bodies:
        written_or_refused(api, "PATCH", f"{path}/passes/{made['id']}", body)
