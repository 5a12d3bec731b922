"""The public pages in a browser: readable by everybody, on every width, without script."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from passwright.data.models import Campaign, Pass
from passwright.passes.changes import SentField
from passwright.passes.content import Behaviour, DataType, Position
from tests import public_ground as ground

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmütze" * 2
WIDTHS = (320, 1440)
"""The narrowest phone, and a wide screen: one column and two."""
COLOURS = ["color-contrast", "link-in-text-block"]

EXPECTED = "the server responded with a status of 4"
"""What a console says of refusals and of answers that need a look."""

Open = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser, live_server: LiveServer) -> Iterator[Open]:
    """Opens a path of the running server; what the browser's console complains about fails the test."""
    contexts, complaints = [], []

    def opened(path: str, *, width: int = 390, scheme: str = "light", agent: str = ground.IPHONE) -> Page:
        context = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 844},
            color_scheme="dark" if scheme == "dark" else "light",
            user_agent=agent,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
    unexpected = [text for text in complaints if EXPECTED not in text]
    assert unexpected == []


@pytest.fixture
def paths() -> dict[str, str]:
    """Every kind of page, with names as long as people make them."""
    owner = ground.organization(f"Toy Town {LONG}")
    back = {"position": Position.BACK, "behaviour": Behaviour.DYNAMIC, "required": False}
    asking = ground.campaign(
        owner,
        ground.ASKED,
        ground.ASKED_OPTIONALLY,
        SentField(key=LONG, label=LONG, **back),
        SentField(key="when", label="Birthday", data_type=DataType.DATE, **back),
        SentField(key="news", label="News by e-mail", data_type=DataType.BOOLEAN, **back),
        SentField(key="more", label="Anything else", data_type=DataType.MULTILINE, **back),
        name=f"Club card {LONG}",
    )
    plain = ground.campaign(owner, name="Plain")
    paused = ground.campaign(owner, name="Paused")
    Campaign.objects.filter(id=paused.id).update(state="paused")
    return {
        "form": f"/p/{ground.link_of(asking)}",
        "button": f"/p/{ground.link_of(plain)}",
        "pass": ground.page_of(ground.issued(plain)),
        "voided": ground.page_of(ground.issued(plain, voided=True)),
        "paused": f"/p/{ground.link_of(paused)}",
        "unknown": "/p/zzzzzzzzzz",
    }


def faults_of(page: Page, *, only: list[str] | None = None) -> list[str]:
    results = Axe().run(page, options={"runOnly": {"type": "rule", "values": only}} if only else None)
    return [f"{found['id']}: {found['nodes'][0]['html']}" for found in results.response["violations"]]


def scrolls_sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@pytest.mark.parametrize("name", ["form", "button", "pass", "voided", "paused", "unknown"])
def test_everybody_can_read_every_page_on_every_width(open_page: Open, paths: dict[str, str], name: str) -> None:
    page = open_page(paths[name], agent=ground.DESKTOP)
    if name == "form":
        page.click("button[type=submit]")
        page.locator(".msg").first.wait_for()
    if name == "pass":
        page.click("summary")
        page.get_by_role("img", name="The back.").scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        found["light", width] = [*faults_of(page), *(["scrolls sideways"] if scrolls_sideways(page) else [])]
    # Nothing but the colours differs in dark. Without motion: a colour half-way between the two is nobody's fault.
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found["dark", WIDTHS[-1]] = faults_of(page, only=COLOURS)
    assert {where: faults for where, faults in found.items() if faults} == {}


def test_a_visitor_fills_in_the_form_with_the_keyboard_and_gets_his_pass(
    open_page: Open, paths: dict[str, str]
) -> None:
    page = open_page(f"{paths['form']}?source=poster")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Go to the content"
    page.get_by_label("Favourite toy").fill("Trains")
    page.keyboard.press("Enter")
    assert page.locator(".msg").all_inner_texts() == ["The answer is missing. Fill it in."]
    assert page.evaluate("document.activeElement.name") == "field-member"
    assert page.get_by_label("Favourite toy").input_value() == "Trains"
    page.get_by_label("Child’s name").fill("Ada Moreau")
    page.get_by_role("button", name="Create the pass").click()
    page.wait_for_url("**/p/*/*")
    assert page.get_by_role("heading", level=1).inner_text() == "Your pass is ready"
    assert "Ada Moreau" in (page.get_by_role("img").first.get_attribute("alt") or "")
    made = Pass.objects.get(metadata={"source": "poster"})
    with page.expect_download() as download:
        page.get_by_role("link", name="Add to Apple Wallet").click()
    assert download.value.suggested_filename.endswith(".pkpass")
    assert ground.page_of(made) in page.url


def test_a_double_click_makes_one_pass(open_page: Open, paths: dict[str, str]) -> None:
    before = Pass.objects.count()
    page = open_page(paths["button"])
    page.get_by_role("button", name="Get the pass").dblclick()
    page.wait_for_url("**/p/*/*")
    assert Pass.objects.count() == before + 1


def test_the_drawing_and_the_look_are_loaded(open_page: Open, paths: dict[str, str]) -> None:
    page = open_page(paths["pass"])
    page.wait_for_load_state("networkidle")
    broken = "Array.from(document.images).filter(i => i.loading != 'lazy' && !i.naturalWidth).map(i => i.src)"
    assert page.evaluate(broken) == []
    assert page.evaluate("getComputedStyle(document.querySelector('.btn.wallet')).minHeight") == "56px"


def test_nothing_moves_for_those_who_asked_for_that(
    chromium: Browser, live_server: LiveServer, paths: dict[str, str]
) -> None:
    page = chromium.new_page(reduced_motion="reduce")
    page.goto(live_server.url + paths["form"])
    assert page.evaluate("getComputedStyle(document.querySelector('.btn')).transitionDuration") == "0s"
    page.close()


def test_a_campaigns_script_reaches_nothing_but_its_page(chromium: Browser, live_server: LiveServer) -> None:
    """It runs, in a page without an origin: no cookie, no storage, no other page, no network; the form still works."""
    script = """
    const tried = {};
    try { document.cookie; tried.cookie = 'read'; } catch (error) { tried.cookie = error.name; }
    try { localStorage.length; tried.storage = 'read'; } catch (error) { tried.storage = error.name; }
    tried.origin = self.origin;
    fetch('/v2/ping').then(() => { tried.fetch = 'done'; }, () => { tried.fetch = 'refused'; })
      .then(() => { document.body.dataset.tried = JSON.stringify(tried); });
    """
    own = ground.campaign(ground.organization(), javascript=script, stylesheet="h1 { color: rgb(1, 2, 3) }")
    page = chromium.new_page(user_agent=ground.IPHONE)
    page.goto(f"{live_server.url}/p/{ground.link_of(own)}")
    # Not wait_for_function: it evaluates a text, which the page's policy forbids.
    page.wait_for_selector("body[data-tried]")
    assert page.evaluate("JSON.parse(document.body.dataset.tried)") == {
        "cookie": "SecurityError",
        "storage": "SecurityError",
        "origin": "null",
        "fetch": "refused",
    }
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(1, 2, 3)"
    page.get_by_role("button", name="Get the pass").click()
    page.wait_for_url("**/p/*/*")
    with page.expect_download():
        page.get_by_role("link", name="Add to Apple Wallet").click()
    page.goto(f"{live_server.url}/p/{ground.link_of(own)}")
    page.get_by_role("button", name="Get the pass").click()
    page.wait_for_url("**/p/*/*")
    page.close()
    assert Pass.objects.count() == 2  # another form is another pass
