"""What every route of the API has in common, told by the clients that broke on anything else."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import structlog
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from passwright.interfaces.api import certificates, credentials, limits
from passwright.interfaces.api.credentials import read_basic
from passwright.wsgi import application
from tests.interfaces.api.conftest import Api
from tests.interfaces.api.toy_town import ok, refused

LISTS = ["/v2/assets", "/v2/templates", "/v2/certificates"]
UNKNOWN = "b6a3ffb6-5aa5-4ea3-9a5f-0a9f6c1a6ab1"


def at(api: Api, path: str, method: str = "GET", content: bytes = b"", **environ: Any) -> HttpResponse:
    """The path exactly as written: the test client takes ``//v2`` for a host."""
    return api.raw(method, "/", content, PATH_INFO=path, **environ)


# Addresses


@pytest.mark.parametrize(
    "path",
    [
        "/v2/assets",
        "/v2/assets/",
        "/v2/assets.json",
        "/v2/assets.json/",
        "//v2/assets",
        "/v2//assets//",
        "///v2/assets",
    ],
)
def test_an_address_is_understood_and_never_redirected(api: Api, path: str) -> None:
    assert ok(at(api, path)) == []


@pytest.mark.parametrize("path", ["/v1/assets", "/v1/assets/", "//v1//assets.json"])
def test_v1_is_the_same(api: Api, path: str) -> None:
    assert ok(at(api, path)) == []


@pytest.mark.parametrize("path", ["/v2", "/v2/", "/v2/nothing", "/v2/assets/x/y/z", "/v2/..", "/v2/%00", "/v1.json"])
def test_an_unknown_address_is_a_refusal(api: Api, path: str) -> None:
    refused(at(api, path), 404)


@pytest.mark.parametrize("path", ["/v22/assets", "/v3/assets", "/v2assets"])
def test_what_only_looks_like_the_api_is_not(api: Api, path: str) -> None:
    assert at(api, path).status_code == 404


@pytest.mark.parametrize("kind", ["assets", "templates", "certificates"])
@pytest.mark.parametrize("text", [UNKNOWN, "1", "x" * 500, "null", "é", "\x00", "%2e%2e", "{}"])
def test_an_unknown_id_is_not_found(api: Api, kind: str, text: str) -> None:
    errors = refused(at(api, f"/v2/{kind}/{text}"), 404)
    noun = kind.removesuffix("s").capitalize()
    assert errors == {noun.lower(): f"{noun} not found."}


def test_head_is_get_without_a_body(api: Api) -> None:
    answer = api.request("HEAD", "/v2/assets")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["X-Total"] == "0"
    assert answer.headers["Content-Length"] == "2"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v2/assets", "GET, HEAD, POST"),
        ("PATCH", f"/v2/assets/{UNKNOWN}", "DELETE, GET, HEAD"),
        ("DELETE", "/v2/ping", "GET, HEAD"),
        ("OPTIONS", "/v2/templates", "GET, HEAD, POST"),
        ("POST", f"/v2/templates/{UNKNOWN}", "DELETE, GET, HEAD, PATCH, PUT"),
        ("TRACE", "/v2/certificates", "GET, HEAD"),
        ("BREW", "/v2/certificates", "GET, HEAD"),
    ],
)
def test_a_wrong_method_names_the_right_ones(api: Api, method: str, path: str, allowed: str) -> None:
    answer = api.request(method, path)
    refused(answer, 405)
    assert answer.headers["Allow"] == allowed


# Credentials


@pytest.mark.parametrize("path", [*LISTS, f"/v2/assets/{UNKNOWN}", f"/v1/templates/{UNKNOWN}/"])
def test_nothing_without_credentials(db: None, path: str) -> None:
    answer = Client().get(path)
    assert refused(answer, 401) == {"base": "Unauthorized"}
    assert answer.headers["WWW-Authenticate"].startswith('Basic realm="Passwright"')


def test_ping_needs_none(db: None) -> None:
    assert ok(Client().get("/v2/ping")) == {"message": "pong"}


def header_of(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def wrong_headers(api: Api) -> dict[str, str]:
    name, key = api.organization.api_username, api.password
    return {
        "wrong key": header_of(name, "x"),
        "no key": header_of(name, ""),
        "key of another case": header_of(name, key.swapcase()),
        "unknown user": header_of("nobody", key),
        "swapped": header_of(key, name),
        "nul": header_of(f"{name}\x00", key),
        "not base64": "Basic ***",
        "not utf-8": "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode(),
        "no colon": "Basic " + base64.b64encode(name.encode()).decode(),
        "another scheme": f"Bearer {key}",
        "empty": "",
        "only the scheme": "Basic",
    }


def test_wrong_credentials_all_get_the_same_answer(api: Api) -> None:
    bodies = set()
    for words, header in wrong_headers(api).items():
        answer = Client(raise_request_exception=False).get("/v2/assets", headers={"authorization": header})
        assert answer.status_code == 401, words
        bodies.add(answer.content)
    assert len(bodies) == 1


def test_an_unknown_user_costs_a_comparison_as_well(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []
    monkeypatch.setattr(
        "passwright.secrets.same_api_password", lambda password, known: bool(compared.append(known)) or False
    )
    Client().get("/v2/assets", headers={"authorization": header_of("nobody", "x")})
    Client().get("/v2/assets", headers={"authorization": api.authorization})
    assert len(compared) == 2
    assert [len(known) for known in compared] == [32, 32]


def test_the_scheme_may_be_written_in_any_case(api: Api) -> None:
    header = api.authorization.replace("Basic ", "bAsIc   ")
    assert ok(Client().get("/v2/assets", headers={"authorization": header})) == []


def test_a_key_may_contain_colons() -> None:
    assert read_basic(header_of("name", "a:b:c")) == ("name", "a:b:c")


def test_a_locked_organization_is_told_so(api: Api) -> None:
    api.organization.locked_at = timezone.now()
    api.organization.save()
    refused(api.get("/v2/assets"), 403)
    wrong = Client().get("/v2/assets", headers={"authorization": header_of(api.organization.api_username, "x")})
    assert wrong.status_code == 401


@pytest.mark.parametrize(
    ("ours", "said", "status"),
    [
        ("https://passes.example", "http", 403),
        ("https://passes.example", "HTTP, https", 403),
        ("https://passes.example", "https", 200),
        ("https://passes.example", "https, http", 200),
        ("https://passes.example", "", 200),
        ("https://passes.example", None, 200),
        ("http://127.0.0.1:8000", "http", 200),
    ],
)
def test_credentials_on_an_open_line_are_refused_and_not_redirected(
    api: Api, monkeypatch: pytest.MonkeyPatch, ours: str, said: str | None, status: int
) -> None:
    monkeypatch.setattr(credentials, "PUBLIC_URL", ours)
    told = {} if said is None else {"X-Forwarded-Proto": said}
    answer = api.get("/v2/assets", headers=told)
    assert answer.status_code == status
    assert "Location" not in answer
    assert ok(Client().get("/v2/ping", headers=told)) == {"message": "pong"}
    if status == 403:
        assert "https://passes.example" in refused(answer, 403)["base"]
        wrong = Client().get("/v2/assets", headers={"authorization": header_of("nobody", "x"), **told})
        assert wrong.status_code == 403


# Bodies


NOTHING = [b"", b"null", b"{}", b"[]", b" \n", b"\xef\xbb\xbf{}", b'{"template":null}', b'{"template":[]}']


@pytest.mark.parametrize("content", NOTHING)
def test_a_delete_carries_any_body(api: Api, content: bytes) -> None:
    asset_id = api.upload("icon")
    assert ok(api.raw("DELETE", f"/v2/assets/{asset_id}", content)) == {"errors": []}


@pytest.mark.parametrize("content", NOTHING)
def test_no_parameters_have_many_spellings(api: Api, content: bytes) -> None:
    errors = refused(api.raw("POST", "/v2/templates", content), 422)
    assert errors == {name: ["can't be blank"] for name in ("name", "pass_type", "icon_id")}


def test_a_get_is_never_parsed(api: Api) -> None:
    assert ok(api.raw("GET", "/v2/assets", b"{not json")) == []


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"nonsense",
        b'{"a":1}}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":NaN}',
        b"'x'",
        b'"\\ud800"',
        b"1e999",
        b"\x00",
    ],
)
def test_malformed_json_is_said_to_be(api: Api, content: bytes) -> None:
    refused(api.raw("POST", "/v2/templates", content), 400)


@pytest.mark.parametrize("content", [b"1", b'"text"', b"true", b'["a"]', b"[[]]"])
def test_a_body_that_is_no_object(api: Api, content: bytes) -> None:
    refused(api.raw("POST", "/v2/templates", content), 400)


@pytest.mark.parametrize("value", ["text", 1, True, ["a"]])
def test_a_root_that_is_no_object(api: Api, value: object) -> None:
    assert refused(api.post("/v2/templates", {"template": value})) == {"template": ["must be an object"]}


def test_attributes_without_their_root_are_pointed_out(api: Api) -> None:
    assert refused(api.post("/v2/templates", {"name": "x"})) == {"template": ["is missing"]}


@pytest.mark.parametrize("depth", [63, 64, 65, 500])
def test_bottomless_nesting_is_refused(api: Api, depth: int) -> None:
    deep = b'{"template":{"name":' + b"[" * depth + b"]" * depth + b"}}"
    assert api.raw("POST", "/v2/templates", deep).status_code == (422 if depth < 64 else 400)


@pytest.mark.parametrize("content", [b'{"template":{"name":"a\\u0000b"}}', b'{"template":{"\\u0000":1}}'])
def test_nul_characters_are_refused(api: Api, content: bytes) -> None:
    assert "NUL" in api.raw("POST", "/v2/templates", content).json()["message"]


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=zlib"]
)
def test_json_is_read_whatever_it_is_called(api: Api, content_type: str) -> None:
    answer = api.client.generic(
        "POST",
        "/v2/templates",
        b'{"template":{"pass_type":"generic"}}',
        content_type=content_type,
        headers={"authorization": api.authorization},
    )
    assert refused(answer) == {"name": ["can't be blank"], "icon_id": ["can't be blank"]}


def test_too_large_a_body_is_refused_before_it_is_read(api: Api) -> None:
    refused(api.raw("POST", "/v2/templates", b"", CONTENT_LENGTH=str(5 * 1024 * 1024)), 413)
    refused(api.raw("POST", "/v2/templates", b"", CONTENT_LENGTH="9" * 40), 413)


def test_chunks_are_refused_instead_of_being_taken_for_nothing(api: Api) -> None:
    refused(api.raw("POST", "/v2/templates", b"", HTTP_TRANSFER_ENCODING="chunked", CONTENT_LENGTH=""), 411)


def test_too_many_parameters(api: Api) -> None:
    refused(api.get("/v2/assets?" + "&".join(f"a{number}=1" for number in range(6_001))), 400)


# Answers


def test_names_of_headers_reach_the_wire_in_title_case(api: Api) -> None:
    sent: list[tuple[str, str]] = []
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/v2/ping",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.input": io.BytesIO(),
        "wsgi.url_scheme": "http",
    }
    application(environ, lambda status, headers, *_: sent.extend(headers))
    names = {name for name, _ in sent}
    assert {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Content-Type"} <= names
    assert not [name for name in names if name.islower()]


@pytest.mark.parametrize("path", [*LISTS, "/v2/nothing", "/v2/ping"])
def test_answers_are_plain_json(api: Api, path: str) -> None:
    answer = api.get(path, headers={"accept": "text/html", "accept-encoding": ""})
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    json.loads(answer.content)


def test_the_rate_limit_counts_down(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("passwright.interfaces.api.limits.hourly", limits.HourlyCount())
    monkeypatch.setattr("passwright.interfaces.api.limits.time.time", lambda: 7_200.5)
    first, second, anonymous = api.get("/v2/assets"), api.get("/v2/nothing"), api.client.get("/v2/ping")
    assert first.headers["X-RateLimit-Limit"] == "5000"
    assert first.headers["X-RateLimit-Remaining"] == "4999"
    assert first.headers["X-RateLimit-Reset"] == str(3 * 3600)
    assert second.headers["X-RateLimit-Limit"] == "60"
    assert (anonymous.headers["X-RateLimit-Limit"], anonymous.headers["X-RateLimit-Remaining"]) == ("60", "58")


def test_counting_starts_again_every_hour_and_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    count = limits.HourlyCount()
    assert [count.count("a", limit=2, now=0).remaining for _ in range(4)] == [1, 0, 0, 0]
    assert count.count("a", limit=2, now=3600).remaining == 1
    monkeypatch.setattr(limits, "MAX_CALLERS", 10)
    for number in range(100):
        count.count(str(number), limit=2, now=3600)
    assert len(count.seen) <= 11


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """Makes the list of certificates raise."""

    def fail(error: Exception) -> None:
        def raises(organization: object) -> None:
            raise error

        monkeypatch.setattr(certificates, "certificates_of", raises)

    return fail


def test_our_own_error_is_an_envelope_with_an_id_that_the_log_has(
    api: Api, failing: Callable[[Exception], None]
) -> None:
    failing(RuntimeError("the cause"))
    with structlog.testing.capture_logs() as lines:
        answer = api.get("/v2/certificates?secret=1")
    refused(answer, 500)
    assert "the cause" not in answer.content.decode()
    (line,) = [line for line in lines if line["event"] == "request failed"]
    assert line["request_id"] == answer.headers["X-Request-Id"] == str(UUID(line["request_id"]))
    assert line["request_id"] in answer.json()["message"]
    assert api.password not in str(line)
    assert "secret" not in str(line)


def test_without_a_database_it_says_so(api: Api, failing: Callable[[Exception], None]) -> None:
    failing(OperationalError("gone"))
    answer = api.get("/v2/certificates")
    refused(answer, 503)
    assert answer.headers["Retry-After"] == "5"
