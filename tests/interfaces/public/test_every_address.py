"""What holds at every address of the public side, also of those that are still to come."""

from __future__ import annotations

import re

import pytest

from passwright import secrets
from passwright.data.models import Campaign, Distribution, Organization, Pass
from passwright.interfaces.public.urls import urlpatterns
from tests import public_ground as ground
from tests.interfaces.public.browsers import browser

pytestmark = pytest.mark.django_db

PATTERNS = [str(each.pattern) for each in urlpatterns]
SCRIPT, STYLE = "document.title = 'Hostile'", "h1 { color: red }"


@pytest.fixture
def row(owner: Organization) -> Pass:
    made = ground.campaign(
        owner,
        javascript=SCRIPT,
        stylesheet=STYLE,
        allow_update=True,
        allow_delete=True,
        allow_transfer=True,
    )
    return ground.issued(made)


def address_of(pattern: str, row: Pass) -> str:
    """An address that the pattern matches, of this pass. A group that is new has to be named here."""
    token = secrets.edit_token(row.id) if pattern.startswith("^e/") else secrets.page_token(row.id)
    values = {"link": ground.link_of(row.campaign), "token": token, "sealed": "x" * 40}
    text = re.sub(r"\(\?P<(\w+)>(?:\[[^\]]*\](?:\{[\d,]+\})?)\)", lambda found: values[found[1]], pattern)
    text = text.removeprefix("^").removesuffix(r"\Z").removesuffix("/?").replace("(?:/[\\s\\S]*)?", "")
    text = re.sub(r"\(\?:(\w+)(?:\|\w+)*\)", r"\1", text)
    text = re.sub(r"\[(\w)\w*\]", r"\1", text).replace("\\", "")
    assert re.match(pattern, text), (pattern, text)
    return f"/{text}"


ELSEWHERE: list[dict[str, str]] = [
    {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
    {"origin": "https://evil.example"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site", "origin": "http://other.testserver"},
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_no_address_takes_the_forms_of_another_website(row: Pass, pattern: str) -> None:
    path = address_of(pattern, row)
    before = Pass.objects.values().get()
    for headers in ELSEWHERE:
        answer = browser().post(path, {"field-member": "Mallory", "email": "m@evil.example"}, headers=headers)
        assert answer.status_code in (403, 404, 405), (path, headers, answer.status_code)
    assert Pass.objects.values().get() == before


@pytest.mark.parametrize("pattern", [each for each in PATTERNS if each.startswith("^e/")])
def test_where_a_pass_is_changed_a_page_without_an_origin_is_another_website(row: Pass, pattern: str) -> None:
    """The scripts of campaigns run in such pages."""
    before = Pass.objects.values().get()
    path = address_of(pattern, row)
    answer = browser().post(path, {"field-member": "Mallory"}, headers={"origin": "null"})
    assert answer.status_code in (403, 405)
    assert Pass.objects.values().get() == before


def test_scripts_of_campaigns_run_on_the_pages_of_links_and_passes_alone(row: Pass) -> None:
    theirs = {address_of(pattern, row) for pattern in PATTERNS if runs_theirs(pattern, row)}
    link, token = ground.link_of(row.campaign), secrets.page_token(row.id)
    own = {f"/p/{link}", f"/p/{link}/{token}", f"/p/{link}/t/{'x' * 40}"}
    assert f"/p/{link}" in theirs
    assert theirs <= own


def runs_theirs(pattern: str, row: Pass) -> bool:
    answer = browser().get(address_of(pattern, row))
    if not answer.get("Content-Type", "").startswith("text/html"):
        return False
    page = answer.content.decode()
    with_script = re.search(r'<script[^>]+src="[^"]*/p/[^"]+\.js', page) is not None
    assert with_script is ("sandbox" in answer.get("Content-Security-Policy", ""))
    if pattern.startswith("^e/"):
        assert ".css?v=" not in page
    return with_script


def test_no_script_of_a_campaign_sees_a_password(row: Pass) -> None:
    Distribution.objects.update(password_hash="pbkdf2_sha256$1$salt$hash")
    path = f"/p/{ground.link_of(row.campaign)}"
    for answer in (browser().get(path), browser().post(path, {"password": "wrong"})):
        page = answer.content.decode()
        assert 'type="password"' in page
        assert "<script" not in page
        assert ".css?v=" not in page
        assert "sandbox" not in answer["Content-Security-Policy"]


def test_no_page_of_a_pass_tells_how_to_edit_it(row: Pass) -> None:
    """Whoever is shown a pass may not change it, and the page of a pass runs the campaign's script."""
    for suffix in ("", ".svg", ".png", ".qrcode"):
        answer = browser().get(f"{ground.page_of(row)}{suffix}")
        assert secrets.edit_token(row.id).encode() not in answer.content


def meta(page: str) -> dict[str, str]:
    return dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', page))


def test_a_link_preview_says_nothing_of_anybody(owner: Organization) -> None:
    hostile = '"><script>alert(1)</script>'
    made = ground.campaign(owner, name=hostile, og_description=f"{hostile} & more")
    ground.issued(made)
    page = browser("facebookexternalhit/1.1").get(f"/p/{ground.link_of(made)}?member=Ada").content.decode()
    said = meta(page)
    assert "<script>" not in page
    assert said["og:title"] == "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"
    for name in ("og:url", "og:image"):
        assert said[name].startswith("http")
    assert not [value for name, value in said.items() if "Ada" in value]
    assert "robots" not in said


def test_pages_of_passes_are_found_by_no_search_engine(row: Pass) -> None:
    assert meta(browser().get(ground.page_of(row)).content.decode())["robots"] == "noindex, nofollow"


def test_without_og_there_is_no_preview(owner: Organization) -> None:
    made = ground.campaign(owner)
    Campaign.objects.filter(id=made.id).update(og=False)
    row = ground.issued(made)
    for path in (f"/p/{ground.link_of(made)}", ground.page_of(row)):
        assert not [name for name in meta(browser().get(path).content.decode()) if name.startswith(("og:", "twitter:"))]


LOOKING = [
    "facebookexternalhit/1.1",
    "Slackbot-LinkExpanding 1.0",
    "WhatsApp/2.23",
    "Googlebot/2.1",
    "TelegramBot (like TwitterBot)",
]


@pytest.mark.parametrize("agent", LOOKING)
def test_looking_at_every_address_makes_nothing(row: Pass, agent: str) -> None:
    for pattern in PATTERNS:
        for method in ("get", "head"):
            answer = getattr(browser(agent), method)(address_of(pattern, row))
            assert answer.status_code < 500
    assert Pass.objects.count() == 1
    assert not row.campaign.events.filter(kind="viewed").exists()
