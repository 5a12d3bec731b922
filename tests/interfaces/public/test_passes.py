"""The page of one pass, its file and its pictures."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
import zipfile
from datetime import timedelta

import pytest
import zxingcpp
from PIL import Image

from passwright import secrets
from passwright.data.models import Campaign, Certificate, Event, Organization, Pass
from passwright.interfaces.public import pictures
from passwright.interfaces.public.answers import disposition
from passwright.passes.changes import SentField
from passwright.passes.content import Position, Style
from passwright.passes.preview import back_svg, qr_png, qr_svg
from tests import public_ground as ground
from tests.interfaces.public.browsers import browser

pytestmark = pytest.mark.django_db

MOST_STORED = 300
HOSTILE = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>&amp;{{ 7|add:7 }}"


@pytest.fixture
def plain(owner: Organization) -> Campaign:
    return ground.campaign(owner)


@pytest.fixture
def row(plain: Campaign) -> Pass:
    return ground.issued(plain)


def test_the_page_shows_the_pass_and_the_way_into_the_wallet(row: Pass) -> None:
    page = browser().get(ground.page_of(row)).content.decode()
    assert f'href="{ground.page_of(row)}.pkpass"' in page
    assert 'alt="Club card. MEMBER: Johnny Appleseed. LEVEL: Explorer' in page
    assert "Show the back" in page
    assert page.count("Add to Apple Wallet") == 1


def test_the_buttons_follow_the_device(row: Pass) -> None:
    pages = {
        agent: browser(agent).get(ground.page_of(row)).content.decode()
        for agent in (ground.IPHONE, ground.ANDROID, ground.DESKTOP)
    }
    assert "Continue on your phone" in pages[ground.DESKTOP]
    assert "Continue on your phone" not in pages[ground.IPHONE]
    assert "Add to Apple Wallet" not in pages[ground.ANDROID]
    assert "Download the pass file" in pages[ground.ANDROID]


def test_a_development_certificate_is_named_where_the_pass_is_shown(row: Pass) -> None:
    assert "a real iPhone refuses this pass" in browser().get(ground.page_of(row)).content.decode()
    Certificate.objects.update(development=False)
    assert "refuses" not in browser().get(ground.page_of(row)).content.decode()


def test_the_page_is_guarded(row: Pass) -> None:
    answer = browser().get(ground.page_of(row))
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Referrer-Policy"] == "strict-origin"
    assert b"noindex" in answer.content
    assert not re.search(rb"<script|<style|\sstyle=|\son[a-z]+=", answer.content)


def test_hostile_names_stay_text_in_page_and_drawing(owner: Organization) -> None:
    field = SentField(key="member", position=Position.PRIMARY, label=HOSTILE, value=HOSTILE)
    hostile = ground.campaign(owner, field, name=HOSTILE, organization_name=HOSTILE, og_description=HOSTILE)
    made = ground.issued(hostile)
    for path in (f"/p/{ground.link_of(hostile)}", ground.page_of(made)):
        page = browser().get(path).content.decode()
        assert not re.search(r'<script(?! src="/static/[0-9a-f]{12}/public/form\.js" nonce=)', page)
        assert "onerror='" not in page
        assert "&lt;script&gt;" in page
        assert "14" not in re.findall(r"<h1>(.*?)</h1>", page)[0]
    drawing = browser().get(f"{ground.page_of(made)}.svg")
    root = ET.fromstring(drawing.content)
    assert not [element for element in root.iter() if element.tag.endswith(("script", "foreignObject"))]
    assert "sandbox" in drawing["Content-Security-Policy"]
    back = browser().get(f"{ground.page_of(made)}.svg?side=back&dark=1")
    assert ET.fromstring(back.content).tag.endswith("svg")


@pytest.mark.parametrize("suffix", ["", ".pkpass", ".png", ".svg", ".qrcode"])
def test_a_pass_of_another_campaign_is_unknown_under_this_link(owner: Organization, row: Pass, suffix: str) -> None:
    other = ground.campaign(owner, name="Another")
    token = secrets.page_token(row.id)
    answer = browser().get(f"/p/{ground.link_of(other)}/{token}{suffix}")
    assert answer.status_code == 404
    assert not Event.objects.filter(kind="downloaded").exists()


@pytest.mark.parametrize("suffix", ["", ".pkpass", ".png", ".qrcode"])
def test_a_guessed_token_is_unknown(row: Pass, suffix: str) -> None:
    token = secrets.page_token(row.id)
    guess = ("A" if token[0] != "A" else "B") + token[1:]
    assert browser().get(f"/p/{ground.link_of(row.campaign)}/{guess}{suffix}").status_code == 404


def test_the_file_has_its_type_its_name_and_is_never_kept(row: Pass) -> None:
    answer = browser().get(f"{ground.page_of(row)}.pkpass")
    assert answer["Content-Type"] == "application/vnd.apple.pkpass"
    assert answer["Content-Disposition"] == 'attachment; filename="Club card.pkpass"'
    assert answer["Cache-Control"] == "private, no-store"
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert {"pass.json", "manifest.json", "signature", "icon.png", "icon@2x.png", "icon@3x.png"} <= set(names)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Club card", 'attachment; filename="Club card.pkpass"'),
        ('a"b\\c', 'attachment; filename="a b c.pkpass"'),
        ("x\r\nSet-Cookie: a=b", 'attachment; filename="x Set-Cookie a b.pkpass"'),
        ("../../etc/passwd", 'attachment; filename="etc passwd.pkpass"'),
        ("Café", "attachment; filename=\"Cafe.pkpass\"; filename*=UTF-8''Caf%C3%A9.pkpass"),
        ("通行证", "attachment; filename=\"pass.pkpass\"; filename*=UTF-8''%E9%80%9A%E8%A1%8C%E8%AF%81.pkpass"),
        ("***", 'attachment; filename="pass.pkpass"'),
        ("", 'attachment; filename="pass.pkpass"'),
        ("x" * 300, f'attachment; filename="{"x" * 80}.pkpass"'),
    ],
)
def test_file_names_say_much_and_break_nothing(name: str, value: str) -> None:
    assert disposition(name) == value


def test_head_on_the_file_signs_and_counts_nothing(row: Pass) -> None:
    answer = browser().head(f"{ground.page_of(row)}.pkpass")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/vnd.apple.pkpass")
    assert not Event.objects.filter(kind="downloaded").exists()


def test_looking_and_downloading_are_events_of_the_pass(row: Pass) -> None:
    browser().get(ground.page_of(row))
    browser("Twitterbot/1.0").get(ground.page_of(row))
    browser().get(f"{ground.page_of(row)}.pkpass")
    happened = Event.objects.filter(pass_id=row.id).order_by("id").values_list("kind", flat=True)
    assert list(happened) == ["created", "viewed", "downloaded"]


def test_short_links_lead_to_the_page_and_give_the_file(row: Pass) -> None:
    short = f"/p/{secrets.page_token(row.id)}"
    assert browser().get(short)["Location"] == ground.page_of(row)
    assert browser().get(f"{short}.pkpass").content.startswith(b"PK")
    assert browser().get(f"{short}.png")["Content-Type"] == "image/png"
    Campaign.objects.update(render_on_short_url=True)
    assert b"Your pass is ready" in browser().get(short).content


def test_the_code_leads_to_the_page(row: Pass) -> None:
    picture = Image.open(io.BytesIO(browser().get(f"{ground.page_of(row)}.qrcode").content))
    read = zxingcpp.read_barcodes(picture)
    assert [code.text for code in read] == [f"http://127.0.0.1:8000{ground.page_of(row)}"]


def test_the_picture_is_a_png_of_the_front(row: Pass) -> None:
    picture = Image.open(io.BytesIO(browser().get(f"{ground.page_of(row)}.png").content))
    assert (picture.format, picture.size) == ("PNG", (750, 968))


def test_a_voided_pass_says_so_and_offers_nothing(plain: Campaign) -> None:
    page = browser().get(ground.page_of(ground.issued(plain, voided=True))).content.decode()
    assert "This pass no longer counts" in page
    assert "Add to Apple Wallet" not in page


def test_an_expired_pass_says_since_when(plain: Campaign) -> None:
    expired = ground.issued(plain, expiration_date=ground.now() - timedelta(days=3))
    page = browser().get(ground.page_of(expired)).content.decode()
    assert "This pass has expired" in page
    assert "Add to Apple Wallet" not in page
    assert "a real iPhone refuses" not in page
    assert "can add this pass" not in page


def test_a_redeemed_pass_says_so(row: Pass) -> None:
    Pass.objects.update(redeemed_count=1)
    assert b"Redeemed" in browser().get(ground.page_of(row)).content


def test_an_expired_certificate_is_a_note_on_the_page_and_a_refusal_of_the_file(row: Pass) -> None:
    Certificate.objects.update(expires_at=ground.now() - timedelta(days=1))
    page = browser().get(ground.page_of(row))
    assert page.status_code == 200
    assert b"cannot be added to a phone at the moment" in page.content
    assert b"Add to Apple Wallet" not in page.content
    file = browser().get(f"{ground.page_of(row)}.pkpass")
    assert file.status_code == 503
    assert b"certificate expired" in file.content


@pytest.mark.parametrize("style", list(Style))
def test_every_kind_of_pass_has_its_word_and_its_page(owner: Organization, style: Style) -> None:
    transit = {"transit_type": "air"} if style is Style.BOARDING_PASS else {}
    made = ground.issued(ground.campaign(owner, style=style, **transit))
    word = {"boardingPass": "boarding pass", "eventTicket": "ticket", "storeCard": "card"}
    page = browser().get(ground.page_of(made)).content.decode()
    assert f"Your {word.get(style.value, {'coupon': 'coupon'}.get(style.value, 'pass'))} is ready" in page
    assert browser().get(f"{ground.page_of(made)}.pkpass").content.startswith(b"PK")
    assert browser().get(f"/p/{ground.link_of(made.campaign)}.png")["Content-Type"] == "image/png"


def test_a_campaigns_own_stylesheet_and_script_run_in_a_sandbox(owner: Organization) -> None:
    own = ground.campaign(owner, stylesheet="h1 { color: red }", javascript="document.title = 'x' // </script>")
    made = ground.issued(own)
    link = ground.link_of(own)
    for path in (f"/p/{link}", ground.page_of(made)):
        answer = browser().get(path)
        page, policy = answer.content.decode(), answer["Content-Security-Policy"]
        assert re.search(rf'<link rel="stylesheet" href="/p/{link}\.css\?v=[0-9a-f]{{12}}">', page)
        assert re.search(rf'<script src="/p/{link}\.js\?v=[0-9a-f]{{12}}" defer></script>', page)
        assert "document.title" not in page
        assert "script-src 'self';" in policy
        assert "sandbox allow-scripts" in policy
        assert "allow-same-origin" not in policy
    style, script = browser().get(f"/p/{link}.css"), browser().get(f"/p/{link}.js")
    assert (style["Content-Type"], style.content) == ("text/css; charset=utf-8", b"h1 { color: red }")
    assert script["Content-Type"] == "text/javascript; charset=utf-8"
    assert script["X-Content-Type-Options"] == "nosniff"


def test_a_form_in_the_sandbox_has_no_origin(owner: Organization) -> None:
    own = ground.campaign(owner, javascript="1")
    link = f"/p/{ground.link_of(own)}"
    boxed = {"origin": "null", "sec-fetch-site": "cross-site"}
    assert browser().post(link, headers=boxed).status_code == 303
    assert browser().post(link, headers={"origin": "https://elsewhere.example"}).status_code == 403


def test_a_stylesheet_alone_needs_no_sandbox(owner: Organization) -> None:
    own = ground.campaign(owner, stylesheet="h1 { color: red }")
    policy = browser().get(f"/p/{ground.link_of(own)}")["Content-Security-Policy"]
    assert "sandbox" not in policy
    assert browser().get(f"/p/{ground.link_of(own)}.js").status_code == 404


def test_the_look_is_served_for_ever_and_within_its_budget(row: Pass) -> None:
    page = browser().get(ground.page_of(row)).content.decode()
    address = re.search(r'<link rel="stylesheet" href="(/static/[0-9a-f]{12}/public/public\.css)">', page)
    assert address
    answer = browser().get(address[1])
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert answer["Content-Type"].startswith("text/css")
    assert answer["Cache-Control"] == "max-age=315360000, public, immutable"
    assert 5_000 < len(body) < 50_000


def test_the_pictures_of_a_pass_with_very_many_fields_stay_small_and_are_drawn_once(
    owner: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [
        SentField(key=f"f{index}", position=Position.BACK, label=f"Field {index}", value="some words " * 9)
        for index in range(MOST_STORED)
    ]
    made = ground.issued(ground.campaign(owner, ground.NAME, *many))
    drawings = []
    monkeypatch.setattr(pictures, "back_svg", lambda *given, **how: drawings.append(how) or back_svg(*given, **how))
    for _ in range(3):
        for dark in ("", "&dark=1"):
            assert len(browser().get(f"{ground.page_of(made)}.svg?side=back{dark}").content) < 200_000
    assert len(drawings) == 2
    assert len(browser().get(ground.page_of(made)).content) < 30_000
    assert len(browser().get(f"{ground.page_of(made)}.svg").content) < 60_000
    assert len(browser().get(f"/p/{ground.link_of(made.campaign)}").content) < 30_000


def test_codes_are_drawn_once(row: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    drawings = []
    monkeypatch.setattr(pictures, "qr_png", lambda text: drawings.append(text) or qr_png(text))
    monkeypatch.setattr(pictures, "qr_svg", lambda text: drawings.append(text) or qr_svg(text))
    for accept in ("image/png", "image/svg+xml", "image/png", "image/svg+xml"):
        answer = browser().get(f"{ground.page_of(row)}.qrcode", headers={"accept": accept})
        assert answer["Content-Type"] == accept
    assert len(drawings) == 2
    assert pictures.codes.most_bytes <= 4 * pictures.MEGABYTE
