"""What belongs to another organization does not exist: every route, and every id that a body can name."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from passwright.data.models import Campaign, Event, Pass, Template
from tests.interfaces.api.conftest import NOW, Api
from tests.interfaces.api.toy_town import certificate, ok, refused

pytestmark = pytest.mark.usefixtures("certificates")


class Town:
    """One organization's campaign with a pass and pictures."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.icon, self.logo = api.upload("icon"), api.upload("logo")
        body = {"generic": {"name": "Town", "icon_id": self.icon, "back_fields": [{"key": "a", "value": "1"}]}}
        self.campaign: dict[str, Any] = ok(api.post("/v2/generics", body), 201)
        self.path = f"/v2/generics/{self.campaign['id']}"
        self.made: dict[str, Any] = ok(api.post(f"{self.path}/passes"), 201)


@pytest.fixture
def ours(api: Api) -> Town:
    return Town(api)


@pytest.fixture
def theirs(stranger: Api) -> Town:
    return Town(stranger)


CAMPAIGN_GONE = {"campaign": "Campaign not found."}
PASS_GONE = {"pass": "Pass not found."}


def test_another_organizations_campaign_on_every_route(api: Api, ours: Town, theirs: Town) -> None:
    events = Event.objects.count()
    change = {"generic": {"name": "Taken"}}
    assert refused(api.get(theirs.path), 404) == CAMPAIGN_GONE
    assert refused(api.patch(theirs.path, change), 404) == CAMPAIGN_GONE
    assert refused(api.put(theirs.path, change), 404) == CAMPAIGN_GONE
    assert refused(api.delete(theirs.path, {}), 412) == CAMPAIGN_GONE
    passes = f"{theirs.path}/passes"
    assert refused(api.get(passes), 404) == CAMPAIGN_GONE
    assert refused(api.post(passes, {"pass": {}}), 404) == CAMPAIGN_GONE
    for method in ("GET", "PATCH", "PUT", "POST", "DELETE"):
        assert refused(api.request(method, f"{passes}/{theirs.made['id']}"), 404) == CAMPAIGN_GONE
    assert ok(theirs.api.get(theirs.path)) == theirs.campaign
    assert ok(theirs.api.get(passes)) == [theirs.made]
    assert Event.objects.count() == events


def test_a_foreign_answer_is_the_answer_to_an_unknown_id(api: Api, ours: Town, theirs: Town) -> None:
    foreign = api.get(theirs.path)
    unknown = api.get(f"/v2/generics/{uuid4()}")
    assert (foreign.status_code, foreign.content) == (unknown.status_code, unknown.content)


def test_another_organizations_pass_under_our_own_campaign(api: Api, ours: Town, theirs: Town) -> None:
    one = f"{ours.path}/passes/{theirs.made['id']}"
    change = {"pass": {"voided": True}}
    assert refused(api.get(one), 404) == PASS_GONE
    assert refused(api.delete(one), 404) == PASS_GONE
    for method in ("PATCH", "PUT", "POST"):
        assert refused(api.request(method, one, change), 404) == PASS_GONE
    assert ok(theirs.api.get(f"{theirs.path}/passes/{theirs.made['id']}")) == theirs.made


def test_lists_hold_our_own(api: Api, ours: Town, theirs: Town) -> None:
    assert ok(api.get("/v2/generics")) == [ours.campaign]
    assert ok(theirs.api.get("/v2/generics")) == [theirs.campaign]
    assert ok(api.get(f"{ours.path}/passes")) == [ours.made]
    assert ok(api.get(f"/v2/generics?q[template_id_eq]={theirs.campaign['template_id']}")) == []
    assert ok(api.get(f"{ours.path}/passes?q[serial_number_eq]={theirs.made['serial_number']}")) == []


@pytest.mark.parametrize("slot", ["icon", "logo"])
def test_another_organizations_picture(api: Api, ours: Town, theirs: Town, slot: str) -> None:
    foreign = {f"{slot}_id": getattr(theirs, slot)}
    expected = {f"{slot}_id": ["does not exist"]}
    new = {"generic": {"name": "New", "icon_id": ours.icon, **foreign}}
    assert refused(api.post("/v2/generics", new)) == expected
    assert refused(api.patch(ours.path, {"generic": foreign})) == expected
    assert refused(api.post(f"{ours.path}/passes", {"pass": foreign})) == expected
    assert refused(api.patch(f"{ours.path}/passes/{ours.made['id']}", {"pass": foreign})) == expected
    assert (Campaign.objects.count(), Template.objects.count(), Pass.objects.count()) == (2, 2, 2)


def test_another_organizations_template(api: Api, ours: Town, theirs: Town) -> None:
    foreign = {"template_id": theirs.campaign["template_id"]}
    expected = {"template_id": ["does not exist"]}
    assert refused(api.post("/v2/generics", {"generic": {"name": "New", **foreign}})) == expected
    assert refused(api.patch(ours.path, {"generic": foreign})) == expected


def test_another_organizations_certificate(api: Api, ours: Town, theirs: Town) -> None:
    foreign = {"certificate_id": str(certificate(None, NOW, organization=theirs.api.organization).id)}
    unknown = {"certificate_id": str(uuid4())}
    new = {"name": "New", "icon_id": ours.icon}
    assert refused(api.post("/v2/generics", {"generic": {**new, **foreign}})) == refused(
        api.post("/v2/generics", {"generic": {**new, **unknown}})
    )
    assert list(refused(api.patch(ours.path, {"generic": foreign}))) == ["certificate_id"]


def test_nobody_without_credentials(api: Api, ours: Town) -> None:
    for path in ("/v2/generics", ours.path, f"{ours.path}/passes", f"{ours.path}/passes/{ours.made['id']}"):
        for method in ("GET", "POST", "PATCH", "PUT", "DELETE"):
            answer = api.client.generic(method, path, b"{}", content_type="application/json")
            assert answer.status_code in {401, 405}, (method, path)
    assert ok(api.get(ours.path)) == ours.campaign
    assert ok(api.get(f"{ours.path}/passes")) == [ours.made]
