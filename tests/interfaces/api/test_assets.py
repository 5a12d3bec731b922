"""Pictures: uploaded, shown to everybody who knows their id, kept as long as something shows them."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from PIL import Image

from passwright import storage
from passwright.data.models import Asset
from tests.interfaces.api.conftest import Api
from tests.interfaces.api.toy_town import ok, png, refused

TYPES = ["icon", "logo", "strip", "thumbnail", "background", "footer"]


def picture(kind: str, size: tuple[int, int] = (40, 30), mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 1).save(out, kind)
    return out.getvalue()


def upload(api: Api, fields: dict[str, Any]) -> HttpResponse:
    """A multipart form; bytes become files."""
    parts = {name: named(value, "a.png") if isinstance(value, bytes) else value for name, value in fields.items()}
    return api.client.post("/v2/assets", parts, headers={"authorization": api.authorization})


def named(content: bytes, name: str) -> io.BytesIO:
    file = io.BytesIO(content)
    file.name = name
    return file


@pytest.mark.parametrize("asset_type", TYPES)
def test_every_slot_takes_a_picture_of_any_size(api: Api, asset_type: str) -> None:
    for size in [(1, 1), (212, 52), (512, 512), (3000, 2)]:
        asset = ok(upload(api, {"asset[file]": picture("PNG", size), "asset[asset_type]": asset_type}), 201)
        assert asset["asset_type"] == asset_type


def test_the_parts_come_in_any_order(api: Api) -> None:
    for names in (("asset[asset_type]", "asset[file]"), ("asset[file]", "asset[asset_type]")):
        values = {"asset[file]": picture("PNG"), "asset[asset_type]": "icon"}
        ok(upload(api, {name: values[name] for name in names}), 201)


def test_a_form_as_the_ruby_client_writes_it(api: Api) -> None:
    boundary = "-----------RubyMultipartPost-0123456789abcdef"
    content = picture("PNG")
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="asset[file]"; filename="icon.png"\r\n'
        f"Content-Length: {len(content)}\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    ).encode()
    body += content
    body += (
        f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="asset[asset_type]"\r\n\r\nicon\r\n'
        f"--{boundary}--\r\n\r\n"
    ).encode()
    answer = api.client.generic(
        "POST",
        "/v2/assets",
        body,
        content_type=f"multipart/form-data; boundary={boundary}",
        headers={"authorization": api.authorization},
    )
    assert ok(answer, 201)["asset_type"] == "icon"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF"])
def test_what_is_kept_is_a_png(api: Api, kind: str) -> None:
    asset = ok(upload(api, {"asset[file]": picture(kind), "asset[asset_type]": "logo"}), 201)
    shown = Client().get("/" + asset["asset_url"].split("/", 3)[3])
    assert shown.status_code == 200
    assert shown.headers["Content-Type"] == "image/png"
    with Image.open(io.BytesIO(shown.content)) as image:
        assert (image.format, image.size) == ("PNG", (40, 30))


def test_base64_in_json(api: Api) -> None:
    text = base64.encodebytes(picture("PNG")).decode()
    body = {"filename": "icon.png", "content_type": "image/png", "base64": text, "asset_type": "icon"}
    assert ok(api.post("/v2/assets", {"asset": body}), 201)["asset_type"] == "icon"


def bomb() -> bytes:
    """A small PNG that would decode to 10 gigabytes."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\x00" * 1_000_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def noise(size: int) -> bytes:
    """A valid PNG of about that many bytes."""
    import random

    side = 640
    image = Image.frombytes("RGB", (side, side), random.Random(1).randbytes(side * side * 3))
    out = io.BytesIO()
    image.save(out, "PNG")
    content = out.getvalue()
    assert len(content) > size
    return content


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "can't be blank"),
        (b"GIF", "cannot be used"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "JPEG, PNG or GIF"),
        (b"%PDF-1.4", "JPEG, PNG or GIF"),
        (b"\x00" * 1000, "cannot be used"),
    ],
)
def test_what_is_no_picture_is_refused(api: Api, content: bytes, word: str) -> None:
    form = {"asset[file]": content, "asset[asset_type]": "icon"} if content else {"asset[asset_type]": "icon"}
    (sentence,) = refused(upload(api, form))["file"]
    assert word in sentence


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "WEBP", "ICO"])
def test_other_formats_are_refused(api: Api, kind: str) -> None:
    assert "JPEG, PNG or GIF" in str(refused(upload(api, {"asset[file]": picture(kind), "asset[asset_type]": "icon"})))


def test_a_damaged_picture_is_refused(api: Api) -> None:
    refused(upload(api, {"asset[file]": picture("PNG", (300, 300))[:-60], "asset[asset_type]": "icon"}))


def test_a_bomb_is_refused_before_it_is_unpacked(api: Api) -> None:
    assert "pixels" in str(refused(upload(api, {"asset[file]": bomb(), "asset[asset_type]": "icon"})))


def test_more_than_a_mebibyte_is_refused(api: Api) -> None:
    errors = refused(upload(api, {"asset[file]": noise(1024 * 1024), "asset[asset_type]": "icon"}))
    assert errors == {"file": ["is too large (at most 1024 KiB)"]}


@pytest.mark.parametrize("path", ["/v2/assets", "/v1//assets.json/"])
@pytest.mark.parametrize("length", [5 * 1024 * 1024, 10**40])
def test_much_more_is_refused_in_the_same_words(api: Api, path: str, length: int) -> None:
    """Not with 413, which the old clients take for success."""
    errors = refused(api.raw("POST", path, b"", CONTENT_LENGTH=str(length)))
    assert errors == {"file": ["is too large (at most 1024 KiB)"]}


def test_a_mebibyte_exactly_is_not(api: Api) -> None:
    exact = picture("PNG").ljust(1024 * 1024, b"\x00")  # what follows the picture's end is not read
    ok(upload(api, {"asset[file]": exact, "asset[asset_type]": "icon"}), 201)
    refused(upload(api, {"asset[file]": exact + b"\x00", "asset[asset_type]": "icon"}))


@pytest.mark.parametrize(
    ("form", "errors"),
    [
        ({}, {"file": ["can't be blank"], "asset_type": ["can't be blank"]}),
        ({"asset[asset_type]": ""}, {"file": ["can't be blank"], "asset_type": ["can't be blank"]}),
        ({"asset[file]": b"x"}, {"asset_type": ["can't be blank"]}),
        (
            {"asset[file]": "text", "asset[asset_type]": "icon"},
            {"file": ["must be sent as a file, with a file name"]},
        ),
        (
            {"asset[file]": b"x", "asset[asset_type]": "photo"},
            {"asset_type": ["must be one of icon, logo, strip, thumbnail, background, footer"]},
        ),
    ],
)
def test_everything_that_is_missing_is_named(api: Api, form: dict[str, Any], errors: dict[str, list[str]]) -> None:
    assert refused(upload(api, form)) == errors


@pytest.mark.parametrize(
    ("attributes", "errors"),
    [
        ({"base64": "***", "asset_type": "icon"}, {"file": ["is not valid base64"]}),
        ({"base64": 5, "asset_type": "icon"}, {"file": ["is not valid base64"]}),
        (
            {"base64": "", "asset_type": 1},
            {"file": ["can't be blank"], "asset_type": [f"must be one of {', '.join(TYPES)}"]},
        ),
    ],
)
def test_json_uploads_are_checked_as_well(api: Api, attributes: dict[str, Any], errors: dict[str, Any]) -> None:
    assert refused(api.post("/v2/assets", {"asset": attributes})) == errors


@pytest.mark.parametrize(
    "content", [b"", b"--x", b"--x\r\n\r\n", b"--x\r\nContent-Disposition: form-data\r\n\r\n\r\n--x--"]
)
@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=x", 'multipart/form-data; boundary="é"']
)
def test_broken_forms_are_refused(api: Api, content: bytes, kind: str) -> None:
    answer = api.client.generic(
        "POST", "/v2/assets", content, content_type=kind, headers={"authorization": api.authorization}
    )
    assert answer.status_code in {400, 422}
    refused(answer, answer.status_code)
    assert not Asset.objects.exists()


def test_assets_are_listed_found_and_deleted(api: Api) -> None:
    first, second = api.upload("icon"), api.upload("logo")
    assert {asset["id"] for asset in ok(api.get("/v2/assets"))} == {first, second}
    assert ok(api.get(f"/v2/assets/{first}"))["id"] == first
    assert ok(api.delete(f"/v2/assets/{first}", {})) == {"errors": []}
    assert [asset["id"] for asset in ok(api.get("/v2/assets"))] == [second]
    refused(api.get(f"/v2/assets/{first}"), 404)
    refused(api.delete(f"/v2/assets/{first}", {}), 404)


def test_an_asset_in_use_is_not_deleted(api: Api) -> None:
    icon = api.upload("icon")
    ok(api.post("/v2/templates", {"template": {"name": "Cocacola", "pass_type": "coupon", "icon_id": icon}}), 201)
    answer = api.delete(f"/v2/assets/{icon}", {})
    sentence = "Asset in use by 1 templates, e.g.: Cocacola"
    assert ok(answer, 412) == {
        "status_code": 412,
        "error_code": 10103,
        "message": sentence,
        "errors": {"asset": sentence},
    }
    assert ok(api.get(f"/v2/assets/{icon}"))["id"] == icon


def test_a_stranger_sees_nothing(api: Api, stranger: Api) -> None:
    icon = api.upload("icon")
    assert ok(stranger.get("/v2/assets")) == []
    assert refused(stranger.get(f"/v2/assets/{icon}"), 404) == {"asset": "Asset not found."}
    refused(stranger.delete(f"/v2/assets/{icon}", {}), 404)
    assert ok(api.get(f"/v2/assets/{icon}"))["id"] == icon


# The picture itself


def test_the_picture_may_be_kept_for_good(api: Api) -> None:
    path = f"/uploads/asset/{api.upload('icon', png())}/original.png"
    answer = Client().get(path)
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    again = Client().get(path, headers={"if-none-match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert Client().head(path).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_picture_is_only_read(api: Api, method: str) -> None:
    answer = Client().generic(method, f"/uploads/asset/{api.upload('icon')}/original.png")
    refused(answer, 405)
    assert answer.headers["Allow"] == "GET, HEAD"


def test_a_picture_that_is_not_there(api: Api) -> None:
    asset_id = api.upload("icon", png(color="#123456"))
    storage.remove(Asset.objects.get(id=asset_id).digest)
    refused(Client().get(f"/uploads/asset/{asset_id}/original.png"), 404)
    refused(Client().get("/uploads/asset/b6a3ffb6-5aa5-4ea3-9a5f-0a9f6c1a6ab1/original.png"), 404)
