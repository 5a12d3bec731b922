"""Templates through the API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.interfaces.api.conftest import Api
from tests.interfaces.api.toy_town import ok, refused

STYLES = ["boardingPass", "coupon", "eventTicket", "generic", "storeCard"]
SLOTS = ["icon", "logo", "strip", "thumbnail", "background", "footer"]
METHODS_OF_OBJECTS = {
    *("push", "merge", "delete", "destroy", "update", "passes", "client", "collection_name", "daily_report"),
    *("total_report", "method", "class", "send"),
}


@pytest.fixture
def icon(api: Api) -> str:
    return api.upload("icon")


def created(api: Api, icon: str, **attributes: Any) -> dict[str, Any]:
    body = {"name": "Summer", "pass_type": "generic", "icon_id": icon, **attributes}
    template: dict[str, Any] = ok(api.post("/v2/templates", {"template": body}), 201)
    return template


def test_a_template_says_everything_and_null_where_nothing_is(api: Api, icon: str) -> None:
    template = created(api, icon)
    assert template == {
        "id": template["id"],
        "name": "Summer",
        "description": None,
        "pass_type": "generic",
        "logo_text": None,
        "background_color": None,
        "text_color": None,
        "label_color": None,
        "barcode": {"format": "none", "message": "", "alt_text": "", "alt_text_type": "mirror"},
        "source": "api",
        "icon_id": icon,
        "logo_id": None,
        "strip_id": None,
        "thumbnail_id": None,
        "background_id": None,
        "footer_id": None,
        "transit_type": None,
    }
    assert ok(api.get(f"/v2/templates/{template['id']}")) == template
    assert ok(api.get("/v2/templates")) == [template]
    assert not METHODS_OF_OBJECTS & set(template)


@pytest.mark.parametrize("style", STYLES)
def test_every_style_with_everything(api: Api, icon: str, style: str) -> None:
    pictures = {f"{slot}_id": api.upload(slot) for slot in SLOTS[1:]}
    sent = {
        "name": "Everything",
        "description": "for all",
        "pass_type": style,
        "transit_type": "bus",
        "logo_text": "Toy Town",
        "background_color": "#C51f1f",
        "text_color": "#fff",
        "label_color": "#000000",
        "barcode": {"format": "aztec", "message": "m", "alt_text": "a", "alt_text_type": "custom"},
        **pictures,
    }
    template = created(api, icon, **sent)
    assert {name: template[name] for name in sent} == sent


@pytest.mark.parametrize("transit_type", ["air", "boat", "bus", "train", "generic"])
def test_a_boarding_pass_needs_a_transit_type(api: Api, icon: str, transit_type: str) -> None:
    body = {"name": "Trip", "pass_type": "boardingPass", "icon_id": icon}
    assert list(refused(api.post("/v2/templates", {"template": body}))) == ["transit_type"]
    assert created(api, icon, **{**body, "transit_type": transit_type})["transit_type"] == transit_type


def test_foreground_color_is_text_color_when_that_is_absent(api: Api, icon: str) -> None:
    assert created(api, icon, name="a", foreground_color="#123")["text_color"] == "#123"
    assert created(api, icon, name="b", foreground_color="#123", text_color="#456")["text_color"] == "#456"
    assert created(api, icon, name="c", foreground_color="#123", text_color=None)["text_color"] is None


@pytest.mark.parametrize(
    ("barcode", "expected"),
    [
        ({}, "qrcode"),
        ([], "qrcode"),
        ({"message": "x"}, "qrcode"),
        ({"format": "pdf417"}, "pdf417"),
        ({"format": "ean128"}, "ean128"),
        ({"format": None}, "qrcode"),
        (None, "none"),
    ],
)
def test_a_barcode_without_a_format_is_a_qrcode(api: Api, icon: str, barcode: Any, expected: str) -> None:
    assert created(api, icon, barcode=barcode)["barcode"]["format"] == expected


def test_v1_takes_a_barcode_as_text(api: Api, icon: str) -> None:
    body = {"name": "Old", "pass_type": "generic", "icon_id": icon, "barcode": "pdf417"}
    assert ok(api.post("/v1/templates", {"template": body}), 201)["barcode"]["format"] == "pdf417"
    assert "barcode" in refused(api.post("/v2/templates", {"template": {**body, "name": "New"}}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", ""),
        ("name", "   "),
        ("name", None),
        ("name", "x" * 256),
        ("name", {}),
        ("pass_type", "store_card"),
        ("pass_type", "Generic"),
        ("pass_type", 1),
        ("pass_type", ["generic"]),
        ("pass_type", {}),
        ("icon_id", ""),
        ("icon_id", "x"),
        ("icon_id", 5),
        ("icon_id", "b6a3ffb6-5aa5-4ea3-9a5f-0a9f6c1a6ab1"),
        ("logo_id", [1]),
        ("background_color", "#00000"),
        ("background_color", "red"),
        ("text_color", "#12345g"),
        ("label_color", 5),
        ("foreground_color", "rgb(1,2,3)"),
        ("logo_text", {"a": 1}),
        ("logo_text", True),
        ("description", ["x"]),
        ("transit_type", "rocket"),
        ("barcode", "qrcode"),
        ("barcode", 5),
        ("barcode", ["qrcode"]),
    ],
)
def test_what_is_wrong_is_named(api: Api, icon: str, name: str, value: Any) -> None:
    body = {"name": "x", "pass_type": "generic", "icon_id": icon, name: value}
    assert list(refused(api.post("/v2/templates", {"template": body}))) == [name]
    assert ok(api.get("/v2/templates")) == []


@pytest.mark.parametrize(
    ("barcode", "name"),
    [
        ({"format": "code39"}, "barcode.format"),
        ({"format": 5}, "barcode.format"),
        ({"message": {}}, "barcode.message"),
        ({"alt_text": False}, "barcode.alt_text"),
        ({"alt_text_type": "same"}, "barcode.alt_text_type"),
    ],
)
def test_what_is_wrong_inside_a_barcode_is_named(api: Api, icon: str, barcode: Any, name: str) -> None:
    body = {"name": "x", "pass_type": "generic", "icon_id": icon, "barcode": barcode}
    assert list(refused(api.post("/v2/templates", {"template": body}))) == [name]


def test_everything_that_is_wrong_is_named_at_once(api: Api) -> None:
    body = {"pass_type": "x", "text_color": "y", "logo_id": "z", "barcode": {"format": "w"}}
    errors = refused(api.post("/v2/templates", {"template": body}))
    assert set(errors) == {"name", "pass_type", "icon_id", "text_color", "logo_id", "barcode.format"}


@pytest.mark.parametrize("slot", SLOTS)
def test_a_slot_takes_only_its_own_type(api: Api, icon: str, slot: str) -> None:
    other = api.upload("logo" if slot != "logo" else "strip")
    body = {"name": "x", "pass_type": "generic", "icon_id": icon, f"{slot}_id": other}
    assert list(refused(api.post("/v2/templates", {"template": body}))) == [f"{slot}_id"]


def test_names_are_unique_within_the_organization(api: Api, stranger: Api, icon: str) -> None:
    first = created(api, icon)
    body = {"name": "Summer", "pass_type": "generic", "icon_id": icon}
    assert refused(api.post("/v2/templates", {"template": body})) == {"name": ["has already been taken"]}
    created(stranger, stranger.upload("icon"))
    ok(api.delete(f"/v2/templates/{first['id']}", {}))
    created(api, icon)


def test_a_patch_changes_what_it_names(api: Api, icon: str) -> None:
    before = created(api, icon, logo_text="a", text_color="#123", barcode={"format": "aztec"})
    for method, text in ((api.patch, "b"), (api.put, "c")):
        after = ok(method(f"/v2/templates/{before['id']}", {"template": {"logo_text": text}}))
        assert after == {**before, "logo_text": text}
    logo = api.upload("logo")
    after = ok(
        api.patch(f"/v2/templates/{before['id']}", {"template": {"logo_id": logo, "barcode": None, "text_color": ""}})
    )
    assert (after["logo_id"], after["barcode"]["format"], after["text_color"]) == (logo, "none", None)
    assert ok(api.patch(f"/v2/templates/{before['id']}", {"template": {"logo_id": None}}))["logo_id"] is None
    assert ok(api.patch(f"/v2/templates/{before['id']}")) == {**after, "logo_id": None}


@pytest.mark.parametrize("attributes", [{"name": None}, {"icon_id": None}, {"pass_type": None}, {"name": " "}])
def test_a_patch_cannot_empty_what_is_needed(api: Api, icon: str, attributes: dict[str, Any]) -> None:
    before = created(api, icon)
    errors = refused(api.patch(f"/v2/templates/{before['id']}", {"template": attributes}))
    assert errors == {name: ["can't be blank"] for name in attributes}
    assert ok(api.get(f"/v2/templates/{before['id']}")) == before


def test_a_name_that_is_taken_changes_nothing(api: Api, icon: str) -> None:
    created(api, icon, name="a")
    second = created(api, icon, name="b")
    sent = {"name": "a", "logo_text": "half a write"}
    assert list(refused(api.patch(f"/v2/templates/{second['id']}", {"template": sent}))) == ["name"]
    assert ok(api.get(f"/v2/templates/{second['id']}")) == second


@pytest.mark.parametrize("delete_assets", [True, "true", "1", 1])
def test_delete_with_assets(api: Api, icon: str, delete_assets: Any) -> None:
    template = created(api, icon, logo_id=api.upload("logo"))
    body = {"template": {"delete_assets": delete_assets}}
    assert ok(api.delete(f"/v2/templates/{template['id']}", body)) == {"errors": []}
    assert ok(api.get("/v2/assets")) == []


@pytest.mark.parametrize(
    "body", [{}, {"template": {}}, {"template": {"delete_assets": "false"}}, {"template": []}, None]
)
def test_delete_without_assets(api: Api, icon: str, body: Any) -> None:
    template = created(api, icon)
    ok(api.delete(f"/v2/templates/{template['id']}", body))
    assert [asset["id"] for asset in ok(api.get("/v2/assets"))] == [icon]
    refused(api.get(f"/v2/templates/{template['id']}"), 404)


def test_assets_stay_all_when_one_is_used_elsewhere(api: Api, icon: str) -> None:
    template = created(api, icon, name="a", logo_id=api.upload("logo"))
    created(api, icon, name="b")
    ok(api.delete(f"/v2/templates/{template['id']}", {"template": {"delete_assets": "true"}}))
    assert len(ok(api.get("/v2/assets"))) == 2


def test_a_strange_wish_about_assets_is_refused(api: Api, icon: str) -> None:
    template = created(api, icon)
    assert refused(api.delete(f"/v2/templates/{template['id']}", {"template": {"delete_assets": "maybe"}})) == {
        "delete_assets": ["must be true or false"]
    }
    ok(api.get(f"/v2/templates/{template['id']}"))


def test_a_stranger_sees_nothing(api: Api, stranger: Api, icon: str) -> None:
    template = created(api, icon)
    address = f"/v2/templates/{template['id']}"
    assert ok(stranger.get("/v2/templates")) == []
    refused(stranger.get(address), 404)
    refused(stranger.patch(address, {"template": {"name": "mine"}}), 404)
    refused(stranger.delete(address, {}), 404)
    body = {"name": "x", "pass_type": "generic", "icon_id": icon}
    assert list(refused(stranger.post("/v2/templates", {"template": body}))) == ["icon_id"]
    assert ok(api.get(address)) == template
