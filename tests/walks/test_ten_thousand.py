"""Ten thousand passes made through the API and listed page by page, while they are made and after: none lost, none
twice.
"""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from PIL import Image

from passwright.data.models import Certificate, Pass
from passwright.operations.create_organization import create_organization
from passwright.passes.content import Style

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
PASSES = 10_000
MAKERS = 2
PER_PAGE = 50
STAGES = (500, 2_000, 4_000, 6_000)
"""How many passes there are when the list is walked through while it grows."""


class Caller:
    """Calls the web application as a server does, without a socket between."""

    def __init__(self, username: str, password: str) -> None:
        self.application = WSGIHandler()
        self.authorization = f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}"

    def call(self, method: str, path: str, body: bytes = b"") -> tuple[int, dict[str, str], Any]:
        address, _, query = path.partition("?")
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": address,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_AUTHORIZATION": self.authorization,
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
        }
        started: list[tuple[int, dict[str, str]]] = []

        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            started.append((int(status[:3]), dict(headers)))

        content = b"".join(self.application(environ, start))
        return *started[0], json.loads(content)

    def made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        status, _, shown = self.call("POST", path, json.dumps(body).encode())
        assert status == 201, shown
        assert isinstance(shown, dict)
        return shown

    def pages(self, path: str) -> Iterator[tuple[dict[str, str], list[dict[str, Any]]]]:
        """Page after page, as clients go: to the one that ``X-Next-Page`` names, until there is none."""
        page: str | None = "1"
        while page:
            status, headers, rows = self.call("GET", f"{path}?page={page}&per_page={PER_PAGE}")
            assert status == 200, rows
            yield headers, rows
            page = headers.get("X-Next-Page")


@pytest.fixture
def caller(transactional_db: None) -> Caller:
    new = create_organization(name="Toys", now=NOW)
    Certificate.objects.create(
        pass_type=Style.GENERIC,
        pass_type_identifier="pass.org.example.generic",
        team_identifier="A1B2C3D4E5",
        issued_to="Example",
        not_before=NOW.replace(year=2020),
        expires_at=NOW.replace(year=2099),
        leaf_pem="",
        intermediate_pem="",
        key_encrypted=b"",
        created_at=NOW,
    )
    return Caller(new.organization.api_username, new.api_password)


@pytest.fixture
def path(caller: Caller) -> str:
    picture = io.BytesIO()
    Image.new("RGB", (58, 58)).save(picture, "PNG")
    asset = {"asset_type": "icon", "base64": base64.b64encode(picture.getvalue()).decode()}
    icon = caller.made("/v2/assets", {"asset": asset})["id"]
    fields = [{"key": "number", "behaviour": "dynamic"}]
    campaign = {"name": "Ten thousand", "icon_id": icon, "barcode": {}, "primary_fields": fields}
    return f"/v2/generics/{caller.made('/v2/generics', {'generic': campaign})['id']}/passes"


def make(caller: Caller, path: str, numbers: range) -> list[str]:
    """The ids of new passes, in the order of their creation."""
    try:
        return [
            caller.made(path, {"pass": {"primary_fields": [{"key": "number", "value": number}]}})["id"]
            for number in numbers
        ]
    finally:
        connection.close()


@pytest.mark.timeout(900)
def test_ten_thousand_passes_page_by_page(caller: Caller, path: str) -> None:
    with ThreadPoolExecutor(MAKERS) as threads:
        makers = [threads.submit(make, caller, path, range(each, PASSES, MAKERS)) for each in range(MAKERS)]
        walks = list_while_they_work(caller, path, makers)
        made = [pass_id for maker in makers for pass_id in maker.result()]
    assert walks == len(STAGES)

    listed = [(headers, row) for headers, rows in caller.pages(path) for row in rows]
    assert {headers["X-Total"] for headers, _ in listed} == {str(PASSES)}
    assert {headers["X-Total-Pages"] for headers, _ in listed} == {str(PASSES // PER_PAGE)}
    rows = [row for _, row in listed]
    assert [row["redeem_code"] for row in rows] == [f"{number:07d}" for number in range(1, PASSES + 1)]
    assert sorted(row["id"] for row in rows) == sorted(made)
    assert sorted(int(row["primary_fields"][0]["value"]) for row in rows) == list(range(PASSES))
    assert len({row["serial_number"] for row in rows}) == len({row["page_url"] for row in rows}) == PASSES
    assert Pass.objects.count() == PASSES


def list_while_they_work(caller: Caller, path: str, makers: list[Future[list[str]]]) -> int:
    """Walk through the list at every stage of its growth; how often that was."""
    walks = 0
    for stage in STAGES:
        while Pass.objects.count() < stage and not all(maker.done() for maker in makers):
            time.sleep(0.05)
        there = {str(pass_id) for pass_id in Pass.objects.values_list("id", flat=True)}
        walked = [row["id"] for _, rows in caller.pages(path) for row in rows]
        assert len(walked) == len(set(walked)), "a pass was listed twice"
        assert there <= set(walked), "a pass was left out"
        walks += 1
    return walks
