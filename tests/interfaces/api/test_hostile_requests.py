"""Anything at all may be sent: the answer is in the envelope, never a 5xx, and never half a write."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

import pytest
from django.http import HttpResponse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from passwright.data.models import Asset, Template
from tests.interfaces.api.conftest import Api
from tests.interfaces.api.toy_town import png

MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

ODD_TEXTS = [
    "",
    " ",
    "\x00",
    "null",
    "0",
    "-1",
    "9" * 400,
    "é\u202e\U0001f9f8",
    "#fff",
    "%00",
    "true",
    "2026-02-30",
    "x" * 70_000,
]
TEXTS = st.text(max_size=20) | st.sampled_from(ODD_TEXTS)
NUMBERS = (
    st.integers()
    | st.integers(min_value=-(10**30), max_value=10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
NAMES = [
    *("name", "description", "pass_type", "transit_type", "logo_text", "background_color", "text_color", "label_color"),
    *("foreground_color", "barcode", "icon_id", "logo_id", "strip_id", "thumbnail_id", "background_id", "footer_id"),
]
BARCODES = st.dictionaries(st.sampled_from(["format", "message", "alt_text", "alt_text_type"]), VALUES, max_size=4)
TEMPLATES = st.dictionaries(st.sampled_from(NAMES), VALUES | BARCODES, max_size=6)


def well_behaved(answer: HttpResponse) -> None:
    """An answer of the contract, whatever it says."""
    assert answer.status_code < 500, answer.content
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert "X-RateLimit-Limit" in answer.headers
    body = json.loads(answer.content or b"null")
    if answer.status_code >= 400 and answer.content:
        assert set(body) == {"status_code", "error_code", "message", "errors"}
        assert body["status_code"] == answer.status_code
        assert body["message"]
        assert isinstance(body["errors"], dict)


@MANY
@given(attributes=TEMPLATES)
def test_a_template_is_made_whole_or_not_at_all(api: Api, attributes: dict[str, Any]) -> None:
    before = Template.objects.count()
    answer = api.post("/v2/templates", {"template": attributes})
    well_behaved(answer)
    assert answer.status_code in {201, 400, 422}
    assert Template.objects.count() == before + (answer.status_code == 201)


@pytest.fixture
def template(api: Api) -> dict[str, Any]:
    body = {"name": "Summer", "pass_type": "generic", "icon_id": api.upload("icon")}
    made: dict[str, Any] = api.post("/v2/templates", {"template": body}).json()
    return made


@MANY
@given(attributes=TEMPLATES)
def test_a_template_is_changed_whole_or_not_at_all(
    api: Api, template: dict[str, Any], attributes: dict[str, Any]
) -> None:
    address = f"/v2/templates/{template['id']}"
    before = api.get(address).json()
    answer = api.patch(address, {"template": attributes})
    well_behaved(answer)
    after = api.get(address).json()
    assert after == (answer.json() if answer.status_code == 200 else before)


@MANY
@given(body=VALUES | st.dictionaries(st.sampled_from(["template", "asset", "delete_assets", "q"]), VALUES))
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v2/templates"), ("POST", "/v2/assets"), ("DELETE", "/v2/templates/x")]
)
def test_bodies_of_any_shape(api: Api, method: str, path: str, body: Any) -> None:
    well_behaved(api.request(method, path, body))


@MANY
@given(content=st.binary(max_size=200) | st.binary(max_size=50).map(lambda some: b'{"template":' + some + b"}"))
def test_bodies_of_any_bytes(api: Api, content: bytes) -> None:
    well_behaved(api.raw("POST", "/v2/templates", content))


CONDITIONS = st.sampled_from(
    ["q[name_eq]", "q[created_at_lt]", "q[name_match]", "q[s]", "q[sorts]", "q[]", "q", "page", "per_page", "offset"]
)


@MANY
@given(
    pairs=st.lists(st.tuples(CONDITIONS | st.text(max_size=12), TEXTS.filter(lambda text: len(text) < 500)), max_size=5)
)
def test_query_strings_of_any_names_and_values(api: Api, pairs: list[tuple[str, str]]) -> None:
    query = urlencode([(name.encode("utf-8", "replace"), value.encode("utf-8", "replace")) for name, value in pairs])
    answer = api.get(f"/v2/templates?{query}")
    well_behaved(answer)
    assert answer.status_code == 200


@MANY
@given(query=st.binary(max_size=60))
def test_query_strings_of_any_bytes(api: Api, query: bytes) -> None:
    well_behaved(api.get("/v2/templates", QUERY_STRING=quote_from_bytes(query, safe="&=[]%;+")))


@MANY
@given(path=st.binary(max_size=30), version=st.sampled_from(["v1", "v2"]))
def test_addresses_of_any_bytes(api: Api, path: bytes, version: str) -> None:
    text = path.decode("latin-1")  # as WSGI hands bytes over
    well_behaved(api.raw("GET", "/", b"", PATH_INFO=f"/{version}/{text}"))
    well_behaved(api.raw("GET", "/", b"", PATH_INFO=f"/{version}/assets/{text}"))


@MANY
@given(header=st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=60))
def test_credentials_of_any_characters(api: Api, header: str) -> None:
    for value in (header, f"Basic {header}"):
        answer = api.client.get("/v2/assets", headers={"authorization": value})
        well_behaved(answer)
        assert answer.status_code == 401


@MANY
@given(start=st.integers(0, 60), junk=st.binary(max_size=40), length=st.integers(0, 200))
def test_damaged_pictures(api: Api, start: int, junk: bytes, length: int) -> None:
    good = png()
    content = good[:start] + junk + good[start + len(junk) :][:length]
    before = Asset.objects.count()
    boundary = "----boundary"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="asset[file]"; filename="a.png"\r\n\r\n'.encode()
        + content
        + f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="asset[asset_type]"\r\n\r\nicon\r\n'.encode()
        + f"--{boundary}--\r\n".encode()
    )
    answer = api.client.generic(
        "POST",
        "/v2/assets",
        body,
        content_type=f"multipart/form-data; boundary={boundary}",
        headers={"authorization": api.authorization},
    )
    well_behaved(answer)
    assert Asset.objects.count() == before + (answer.status_code == 201)


@MANY
@given(content=st.binary(max_size=120), kind=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30))
def test_forms_of_any_bytes(api: Api, content: bytes, kind: str) -> None:
    for content_type in (kind, f"multipart/form-data; {kind}", f"multipart/form-data; boundary=x; charset={kind}"):
        answer = api.client.generic(
            "POST",
            "/v2/assets",
            b"--x\r\n" + content,
            content_type=content_type,
            headers={"authorization": api.authorization},
        )
        well_behaved(answer)
