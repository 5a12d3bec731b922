"""The stories of the contract, told to a running installation from the first request to the last."""

from __future__ import annotations

import base64
import io
import json
import socket
import time
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
import requests
from PIL import Image

from tests.walks.conftest import Installation, answering, eventually, new_installation
from tests.walks.printed import (
    CAMPAIGN,
    IN_TRAFFIC,
    JOHNNY,
    JOHNNY_WITH_AIRPLANES,
    OF_ANOTHER_CAMPAIGN,
    OF_ANOTHER_CODE,
    UPDATED_CAMPAIGN,
    differing,
)

pytestmark = pytest.mark.xdist_group("stories")
"""One installation hears them all."""

FORM = "https://toytown.example/join?lang=en"
MEMBERS = 320


class Caller:
    """An organization's program."""

    def __init__(self, installation: Installation, credentials: dict[str, Any]) -> None:
        self.installation, self.credentials = installation, credentials
        self.login = (credentials["api_username"], credentials["api_password"])

    def answer(self, method: str, path: str, **more: Any) -> requests.Response:
        address = path if path.startswith("http") else f"{self.installation.base}{path}"
        return requests.request(method, address, auth=self.login, allow_redirects=False, timeout=60, **more)

    def call(self, method: str, path: str, body: Any = None, status: int = 200, **more: Any) -> Any:
        sent = {"data": json.dumps(body), "headers": {"Content-Type": "application/json"}} if body is not None else {}
        answer = self.answer(method, path, **sent, **more)
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json; charset=utf-8"), (
            answer.text
        )
        return answer.json()

    def get(self, path: str, status: int = 200, **query: Any) -> Any:
        return self.call("GET", path, status=status, params=query)

    def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        return self.call("POST", path, body, status)

    def patch(self, path: str, body: Any, status: int = 200) -> Any:
        return self.call("PATCH", path, body, status)

    def upload(self, slot: str) -> str:
        form = {"files": {"asset[file]": (f"{slot}.png", picture(), "image/png")}, "data": {"asset[asset_type]": slot}}
        asset = self.call("POST", "/v2/assets", status=201, **form)
        assert list(asset) == ["id", "asset_type", "created_at", "asset_url"]
        return str(asset["id"])

    def create(self, segment: str, root: str, **attributes: Any) -> dict[str, Any]:
        wanted = {"name": str(uuid4()), "icon_id": self.upload("icon"), **attributes}
        made: dict[str, Any] = self.post(f"/v2/{segment}", {root: wanted}, 201)
        assert tuple(made)[: len(IN_TRAFFIC)] == IN_TRAFFIC
        return made

    def issue(self, path: str, attributes: dict[str, Any] | None = None) -> dict[str, Any]:
        made: dict[str, Any] = self.post(f"{path}/passes", {"pass": attributes or {}}, 201)
        return made


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (58, 58), "#c51f1f").save(file, "PNG")
    return file.getvalue()


def shown(pass_: dict[str, Any], position: str) -> dict[str, str | None]:
    return {field["key"]: field["value"] for field in pass_[f"{position}_fields"]}


def in_the_wallet(pass_: dict[str, Any]) -> dict[str, Any]:
    """pass.json as a phone gets it."""
    file = requests.get(pass_["pkpass_url"], timeout=60)
    assert file.headers["Content-Type"] == "application/vnd.apple.pkpass"
    content: dict[str, Any] = json.loads(zipfile.ZipFile(io.BytesIO(file.content)).read("pass.json"))
    return content


def on_the_lock_screen(pass_: dict[str, Any]) -> str:
    """The last message, without what makes it another text than the one before."""
    fields = [field for part in in_the_wallet(pass_).values() if isinstance(part, dict) for field in back(part)]
    (message,) = (field["value"] for field in fields if field["key"] == "passwright_message")
    return str(message).rstrip("\u200b")


def back(part: dict[str, Any]) -> list[dict[str, Any]]:
    return list(part.get("backFields", ()))


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with new_installation(tmp_path_factory.mktemp("stories")) as made:
        made.start("web")
        made.start("worker")
        eventually(lambda: answering(made.base), within=60, what="the web process answers")
        yield made


@pytest.fixture(scope="module")
def us(installation: Installation) -> Caller:
    return Caller(installation, installation.organization("your company"))


def test_toy_town(us: Caller) -> None:
    """The document of generic passes, request by request."""
    sent = {
        "name": "Toy Town Generic Passes!",
        "icon_id": us.upload("icon"),
        "logo_id": us.upload("logo"),
        "logo_text": "Toy Town",
        "barcode": {"format": "pdf417"},
        "text_color": "#ffffff",
        "background_color": "#c51f1f",
        "primary_fields": [{"key": "member"}],
        "secondary_fields": [{"key": "subtitle", "label": "MEMBER SINCE"}],
        "auxiliary_fields": [{"key": "level", "label": "LEVEL"}, {"key": "favorite", "label": "FAVORITE TOY"}],
    }
    created = us.post("/v2/generics/", {"generic": sent}, 201)
    assert differing(CAMPAIGN, created) == []
    path = f"/v2/generics/{created['id']}"

    updated = us.patch(path, {"generic": {"background_color": "#facada"}})
    assert differing(UPDATED_CAMPAIGN, updated) == OF_ANOTHER_CAMPAIGN
    assert (differing(CAMPAIGN, updated), updated["id"]) == ([], created["id"])
    assert updated["template_id"] != created["template_id"]
    message = {"generic": {"push_message": "Look at your new pass!"}}
    nobody = "There are no passes to update for campaing 'Toy Town Generic Passes!'."
    assert us.post(f"{path}/push", message) == {"message": nobody}

    johnny = us.post(
        f"{path}/passes",
        {
            "pass": {
                "thumbnail_id": us.upload("thumbnail"),
                "primary_fields": [{"key": "member", "value": "Johnny Appleseed"}],
                "secondary_fields": [{"key": "subtitle", "value": "2012"}],
                "auxiliary_fields": [
                    {"key": "level", "value": "Platinum"},
                    {"key": "favorite", "value": "Trucks"},
                ],
            }
        },
        201,
    )
    assert differing(JOHNNY, johnny) == OF_ANOTHER_CODE
    his = f"{path}/passes/{johnny['id']}"
    airplanes = {"pass": {"auxiliary_fields": [{"key": "favorite", "value": "Airplanes"}]}}
    changed = us.patch(his.replace("/v2/", "/v1/"), airplanes)
    assert differing(JOHNNY_WITH_AIRPLANES, changed) == OF_ANOTHER_CODE
    assert shown(us.get(his), "auxiliary") == {"level": "Platinum", "favorite": "Airplanes"}

    pushed = f"push notifications sent for pass with id: {johnny['id']} on campaign 'Toy Town Generic Passes!'"
    assert us.post(f"{his}/push") == {"message": pushed}
    assert us.post(f"{his}/push", {"pass": {"push_message": "Hello!"}}) == {"message": pushed}
    assert on_the_lock_screen(johnny) == "Hello!"

    boilerplate = us.post(f"{path}/passes", status=201)
    assert (boilerplate["redeem_code"], shown(boilerplate, "primary")) == ("0000002", {"member": None})
    assert us.get(f"{path}/redeem/0000001")["pass_id"] == johnny["id"]
    by_code = us.post(f"{path}/redeem", {"pass": {"redeem_code": "0000001", "comment": "Redeemed in store"}})
    assert (by_code["id"], by_code["voided"], by_code["redeemed_count"]) == (johnny["id"], True, 1)
    by_id = us.post(f"{path}/passes/{boilerplate['id']}/redeem", {"pass": {"comment": "redeemed in store"}})
    assert (by_id["id"], by_id["voided"], by_id["redeemed_count"]) == (boilerplate["id"], True, 1)
    redeems = us.get(f"{path}/redeems")
    assert [(each["pass_id"], each["comment"]) for each in redeems] == [
        (johnny["id"], "Redeemed in store"),
        (boilerplate["id"], "redeemed in store"),
    ]
    assert us.post(f"{path}/redeem", {"pass": {"redeem_code": "0000001"}}, 412)["errors"].keys() == {"pass"}

    us.patch(path, {"generic": {"background_color": "#c51f1f"}})
    told = "Started pushing 2 passes for campaign 'Toy Town Generic Passes!'."
    assert us.post(f"{path}/push", message) == {"message": told}
    reset = us.get(his)
    assert shown(reset, "primary") | shown(reset, "auxiliary") == {"member": None, "level": None, "favorite": None}
    same = ("id", "serial_number", "redeem_code", "barcode", "voided", "redeemed_count", "page_url", "created_at")
    assert {name: reset[name] for name in same} == {name: by_code[name] for name in same}
    assert on_the_lock_screen(johnny) == on_the_lock_screen(boilerplate) == "Look at your new pass!"
    us.post(f"{path}/undo_reset")
    assert shown(us.get(his), "primary") == {"member": "Johnny Appleseed"}

    assert us.post(f"{path}/pause")["state"] == "paused"
    assert us.post(f"{path}/passes", status=412)["errors"].keys() == {"campaign"}
    assert us.post(f"{path}/resume")["state"] == "published"
    assert us.post(f"{path}/archive")["state"] == "archived"
    assert us.post(f"{path}/resume", status=412)["errors"] == ["Can't resume from archived to publish"]
    assert [each["id"] for each in us.get(f"{path}/passes")] == [johnny["id"], boilerplate["id"]]
    assert [each["name"] for each in us.get("/v2/generics/")] == ["Toy Town Generic Passes!"]

    today = johnny["created_at"][:10]
    counted = {"creates_count": 2, "redeems_count": 2, "updates_count": 1, "installs_count": 0, "active_count": 0}
    counted |= {"downloads_count": 3, "distribution_updates_count": 3}
    totals = us.get(f"{path}/reports/totals")
    assert (totals["campaign_id"], differing(counted, totals["report"])) == (created["id"], [])
    assert totals["report"]["apple"] == totals["report"]["android"] == {"installs_count": 0, "uninstalls_count": 0}
    daily = us.get(f"{path}/reports", start_date="2015-01-01", end_date="2999-12-31")
    assert (daily["start_date"], daily["end_date"]) == ("2015-01-01", "2999-12-31")
    in_all = {name: sum(day[name] for day in daily["report"].values()) for name in counted}
    assert (in_all, today in daily["report"]) == (counted, True)

    assert us.call("DELETE", path, {}) == {"errors": []}
    assert us.call("DELETE", path, {}, status=412)["errors"] == {"campaign": "Campaign not found."}
    assert us.get(his, 404)["errors"] == {"campaign": "Campaign not found."}
    assert us.get("/v2/generics/") == []


def test_a_coupon_step_by_step(us: Caller) -> None:
    """Made, issued, corrected, merged, used once, and given back."""
    created = us.create(
        "coupons",
        "coupon",
        name="Coupon campaign",
        strip_id=us.upload("strip"),
        barcode={"format": "qrcode"},
        primary_fields=[{"key": "offer", "label": "Any premium dog food", "value": "20% off"}],
        auxiliary_fields=[{"key": "owner", "label": "NAME", "behaviour": "dynamic"}],
    )
    path = f"/v2/coupons/{created['id']}"
    assert (created["code_type"], created["state"], created["redeem_count"]) == ("sequencial", "published", 0)
    assert created["primary_fields"][0] == {
        **{"key": "offer", "label": "Any premium dog food", "value": "20% off", "behaviour": "fixed"},
        **{"data_type": "text", "required": True},
    }
    (distribution,) = created["distributions"]
    assert (distribution["distribution_type"], distribution["state"]) == ("downloadPage", "published")
    assert distribution["page_url"] == created["page_url"]
    nobody = "There are no passes to merge for campaign 'Coupon campaign'."
    assert us.post(f"{path}/merge") == {"message": nobody}

    made = us.issue(path, {"auxiliary_fields": [{"key": "owner", "value": "Ana"}]})
    own = f"{path}/passes/{made['id']}"
    assert made["primary_fields"] == [
        {"key": "offer", "label": "Any premium dog food", "value": "20% off", "behaviour": "fixed"}
    ]
    us.patch(path, {"coupon": {"primary_fields": [{"key": "offer", "value": "30% off"}]}})
    us.patch(path, {"coupon": {"auxiliary_fields": [{"key": "owner", "label": "FOR"}]}})
    assert us.get(own)["primary_fields"] == made["primary_fields"]
    started = {"message": "Started merging 1 passes for campaign 'Coupon campaign'."}
    assert us.post(f"{path}/merge", {"push_message": "30% now!"}) == started
    merged = us.get(own)
    assert merged["primary_fields"] == [{**made["primary_fields"][0], "value": "30% off"}]
    assert merged["auxiliary_fields"] == [{"key": "owner", "label": "FOR", "value": "Ana", "behaviour": "dynamic"}]
    assert on_the_lock_screen(made) == "30% now!"

    used = us.post(f"{own}/redeem")
    assert (used["voided"], used["redeemed_count"], in_the_wallet(made)["voided"]) == (True, 1, True)
    again = us.post(f"{own}/redeem", status=412)
    assert (list(again["errors"]), "id" in again) == (["pass"], False)
    given_back = us.post(f"{own}/reset_redeem")
    assert (given_back["voided"], given_back["redeemed_count"]) == (False, 1)
    assert "voided" not in in_the_wallet(made)
    assert us.post(f"{path}/redeem", {"pass": {"redeem_code": "1"}})["redeemed_count"] == 2
    assert us.get(path)["redeem_count"] == 2
    assert us.get("/v2/coupons", **{"q[redeem_count_eq]": 2})[0]["id"] == created["id"]


def test_a_coupon_from_its_page(us: Caller) -> None:
    """Whoever opens the link gets a coupon of his own, and the same one when he comes back."""
    created = us.create("coupons", "coupon", barcode={"format": "qrcode"})
    path, visitor = f"/v2/coupons/{created['id']}", requests.Session()
    assert visitor.get(f"{created['page_url']}?ref=flyer", timeout=60).status_code == 200
    assert us.get(f"{path}/passes") == []
    for _ in range(2):
        assert visitor.get(f"{created['pkpass_url']}?ref=flyer", timeout=60).content.startswith(b"PK")
    assert requests.get(created["pkpass_short_url"], timeout=60).content.startswith(b"PK")
    first, second = us.get(f"{path}/passes")
    assert (first["metadata"], second["metadata"]) == ({"ref": "flyer"}, {})
    us.post(f"{path}/pause")
    assert requests.get(created["pkpass_url"], timeout=60).status_code >= 400


def test_a_ticket_to_a_concert(us: Caller) -> None:
    """Nearby, on the day; the venue moves, and one visitor hears of it."""
    created = us.create(
        "event_tickets",
        "event_ticket",
        name="The Beat Goes On",
        strip_id=us.upload("strip"),
        barcode={"format": "aztec"},
        primary_fields=[{"key": "event", "label": "EVENT", "value": "The Beat Goes On"}],
        secondary_fields=[{"key": "loc", "label": "LOCATION", "value": "Moscone West"}],
        auxiliary_fields=[{"key": "seat", "label": "SEAT", "behaviour": "dynamic"}],
        relevant_date="2030-12-08T13:00:00Z",
        max_distance=1500,
        locations=[{"latitude": 37.784, "longitude": -122.402}],
        beacons=[{"proximity_uuid": "30b5d792-48c9-4f12-80ff-082cae62e80f", "major": 0.0, "minor": 1.0}],
    )
    path = f"/v2/event_tickets/{created['id']}"
    assert (created["max_distance"], created["beacons"][0]["major"], created["beacons"][0]["minor"]) == (1000, 0, 1)
    sent = {"auxiliary_fields": [{"key": "seat", "value": "12A"}], "back_fields": [{"key": "gate", "value": "3"}]}
    made = us.issue(path, sent)
    own = f"{path}/passes/{made['id']}"
    assert made["back_fields"] == [{"key": "gate", "value": "3", "label": None, "behaviour": "fixed"}]
    assert (made["relevant_date"], made["redeem_code"]) == ("2030-12-08T13:00:00.000+00:00", "0000001")

    elsewhere = {
        "locations": [{"latitude": 38.76, "longitude": -9.09}],
        "secondary_fields": [{"key": "loc", "value": "Arena"}],
    }
    us.patch(path, {"pass": elsewhere})  # the root of one of the old clients
    us.post(f"{path}/merge")
    moved = us.get(own)
    assert (shown(moved, "secondary"), shown(moved, "auxiliary")) == ({"loc": "Arena"}, {"seat": "12A"})
    assert [each["latitude"] for each in moved["locations"]] == [38.76]
    assert shown(moved, "back") == {"gate": "3"}
    us.post(f"{own}/push", {"event_ticket": {"push_message": "See you in the Arena"}})
    assert on_the_lock_screen(made) == "See you in the Arena"
    entered = us.post(f"{path}/redeem", {"pass": {"redeem_code": made["redeem_code"], "comment": "Gate 3"}})
    assert entered["voided"] is True
    assert us.get(f"{own}/redeems")[0] == {
        "id": us.get(f"{path}/redeems")[0]["id"],
        "campaign_id": created["id"],
        "pass_id": made["id"],
        "redeem_code": "0000001",
        "comment": "Gate 3",
        "source": "api",
        "redeemed_by": None,
        "created_at": us.get(f"{path}/redeems")[0]["created_at"],
    }


def test_a_flight_whose_gate_changes(us: Caller) -> None:
    """Its document updates with POST and pushes below another type's address."""
    missing = us.post("/v2/boarding_passes", {"boarding_pass": {"name": "x", "icon_id": us.upload("icon")}}, 422)
    assert list(missing["errors"]) == ["transit_type"]
    created = us.create(
        "boarding_passes",
        "boarding_pass",
        name="Lisbon to Porto",
        transit_type="air",
        foreground_color="#ffffff",
        footer_id=us.upload("footer"),
        barcode={"format": "pdf417"},
        header_fields=[{"key": "gate", "label": "GATE", "value": "23"}],
        primary_fields=[
            {"key": "depart", "label": "LISBON", "value": "LIS"},
            {"key": "arrive", "label": "PORTO", "value": "OPO"},
        ],
        auxiliary_fields=[{"key": "seat", "label": "SEAT", "behaviour": "dynamic"}],
    )
    assert (created["transit_type"], created["text_color"]) == ("air", "#ffffff")
    path = f"/v2/boarding_passes/{created['id']}"
    made = us.issue(path, {"auxiliary_fields": [{"key": "seat", "value": "7C"}]})
    own = f"{path}/passes/{made['id']}"
    boarding = us.post(own, {"pass": {"header_fields": [{"key": "gate", "value": "7"}]}})
    assert (boarding["id"], shown(boarding, "header")) == (made["id"], {"gate": "7"})
    assert boarding["header_fields"][0]["label"] == "GATE"
    assert len(us.get(f"{path}/passes")) == 1

    pushed = f"push notifications sent for pass with id: {made['id']} on campaign 'Lisbon to Porto'"
    elsewhere = f"/v2/event_tickets/{created['id']}/passes/{made['id']}"
    assert us.post(f"{elsewhere}/push", {"event_ticket": {"push_message": "Gate 7"}}) == {"message": pushed}
    assert on_the_lock_screen(made) == "Gate 7"
    assert us.get(elsewhere, 404)["errors"] == {"campaign": "Campaign not found."}
    us.patch(path, {"boarding_pass": {"header_fields": [{"key": "gate", "value": "9"}]}})
    assert us.post(f"{path}/push") == {"message": "Started pushing 1 passes for campaign 'Lisbon to Porto'."}
    reset = us.get(own)
    assert (shown(reset, "header"), shown(reset, "auxiliary")) == ({"gate": "9"}, {"seat": None})
    assert us.post(f"{path}/redeem", {"pass": {"redeem_code": "1"}})["voided"] is True
    assert us.post(f"/v2/coupons/{created['id']}/passes/{made['id']}/reset_redeem")["voided"] is False


def test_a_card_that_is_used_many_times(us: Caller) -> None:
    created = us.create(
        "store_cards",
        "store_card",
        barcode={"format": "ean128"},
        allow_multiple_redeems=True,
        header_fields=[{"key": "points", "label": "POINTS", "value": "0", "behaviour": "dynamic"}],
        user_info={"tier": "gold"},
    )
    path = f"/v2/store_cards/{created['id']}"
    made = us.issue(path)
    own = f"{path}/passes/{made['id']}"
    assert (made["user_info"], json.loads(in_the_wallet(made)["userInfo"])) == ({"tier": "gold"}, {"tier": "gold"})
    for points in ("10", "20", "30"):
        used = us.post(f"{path}/redeem", {"pass": {"redeem_code": made["redeem_code"], "comment": f"{points} points"}})
        us.patch(own, {"pass": {"header_fields": [{"key": "points", "value": points}]}, "push": True})
    assert (used["redeemed_count"], used["voided"]) == (3, False)
    assert us.get(path)["redeem_count"] == 3
    newest = us.get(f"{own}/redeems", **{"q[s]": "created_at desc", "per_page": 1})
    assert [each["comment"] for each in newest] == ["30 points"]
    assert in_the_wallet(made)["storeCard"]["headerFields"][0]["value"] == "30"
    us.patch(own, {"pass": {"voided": True}})
    assert us.post(f"{own}/redeem", status=412)["errors"] == {
        "pass": "Pass is voided: it can't be redeemed. Reset its redeem to make it valid."
    }
    assert us.post(f"{own}/reset_redeem")["voided"] is False
    assert us.post(f"{own}/redeem")["redeemed_count"] == 4


def test_a_chain_and_its_shops(installation: Installation) -> None:
    """An agency keeps an organization for each client; each sees its own and nothing else."""
    agency = Caller(installation, installation.organization("Agency"))
    assert agency.post("/v2/organizations", {"name": "North"}, 403)["status_code"] == 403
    allowed = installation.run("organization", "allow", str(agency.credentials["id"]), "--children", "2")
    assert allowed.returncode == 0, allowed.stderr
    north = agency.post("/v2/organizations", {"name": "North"}, 201)
    assert list(north) == [
        *("id", "name", "api_username", "api_password", "webhook_url", "users_count", "locked_at"),
        *("updated_at", "created_at"),
    ]
    assert (north["name"], north["users_count"], north["locked_at"]) == ("North", 0, None)
    agency.post("/v2/organizations", {"name": "North"}, 201)
    too_many = agency.post("/v2/organizations", {"name": "South"}, 412)
    assert list(too_many["errors"]) == ["organization"]
    assert [each["name"] for each in agency.get("/v2/organizations")] == ["North", "North"]

    shop = Caller(installation, north)
    created = shop.create("coupons", "coupon", name="Opening")
    assert created["organization_name"] == "North"
    path = f"/v2/coupons/{created['id']}"
    assert [each["id"] for each in shop.get("/v2/coupons")] == [created["id"]]
    assert agency.get("/v2/coupons") == []
    for refused in (agency.get(path, 404), agency.post(f"{path}/redeem", {"pass": {"redeem_code": "1"}}, 404)):
        assert refused["errors"] == {"campaign": "Campaign not found."}
    renewed = agency.post(f"/v2/organizations/{north['id']}/refresh_api_password")
    assert renewed["api_password"] != north["api_password"]
    assert shop.get("/v2/coupons", 401)["errors"] == {"base": "Unauthorized"}
    assert len(Caller(installation, renewed).get("/v2/coupons")) == 1


def test_a_form_on_the_website_of_the_club(us: Caller) -> None:
    """From the page of the campaign to the form, and from the form to the page of the pass."""
    created = us.create(
        "store_cards",
        "store_card",
        name="Club card",
        remote_form_url=FORM,
        code_type="per_pass",
        barcode={"format": "qrcode"},
        primary_fields=[{"key": "Member", "label": "MEMBER", "behaviour": "dynamic"}],
        auxiliary_fields=[{"key": "level", "label": "LEVEL", "value": "Explorer"}],
    )
    led_to = requests.get(created["page_url"], allow_redirects=False, timeout=60).headers["Location"]
    assert led_to == f"{FORM}&campaign_id={created['id']}"
    place = f"/v2/remote_forms/{parse_qs(urlsplit(led_to).query)['campaign_id'][0]}"
    assert us.get(f"{place}/fields") == {
        "fields": {
            "Member": {"key": "Member", "label": "MEMBER", "value": "", "behaviour": "dynamic"},
            "level": {"key": "level", "label": "LEVEL", "value": "Explorer", "behaviour": "fixed"},
        },
        "dynamic_fields_keys": ["Member"],
        "static_fields_keys": ["level"],
    }
    answers = {"Member": "Ada Moreau", "level": "King", "barcodes": [{"message": "4006381333931"}]}
    made = us.post(f"{place}/submit", answers, 201)
    assert (shown(made, "primary"), shown(made, "auxiliary")) == ({"Member": "Ada Moreau"}, {"level": "Explorer"})
    assert (made["redeem_code"], made["barcode"]["message"]) == ("4006381333931", "4006381333931")
    assert "Ada Moreau" in requests.get(made["page_short_url"], timeout=60).text
    assert us.post(f"{place}/submit", answers, 422)["errors"].keys() == {"barcode"}
    assert us.get(f"/v2/store_cards/{created['id']}/redeem/4006381333931")["pass_id"] == made["id"]


def test_some_hundred_members_at_once(us: Caller) -> None:
    """Rows are sent, made by the worker, and their results read until there are no more."""
    created = us.create("generics", "generic", primary_fields=[{"key": "member", "behaviour": "dynamic"}])
    path = f"/v2/generics/{created['id']}"
    rows = [
        {"external_id": f"m-{number}", "primary_fields": [{"key": "member", "value": f"Member {number}"}]}
        for number in range(1, MEMBERS + 1)
    ]
    rows[99] = {"external_id": "m-1"}
    answer = us.answer("POST", f"{path}/passes/bulk", data="\n".join(json.dumps(row) for row in rows))
    queued = answer.json()
    assert (answer.status_code, queued["state"], queued["rows"]) == (202, "queued", MEMBERS)
    place = answer.headers["Location"]
    eventually(lambda: us.get(place)["state"] == "done", within=60, what="the import is done")
    done = us.get(place)
    assert (done["processed"], done["succeeded"], done["failed"], done["progress"]) == (MEMBERS, MEMBERS - 1, 1, 1.0)
    assert [(each["row"], list(each["errors"])) for each in done["errors"]] == [(100, ["external_id"])]

    results = list(lines_of(us, done["result_url"]))
    assert [each["row"] for each in results] == list(range(1, MEMBERS + 1))
    assert list(results[99]) == ["row", "errors"]
    passes = list(pages_of(us, f"{path}/passes"))
    assert [each["id"] for each in passes] == [each["id"] for each in results if "id" in each]
    assert [each["redeem_code"] for each in passes] == [f"{number:07d}" for number in range(1, MEMBERS)]
    assert shown(passes[-1], "primary") == {"member": f"Member {MEMBERS}"}
    assert passes[-1]["page_url"] == results[-1]["page_url"]
    assert us.get(f"{path}/reports/totals")["report"]["creates_count"] == MEMBERS - 1


def lines_of(us: Caller, address: str) -> Iterator[dict[str, Any]]:
    """From one answer to the next, as `X-Next-Row` says."""
    following: str | None = "1"
    while following:
        answer = us.answer("GET", address, params={"from_row": following})
        yield from map(json.loads, answer.text.splitlines())
        following = answer.headers.get("X-Next-Row")


def pages_of(us: Caller, path: str) -> Iterator[dict[str, Any]]:
    following: str | None = "1"
    while following:
        answer = us.answer("GET", path, params={"page": following, "per_page": 50})
        yield from answer.json()
        following = answer.headers.get("X-Next-Page")


def test_an_answer_that_was_lost(us: Caller) -> None:
    """The line breaks after the request; sent again with its key, it is done once and answered as the first time."""
    path = f"/v2/coupons/{us.create('coupons', 'coupon')['id']}"
    key = {"Idempotency-Key": str(uuid4()), "Content-Type": "application/json"}
    body = b'{"pass": {"user_info": {"order": 4711}}}'
    hang_up(us, f"{path}/passes", body, key)
    eventually(lambda: len(us.get(f"{path}/passes")) == 1, within=30, what="the first request is done")

    again = us.answer("POST", f"{path}/passes", data=body, headers=key)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
    assert us.get(f"{path}/passes") == [again.json()]
    redeem = {**key, "Idempotency-Key": str(uuid4())}
    used = [us.answer("POST", f"{path}/redeem", json={"redeem_code": "1"}, headers=redeem) for _ in range(3)]
    assert [(each.status_code, each.json()["redeemed_count"]) for each in used] == [(200, 1)] * 3
    other = us.answer("POST", f"{path}/passes", data=b"{}", headers=key)
    assert (other.status_code, list(other.json()["errors"])) == (422, ["Idempotency-Key"])


def hang_up(us: Caller, path: str, body: bytes, headers: dict[str, str]) -> None:
    """Send the request and wait for nothing."""
    host, port = us.installation.base.removeprefix("http://").split(":")
    login = base64.b64encode(":".join(us.login).encode()).decode()
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", f"Authorization: Basic {login}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        time.sleep(0.2)
