"""Where clients of the v2 contract break: one test for each trap that campaigns and passes can fall into.

Numbers are the contract's. The others: 5 is in ``tests/walks/test_wire.py``, 11 in ``test_pushes.py`` (messages under
every root), 12 in ``tests/clients/test_php.py`` (pushing).
"""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from passwright.data.models import Pass
from passwright.secrets import authentication_token
from tests.interfaces.api.conftest import Api
from tests.interfaces.api.toy_town import ok, png, refused

pytestmark = pytest.mark.usefixtures("certificates")


@pytest.fixture
def icon(api: Api) -> str:
    return api.upload("icon")


@pytest.fixture
def campaign(api: Api, icon: str) -> dict[str, Any]:
    attributes = {"name": "Traps", "icon_id": icon, "back_fields": [{"key": "a", "value": "1"}]}
    made: dict[str, Any] = ok(api.post("/v2/generics", {"generic": attributes}), 201)
    return made


@pytest.fixture
def path(campaign: dict[str, Any]) -> str:
    return f"/v2/generics/{campaign['id']}"


@pytest.fixture
def issued(api: Api, path: str) -> dict[str, Any]:
    made: dict[str, Any] = ok(api.post(f"{path}/passes"), 201)
    return made


def test_1_no_address_redirects(api: Api, path: str, issued: dict[str, Any]) -> None:
    for address in ("/v2/generics", path, f"{path}/passes", f"{path}/passes/{issued['id']}"):
        plain = ok(api.get(address))
        for other in (f"{address}/", f"{address}.json", f"{address}/?page=1", f"{address}.json/"):
            assert ok(api.get(other)) == plain


def test_2_collections_are_bare_arrays_and_resources_bare_objects(
    api: Api, path: str, campaign: dict[str, Any], issued: dict[str, Any]
) -> None:
    assert ok(api.get("/v2/generics")) == [campaign]
    assert ok(api.get(f"{path}/passes")) == [issued]
    assert ok(api.get(path))["id"] == campaign["id"]
    assert ok(api.get(f"{path}/passes/{issued['id']}"))["id"] == issued["id"]


def test_3_the_next_page_is_absent_on_the_last_one(api: Api, path: str) -> None:
    for address in ("/v2/generics", f"{path}/passes"):
        answer = api.get(address)
        assert not answer.has_header("X-Next-Page")
        assert not answer.has_header("X-Prev-Page")
    ok(api.post(f"{path}/passes"), 201)
    ok(api.post(f"{path}/passes"), 201)
    first, last = (api.get(f"{path}/passes?per_page=1&page={page}") for page in (1, 2))
    assert (first["X-Next-Page"], first.has_header("X-Prev-Page")) == ("2", False)
    assert (last["X-Prev-Page"], last.has_header("X-Next-Page")) == ("1", False)


def test_4_header_names_are_in_title_case(api: Api, path: str) -> None:
    for _ in range(2):
        ok(api.post(f"{path}/passes"), 201)
    first = {name for name, _ in api.get(f"{path}/passes?per_page=1&page=1").items()}
    second = {name for name, _ in api.get(f"{path}/passes?per_page=1&page=2").items()}
    expected = {"X-Total", "X-Total-Pages", "X-Page", "X-Per-Page", "X-Offset", "X-Next-Page", "X-Prev-Page"}
    assert expected <= first | second
    assert all(name == name.title() for name in expected)


@pytest.mark.parametrize("content", [b"null", b"{}", b""])
def test_6_null_an_empty_object_and_nothing_are_no_parameters(api: Api, path: str, content: bytes) -> None:
    made = ok(api.raw("POST", f"{path}/passes", content), 201)
    assert ok(api.raw("PATCH", f"{path}/passes/{made['id']}", content)) == made
    assert ok(api.raw("DELETE", f"{path}/passes/{made['id']}", content)) == {"errors": []}
    assert ok(api.raw("DELETE", path, content)) == {"errors": []}


def test_7_a_get_with_a_json_content_type_and_no_body(api: Api, path: str, issued: dict[str, Any]) -> None:
    for address in ("/v2/generics", path, f"{path}/passes", f"{path}/passes/{issued['id']}"):
        ok(api.raw("GET", address, b""))
        ok(api.raw("GET", address, b"{"))


def test_8_an_empty_list_is_an_empty_object(api: Api, path: str, icon: str) -> None:
    assert ok(api.post(f"{path}/passes", {"pass": []}), 201)["user_info"] == {}
    assert ok(api.post(f"{path}/passes", {"pass": {"user_info": []}}), 201)["user_info"] == {}
    assert ok(api.post(f"{path}/passes", {"pass": {"barcode": []}}), 201)["barcode"]["format"] == "none"
    assert ok(api.patch(path, {"generic": []}))["name"] == "Traps"
    sent = {"generic": {"name": "x", "icon_id": icon, "user_info": [], "barcode": []}}
    made = ok(api.post("/v2/generics", sent), 201)
    assert (made["user_info"], made["barcode"]["format"]) == ({}, "qrcode")


def test_9_campaigns_are_updated_under_pass_too(api: Api, path: str) -> None:
    assert ok(api.patch(path, {"pass": {"javascript": "1"}}))["javascript"] == "1"
    assert ok(api.patch(path, {"generic": {"javascript": "2"}}))["javascript"] == "2"


def test_10_flags_stand_beside_the_root_or_inside(api: Api, path: str) -> None:
    inside = {"pass": {"back_fields": [{"key": "b", "value": "2"}], "merge": False}}
    beside = {"pass": {"back_fields": [{"key": "b", "value": "2"}]}, "merge": False}
    for body in (inside, beside):
        made = ok(api.post(f"{path}/passes", body), 201)
        assert [field["key"] for field in made["back_fields"]] == ["b"]


def test_13_and_14_every_refusal_is_an_object_with_a_hash_of_errors(api: Api, path: str) -> None:
    refused(api.get(f"/v2/generics/{uuid4()}"), 404)
    refused(api.delete(f"/v2/generics/{uuid4()}", {}), 412)
    refused(api.get(f"{path}/passes/{uuid4()}"), 404)
    refused(api.post("/v2/generics", {"generic": {}}), 422)
    refused(api.raw("POST", "/v2/generics", b"{"), 400)
    refused(api.request("DELETE", "/v2/generics"), 405)
    refused(api.request("POST", path), 405)
    refused(api.get("/v2/generics/1/2/3/4"), 404)
    refused(api.client.get(path, headers={"authorization": "Basic eDp5"}), 401)
    refused(api.client.post(f"{path}/passes"), 401)


def test_15_invalid_requests_answer_message_and_integer_error_code(api: Api) -> None:
    body = ok(api.post("/v2/generics", {"generic": {"name": ""}}), 422)
    assert body["message"] == "name can't be blank"
    assert body["error_code"] == 10422


def test_16_a_refusal_has_no_id(api: Api, path: str) -> None:
    for answer in (api.delete(f"/v2/generics/{uuid4()}", {}), api.post("/v2/generics", {"generic": {}})):
        assert "id" not in json.loads(answer.content)


def test_17_conflicts_are_failed_preconditions(api: Api) -> None:
    assert refused(api.delete(f"/v2/generics/{uuid4()}", {}), 412) == {"campaign": "Campaign not found."}


def test_18_a_delete_may_carry_a_body(api: Api, path: str, issued: dict[str, Any]) -> None:
    for address in (f"{path}/passes/{issued['id']}", path):
        assert ok(api.delete(address, {"whatever": [1, 2]})) == {"errors": []}


def test_19_v1_is_the_same_api(api: Api, path: str, campaign: dict[str, Any], issued: dict[str, Any]) -> None:
    v1 = path.replace("/v2/", "/v1/")
    assert ok(api.get(v1)) == campaign
    assert ok(api.get("/v1/generics")) == [campaign]
    made = ok(api.post(f"{v1}/passes", {"pass": {"barcode": "pdf417"}}), 201)
    assert made["barcode"]["format"] == "pdf417"
    assert ok(api.patch(v1, {"generic": {"barcode": "aztec"}}))["barcode"]["format"] == "aztec"
    refused(api.patch(v1, {"generic": {"barcode": "upc"}}))
    refused(api.post(f"{path}/passes", {"pass": {"barcode": "pdf417"}}))


def test_19_v1_says_more_about_passes(api: Api, path: str, campaign: dict[str, Any], issued: dict[str, Any]) -> None:
    v1 = path.replace("/v2/", "/v1/")
    shown = ok(api.get(f"{v1}/passes/{issued['id']}"))
    more = {
        "generic_id": campaign["id"],
        "authentication_token": authentication_token(Pass.objects.get().serial_number),
        "transit_type": None,
    }
    known = {name: value for name, value in issued.items() if name != "values"}  # which is our own addition
    assert shown == {**known, **more}
    assert ok(api.get(f"{v1}/passes")) == [shown]
    assert "authentication_token" not in issued


def test_20_a_picture_of_any_size_will_do(api: Api, icon: str) -> None:
    logo_as_icon, large = api.upload("icon", png(212, 52)), api.upload("icon", png(512, 512))
    for asset in (logo_as_icon, large):
        ok(api.post("/v2/generics", {"generic": {"name": str(uuid4()), "icon_id": asset}}), 201)


def test_21_names_are_unique(api: Api, path: str, icon: str) -> None:
    assert refused(api.post("/v2/generics", {"generic": {"name": "Traps", "icon_id": icon}})) == {
        "name": ["has already been taken"]
    }


def test_22_a_delete_answers_an_empty_list_or_412(api: Api, path: str) -> None:
    assert api.delete(path, {}).content == b'{"errors":[]}'
    assert refused(api.delete(path, {}), 412) == {"campaign": "Campaign not found."}


def test_23_post_and_put_update_a_pass(api: Api, path: str, issued: dict[str, Any]) -> None:
    for method, value in (("POST", "x"), ("PUT", "y")):
        sent = {"pass": {"back_fields": [{"key": "a", "value": value}]}}
        changed = ok(api.request(method, f"{path}/passes/{issued['id']}", sent))
        assert changed["back_fields"][0]["value"] == value


def test_24_the_singular_is_understood(api: Api, path: str, campaign: dict[str, Any], issued: dict[str, Any]) -> None:
    singular = path.replace("/generics/", "/generic/")
    assert ok(api.get(singular)) == campaign
    assert ok(api.get(f"{singular}/passes/{issued['id']}")) == issued


def test_25_sequencial(api: Api, path: str) -> None:
    assert ok(api.patch(path, {"generic": {"code_type": "sequential"}}))["code_type"] == "sequencial"


def test_26_null_is_json(api: Api, path: str, issued: dict[str, Any]) -> None:
    content = api.get(f"{path}/passes/{issued['id']}").content
    assert b'"expiration_date":null' in content
    assert b"nil" not in content


def test_27_ids(campaign: dict[str, Any], issued: dict[str, Any]) -> None:
    assert issued["campaign_id"] == campaign["id"] != issued["id"]


METHODS = {"push", "merge", "delete", "destroy", "update", "passes", "client", "collection_name", "daily_report"} | {
    "total_report",
    "method",
    "class",
    "send",
}


def test_28_no_key_hides_a_method_of_the_ruby_client(campaign: dict[str, Any], issued: dict[str, Any]) -> None:
    assert not {*campaign, *issued} & METHODS


def test_29_an_explicit_default_page_size_works(api: Api, path: str) -> None:
    for _ in range(30):
        ok(api.post(f"{path}/passes"), 201)
    explicit, implicit = api.get(f"{path}/passes?per_page=25"), api.get(f"{path}/passes?page=2")
    assert (len(ok(explicit)), len(ok(implicit))) == (25, 5)
    assert api.get(f"{path}/passes")["X-Per-Page"] == "25"
    assert not {row["id"] for row in ok(explicit)} & {row["id"] for row in ok(implicit)}


def test_30_double_slashes_and_no_compression_unasked(api: Api, path: str, campaign: dict[str, Any]) -> None:
    assert ok(api.get("http://testserver//v2/generics/")) == [campaign]
    assert ok(api.get(f"/v2//generics//{campaign['id']}")) == campaign
    assert not api.get(path).has_header("Content-Encoding")


def test_the_reserved_message_field_is_not_shown(api: Api, path: str, issued: dict[str, Any]) -> None:
    assert [field["key"] for field in issued["back_fields"]] == ["a"]
