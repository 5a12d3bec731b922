"""The holder's pages in a browser: they work as browsers send their forms, without script, and all can read them."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from passwright import secrets
from passwright.data.models import Campaign, Pass
from passwright.passes.changes import SentField
from passwright.passes.content import Position
from passwright.settings import ENVIRONMENT
from tests import public_ground as ground

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmütze" * 2


@pytest.fixture(params=[(320, "light", True), (1440, "dark", False)], ids=["phone", "desk without script"])
def page(request: pytest.FixtureRequest, chromium: Browser, live_server: LiveServer) -> Iterator[Page]:
    width, scheme, scripts = request.param
    context = chromium.new_context(
        base_url=live_server.url,
        viewport={"width": width, "height": 844},
        color_scheme=scheme,
        java_script_enabled=scripts,
        user_agent=ground.IPHONE,
    )
    yield context.new_page()
    context.close()


@pytest.fixture
def row() -> Pass:
    club = ground.campaign(
        ground.organization(f"Toy Town {LONG}"),
        ground.ASKED,
        ground.ASKED_OPTIONALLY,
        allow_update=True,
        allow_delete=True,
        allow_transfer=True,
    )
    return ground.issued(club, SentField(key="member", position=Position.PRIMARY, value="Ada"))


def edit(row: Pass) -> str:
    return f"/e/{secrets.edit_token(row.opened_by)}"


def test_a_holder_changes_gives_away_and_deletes(page: Page, row: Pass) -> None:
    page.goto(edit(row))
    page.get_by_label("Child’s name").fill("Ada Lovelace")
    page.get_by_role("button", name="Update").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    expect(page.get_by_label("Child’s name")).to_have_value("Ada Lovelace")
    page.get_by_role("link", name="Give the pass to somebody else").click()
    page.get_by_role("button", name="Give the pass to somebody else").click()
    new_edit = page.get_by_label("To change it, for its holder alone").input_value()
    page.goto(edit(row))
    expect(page.get_by_role("heading", level=1)).to_have_text("This link leads nowhere")
    page.goto(urlsplit(new_edit).path)
    page.get_by_role("link", name="Delete the pass").click()
    page.get_by_role("button", name="Delete the pass").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This pass was deleted")
    row.refresh_from_db()
    assert row.voided


@pytest.mark.parametrize("page", [(320, "light", True), (1440, "dark", True)], ids=["phone", "desk"], indirect=True)
def test_everybody_can_read_them(page: Page, row: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ENVIRONMENT, "smtp_url", "console")
    paths = [edit(row), f"{edit(row)}?done=saved", f"{edit(row)}/delete", f"{edit(row)}/transfer"]
    for path in paths:
        page.goto(path)
        is_fine(page)
    page.goto(edit(row))
    page.get_by_label("Child’s name").fill(" ")
    page.get_by_role("button", name="Update").click()
    is_fine(page)
    Campaign.objects.update(allow_update=False)
    page.goto(edit(row))
    is_fine(page)


def is_fine(page: Page) -> None:
    """No scrolling to the side, and nothing that axe finds."""
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth"), page.url
    found = Axe().run(page)
    assert [violation["id"] for violation in found.response["violations"]] == [], found.generate_report()
