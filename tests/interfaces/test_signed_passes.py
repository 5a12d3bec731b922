"""Every type of campaign from its pictures to the file on a phone: made through the API, fetched over its link."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from django.test import Client
from msgspec import Struct
from PIL import Image

from passwright.apple.validation import lint_file
from passwright.data.models import DevelopmentAuthority
from passwright.interfaces.api.campaign_types import TYPES, CampaignType
from passwright.passes.content import Style
from tests import public_ground
from tests.interfaces.api.conftest import Api, make_api
from tests.interfaces.api.five_types import EXAMPLES, create, every_type, issue, path_of

pytestmark = pytest.mark.django_db

PICTURES = {
    "icon": (118, 118),
    "logo": (320, 100),
    "strip": (1125, 432),
    "thumbnail": (180, 240),
    "background": (360, 440),
    "footer": (572, 30),
}
FACES = {
    Style.BOARDING_PASS: (3, 2, 4, 5),
    Style.COUPON: (3, 1, 4, 0),
    Style.EVENT_TICKET: (3, 1, 4, 6),
    Style.GENERIC: (3, 1, 4, 4),
    Style.STORE_CARD: (3, 1, 4, 0),
}
"""Header, primary, secondary and auxiliary fields that the face shows of four, three, five and six. A ticket has a
second row of auxiliary ones."""
DRAWN = {
    Style.BOARDING_PASS: {"icon", "logo", "footer"},
    Style.COUPON: {"icon", "logo", "strip"},
    Style.EVENT_TICKET: {"icon", "logo", "strip"},
    Style.GENERIC: {"icon", "logo", "thumbnail"},
    Style.STORE_CARD: {"icon", "logo", "strip"},
}
"""Of all six pictures: on a ticket the strip silences background and thumbnail."""
LARGEST = {
    "icon": (38, 38),
    "logo": (160, 50),
    "thumbnail": (90, 90),
    "background": (180, 220),
    "footer": (286, 15),
    "strip": (375, 144),
}
"""In points; the strip of a ticket is 98 high. Icons are 29 on passes and 38 in newer documents."""


class File(Struct, frozen=True):
    """What a phone gets."""

    content: bytes

    @property
    def archive(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(io.BytesIO(self.content))

    @property
    def said(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.archive.read("pass.json"))
        return said

    @property
    def pictures(self) -> set[str]:
        names = (name for name in self.archive.namelist() if name.endswith(".png"))
        return {name.removesuffix(".png").partition("@")[0] for name in names}

    def size(self, name: str) -> tuple[int, int]:
        with Image.open(io.BytesIO(self.archive.read(name))) as image:
            return image.size


@pytest.fixture
def signing(db: None) -> Api:
    public_ground.certificates()
    return make_api("Toy Town")


def picture(size: tuple[int, int]) -> bytes:
    file = io.BytesIO()
    Image.radial_gradient("L").resize(size).convert("RGB").save(file, "PNG")
    return file.getvalue()


def pictures(api: Api, *slots: str) -> dict[str, str]:
    return {f"{slot}_id": api.upload(slot, picture(PICTURES[slot])) for slot in slots}


def fetched(address: str) -> File:
    answer = Client().get("/" + address.split("/", 3)[3])
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "application/vnd.apple.pkpass"
    return File(answer.content)


def findings(file: File) -> list[tuple[str, str, str]]:
    root = x509.load_pem_x509_certificate(DevelopmentAuthority.objects.get().root_pem.encode())
    issues = lint_file(file.content, trusted_roots=[root], at=datetime.now(UTC))
    return [(str(issue.severity), issue.code, issue.path) for issue in issues]


def said_of_style(file: File, kind: CampaignType) -> dict[str, Any]:
    """The fields, under the key of the style: there is no other one."""
    assert {style.value for style in Style} & set(file.said) == {kind.style.value}
    fields: dict[str, Any] = file.said[kind.style.value]
    return fields


def keys(fields: dict[str, Any], name: str) -> list[str]:
    return [field["key"] for field in fields.get(name, [])]


TRIED_OUT = ("advice", "web_service_http_private", "pass.json/webServiceURL")
"""These tests' platform is at http://127.0.0.1:8000."""
ADVICE = {Style.STORE_CARD: [("advice", "barcode_not_on_watch", "pass.json/barcodes")]}
"""The example's EAN 128 is a code that watches do not draw: documented advice."""


@every_type
def test_the_example_is_a_pass_that_a_phone_takes(signing: Api, kind: CampaignType) -> None:
    sent = EXAMPLES[kind.style]
    campaign = create(signing, kind, **sent, **pictures(signing, *DRAWN[kind.style]))
    issued = issue(signing, path_of(kind, campaign))
    for address in (issued["pkpass_url"], issued["pkpass_short_url"], issued["direct_link"]):
        file = fetched(address)
        assert file.said["serialNumber"] == issued["serial_number"]
    assert findings(file) == [TRIED_OUT, *ADVICE.get(kind.style, [])]
    fields = said_of_style(file, kind)
    assert fields.get("transitType") == ("PKTransitTypeAir" if kind.style is Style.BOARDING_PASS else None)
    assert file.said["passTypeIdentifier"].startswith("pass.")
    assert file.said["organizationName"] == "Toy Town"
    assert file.said["description"] == sent.get("description", sent["name"])
    for wanted, name in (
        ("header_fields", "headerFields"),
        ("primary_fields", "primaryFields"),
        ("secondary_fields", "secondaryFields"),
        ("auxiliary_fields", "auxiliaryFields"),
    ):
        assert keys(fields, name) == [field["key"] for field in sent.get(wanted, [])]
    code = file.said["barcodes"][0]
    assert (code["message"], code["altText"], code["messageEncoding"]) == ("0000001", "0000001", "iso-8859-1")
    assert file.said.get("barcode") == (None if code["format"] == "PKBarcodeFormatCode128" else code)


@every_type
def test_of_more_than_a_pass_can_show_it_shows_what_its_style_has_room_for(signing: Api, kind: CampaignType) -> None:
    lists = dict(zip(("header", "primary", "secondary", "auxiliary", "back"), (4, 3, 5, 6, 1), strict=True))
    sent = {f"{name}_fields": [{"key": f"{name}{i}", "value": i} for i in range(n)] for name, n in lists.items()}
    campaign = create(
        signing, kind, **sent, barcode={"format": "pdf417"}, user_info={"a": [1]}, **pictures(signing, *PICTURES)
    )
    file = fetched(issue(signing, path_of(kind, campaign))["pkpass_url"])
    assert file.pictures == DRAWN[kind.style]
    assert [each for each in findings(file) if each[0] != "advice"] == []
    fields = said_of_style(file, kind)
    face = [keys(fields, name) for name in ("headerFields", "primaryFields", "secondaryFields", "auxiliaryFields")]
    assert tuple(map(len, face)) == FACES[kind.style]
    assert keys(fields, "auxiliaryFields") == [f"auxiliary{i}" for i in range(len(face[3]))]
    everywhere = {key for name in fields if name.endswith("Fields") for key in keys(fields, name)}
    assert everywhere - {f"{name}{i}" for name, n in lists.items() for i in range(n)} == {"passwright_message"}
    assert len(everywhere) == sum(lists.values()) + 1
    assert json.loads(file.said["userInfo"]) == {"a": [1]}


@every_type
def test_pictures_have_the_sizes_of_their_places(signing: Api, kind: CampaignType) -> None:
    campaign = create(signing, kind, **pictures(signing, *PICTURES))
    file = fetched(issue(signing, path_of(kind, campaign))["pkpass_url"])
    for slot in DRAWN[kind.style]:
        width, height = LARGEST[slot]
        height = 98 if slot == "strip" and kind.style is Style.EVENT_TICKET else height
        for density, suffix in enumerate(("", "@2x", "@3x"), 1):
            if f"{slot}{suffix}.png" in file.archive.namelist():
                shown = file.size(f"{slot}{suffix}.png")
                assert shown[0] <= width * density + 1, (slot, suffix, shown)
                assert shown[1] <= height * density + 1, (slot, suffix, shown)
        assert f"{slot}@2x.png" in file.archive.namelist()


def test_a_ticket_without_a_strip_has_a_background_and_a_thumbnail(signing: Api) -> None:
    ticket = next(kind for kind in TYPES if kind.style is Style.EVENT_TICKET)
    campaign = create(signing, ticket, **pictures(signing, "icon", "logo", "background", "thumbnail", "footer"))
    path = path_of(ticket, campaign)
    assert fetched(issue(signing, path)["pkpass_url"]).pictures == {"icon", "logo", "background", "thumbnail"}
    own = issue(signing, path, **pictures(signing, "strip"))
    assert fetched(own["pkpass_url"]).pictures == {"icon", "logo", "strip"}


@every_type
def test_the_links_of_a_campaign_and_of_a_pass_show_it(signing: Api, kind: CampaignType) -> None:
    sent = EXAMPLES[kind.style] | {"header_fields": [], "auxiliary_fields": []}  # nothing to ask a visitor for
    campaign = create(signing, kind, **sent, **pictures(signing, *DRAWN[kind.style]))
    issued = issue(signing, path_of(kind, campaign))
    assert_shown(campaign["page_url"], campaign["distributions"][0]["preview_url"])
    assert_shown(issued["page_url"], f"{issued['page_url']}.png")
    visitor = fetched(campaign["pkpass_url"])
    assert visitor.said["barcodes"][0]["message"] == "0000002"
    listed = signing.get(f"{path_of(kind, campaign)}/passes").json()
    assert [row["serial_number"] for row in listed] == [issued["serial_number"], visitor.said["serialNumber"]]


def assert_shown(page: str, preview: str) -> None:
    shown = Client().get("/" + page.split("/", 3)[3])
    assert shown.status_code == 200
    assert b"<h1" in shown.content
    drawn = Client().get("/" + preview.split("/", 3)[3])
    assert drawn["Content-Type"] == "image/png"
    with Image.open(io.BytesIO(drawn.content)) as image:
        assert abs(image.width / image.height - 375 / 484) < 0.01
        assert len(image.convert("RGB").resize((40, 52)).getcolors(40 * 52)) > 20
