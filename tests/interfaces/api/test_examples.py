"""The examples of the documentation are what the API reads and answers."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from passwright.interfaces.api.docs import page
from passwright.interfaces.api.examples import PLACE, conversations
from passwright.interfaces.api.openapi import document
from passwright.settings import PUBLIC_URL
from tests.interfaces.api.conftest import Api
from tests.interfaces.api.toy_town import ok

JSON = "application/json"


def operations() -> dict[str, dict[str, Any]]:
    return {each["operationId"]: each for path in document()["paths"].values() for each in path.values()}


def test_the_examples_belong_to_routes() -> None:
    assert set(conversations()) <= set(operations())
    written = {"create_generic", "update_generic", "create_generic_pass", "update_generic_pass", "create_template"}
    for name in written:
        request = operations()[name]["requestBody"]["content"][JSON]["examples"]["toy_town"]["value"]
        assert request == conversations()[name]["request"]


def test_the_requests_work_and_the_answers_have_the_attributes_of_today(api: Api, certificates: None) -> None:
    ids = {f"{slot}_id": api.upload(slot) for slot in ("icon", "logo", "thumbnail")}
    talks = conversations()

    def call(name: str, method: str, path: str, status: int = 200) -> str:
        body = {
            root: {key: ids.get(key, value) for key, value in attributes.items()}
            for root, attributes in talks[name]["request"].items()
        }
        shown = ok(api.request(method, path, body), status)
        assert list(shown) == list(talks[name]["answer"])
        return f"{path}/{shown['id']}"

    campaign = call("create_generic", "POST", "/v2/generics", 201)
    call("update_generic", "PATCH", campaign)
    made = call("create_generic_pass", "POST", f"{campaign}/passes", 201)
    call("update_generic_pass", "PATCH", made)
    template = call("create_template", "POST", "/v2/templates", 201)
    call("update_template", "PATCH", template)
    assert list(ok(api.get(f"/v2/assets/{ids['icon_id']}"))) == list(talks["create_asset"]["answer"])


def test_the_page_shows_real_dates_and_this_installations_addresses() -> None:
    html, _ = page()
    assert "Johnny Appleseed" in html
    assert f"{PUBLIC_URL}/p/" in html
    assert PLACE not in html
    assert "X-Request-Id" not in html


def test_ids_addresses_and_times_have_their_formats() -> None:
    schemas = document()["components"]["schemas"]
    for name in ("CampaignShape", "PassShape"):
        shown = schemas[name]["properties"]
        assert shown["id"]["format"] == "uuid"
        assert shown["page_url"]["format"] == "uri"
        assert shown["created_at"]["format"] == "date-time"
        assert {"type": "null"} in shown["expiration_date"]["anyOf"]


@pytest.mark.parametrize("path", ["/docs", "/docs/", "/openapi.json", "/openapi.json/"])
def test_documentation_is_read_with_or_without_a_slash(path: str) -> None:
    assert Client().get(path).status_code == 200
    assert Client().head(path).status_code == 200
    answer = Client().post(path)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"
