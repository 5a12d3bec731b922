"""The documentation page: all routes, no script, nothing from elsewhere."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from html import unescape

from django.test import Client

from passwright.interfaces.api.campaign_types import TYPES
from passwright.interfaces.api.docs import OF_ALL_TYPES, groups
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
    assert len(encoded()) < 900_000


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
    tags = re.findall(r"<[a-zA-Z][^>]*>", html)  # examples may speak of other tags
    assert not [tag for tag in tags if re.search(r'\b(src|srcset)=|style="|\son\w+="', tag)]
    assert not re.search(r"@import|url\(", "".join(re.findall(r"<style>.*?</style>", html, re.DOTALL)))
    assert set(re.findall(r'href="([^"#][^"]*)"', html)) == {"/openapi.json"}


def test_commands_can_be_pasted() -> None:
    html, _ = page()
    commands = [unescape(text) for text in re.findall(r"<code>(curl .*?)</code>", html, re.DOTALL)]
    upload = next(command for command in commands if "-F" in command)
    assert upload.splitlines()[0] == 'curl -u "$API_USERNAME:$API_KEY" \\'
    assert "-F 'asset[asset_type]=icon'" in upload
    template = next(command for command in commands if '"pass_type"' in command)
    assert "-X POST" in template
    bodies = [body for command in commands for body in re.findall(r"-d '(.*?)' \\\n", command, re.DOTALL)]
    assert len(bodies) > 10
    for body in bodies:
        assert json.loads(body) is not None


def test_what_all_types_share_stands_by_topic() -> None:
    shown = {group.title: [entry.summary for entry in group.entries] for group in groups() if group.of_types}
    assert list(shown) == list(OF_ALL_TYPES)
    assert shown["Campaigns"][:2] == ["List campaigns", "Create a campaign"]
    assert shown["States and updates"][0] == "Pause a campaign"
    assert shown["Passes"][:2] == ["List the passes of a campaign", "Create a pass"]
    by_code = ["Redeem a pass by its code", "Find a pass by its code", "Reset the redeem of a pass"]
    assert shown["Redeeming"][:4] == ["Redeem a pass", *by_code]
    assert shown["Bulk imports"][1] == "Create many passes of a campaign"
    assert "Report on a campaign in all" in shown["Reports and devices"]
    assert "List the pushes of a campaign" in shown["Reports and devices"]
    assert "Push or merge a campaign later" in shown["States and updates"]


def test_each_thing_is_described_once() -> None:
    """The key that every POST takes, attributes that may stand in three places, and ids that the address names."""
    html, _ = page()
    assert html.count("Idempotency-Key") < 6
    entries = {entry.anchor: entry for group in groups() for entry in group.entries}
    assert [row.name for row in entries["push_generic"].attributes] == ["push_message", "reset", "{root}", "pass"]
    rows = [(row.name, row.depth) for row in entries["redeem_code_of_generic_pass"].attributes]
    assert rows == [("pass", 0), ("redeem_code", 1), ("comment", 1)]
    of_campaign = {row.name: str(row.description) for row in entries["create_generic"].attributes if row.depth == 1}
    assert of_campaign["back_fields"] == "With the attributes of <code>header_fields</code>."
    assert of_campaign["barcodes"] == "With the attributes of <code>barcode</code>."
    kinds = {row.name: row.kind for row in entries["create_generic"].attributes}
    assert kinds["behaviour"] == "fixed · dynamic"
    assert entries["get_generic"].parameters == ()
    assert [row.name for row in entries["report_generic"].parameters] == ["start_date", "end_date"]


def test_a_list_of_sentences_is_announced_where_one_comes() -> None:
    entries = {entry.anchor: dict(entry.refusals) for group in groups() for entry in group.entries}
    assert "<code>errors</code> is a list" in entries["pause_generic"][412]
    assert "<code>errors</code> is a list" not in entries["redeem_generic_pass"][412]


def test_what_answers_say_is_explained_where_words_are_needed() -> None:
    entries = {
        entry.anchor: {row.name: str(row.description) for row in entry.explained}
        for group in groups()
        for entry in group.entries
    }
    for report in ("report_generic", "report_generic_totals"):
        assert entries[report]["redeems_count"] == "Uses of passes."
    assert list(entries["create_organization"]) == ["api_password", "webhook_url"]
    assert entries["get_generic_pass"]["behaviour"].startswith("<code>fixed</code>: ")
    assert entries["delete_generic"] == {}
