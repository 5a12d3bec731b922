"""What connections break off, and what old clients send in their own spelling."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest

from passwright.data.models import Asset, Campaign, Pass
from passwright.operations.deliver import find
from passwright.queries.passes import contents
from tests.interfaces.api.conftest import Api
from tests.interfaces.api.toy_town import ok, png, refused

pytestmark = pytest.mark.usefixtures("certificates")


@pytest.fixture
def path(api: Api) -> str:
    body = {"generic": {"name": "Toy Town", "icon_id": api.upload("icon"), "back_fields": [{"key": "a"}]}}
    return f"/v2/generics/{ok(api.post('/v2/generics', body), 201)['id']}"


def broken_off(api: Api, path: str, content: bytes, content_type: str) -> Any:
    """An upload that is announced with 500 bytes more than come."""
    return api.client.post(
        path,
        content,
        content_type=content_type,
        headers={"authorization": api.authorization},
        CONTENT_LENGTH=str(len(content) + 500),
        **{"wsgi.input": io.BytesIO(content)},
    )


@pytest.mark.parametrize("content", [b"", b"{}", b'{"pass":{"voided":tr'])
def test_a_pass_whose_body_was_lost_is_not_issued(api: Api, path: str, content: bytes) -> None:
    answer = broken_off(api, f"{path}/passes", content, "application/json")
    refused(answer, 400)
    assert answer.json()["message"] == "The body ended early. Send it again."
    assert not Pass.objects.exists()


def test_an_upload_that_broke_off_is_not_kept(api: Api) -> None:
    form = b'--x\r\nContent-Disposition: form-data; name="asset[asset_type]"\r\n\r\nicon\r\n'
    refused(broken_off(api, "/v2/assets", form, "multipart/form-data; boundary=x"), 400)
    assert not Asset.objects.exists()


def test_a_media_type_may_be_in_capitals(api: Api) -> None:
    form = (
        b'--Ab\r\nContent-Disposition: form-data; name="asset[asset_type]"\r\n\r\nicon\r\n'
        b'--Ab\r\nContent-Disposition: form-data; name="asset[file]"; filename="i.png"\r\n\r\n'
        + png()
        + b"\r\n--Ab--\r\n"
    )
    answer = api.client.post(
        "/v2/assets",
        form,
        content_type="Multipart/Form-Data; boundary=Ab",
        headers={"authorization": api.authorization},
    )
    assert ok(answer, 201)["asset_type"] == "icon"


@pytest.mark.parametrize("root", ["coupon", "store_card", "event_ticket", "boarding_pass"])
def test_the_root_of_another_type_names_the_right_one(api: Api, path: str, root: str) -> None:
    expected = {root: ["is another type of campaign; the root at this address is generic"]}
    assert refused(api.post("/v2/generics", {root: {"name": "x"}})) == expected
    assert refused(api.patch(path, {root: {"name": "x"}})) == expected
    assert ok(api.get(path))["name"] == "Toy Town"


@pytest.mark.parametrize(("sent", "kept"), [(10**9, 100), (-5, 0), ("-5", 0), (1e300, 100), ("", None), (50, 50)])
def test_any_distance_is_brought_within_bounds(api: Api, path: str, sent: Any, kept: int | None) -> None:
    assert ok(api.patch(path, {"generic": {"max_distance": sent}}))["max_distance"] == kept
    assert ok(api.post(f"{path}/passes", {"pass": {"max_distance": sent}}), 201)["max_distance"] == kept


def test_empty_texts_are_none(api: Api, path: str) -> None:
    sent = {
        "locations": [{"latitude": 1, "longitude": 2, "altitude": ""}],
        "beacons": [{"proximity_uuid": "b6a3ffb6-5aa5-4ea3-9a5f-0a9f6c1a6ab1", "major": "", "minor": ""}],
        "back_fields": [{"key": "a", "behaviour": "", "data_type": "", "required": "", "hidden": ""}],
        "barcode": {"format": "", "alt_text_type": ""},
        **dict.fromkeys(("og", "merge_on_update", "code_type", "time_zone", "transit_type", "max_distance"), ""),
    }
    shown = ok(api.patch(path, {"generic": sent}))
    assert shown["locations"][0]["altitude"] is None
    assert (shown["beacons"][0]["major"], shown["beacons"][0]["minor"]) == (None, None)
    assert (shown["og"], shown["merge_on_update"], shown["code_type"]) == (True, False, "sequencial")
    assert (shown["time_zone"], shown["barcode"]["format"]) == ("UTC", "qrcode")
    assert ok(api.post(f"{path}/passes", {"pass": {"voided": "", "merge": ""}}), 201)["voided"] is False


@pytest.mark.parametrize("spelled", ["{%s}", "urn:uuid:%s", "%s}"])
def test_an_id_in_another_spelling_is_unknown(api: Api, path: str, spelled: str) -> None:
    campaign_id = path.rpartition("/")[2]
    refused(api.get(f"/v2/generics/{spelled % campaign_id}"), 404)
    assert ok(api.get(f"/v2/generics/{campaign_id.upper()}"))["id"] == campaign_id


@pytest.mark.parametrize(
    ("query", "found", "ignored"),
    [
        ("q[name_eq]=", 1, "q[name_eq]"),
        ("q[name_cont]=%20", 1, "q[name_cont]"),
        ("q[created_at_gteq]=", 1, "q[created_at_gteq]"),
        ("q[name_match]=toy%25", 1, None),
        ("q[name_matches]=TOY%20TOWN", 1, None),
        ("q[name_match]=town%25", 0, None),
        ("q[created_at_gteq]=2016-08-09%2014:30:54%20UTC", 1, None),
        ("q[created_at_lt]=Tue,%2009%20Aug%202016%2014:30:54%20%2B0000", 0, None),
        ("q[created_at_lt]=2016-08-09%2014:30", 0, None),
        ("q[created_at_lt]=soon", 1, "q[created_at_lt]"),
    ],
)
def test_conditions_as_ransack_read_them(api: Api, path: str, query: str, found: int, ignored: str | None) -> None:
    answer = api.get(f"/v2/generics?{query}")
    assert len(ok(answer)) == found
    assert answer.headers.get("X-Ignored-Params") == ignored


VERBATIM = '{"zebra":1,"a":{"z":[1e300,1.5,-0.00001],"b":null},"10":"x","9":12345678901234567890}'


def test_user_info_comes_back_as_it_was_sent(api: Api, path: str) -> None:
    sent = f'{{"generic":{{"user_info":{VERBATIM}}}}}'.encode()
    assert VERBATIM in compact(api.raw("PATCH", path, sent))
    assert VERBATIM in compact(api.get(path))
    inherited = ok(api.post(f"{path}/passes"), 201)["id"]
    assert VERBATIM in compact(api.get(f"{path}/passes/{inherited}"))
    made = api.raw("POST", f"{path}/passes", f'{{"pass":{{"user_info":{VERBATIM}}}}}'.encode())
    assert VERBATIM in compact(made)
    after = api.raw("PATCH", f"{path}/passes/{inherited}", b'{"pass":{"user_info":{"b":1,"a":2}}}')
    assert '{"b":1,"a":2}' in compact(after)
    assert '{"b":1,"a":2}' in compact(api.get(f"{path}/passes"))


def test_a_document_has_it_in_the_same_order(api: Api, path: str) -> None:
    made = ok(api.raw("POST", f"{path}/passes", f'{{"pass":{{"user_info":{VERBATIM}}}}}'.encode()), 201)
    row = Pass.objects.get(id=made["id"])
    signed = find(row.id, None, datetime(2027, 1, 1, tzinfo=UTC))
    assert signed is not None
    shown = contents(Campaign.objects.get(), [row])[0].user_info
    assert list(signed.parts.state.user_info) == list(shown) == ["zebra", "a", "10", "9"]


def compact(answer: Any) -> str:
    return str(answer.content.decode())
