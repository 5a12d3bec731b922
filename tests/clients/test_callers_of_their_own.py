"""Callers without one of the old clients: an Odoo module on ``requests``, and a form on a website."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.clients.conftest import Type, every_type, picture
from tests.clients.wire import Server

pytestmark = pytest.mark.xdist_group("clients")


class Caller:
    """What `requests` sends by itself, and nothing that it would follow: no address of the API leads elsewhere."""

    def __init__(self, server: Server) -> None:
        self.base = f"http://{server.host}:{server.port}"
        self.login = (server.username, server.password)

    def call(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        answer = requests.request(
            method, f"{self.base}{path}", auth=self.login, allow_redirects=False, timeout=60, **more
        )
        assert answer.status_code == status, answer.text
        return answer.json()

    def campaign(self, kind: Type, **attributes: Any) -> str:
        """The path of a new one."""
        form = {"files": {"asset[file]": ("icon.png", picture(), "image/png")}, "data": {"asset[asset_type]": "icon"}}
        icon = self.call("POST", "/v2/assets", 201, **form)
        wanted = {**kind.attributes(str(uuid4()), {"icon": icon["id"]}), **attributes}
        made = self.call("POST", f"/v2/{kind.segment}", 201, json={kind.root: wanted})
        return f"/v2/{kind.segment}/{made['id']}"


@pytest.fixture
def caller(server: Server) -> Caller:
    return Caller(server)


@every_type
def test_a_shop_sends_its_own_number_and_field(caller: Caller, kind: Type) -> None:
    """The module reads four addresses of the answer and sends them to its customer."""
    path = caller.campaign(kind)
    field = {"key": "voucher", "label": "VOUCHER", "value": "10 %"}
    code = {"format": "ean128", "message": "0448800012345", "alt_text": "0448 8000 12345"}
    sent = {"pass": {"secondary_fields": [field], "barcodes": [code]}}
    made = caller.call("POST", f"{path}/passes", 201, json=sent)
    assert made["secondary_fields"][-1] == {**field, "behaviour": "fixed"}
    assert {name: made["barcode"][name] for name in code} == code
    assert made["barcodes"] == [made["barcode"]]
    for name, kinds in (("page", "text/html; charset=utf-8"), ("pkpass", "application/vnd.apple.pkpass")):
        for address in (made[f"{name}_url"], made[f"{name}_short_url"]):
            assert requests.get(address, timeout=60).headers["Content-Type"] == kinds
    used = caller.call("POST", f"{path}/redeem", json={"pass": {"redeem_code": code["message"]}})
    assert (used["id"], used["voided"]) == (made["id"], True)


@every_type
def test_a_website_with_a_form(caller: Caller, kind: Type) -> None:
    own = [{"key": "Member", "label": "MEMBER", "behaviour": "dynamic"}]
    path = caller.campaign(kind, remote_form_url="https://toytown.example/join", secondary_fields=own)
    campaign_id = path.rpartition("/")[2]
    fields = caller.call("GET", f"/v2/remote_forms/{campaign_id}/fields")
    assert (fields["dynamic_fields_keys"], fields["static_fields_keys"]) == (["Member"], ["h", "p", "a", "b"])
    assert fields["fields"]["Member"] == {"key": "Member", "label": "MEMBER", "value": "", "behaviour": "dynamic"}
    place = {"latitude": "41.15", "longitude": "-8.61", "relevant_text": "Hello!"}
    answers = {"Member": "Ana", "b": "not asked for", "unknown": "1", "locations": [place]}
    made = caller.call("POST", f"/v2/remote_forms/{campaign_id}/submit", 201, json=answers)
    assert [field["value"] for field in made["secondary_fields"]] == ["Ana"]
    assert [field["value"] for field in made["back_fields"]] == ["1"]
    assert [(each["latitude"], each["longitude"]) for each in made["locations"]] == [(41.15, -8.61)]
    assert made == caller.call("GET", f"{path}/passes/{made['id']}")
    assert "Ana" in requests.get(made["page_short_url"], timeout=60).text
