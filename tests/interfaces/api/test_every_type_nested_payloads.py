"""Whatever JSON is sent for a campaign of any type, a pass of it or a template: no server error, no half write."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from passwright.data.models import Campaign, Template
from passwright.interfaces.api.campaign_types import CampaignType
from tests.interfaces.api.conftest import Api
from tests.interfaces.api.five_types import create, every_type, path_of
from tests.interfaces.api.test_pass_nested_payloads import ANYTHING, BARCODE, CAMPAIGN, PASS, rows, shaped, versions
from tests.interfaces.api.toy_town import ok

pytestmark = pytest.mark.usefixtures("certificates")

TYPED = shaped(
    {"transit_type", "max_distance", "gwallet_usage", "code_type", "code_fixed_value", "template_id"}, ANYTHING
)
ATTRIBUTES = st.builds(lambda some, others: some | others, CAMPAIGN, TYPED)
ROOTS = st.sampled_from(["own", "pass", "coupon", "store_card", None])
TEMPLATE = shaped(
    {"name", "description", "pass_type", "transit_type", "logo_text", "barcode", "icon_id", "logo_id", "text_color"}
    | {"foreground_color", "label_color", "delete_assets"},
    ANYTHING | BARCODE | st.sampled_from(["boardingPass", "storeCard", "generic", "#fff", "bus"]),
)
FREELY = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written_or_refused(api: Api, method: str, path: str, body: Any) -> None:
    """What was accepted is read again as it was answered; what was refused left no trace."""
    before = (rows(), versions(), [*Template.objects.order_by("id").values()])
    answer = api.request(method, path, body)
    assert answer.status_code in {200, 201, 400, 404, 412, 422}, (answer.status_code, answer.content, body)
    shown = json.loads(answer.content)
    if answer.status_code >= 400:
        assert set(shown) == {"status_code", "error_code", "message", "errors"}
        assert isinstance(shown["errors"], dict)
        assert (rows(), versions(), [*Template.objects.order_by("id").values()]) == before
    elif shown != {"errors": []}:
        collection = path.removesuffix(f"/{shown['id']}")
        assert ok(api.get(f"{collection}/{shown['id']}")) == shown


def under(root: str | None, kind: CampaignType, attributes: dict[str, Any]) -> dict[str, Any]:
    return attributes if root is None else {kind.root if root == "own" else root: attributes}


@every_type
@FREELY
@given(root=ROOTS, attributes=ATTRIBUTES)
def test_a_new_campaign(api: Api, kind: CampaignType, root: str | None, attributes: dict[str, Any]) -> None:
    kept = Campaign.objects.first() or Campaign.objects.get(id=create(api, kind, name="Town")["id"])
    needed = {"name": str(uuid4()), "icon_id": str(kept.template.icon_id), "transit_type": "bus"}
    written_or_refused(api, "POST", f"/v2/{kind.segment}", under(root, kind, needed | attributes))
    Campaign.objects.exclude(id=kept.id).update(deleted_at="2026-01-01T00:00:00Z")


@every_type
@FREELY
@given(root=ROOTS, bodies=st.lists(ATTRIBUTES, min_size=1, max_size=2))
def test_a_changed_campaign(api: Api, kind: CampaignType, root: str | None, bodies: list[dict[str, Any]]) -> None:
    if not (kept := Campaign.objects.first()):
        kept = Campaign.objects.get(id=create(api, kind, back_fields=[{"key": "a", "value": "1"}])["id"])
    for attributes in bodies:
        written_or_refused(api, "PATCH", f"/v2/{kind.segment}/{kept.id}", under(root, kind, attributes))


@every_type
@FREELY
@given(attributes=PASS, more=ANYTHING)
def test_a_pass(api: Api, kind: CampaignType, attributes: dict[str, Any], more: Any) -> None:
    kept = Campaign.objects.first()
    path = path_of(kind, {"id": kept.id} if kept else create(api, kind, primary_fields=[{"key": "a"}], barcode={}))
    written_or_refused(api, "POST", f"{path}/passes", {"pass": attributes})
    made = ok(api.post(f"{path}/passes"), 201)
    for body in ({"pass": attributes}, more):
        written_or_refused(api, "PATCH", f"{path}/passes/{made['id']}", body)


@FREELY
@given(attributes=TEMPLATE, changes=TEMPLATE, style=st.sampled_from(["boardingPass", "coupon", "eventTicket"]))
def test_a_template(api: Api, attributes: dict[str, Any], changes: dict[str, Any], style: str) -> None:
    asset = ok(api.get("/v2/assets"))
    icon = asset[0]["id"] if asset else api.upload("icon")
    needed = {"name": str(uuid4()), "pass_type": style, "icon_id": icon, "transit_type": "air"}
    written_or_refused(api, "POST", "/v2/templates", {"template": needed | attributes})
    made = ok(api.post("/v2/templates", {"template": needed | {"name": str(uuid4())}}), 201)
    path = f"/v2/templates/{made['id']}"
    written_or_refused(api, "PATCH", path, {"template": changes})
    written_or_refused(api, "DELETE", path, {"template": changes})
