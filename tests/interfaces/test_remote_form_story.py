"""A visitor follows a link, fills in a form on the organization's own website, and holds a pass."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from passwright.data.models import Event, Pass
from passwright.operations.create_organization import create_organization
from passwright.settings import PUBLIC_URL
from tests import public_ground as ground
from tests.interfaces.api.toy_town import ApiClient, ok
from tests.interfaces.public.browsers import browser

FORM = "https://toytown.example/join?lang=en"
CAMPAIGN = {
    "name": "Club card",
    "remote_form_url": FORM,
    "primary_fields": [{"key": "Member", "label": "MEMBER", "behaviour": "dynamic"}],
    "auxiliary_fields": [
        {"key": "level", "label": "LEVEL", "value": "Explorer"},
        {"key": "born", "label": "BORN", "behaviour": "dynamic", "data_type": "date"},
    ],
    "locations": [{"latitude": 38.7, "longitude": -9.1}],
}


class Website:
    """The organization's website: it knows the API and what came in the address."""

    def __init__(self, api: ApiClient, address: str) -> None:
        self.api = api
        asked = parse_qs(urlsplit(address).query)
        assert asked == {"lang": ["en"], "campaign_id": asked["campaign_id"]}
        self.place = f"/v2/remote_forms/{asked['campaign_id'][0]}"

    def inputs(self) -> dict[str, Any]:
        fields = ok(self.api.get(f"{self.place}/fields"))
        return {key: fields["fields"][key] for key in fields["dynamic_fields_keys"]}

    def submit(self, answers: dict[str, Any], visit: str) -> str:
        """Where the visitor is led to. Whoever sends the form twice gets the same pass."""
        headers = {"idempotency-key": visit}
        made = ok(self.api.request("POST", f"{self.place}/submit", answers, headers=headers), 201)
        return str(made["page_short_url"])


@pytest.mark.django_db
def test_from_the_link_to_the_pass() -> None:
    ground.certificates()
    new = create_organization(name="Toy Town", now=ground.now())
    api = ApiClient(new.organization.api_username, new.api_password)
    campaign = ok(api.post("/v2/store_cards", {"store_card": {**CAMPAIGN, "icon_id": api.upload("icon")}}), 201)
    visitor = browser()

    led_to = visitor.get(campaign["page_url"].removeprefix(PUBLIC_URL))["Location"]
    assert led_to.startswith(FORM)
    assert not Pass.objects.exists()

    website = Website(api, led_to)
    assert [field["label"] for field in website.inputs().values()] == ["MEMBER", "BORN"]
    answers = {"Member": "Ada Moreau", "born": "2019-05-04", "locations": [{"latitude": 45.76, "longitude": 4.83}]}
    addresses = {website.submit(answers, visit="visit-1") for _ in range(2)}
    assert Pass.objects.count() == 1

    short = addresses.pop().removeprefix(PUBLIC_URL)
    assert not addresses
    opened = visitor.get(short)
    page = opened if opened.status_code == 200 else visitor.get(opened["Location"])
    assert page.status_code == 200
    assert "MEMBER: Ada Moreau" in page.content.decode()

    shown = ok(api.get(f"/v2/store_cards/{campaign['id']}/passes"))[0]
    assert [place["latitude"] for place in shown["locations"]] == [45.76]
    file = visitor.get(shown["pkpass_short_url"].removeprefix(PUBLIC_URL))
    file = file if file.status_code == 200 else visitor.get(file["Location"])
    assert file["Content-Type"] == "application/vnd.apple.pkpass"
    assert file.content.startswith(b"PK")
    assert Event.objects.get(kind="created").extra == {"source": "remote_form"}
