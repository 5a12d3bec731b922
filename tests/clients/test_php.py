"""A whole life through the eyes of the old PHP client, for every type of campaign; with it libcurl and the forks."""

from __future__ import annotations

import struct
import zlib
from typing import Any
from uuid import uuid4

import pytest

from tests.clients.conftest import FIELDS, Type, every_type, picture
from tests.clients.php import Php, PhpError, encoded, found, judged
from tests.clients.wire import Server

pytestmark = pytest.mark.xdist_group("clients")

PASSES = 60
LARGEST = 1024 * 1024
"""Bytes of a picture that is still accepted; with the form around it libcurl asks before it sends it."""


@pytest.fixture
def php(server: Server) -> Php:
    """The fork that deletes, with a slash too many in its endpoint."""
    return Php(server, endpoint="/", fork=True)


@pytest.fixture
def campaign(php: Php, kind: Type) -> dict[str, Any]:
    assets = {slot: str(php.upload(picture(), slot)["id"]) for slot in kind.pictures}
    attributes = kind.attributes(f"Toy Town {uuid4()}", assets)
    made: dict[str, Any] = php.create(f"/{kind.segment}", kind.root, attributes)
    return made


@pytest.fixture
def path(kind: Type, campaign: dict[str, Any]) -> str:
    return f"/{kind.segment}/{campaign['id']}"


def values(shown: dict[str, Any]) -> dict[str, str | None]:
    return {field["key"]: field["value"] for name in FIELDS for field in shown[name]}


@every_type
def test_what_is_created_is_found(php: Php, campaign: dict[str, Any], path: str) -> None:
    assert found(php.get(path)) == campaign
    assert campaign["user_info"] == {}  # it was sent as []
    made = php.create(f"{path}/passes", "pass")
    assert found(php.get(f"{path}/passes/{made['id']}")) == made
    assert values(made) == values(campaign) == {fields[0]: "1" for fields in FIELDS}
    own = php.create(f"{path}/passes", "pass", {"back_fields": [{"key": "b", "value": "mine"}]}, merge=False)
    assert own["back_fields"] == [{"key": "b", "value": "mine", "label": None, "behaviour": "fixed"}]


@every_type
def test_sixty_passes_over_pages(php: Php, path: str) -> None:
    made = [php.create(f"{path}/passes", "pass")["id"] for _ in range(PASSES)]
    for per_page in (None, 1, 10, 25, 50):
        pages = php.pages(f"{path}/passes", per_page)
        assert len(pages) == PASSES
        assert [each["id"] for each in pages] == made
    assert [each["id"] for each in php.pages(f"{path}/passes", 10, offset=5)] == made[5:]
    assert list(php.pages(f"{path}/passes", offset=PASSES)) == []


@every_type
def test_campaigns_over_pages(php: Php, kind: Type, campaign: dict[str, Any]) -> None:
    for _ in range(25):
        attributes = {"name": str(uuid4()), "template_id": campaign["template_id"]}
        php.create(f"/{kind.segment}", kind.root, attributes)
    pages = php.pages(f"/{kind.segment}")
    ids = [each["id"] for each in pages]
    assert len(ids) == len(set(ids)) == len(php.pages(f"/{kind.segment}")) > 25
    assert campaign["id"] in ids


@every_type
def test_updates(php: Php, kind: Type, campaign: dict[str, Any], path: str) -> None:
    changed = php.update_campaign(kind.segment, campaign["id"], {"back_fields": [{"key": "b", "value": "2"}]})
    assert values(changed) == {**values(campaign), "b": "2"}
    assert php.update_campaign(kind.segment, campaign["id"], {}) == changed
    assert php.update_campaign(kind.segment, campaign["id"], {"beacons": [], "user_info": {}}) == changed
    one = f"{path}/passes/{php.create(f'{path}/passes', 'pass')['id']}"
    own = php.update_pass(one, {"header_fields": [{"key": "h", "value": "å/b"}]}, push=False)
    assert values(own) == {**values(changed), "h": "å/b"}
    assert php.update_pass(one, {}) == own
    # A body of null, which the client sends where it has nothing to say, and POST as one document prints it.
    assert found(php.request("POST", one, b"null")) == own
    assert found(php.request("POST", f"{path}/passes", b"null"))["campaign_id"] == campaign["id"]


@every_type
def test_odd_addresses(php: Php, campaign: dict[str, Any], path: str) -> None:
    for odd in (f"{path}?", f"{path}/", f"{path}/?", f"{path}.json"):
        assert found(php.get(odd)) == campaign
    assert php.get(f"{path}/passes?") == php.get(f"{path}/passes/?page=1") == []


@every_type
def test_version_one(server: Server, kind: Type, campaign: dict[str, Any]) -> None:
    """The client that has /v1 written into it. A barcode is a bare word there."""
    php = Php(server, version="v1", fork=True)
    attributes = {"name": str(uuid4()), "template_id": campaign["template_id"], "barcode": "aztec"}
    made = php.create(f"/{kind.segment}", kind.root, attributes)
    assert made["barcode"]["format"] == "aztec"
    changed = php.update_campaign(kind.segment, made["id"], {"barcode": "pdf417"})
    assert changed["barcode"]["format"] == "pdf417"
    issued = php.create(f"/{kind.segment}/{made['id']}/passes", "pass")
    assert issued[f"{kind.root}_id"] == issued["campaign_id"] == made["id"]
    assert issued["authentication_token"]
    assert issued["transit_type"] == ("bus" if kind.root == "boarding_pass" else None)
    assert (issued["download_page_link"], issued["direct_link"]) == (issued["page_url"], issued["pkpass_url"])
    assert [each["id"] for each in php.pages(f"/{kind.segment}/{made['id']}/passes")] == [issued["id"]]
    assert php.delete(f"/{kind.segment}/{made['id']}") == {"errors": []}


def refusal(call: Any, *arguments: Any, **more: Any) -> tuple[int, int | None]:
    with pytest.raises(PhpError) as refused:
        call(*arguments, **more)
    return refused.value.status, refused.value.error_code


@every_type
def test_refusals(php: Php, server: Server, kind: Type, campaign: dict[str, Any], path: str) -> None:
    taken = {"name": campaign["name"], "template_id": campaign["template_id"]}
    assert refusal(php.create, f"/{kind.segment}", kind.root, taken) == (422, 10422)
    assert refusal(php.create, f"/{kind.segment}", kind.root) == (422, 10422)
    assert refusal(php.update_campaign, kind.segment, campaign["id"], {"label_color": "red"}) == (422, 10422)
    assert refusal(php.request, "POST", f"/{kind.segment}", b"{") == (400, 10400)
    assert refusal(php.upload, b"no picture", "icon") == (422, 10422)
    assert refusal(php.get, f"/{kind.segment}/{uuid4()}") == (404, None)
    assert refusal(php.get, f"{path}/passes/{uuid4()}") == (404, None)
    assert refusal(php.delete, f"{path}/passes/{uuid4()}") == (404, None)
    assert refusal(next, iter(Php(server, password="wrong").pages(f"/{kind.segment}"))) == (401, None)


@every_type
def test_deleting(php: Php, server: Server, kind: Type, campaign: dict[str, Any], path: str) -> None:
    made = php.create(f"{path}/passes", "pass")
    assert Php(server).delete(f"{path}/passes/{made['id']}") == made  # upstream only looks
    assert Php(server).delete(path) == campaign
    assert php.delete(f"{path}/passes/{made['id']}") == php.delete(path) == {"errors": []}
    failed = php.delete(path)  # 412, which the client takes for the answer
    assert failed["errors"] == {"campaign": "Campaign not found."}
    assert "id" not in failed
    in_use = php.delete(f"/assets/{campaign['icon_id']}")
    assert in_use["error_code"] == 10103
    assert "id" not in in_use


def test_a_picture_that_libcurl_asks_about_first(php: Php) -> None:
    """The whole reply is the answer: an interim one before it would be taken for it."""
    asset = php.upload(padded(LARGEST), "icon")
    assert asset["asset_type"] == "icon"
    for more in (LARGEST // 2, 4 * LARGEST):
        assert refusal(php.upload, padded(LARGEST + more), "icon") == (422, 10422)


def test_bodies_that_an_older_libcurl_asks_about_first(php: Php, server: Server) -> None:
    attributes = {"name": str(uuid4()), "icon_id": php.upload(picture(), "icon")["id"], "stylesheet": "x" * 2000}
    made = Php(server, expects=1024).create("/coupons", "coupon", attributes)
    assert made["stylesheet"] == attributes["stylesheet"]


def test_answers_are_plain(php: Php) -> None:
    """Neither compressed nor in pieces: the client understands none of both."""
    reply = php.reply("GET", "/assets?page=1")
    assert isinstance(judged(reply), list)
    assert {"Content-Encoding", "Transfer-Encoding", "Location"} & set(reply.headers) == set()
    assert {"X-Total", "X-Page", "X-Offset", "X-Total-Pages", "X-Per-Page"} <= set(reply.headers)


def padded(size: int) -> bytes:
    """A picture of exactly so many bytes; what makes it long is a chunk that says nothing."""
    plain = picture()
    end = plain.rindex(b"IEND") - 4
    content = b"x" * (size - len(plain) - 12)
    chunk = struct.pack(">I", len(content)) + b"juNk" + content + struct.pack(">I", zlib.crc32(b"juNk" + content))
    return plain[:end] + chunk + plain[end:]


@every_type
def test_pushing(php: Php, kind: Type, campaign: dict[str, Any], path: str) -> None:
    """What it calls the push of a campaign is the push of a pass: nothing is reset by it."""
    made = php.create(f"{path}/passes", "pass", {"back_fields": [{"key": "b", "value": "mine"}]})
    php.update_campaign(kind.segment, campaign["id"], {"back_fields": [{"key": "b", "value": "ours"}]})
    said = f"push notifications sent for pass with id: {made['id']} on campaign '{campaign['name']}'"
    assert php.push(kind.segment, campaign["id"], made["id"]) == {"message": said}
    assert values(php.get(f"{path}/passes/{made['id']}"))["b"] == "mine"
    assert php.push("event_tickets", campaign["id"], made["id"]) == {"message": said}
    assert refusal(php.push, kind.segment, campaign["id"], str(uuid4())) == (404, None)


@every_type
def test_redeeming(php: Php, campaign: dict[str, Any], path: str) -> None:
    made = php.create(f"{path}/passes", "pass")
    sent = encoded({"pass": {"comment": "In store / à Lisbonne"}})
    used = found(php.request("POST", f"{path}/passes/{made['id']}/redeem", sent))
    assert (used["id"], used["voided"], used["redeemed_count"]) == (made["id"], True, 1)
    assert [each["comment"] for each in php.pages(f"{path}/redeems")] == ["In store / à Lisbonne"]
    for body in (b"null", b"[]", encoded({"pass": {}})):
        again = php.request("POST", f"{path}/passes/{made['id']}/redeem", body)  # 412, taken for the answer
        assert again["errors"]["pass"].startswith("Pass was already redeemed at ")
        assert "id" not in again
    address = f"/coupons/{campaign['id']}/passes/{made['id']}/reset_redeem"
    assert found(php.request("POST", address, b"null"))["voided"] is False
    assert found(php.get(f"{path}/passes/{made['id']}"))["voided"] is False


def test_redeeming_a_coupon_as_the_fork_does(php: Php) -> None:
    attributes = {"name": str(uuid4()), "icon_id": php.upload(picture(), "icon")["id"]}
    campaign = php.create("/coupons", "coupon", attributes)
    made = php.create(f"/coupons/{campaign['id']}/passes", "pass")
    used = found(php.redeem_coupon(campaign["id"], made["redeem_code"], "In store"))
    assert (used["id"], used["voided"]) == (made["id"], True)
    assert "id" not in php.redeem_coupon(campaign["id"], made["redeem_code"])
    assert refusal(php.redeem_coupon, campaign["id"], "") == (422, 10422)
    assert refusal(php.redeem_coupon, campaign["id"], "4711") == (404, None)
    assert php.get(f"/coupons/{campaign['id']}")["redeem_count"] == 1


@every_type
def test_reports(php: Php, campaign: dict[str, Any], path: str) -> None:
    made = php.create(f"{path}/passes", "pass")
    day = made["created_at"][:10]
    plain, asked = php.report(path), php.report(path, start_date=day)
    assert plain["campaign_id"] == campaign["id"]
    assert plain["report"][day]["creates_count"] == asked["report"][day]["creates_count"] == 1
    assert php.get(f"{path}/reports/totals?")["report"]["creates_count"] == 1
    assert refusal(php.report, path, start_date="22/11/2026") == (400, 10400)


@every_type
def test_states(php: Php, path: str) -> None:
    """A wrong state is a 412, which the client takes for the answer: it has no id."""
    assert found(php.request("POST", f"{path}/pause", b"null"))["state"] == "paused"
    paused = php.request("POST", f"{path}/passes", encoded({"pass": {}}))
    assert list(paused["errors"]) == ["campaign"]
    assert "id" not in paused
    again = php.request("POST", f"{path}/pause", b"null")
    assert again["errors"] == ["Can't pause from paused to pause"]
    assert "id" not in again
    assert found(php.request("POST", f"{path}/resume", b"null"))["state"] == "published"
    assert found(php.create(f"{path}/passes", "pass"))["campaign_id"] in path
