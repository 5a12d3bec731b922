"""The page of a link: safe to look at, one pass a visitor, and answers that are checked."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine

from passwright.data.models import Campaign, Certificate, Distribution, Event, Organization, Pass
from passwright.passes.changes import SentField
from passwright.passes.content import Behaviour, CodeType, DataType, Position
from tests import public_ground as ground
from tests.interfaces.public.browsers import browser

pytestmark = pytest.mark.django_db

BOTS = [
    "facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "WhatsApp/2.23.20.0",
    "TelegramBot (like TwitterBot)",
    "curl/8.5.0",
    "python-requests/2.32",
    "",
]


@pytest.fixture
def plain(owner: Organization) -> Campaign:
    return ground.campaign(owner)


@pytest.fixture
def asking(owner: Organization) -> Campaign:
    return ground.campaign(owner, ground.ASKED, ground.ASKED_OPTIONALLY, ground.LEVEL)


def kinds() -> list[str]:
    return [str(kind) for kind in Event.objects.order_by("id").values_list("kind", flat=True)]


@pytest.mark.parametrize("suffix", ["", "/", ".png", ".svg", ".qrcode", "?utm_source=mail"])
@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_makes_nothing(plain: Campaign, suffix: str, method: str) -> None:
    answer = getattr(browser(), method)(f"/p/{ground.link_of(plain)}{suffix}")
    assert answer.status_code == 200
    assert not Pass.objects.exists()
    assert "passwright_visit" not in str(answer.cookies)


def test_head_on_the_pass_file_makes_nothing(plain: Campaign) -> None:
    answer = browser().head(f"/p/{ground.link_of(plain)}.pkpass")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/vnd.apple.pkpass")
    assert not Pass.objects.exists()
    assert "downloaded" not in kinds()


def test_a_person_who_looks_is_counted_once_a_look(plain: Campaign) -> None:
    link = f"/p/{ground.link_of(plain)}"
    browser(ground.DESKTOP).get(link)
    browser(ground.IPHONE).get(link)
    browser().head(link)
    assert kinds().count("viewed") == 2


@pytest.mark.parametrize("agent", BOTS)
def test_programs_are_not_counted_and_see_the_same_page(plain: Campaign, agent: str) -> None:
    answer = browser(agent).get(f"/p/{ground.link_of(plain)}")
    assert answer.status_code == 200
    assert b'property="og:image"' in answer.content
    assert "viewed" not in kinds()
    assert not Pass.objects.exists()


@pytest.mark.parametrize("header", [{"sec-purpose": "prefetch;prerender"}, {"purpose": "prefetch"}])
def test_prefetching_is_not_looking(plain: Campaign, header: dict[str, str]) -> None:
    browser().get(f"/p/{ground.link_of(plain)}", headers=header)
    assert "viewed" not in kinds()


def test_the_button_makes_a_pass_and_leads_to_its_page(plain: Campaign) -> None:
    answer = browser().post(f"/p/{ground.link_of(plain)}?utm_source=poster&utm_source=mail&empty=")
    made = Pass.objects.get()
    assert answer.status_code == 303
    assert answer["Location"] == ground.page_of(made)
    assert made.metadata == {"utm_source": "mail", "empty": ""}
    created = Event.objects.get(kind="created")
    assert (created.pass_id, created.extra) == (made.id, {"source": "page"})
    assert browser().get(answer["Location"]).status_code == 200


def test_another_form_is_another_pass_also_in_the_same_browser(plain: Campaign) -> None:
    visitor = browser()
    first = visitor.post(f"/p/{ground.link_of(plain)}")
    second = visitor.post(f"/p/{ground.link_of(plain)}")
    assert first["Location"] != second["Location"]
    assert Pass.objects.count() == 2


def test_who_has_made_a_pass_gets_its_file(plain: Campaign) -> None:
    visitor = browser()
    visitor.post(f"/p/{ground.link_of(plain)}")
    assert visitor.get(f"/p/{ground.link_of(plain)}.pkpass").status_code == 200
    assert Pass.objects.count() == 1


def test_another_browser_gets_another_pass(plain: Campaign) -> None:
    browser().post(f"/p/{ground.link_of(plain)}")
    browser().post(f"/p/{ground.link_of(plain)}")
    assert Pass.objects.count() == 2


def test_the_form_itself_joins_two_clicks_of_a_browser_without_cookies(plain: Campaign) -> None:
    link = f"/p/{ground.link_of(plain)}"
    visit = re.search(rb'name="visit" value="([^"]+)"', browser().get(link).content)
    assert visit
    answers = [browser().post(link, {"visit": visit[1].decode()}) for _ in range(2)]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Pass.objects.count() == 1


def test_after_24_hours_the_same_browser_gets_a_new_pass(plain: Campaign) -> None:
    visitor, link = browser(), f"/p/{ground.link_of(plain)}.pkpass"
    start = ground.now()
    with time_machine.travel(start, tick=False):
        visitor.get(link)
    with time_machine.travel(start + timedelta(hours=23, minutes=59), tick=False):
        visitor.get(link)
        assert Pass.objects.count() == 1
    with time_machine.travel(start + timedelta(hours=24, minutes=1), tick=False):
        cookie = visitor.cookies[f"passwright_visit_{ground.link_of(plain)}"].value
        visitor.cookies[f"passwright_visit_{ground.link_of(plain)}"] = cookie  # a browser that keeps it too long
        visitor.get(link)
        assert Pass.objects.count() == 2


def test_the_cookie_opens_nothing_and_cannot_be_forged(plain: Campaign, owner: Organization) -> None:
    other = ground.campaign(owner, name="Another")
    visitor = browser()
    first = visitor.post(f"/p/{ground.link_of(plain)}")
    cookie = first.cookies[f"passwright_visit_{ground.link_of(plain)}"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 86400)
    assert str(Pass.objects.get().id) not in cookie.value
    for forged in (cookie.value[:-1] + "x", "1.1.1", "é.1.é", f"x{cookie.value}", ".", ""):
        thief = browser()
        thief.cookies[f"passwright_visit_{ground.link_of(plain)}"] = forged
        assert thief.post(f"/p/{ground.link_of(plain)}")["Location"] != first["Location"]
    stranger = browser()
    stranger.cookies[f"passwright_visit_{ground.link_of(other)}"] = cookie.value
    stranger.post(f"/p/{ground.link_of(other)}")
    assert Pass.objects.filter(campaign=other).count() == 1


def test_the_pass_file_of_a_link_issues_one(plain: Campaign) -> None:
    visitor, link = browser(), f"/p/{ground.link_of(plain)}.pkpass"
    first, second = visitor.get(f"{link}?source=app"), visitor.get(link)
    assert first["Content-Type"] == second["Content-Type"] == "application/vnd.apple.pkpass"
    assert first["Cache-Control"] == "private, no-store"
    assert first.content.startswith(b"PK")
    assert Pass.objects.get().metadata == {"source": "app"}
    assert kinds().count("downloaded") == 2


def test_the_short_pass_file_is_the_same(plain: Campaign) -> None:
    assert browser().get(f"/d/{ground.link_of(plain)}.pkpass").content.startswith(b"PK")


def test_a_campaign_that_asks_leads_from_the_file_to_the_form(asking: Campaign) -> None:
    answer = browser().get(f"/p/{ground.link_of(asking)}.pkpass?a=1")
    assert (answer.status_code, answer["Location"]) == (303, f"/p/{ground.link_of(asking)}?a=1")
    assert not Pass.objects.exists()


def test_the_form_asks_for_dynamic_fields_alone(owner: Organization) -> None:
    secret = {"behaviour": Behaviour.DYNAMIC, "position": Position.BACK}
    asking = ground.campaign(
        owner,
        ground.ASKED,
        SentField(key="note", position=Position.BACK, behaviour=Behaviour.DYNAMIC, required=False, value="Hi & <b>"),
        SentField(key="admin", admin_only=True, **secret),
        SentField(key="made", generated=True, **secret),
        SentField(key="quiet", hidden=True, **secret),
        SentField(key="picture", data_type=DataType.IMAGE, **secret),
        ground.LEVEL,
    )
    page = browser().get(f"/p/{ground.link_of(asking)}").content.decode()
    assert re.findall(r'name="(field-[^"]*)"', page) == ["field-member", "field-note", "field-picture"]
    assert 'value="Hi &amp; &lt;b&gt;"' in page
    assert ">Child’s name</label>" in page
    assert '>note <span class="opt">(optional)</span></label>' in page


def test_answers_become_the_pass(asking: Campaign) -> None:
    answer = browser().post(f"/p/{ground.link_of(asking)}", {"field-member": "  Ada Moreau ", "field-toy": ""})
    assert answer.status_code == 303
    page = browser().get(answer["Location"]).content.decode()
    assert "Child’s name: Ada Moreau" in page


def test_the_form_ignores_what_it_did_not_ask_for(asking: Campaign) -> None:
    browser().post(f"/p/{ground.link_of(asking)}", {"field-member": "Ada", "field-level": "Admiral", "level": "x"})
    overrides = Pass.objects.get().overrides
    assert overrides is not None
    assert [field["key"] for field in overrides["fields"]] == ["member", "toy"]


@pytest.mark.parametrize("name", ["", "   ", "\t\n", "x" * 201, "a\x00b", "a\x1bb"])
def test_wrong_answers_make_nothing_and_are_kept(asking: Campaign, name: str) -> None:
    answer = browser().post(f"/p/{ground.link_of(asking)}", {"field-member": name, "field-toy": "Trains & <cars>"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert not Pass.objects.exists()
    assert "One answer needs a look." in page
    assert 'href="#question-0"' in page
    assert 'aria-invalid="true" aria-describedby="question-0-error"' in page
    assert 'value="Trains &amp; &lt;cars&gt;"' in page
    assert "<title>Not finished: " in page


def test_the_same_answers_of_a_form_are_the_same_pass_and_others_another(asking: Campaign) -> None:
    parent, link = browser(), f"/p/{ground.link_of(asking)}"
    visit = re.search(rb'name="visit" value="([^"]+)"', parent.get(link).content)
    assert visit
    form = {"visit": visit[1].decode()}
    ada = parent.post(link, {"field-member": "Ada", **form})
    assert parent.post(link, {"field-member": "Ada", **form})["Location"] == ada["Location"]
    assert parent.post(link, {"field-member": "Bob", **form})["Location"] != ada["Location"]
    assert Pass.objects.count() == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_form_from_elsewhere_makes_nothing(plain: Campaign, headers: dict[str, str]) -> None:
    answer = browser().post(f"/p/{ground.link_of(plain)}", headers=headers)
    assert answer.status_code == 403
    assert b"Nothing was created" in answer.content
    assert not Pass.objects.exists()


def test_our_own_form_comes_from_here(plain: Campaign) -> None:
    headers = {"origin": "http://testserver", "sec-fetch-site": "same-origin"}
    assert browser().post(f"/p/{ground.link_of(plain)}", headers=headers).status_code == 303


@pytest.mark.parametrize(("state", "status"), [("paused", 403), ("archived", 410)])
@pytest.mark.parametrize("where", [Campaign, Distribution])
def test_a_stopped_link_explains_and_gives_nothing(
    plain: Campaign, state: str, status: int, where: type[Campaign | Distribution]
) -> None:
    where.objects.update(state=state)
    link = f"/p/{ground.link_of(plain)}"
    for answer in (browser().get(link), browser().post(link), browser().get(f"{link}.pkpass")):
        assert answer.status_code == status
        assert b"What you can do" in answer.content
    assert not Pass.objects.exists()


def test_a_stopped_campaign_keeps_the_pages_of_its_passes(plain: Campaign) -> None:
    row = ground.issued(plain)
    Campaign.objects.update(state="paused")
    assert browser().get(ground.page_of(row)).status_code == 200
    assert browser().get(f"{ground.page_of(row)}.pkpass").content.startswith(b"PK")


def test_an_expired_certificate_is_explained(plain: Campaign) -> None:
    Certificate.objects.update(expires_at=ground.now() - timedelta(days=1))
    link = f"/p/{ground.link_of(plain)}"
    for answer in (browser().get(link), browser().post(link), browser().get(f"{link}.pkpass")):
        assert answer.status_code == 503
        assert b"certificate" in answer.content
    assert not Pass.objects.exists()


def test_passes_with_codes_of_their_own_are_not_taken_here(owner: Organization) -> None:
    own = ground.campaign(owner, code_type=CodeType.PER_PASS)
    assert browser().post(f"/p/{ground.link_of(own)}").status_code == 403
    assert not Pass.objects.exists()


@pytest.mark.parametrize(
    "path",
    ["/p/zzzzzzzzzz", "/p/zzzzzzzzzz.pkpass", "/p/zzzzzzzzzz.png", "/p/zzzzzzzzzz.qrcode", "/d/zzzzzzzzzz", "/p/short",
     "/p/", "/p", "/d/zzzzzzzzzz/x", "/p/zzzzzzzzzz/" + "z" * 22, "/p/" + "z" * 22, "/p/" + "z" * 22 + ".pkpass",
     "/p/zzzzzzzzzz.exe", "/p/zzzzzzzzzz.css", "/p/%00zzzzzzzzz", "/p/zzzzzzzzzz%0a"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_an_unknown_address_is_a_page_that_says_so(db: None, path: str, method: str) -> None:
    answer = getattr(browser(), method)(path)
    assert answer.status_code in ((404,) if method != "post" else (404, 405))
    if method == "get":
        assert b"This link leads nowhere" in answer.content


def test_a_deleted_campaign_is_unknown(plain: Campaign) -> None:
    row = ground.issued(plain)
    Campaign.objects.update(deleted_at=ground.now())
    for path in (f"/p/{ground.link_of(plain)}", ground.page_of(row), f"{ground.page_of(row)}.pkpass"):
        assert browser().get(path).status_code == 404


def test_other_methods_are_refused(plain: Campaign) -> None:
    answer = browser().delete(f"/p/{ground.link_of(plain)}")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, POST")


def test_the_short_link_leads_to_the_page(plain: Campaign) -> None:
    answer = browser().get(f"/d/{ground.link_of(plain)}?a=b")
    assert (answer.status_code, answer["Location"]) == (302, f"/p/{ground.link_of(plain)}?a=b")


def test_the_short_link_is_the_page_where_that_is_wanted(owner: Organization) -> None:
    shown = ground.campaign(owner, render_on_short_url=True)
    answer = browser().get(f"/d/{ground.link_of(shown)}")
    assert answer.status_code == 200
    assert f'action="/p/{ground.link_of(shown)}"'.encode() in answer.content


def test_a_remote_form_takes_over(owner: Organization) -> None:
    remote = ground.campaign(owner, remote_form_url="https://forms.example/join?x=1")
    for path in (f"/p/{ground.link_of(remote)}", f"/d/{ground.link_of(remote)}"):
        answer = browser().get(path, follow=False)
        location = answer["Location"] if path.startswith("/p") else browser().get(answer["Location"])["Location"]
        assert location == f"https://forms.example/join?x=1&campaign_id={remote.id}"


def test_open_graph_can_be_switched_off(owner: Organization) -> None:
    off = ground.campaign(owner, og=False)
    assert b"og:" not in browser().get(f"/p/{ground.link_of(off)}").content


def test_open_graph_describes_the_link(owner: Organization) -> None:
    described = ground.campaign(owner, name='Ann\'s "best" <card>', og_description="Points & more")
    page = browser().get(f"/p/{ground.link_of(described)}").content.decode()
    assert '<meta property="og:title" content="Ann&#x27;s &quot;best&quot; &lt;card&gt;">' in page
    assert '<meta property="og:description" content="Points &amp; more">' in page
    assert re.search(r'<meta property="og:image" content="http://[^"]+\.png\?updated_at=\d+">', page)


def test_metadata_is_bounded(plain: Campaign) -> None:
    many = "&".join(f"k{number}={'v' * 200}" for number in range(40))
    browser().post(f"/p/{ground.link_of(plain)}?{'l' * 300}=1&nul=%00&{many}")
    kept = Pass.objects.get().metadata
    assert kept is not None
    assert 5 < len(kept) <= 20
    assert sum(len(key) + len(value) for key, value in kept.items()) <= 2048
    assert "nul" not in kept


def test_the_codes_of_a_link_come_as_png_or_svg(plain: Campaign) -> None:
    path = f"/p/{ground.link_of(plain)}.qrcode"
    assert browser().get(path)["Content-Type"] == "image/png"
    assert browser().get(path, headers={"accept": "image/svg+xml"})["Content-Type"] == "image/svg+xml"


def test_pictures_are_not_sent_twice(plain: Campaign) -> None:
    path = f"/p/{ground.link_of(plain)}.png"
    first = browser().get(path)
    again = browser().get(path, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


REMOTE = "https://forms.example/join"


@pytest.mark.parametrize(
    ("address", "leads_to"),
    [
        (REMOTE, f"{REMOTE}?campaign_id={{id}}"),
        ("https://forms.example", "https://forms.example?campaign_id={id}"),
        (f"{REMOTE}?", f"{REMOTE}?campaign_id={{id}}"),
        (f"{REMOTE}?a=b%20c&campaign_id=7", f"{REMOTE}?a=b%20c&campaign_id=7&campaign_id={{id}}"),
        (f"{REMOTE}#answers", f"{REMOTE}?campaign_id={{id}}#answers"),
        ("http://bücher.example:8080/é", "http://xn--bcher-kva.example:8080/%C3%A9?campaign_id={id}"),
    ],
)
def test_a_remote_form_is_told_its_campaign(owner: Organization, address: str, leads_to: str) -> None:
    remote = ground.campaign(owner, remote_form_url=address)
    answer = browser().get(f"/p/{ground.link_of(remote)}")
    assert (answer.status_code, answer["Location"]) == (302, leads_to.format(id=remote.id))


@pytest.mark.parametrize("method", ["get", "head", "post"])
@pytest.mark.parametrize("agent", [ground.IPHONE, *BOTS])
def test_going_to_a_remote_form_makes_nothing(owner: Organization, method: str, agent: str) -> None:
    """A form that was open when the address was set is led there too: its answers are given at the right place."""
    remote = ground.campaign(owner, ground.ASKED, remote_form_url=REMOTE)
    answer = getattr(browser(agent), method)(f"/p/{ground.link_of(remote)}")
    assert (answer.status_code, answer["Location"]) == (302, f"{REMOTE}?campaign_id={remote.id}")
    assert not Pass.objects.exists()
    assert not answer.cookies


def test_answers_sent_to_the_page_of_a_remote_form_make_nothing(owner: Organization) -> None:
    remote = ground.campaign(owner, ground.ASKED, remote_form_url=REMOTE)
    answer = browser().post(f"/p/{ground.link_of(remote)}", {"field-member": "Ada"})
    assert (answer.status_code, answer["Location"]) == (302, f"{REMOTE}?campaign_id={remote.id}")
    assert not Pass.objects.exists()


def test_the_file_and_the_short_link_lead_to_the_page_and_on(owner: Organization) -> None:
    remote = ground.campaign(owner, remote_form_url=REMOTE)
    link = ground.link_of(remote)
    for path in (f"/p/{link}.pkpass", f"/d/{link}.pkpass", f"/d/{link}"):
        answer = browser().get(path)
        assert (answer.status_code in (302, 303), answer["Location"]) == (True, f"/p/{link}")
    assert not Pass.objects.exists()


@pytest.mark.parametrize(("state", "status"), [("paused", 403), ("archived", 410)])
def test_a_stopped_campaign_leads_to_no_remote_form(owner: Organization, state: str, status: int) -> None:
    remote = ground.campaign(owner, remote_form_url=REMOTE)
    Campaign.objects.update(state=state)
    assert browser().get(f"/p/{ground.link_of(remote)}").status_code == status


def test_passes_with_codes_of_their_own_are_taken_at_a_remote_form(owner: Organization) -> None:
    remote = ground.campaign(owner, code_type=CodeType.PER_PASS, remote_form_url=REMOTE)
    assert browser().get(f"/p/{ground.link_of(remote)}")["Location"] == f"{REMOTE}?campaign_id={remote.id}"
