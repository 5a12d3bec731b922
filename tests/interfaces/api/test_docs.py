"""The documentation page: all routes, no script, nothing from elsewhere."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html import unescape

from django.test import Client

from passwright.interfaces.api.campaign_types import TYPES
from passwright.interfaces.api.openapi import encoded, routes

SEGMENTS = {kind.segment for kind in TYPES}


def page() -> tuple[str, str]:
    answer = Client().get("/docs")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    return answer.content.decode(), answer.headers["Content-Security-Policy"]


def test_every_route_stands_on_the_page() -> None:
    """What all types of campaign have stands there once; the address and the root of each type stand in a table."""
    html, _ = page()
    for route in routes():
        segment = route.path.split("/")[2]
        path = route.path.replace(segment, "{type}", 1) if segment in SEGMENTS else route.path
        assert f"<code>{path}</code>" in html
        if "_by_" not in route.operation["operationId"]:
            assert f'id="{route.operation["operationId"]}"' in html
    for kind in TYPES:
        assert f"<td><code>{kind.segment}</code></td><td><code>{kind.root}</code></td>" in html


def test_the_page_stays_small_enough_to_read() -> None:
    """It is one page for people on slow lines as well; five times the same would be most of it."""
    html, _ = page()
    assert len(html.encode()) < 400_000
    assert len(encoded()) < 600_000


def test_links_within_the_page_lead_somewhere_and_ids_are_unique() -> None:
    html, _ = page()
    ids = re.findall(r'\bid="([^"]*)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)


def test_the_policy_allows_the_pages_own_style_and_nothing_else() -> None:
    html, policy = page()
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


def test_nothing_comes_from_elsewhere() -> None:
    html, _ = page()
    assert "<script" not in html
    assert not re.search(r'\b(src|srcset)=|@import|url\(|style="|\son\w+="', html)
    assert set(re.findall(r'href="([^"#][^"]*)"', html)) == {"/openapi.json"}


def test_commands_can_be_pasted() -> None:
    html, _ = page()
    commands = [unescape(text) for text in re.findall(r"<code>(curl .*?)</code>", html, re.DOTALL)]
    upload = next(command for command in commands if "-F" in command)
    assert upload.splitlines()[0] == 'curl -u "$API_USERNAME:$API_KEY" \\'
    assert "-F 'asset[asset_type]=icon'" in upload
    template = next(command for command in commands if '"pass_type"' in command)
    assert "-X POST" in template
    assert all("'" not in part for part in re.findall(r"-d '(.*)' \\", template))
