"""A code that is sent without a format keeps the format there is; a code that is sent is part of the look."""

from __future__ import annotations

from typing import Any

import pytest

from tests.interfaces.api.conftest import Api
from tests.interfaces.api.toy_town import ok

pytestmark = pytest.mark.usefixtures("certificates")


def made(api: Api, **attributes: Any) -> tuple[str, dict[str, Any]]:
    sent = {"name": "Town", "icon_id": api.upload("icon"), "barcode": {"format": "pdf417"}, **attributes}
    campaign = ok(api.post("/v2/generics", {"generic": sent}), 201)
    return f"/v2/generics/{campaign['id']}", campaign


def template_code(api: Api, campaign: dict[str, Any]) -> str:
    return str(ok(api.get(f"/v2/templates/{campaign['template_id']}"))["barcode"]["format"])


@pytest.mark.parametrize("sent", [{"message": "HELLO"}, {"format": "", "message": "HELLO"}, {"format": None}])
def test_a_pass_keeps_the_format_of_its_campaign(api: Api, sent: dict[str, Any]) -> None:
    path, _ = made(api)
    shown = ok(api.post(f"{path}/passes", {"pass": {"barcode": sent}}), 201)["barcode"]
    assert (shown["format"], shown["message"]) == ("pdf417", sent.get("message") or "0000001")
    shown = ok(api.post(f"{path}/passes", {"pass": {"barcodes": [sent]}}), 201)["barcode"]
    assert shown["format"] == "pdf417"


@pytest.mark.parametrize("nothing", [[], {}])
def test_an_empty_code_of_a_pass_says_nothing(api: Api, nothing: Any) -> None:
    path, _ = made(api, barcode={"format": "pdf417", "message": "ALL"})
    shown = ok(api.post(f"{path}/passes", {"pass": {"barcode": nothing}}), 201)
    assert shown["barcode"] == {"format": "pdf417", "message": "ALL", "alt_text": "ALL", "alt_text_type": "mirror"}
    own = ok(api.patch(f"{path}/passes/{shown['id']}", {"pass": {"barcode": {"format": "aztec", "message": "O"}}}))
    assert ok(api.patch(f"{path}/passes/{shown['id']}", {"pass": {"barcode": nothing}})) == own


def test_an_update_of_a_pass_keeps_its_own_format(api: Api) -> None:
    path, _ = made(api)
    one = ok(api.post(f"{path}/passes", {"pass": {"barcode": {"format": "aztec"}}}), 201)
    after = ok(api.patch(f"{path}/passes/{one['id']}", {"pass": {"barcode": {"message": "NEW"}}}))
    assert (after["barcode"]["format"], after["barcode"]["message"]) == ("aztec", "NEW")


@pytest.mark.parametrize("before", [{"barcode": None}, {"barcode": {"format": "none"}}])
def test_where_there_is_no_code_a_new_one_is_a_qrcode(api: Api, before: dict[str, Any]) -> None:
    path, _ = made(api, **before)
    assert ok(api.post(f"{path}/passes", {"pass": {"barcode": {"message": "M"}}}), 201)["barcode"]["format"] == "qrcode"
    assert ok(api.patch(path, {"generic": {"barcode": {"message": "M"}}}))["barcode"]["format"] == "qrcode"


def test_an_update_of_a_campaign_keeps_its_format(api: Api) -> None:
    path, _ = made(api)
    after = ok(api.patch(path, {"generic": {"barcode": {"message": "CM"}}}))
    assert (after["barcode"]["format"], after["barcode"]["message"]) == ("pdf417", "CM")


def test_a_new_campaign_takes_the_format_of_the_template_it_names(api: Api) -> None:
    _, first = made(api)
    body = {"name": "Second", "template_id": first["template_id"], "barcode": {"message": "M"}}
    second = ok(api.post("/v2/generics", {"generic": body}), 201)
    assert (second["barcode"]["format"], second["barcode"]["message"]) == ("pdf417", "M")


def test_an_update_of_a_template_keeps_its_format(api: Api) -> None:
    _, campaign = made(api)
    path = f"/v2/templates/{campaign['template_id']}"
    after = ok(api.patch(path, {"template": {"barcode": {"message": "M"}}}))["barcode"]
    assert (after["format"], after["message"]) == ("pdf417", "M")


def test_another_code_is_another_template(api: Api) -> None:
    path, before = made(api)
    after = ok(api.patch(path, {"generic": {"barcode": {"format": "aztec"}}}))
    assert after["template_id"] != before["template_id"]
    assert (template_code(api, before), template_code(api, after)) == ("pdf417", "aztec")
    again = ok(api.patch(path, {"generic": {"barcodes": [{"format": "ean128", "message": "1"}, {"format": "qrcode"}]}}))
    assert template_code(api, again) == "ean128"
    same = ok(api.patch(path, {"generic": {"barcodes": [{"format": "ean128", "message": "1"}]}}))
    assert same["template_id"] == again["template_id"]


def test_a_template_that_is_made_for_another_reason_has_the_present_code(api: Api) -> None:
    path, before = made(api)
    ok(api.patch(f"/v2/templates/{before['template_id']}", {"template": {"barcode": {"format": "aztec"}}}))
    present = ok(api.get(path))["barcode"]["format"]
    after = ok(api.patch(path, {"generic": {"logo_text": "Other"}}))
    assert after["template_id"] != before["template_id"]
    assert template_code(api, after) == after["barcode"]["format"] == present


def test_a_template_that_is_named_brings_its_code_and_keeps_it_when_it_is_changed(api: Api) -> None:
    path, _ = made(api)
    _, other = made(api, name="Other", barcode={"format": "aztec"})
    after = ok(api.patch(path, {"generic": {"template_id": other["template_id"], "logo_text": "New"}}))
    assert after["template_id"] != other["template_id"]
    assert (after["barcode"]["format"], template_code(api, after)) == ("aztec", "aztec")
