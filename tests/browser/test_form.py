"""The form in a browser: checked where it is filled in, as the server checks it; whole without script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from passwright.data.models import Asset, Campaign, Distribution, Pass
from passwright.passes.answers import read_value
from passwright.passes.changes import SentField
from passwright.passes.content import AfterCreate, Behaviour, DataType, Field, Language, Position, Style
from tests import public_ground as ground
from tests.browser.test_public_pages import EXPECTED, faults_of, scrolls_sideways

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]

BACK: dict[str, Any] = {"position": Position.BACK, "behaviour": Behaviour.DYNAMIC}
MAIL = SentField(key="mail", label="E-Mail", data_type=DataType.EMAIL, help="Dorthin geht der Link.", **BACK)
CONSENT = SentField(key="ok", label="Einverstanden.", data_type=DataType.BOOLEAN, format="checkbox", **BACK)
OTHERS = (
    SentField(key="toy", label="Spielzeug", data_type=DataType.CHOICE, choices=("Bahn", "Puppe"), **BACK),
    SentField(key="shop", label="Laden", data_type=DataType.CHOICE, choices=tuple("ABCDEFGH"), required=False, **BACK),
    SentField(key="thumbnail", label="Bild", data_type=DataType.IMAGE, required=False, **BACK),
    SentField(key="news", label="Neues", data_type=DataType.BOOLEAN, required=False, **BACK),
    SentField(key="where", label="Wohnort", data_type=DataType.LOCATIONS, required=False, **BACK),
    SentField(key="money", label="Geld", data_type=DataType.CURRENCY, format="EUR", required=False, **BACK),
    SentField(key="when", label="Geburtstag", data_type=DataType.DATE, required=False, **BACK),
)

OpenForm = Callable[..., Page]


@pytest.fixture
def open_form(chromium: Browser, live_server: LiveServer) -> Iterator[OpenForm]:
    """Opens the form of a campaign; what the browser's console complains about fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def opened(campaign: Campaign, query: str = "", *, width: int = 390, **settings: Any) -> Page:
        viewport = {"width": width, "height": 844}
        context = chromium.new_context(
            base_url=live_server.url,
            viewport=viewport,  # type: ignore[arg-type]  # two whole numbers
            user_agent=settings.pop("agent", ground.IPHONE),
            **settings,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.goto(f"/p/{ground.link_of(campaign)}{query}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [text for text in complaints if EXPECTED not in text] == []


def german(*fields: SentField, **settings: Any) -> Campaign:
    return ground.campaign(
        ground.organization(), *fields, style=Style.STORE_CARD, name="Klubkarte", language=Language.GERMAN, **settings
    )


VALUES = {
    DataType.TEXT: ["Ada", "x" * 200, "x" * 201, "🎈" * 200, "🎈" * 201, " ", "\u200b", "\ufeff"],
    DataType.MULTILINE: ["a\nb", "x" * 2000, "x" * 2001],
    DataType.NUMBER: ["1", "-1.5", "0.5", "007", "1,5", "1e3", "12.", "१", "9" * 15, "9" * 16, " 4 ", "."],
    DataType.CURRENCY: ["12.50", "12,50", "-3", "1 000", "€5"],
    DataType.EMAIL: ["ada@example.com", "ada@", "@b.de", "ada@example", "jörg@bücher.example", "a b@c.de", "a@b@c.de"],
    DataType.PHONE: ["+33 4 72 00 10 20", "+49 (0)30/123456", "0472001020", "12", "call me", "+1-800-356-9377", "٠٤٧٢"],
    DataType.URL: ["https://example.com", "http://a.b/c?d#e", "HTTPS://A.B", "example.com", "ftp://a.b", "https://a"],
    DataType.LOCATIONS: ["38.72, -9.14", "38.72;-9.14", "91, 0", "0, 181", "Lisbon", '[{"latitude":1,"longitude":2}]'],
}
TOLD = {"x" * 201, "🎈" * 201, "x" * 2001, "007", "1,5", "12,50"}
TOLD |= {"ada@", "ada@example", "call me", "example.com", "91, 0"}
"""Of the wrong ones, those that the browser has to know by itself."""

SET = """([id, value]) => {
  const input = document.getElementById(id);
  input.value = value;
  input.dispatchEvent(new Event('input', { bubbles: true }));
  input.dispatchEvent(new FocusEvent('focusout', { bubbles: true }));
  return [input.closest('[data-check]').classList.contains('error'), input.value];
}"""


def test_the_browser_refuses_nothing_that_the_server_takes(open_form: OpenForm) -> None:
    fields = [SentField(key=kind, data_type=kind, required=False, **BACK) for kind in VALUES]
    page = open_form(ground.campaign(ground.organization(), *fields, country="FR"))
    wrong = []
    for number, (kind, values) in enumerate(VALUES.items()):
        field = Field(key=kind, position=Position.BACK, data_type=kind, behaviour=Behaviour.DYNAMIC)
        longest = 2000 if kind is DataType.MULTILINE else 65_535 if kind is DataType.LOCATIONS else 200
        for value in values:
            refused, typed = page.evaluate(SET, [f"question-{number}", value])
            taken = isinstance(read_value(field, typed, country="FR", longest=longest), str)
            if (refused and taken) or (value in TOLD and not refused):
                wrong.append((kind, value, refused, taken))
    assert wrong == []


def test_errors_are_told_where_they_are_with_the_servers_words(open_form: OpenForm) -> None:
    page = open_form(german(ground.ASKED, MAIL, CONSENT))
    page.get_by_role("button", name="Die Karte erstellen").click()
    assert page.evaluate("document.activeElement.name") == "field-member"
    assert page.locator(".msg").all_inner_texts() == [
        "Die Antwort fehlt. Tragen Sie sie ein.",
        "Die Antwort fehlt. Tragen Sie sie ein.",
        "Das Kästchen ist leer. Kreuzen Sie es an.",
    ]
    mail = page.get_by_label("E-Mail")
    assert mail.get_attribute("aria-invalid") == "true"
    assert mail.get_attribute("aria-describedby") == "question-1-error question-1-help"
    mail.fill("ada@")
    mail.blur()
    assert "ist keine ganze E-Mail-Adresse" in page.locator("#question-1-error").inner_text()
    assert "ist keine ganze E-Mail-Adresse" in page.locator("form [role=status]").inner_text()
    mail.fill("ada@example.com")
    assert page.locator("#question-1-error").count() == 0
    assert mail.get_attribute("aria-describedby") == "question-1-help"
    assert faults_of(page) == []
    page.get_by_label("Child’s name").fill("Ada")
    page.get_by_label("Einverstanden.").check()
    page.get_by_role("button", name="Die Karte erstellen").click()
    page.wait_for_url("**/p/*/*")
    assert page.get_by_role("heading", level=1).inner_text() == "Ihre Karte ist fertig"


def test_an_untouched_question_is_not_told_off_for_passing_by(open_form: OpenForm) -> None:
    page = open_form(german(ground.ASKED, MAIL))
    page.get_by_label("Child’s name").focus()
    page.keyboard.press("Tab")
    assert page.locator(".msg").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_without_script_the_server_says_the_same(open_form: OpenForm, scheme: str) -> None:
    page = open_form(german(ground.ASKED, MAIL, CONSENT, *OTHERS), java_script_enabled=False, color_scheme=scheme)
    page.get_by_label("E-Mail").fill("ada@")
    page.get_by_label("Geld").fill("12.50")
    page.get_by_role("button", name="Die Karte erstellen").click()
    assert page.title() == "Noch nicht fertig: Klubkarte"
    summary = page.get_by_role("alert")
    assert summary.inner_text().startswith("4 Antworten sind noch anzusehen. Noch wurde nichts erstellt.")
    assert summary.get_by_role("link").all_inner_texts() == [
        "Child’s name: Die Antwort fehlt",
        "E-Mail: “ada@” ist keine ganze E-Mail-Adresse",
        "Einverstanden: Das Kästchen ist leer",
        "Spielzeug: Die Antwort fehlt",
    ]
    assert page.get_by_label("Geld").input_value() == "12.50"
    page.get_by_label("Child’s name").fill("Ada")
    page.get_by_label("E-Mail").fill("ada@example.com")
    page.get_by_label("Einverstanden.").check()
    page.get_by_label("Bahn").check()
    page.get_by_role("button", name="Die Karte erstellen").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Ihre Karte ist fertig"


@pytest.mark.parametrize("width", [320, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_every_control(open_form: OpenForm, width: int, scheme: str) -> None:
    agent = ground.IPHONE if width < 800 else ground.DESKTOP
    campaign = german(ground.ASKED, MAIL, CONSENT, *OTHERS)
    page = open_form(campaign, width=width, color_scheme=scheme, reduced_motion="reduce", agent=agent)
    page.wait_for_load_state("networkidle")
    assert faults_of(page) == []
    assert not scrolls_sideways(page)
    page.get_by_role("button", name="Die Karte erstellen").click()
    assert page.locator(".msg").count() == 4
    assert faults_of(page) == []
    assert not scrolls_sideways(page)


def test_a_double_click_sends_once_and_says_what_happens(open_form: OpenForm) -> None:
    page = open_form(german())
    page.evaluate("addEventListener('pagehide', () => sessionStorage.said = document.querySelector('.btn').innerText)")
    page.get_by_role("button", name="Die Karte holen").dblclick()
    page.wait_for_url("**/p/*/*")
    assert page.evaluate("sessionStorage.said") == "Ihre Karte entsteht"
    assert Pass.objects.count() == 1


def test_a_picture_is_shown_made_to_fit_and_kept(open_form: OpenForm, tmp_path: Path) -> None:
    photo = tmp_path / "ada.png"
    noise = bytes(range(256)) * (3 * 2400 * 1200 // 256)
    Image.frombytes("RGB", (2400, 1200), noise).rotate(7).save(photo, "PNG", compress_level=0)
    page = open_form(german(ground.ASKED, *OTHERS))
    page.get_by_label("Bild").set_input_files(photo)
    page.locator("img.thumb[src^='data:image/jpeg']").wait_for()
    page.wait_for_selector("[data-picture]")
    size = "Promise.resolve(document.querySelector('input[type=file]').files[0].size)"
    for _ in range(100):
        if page.evaluate(size) < 1024 * 1024:
            break
        page.wait_for_timeout(100)
    page.get_by_label("Child’s name").fill("Ada")
    page.get_by_label("Bahn").check()
    page.get_by_role("button", name="Die Karte erstellen").click()
    page.wait_for_url("**/p/*/*")
    asset = Asset.objects.get(of_holder=True)
    assert (asset.width, asset.height) == (1600, 800)


def test_the_position_is_filled_in_where_one_allows_it(open_form: OpenForm) -> None:
    where = {"latitude": 38.7223, "longitude": -9.1393}
    page = open_form(german(*OTHERS), geolocation=where, permissions=["geolocation"])
    page.get_by_role("button", name="Meinen Standort nehmen").click()
    page.wait_for_timeout(300)
    assert page.get_by_label("Wohnort").input_value() == "38.72230, -9.13930"


def test_who_refuses_his_position_is_told_what_to_type(open_form: OpenForm) -> None:
    page = open_form(german(*OTHERS))
    page.get_by_role("button", name="Meinen Standort nehmen").click()
    page.get_by_text("Ihr Standort ließ sich nicht finden.").wait_for()


@pytest.mark.parametrize("script", [True, False])
def test_the_download_begins_by_itself_where_the_campaign_wants_it(open_form: OpenForm, script: bool) -> None:
    page = open_form(german(after_create=AfterCreate.DOWNLOAD), java_script_enabled=script)
    with page.expect_download() as download:
        page.get_by_role("button", name="Die Karte holen").click()
        page.wait_for_url("**/p/*/*")
    assert download.value.suggested_filename.endswith(".pkpass")
    assert page.get_by_role("link", name="Zu Apple Wallet hinzufügen").is_visible()


def test_five_hundred_questions_are_asked_and_answered(open_form: OpenForm) -> None:
    many = [SentField(key=f"q{number}", label=f"Frage {number}", required=False, **BACK) for number in range(500)]
    page = open_form(german(ground.ASKED, *many))
    assert page.locator("input.input").count() == 501
    page.get_by_label("Child’s name").fill("Ada")
    page.get_by_label("Frage 499").fill("letzte")
    page.get_by_role("button", name="Die Karte erstellen").click()
    page.wait_for_url("**/p/*/*")
    assert Pass.objects.count() == 1


@pytest.fixture
def shop() -> Iterator[Callable[[str], str]]:
    """A website of somebody else's with one page."""
    pages: list[bytes] = []

    class Shop(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(pages[0])

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        Thread(target=server.serve_forever, daemon=True).start()

        def opened(page: str) -> str:
            pages.append(page.encode())
            return f"http://127.0.0.1:{server.server_port}"

        yield opened
        server.shutdown()


FRAME = """<!doctype html><title>Shop</title><iframe src="{}" width="400"></iframe><script>
addEventListener('message', (event) => {{ document.title = JSON.stringify(event.data); }});</script>"""


def test_within_another_page_it_is_bare_and_as_high_as_what_it_holds(
    chromium: Browser, live_server: LiveServer, shop: Callable[[str], str]
) -> None:
    campaign = german(ground.ASKED, MAIL)
    origin = shop(FRAME.format(f"{live_server.url}/p/{ground.link_of(campaign)}?embed=1"))
    Distribution.objects.filter(campaign=campaign).update(embed_origins=[origin])
    context = chromium.new_context()
    page = context.new_page()
    page.goto(origin)
    inner = page.frame_locator("iframe")
    inner.get_by_role("button", name="Die Karte erstellen").wait_for()
    page.wait_for_function("document.title.includes('height')")
    said = page.evaluate("JSON.parse(document.title)")
    height = inner.locator("body").evaluate("body => body.getBoundingClientRect().height")
    assert said["passwright"] == "height"
    assert abs(said["height"] - height) < 2
    assert inner.locator("body > header, body > footer").count() == 0
    inner.get_by_label("Child’s name").fill("Ada")
    inner.get_by_label("E-Mail").fill("ada@example.com")
    inner.get_by_role("button", name="Die Karte erstellen").click()
    inner.get_by_role("heading", name="Ihre Karte ist fertig").wait_for()
    assert len(context.pages) == 1
    context.close()
