"""The proof of work in a browser: done unasked, once, on a page with a script of the campaign's as well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from passwright.data.models import Campaign, Distribution, Pass
from passwright.interfaces.public import proofs
from tests import public_ground as ground

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]


@pytest.fixture
def context(chromium: Browser, live_server: LiveServer) -> Iterator[BrowserContext]:
    made = chromium.new_context(base_url=live_server.url, user_agent=ground.IPHONE)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    complaints = []
    opened = context.new_page()
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    assert [text for text in complaints if "status of 4" not in text] == []


def guarded(**settings: Any) -> Campaign:
    made = ground.campaign(ground.organization(), ground.ASKED, **settings)
    Distribution.objects.update(captcha=True)
    return made


def faults_of(page: Page) -> list[str]:
    """Without fetching stylesheets again, which no page of ours may."""
    return [found["id"] for found in Axe().run(page, options={"preload": False}).response["violations"]]


def path_of(campaign: Campaign) -> str:
    return f"/p/{ground.link_of(campaign)}"


@pytest.mark.parametrize("settings", [{}, {"javascript": "document.title += '!'", "stylesheet": "h1 { color: red }"}])
def test_a_person_notices_nothing(page: Page, settings: dict[str, str]) -> None:
    """The sum is done while he types; on a page that runs without an origin too."""
    page.goto(path_of(guarded(**settings)))
    assert page.get_by_role("status").first.inner_text().startswith("When you send the form")
    assert faults_of(page) == []
    page.get_by_label("Child’s name").fill("Ada")
    page.get_by_text("Your browser has done its sum.").wait_for()
    page.get_by_role("button", name="Create the pass").click()
    page.wait_for_url("**/p/*/*")
    assert Pass.objects.count() == 1


def test_who_is_quicker_than_the_sum_waits_for_it(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "MOST_NUMBER", 600_000)
    page.goto(path_of(guarded()))
    page.get_by_label("Child’s name").fill("Ada")
    page.keyboard.press("Enter")
    page.wait_for_url("**/p/*/*", timeout=60_000)
    assert Pass.objects.count() == 1


def test_a_double_click_makes_one_pass_and_no_refusal(page: Page) -> None:
    page.goto(path_of(guarded()))
    page.get_by_label("Child’s name").fill("Ada")
    page.get_by_text("Your browser has done its sum.").wait_for()
    page.get_by_role("button", name="Create the pass").dblclick()
    page.wait_for_url("**/p/*/*")
    assert page.get_by_role("heading", level=1).inner_text() == "Your pass is ready"
    assert Pass.objects.count() == 1


def test_who_takes_too_long_sends_it_once_more_with_one_click(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(proofs, "LIFETIME", -proofs.LIFETIME)
        page.goto(path_of(guarded()))
    page.get_by_label("Child’s name").fill("Ada & <b>Bob</b>")
    page.get_by_role("button", name="Create the pass").click()
    page.get_by_role("heading", name="Please send it once more").wait_for()
    assert faults_of(page) == []
    assert not Pass.objects.exists()
    page.get_by_role("button", name="Send it again").click()
    page.wait_for_url("**/p/*/*")
    assert "Ada & <b>Bob</b>" in (page.get_by_role("img").first.get_attribute("alt") or "")


def test_without_javascript_the_page_says_what_to_do(chromium: Browser, live_server: LiveServer) -> None:
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto(path_of(guarded()))
    assert page.get_by_text("This form can only be sent by a browser that runs JavaScript.").is_visible()
    page.get_by_label("Child’s name").fill("Ada")
    page.get_by_role("button", name="Create the pass").click()
    assert page.get_by_text("This form can only be sent by a browser that runs JavaScript.").is_visible()
    assert not Pass.objects.exists()
    context.close()


def test_the_trap_is_out_of_everybodys_way(page: Page) -> None:
    page.goto(path_of(ground.campaign(ground.organization(), ground.ASKED)))
    met = []
    for _ in range(12):
        page.keyboard.press("Tab")
        met.append(page.evaluate("document.activeElement.name || ''"))
    assert "field-member" in met
    assert "homepage" not in met
    box = page.locator("input[name=homepage]").bounding_box()
    assert box is None or box["x"] + box["width"] <= 0
    assert "Leave this empty" not in page.locator("body").aria_snapshot()
