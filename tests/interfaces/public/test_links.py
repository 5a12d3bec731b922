"""What a link demands: times, a limit, a password, one pass each; and what it tells who is refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.hashers import make_password

from passwright.data.models import Attempts, Campaign, DistinctValue, Distribution, Organization, Pass
from passwright.operations.delete_pass import delete_pass
from passwright.operations.pass_content import PassWanted
from passwright.operations.update_pass import update_pass
from passwright.passes.changes import SentField
from passwright.passes.content import Behaviour, DataType, Position
from passwright.queries.link_counts import LinkCounts, link_counts
from tests import public_ground as ground
from tests.interfaces.public.browsers import Browser, browser

pytestmark = pytest.mark.django_db

MAIL = SentField(
    key="mail", position=Position.BACK, label="E-mail", behaviour=Behaviour.DYNAMIC, data_type=DataType.EMAIL
)
MARCH = datetime(2027, 3, 1, 10, 0, tzinfo=UTC)


@pytest.fixture
def plain(owner: Organization) -> Campaign:
    return ground.campaign(owner)


@pytest.fixture
def asking(owner: Organization) -> Campaign:
    return ground.campaign(owner, ground.ASKED, MAIL)


def link_with(campaign: Campaign, **rules: Any) -> str:
    """The path of its page."""
    campaign.distributions.update(**rules)
    return f"/p/{ground.link_of(campaign)}"


def form_of(visitor: Browser, link: str) -> dict[str, str]:
    found = re.search(rb'name="visit" value="([^"]+)"', visitor.get(link).content)
    assert found
    return {"visit": found[1].decode()}


def counts(campaign: Campaign) -> LinkCounts:
    link = campaign.distributions.get()
    return link_counts([link.id])[link.id]


@pytest.mark.parametrize(
    ("rules", "status", "said"),
    [
        ({"starts_at": datetime(2027, 7, 1, 9, tzinfo=UTC)}, 403, "This link opens on 1 Jul 2027 at 10:00"),
        ({"ends_at": datetime(2026, 7, 1, 9, tzinfo=UTC)}, 410, "This link ended on 1 Jul 2026 at 10:00"),
        ({"pass_limit": 2, "issued_count": 2}, 410, "All passes of this link are gone"),
    ],
)
def test_a_link_that_gives_out_nothing_says_why_and_when(
    owner: Organization, rules: dict[str, Any], status: int, said: str
) -> None:
    campaign = ground.campaign(owner, time_zone="Europe/Lisbon")
    link = link_with(campaign, **rules)
    with time_machine.travel(MARCH, tick=False):
        for answer in (browser().get(link), browser().post(link), browser().get(f"{link}.pkpass")):
            page = answer.content.decode()
            assert answer.status_code == status
            assert said in page
            assert "What you can do" in page
            if "_at" in next(iter(rules)):
                assert "Europe/Lisbon" in page
    assert not Pass.objects.exists()


def test_a_link_is_open_between_its_times(plain: Campaign) -> None:
    link = link_with(plain, starts_at=MARCH, ends_at=MARCH + timedelta(hours=1))
    for moment, status in ((-1, 403), (0, 303), (3599, 303), (3600, 410)):
        with time_machine.travel(MARCH + timedelta(seconds=moment), tick=False):
            assert browser().post(link).status_code == status
    assert Pass.objects.count() == 2


def test_a_limit_holds_and_a_deleted_pass_does_not_give_its_place_back(plain: Campaign) -> None:
    link = link_with(plain, pass_limit=2)
    visitor = browser()
    form = form_of(visitor, link)
    assert [visitor.post(link, form).status_code for _ in range(3)] == [303] * 3
    assert plain.distributions.get().issued_count == 1
    assert browser().post(link).status_code == 303
    assert browser().post(link).status_code == 410
    delete_pass(campaign=plain, pass_id=Pass.objects.first().id, now=ground.now())  # type: ignore[union-attr]  # there
    assert browser().post(link).status_code == 410
    assert {row.distribution_id for row in Pass.objects.all()} == {plain.distributions.get().id}


def test_a_locked_organization_gives_out_nothing(plain: Campaign) -> None:
    link = link_with(plain)
    Organization.objects.update(locked_at=ground.now())
    assert browser().get(link).status_code == browser().post(link).status_code == 403
    assert not Pass.objects.exists()


def test_each_link_has_its_own_rules_and_counts_its_own_passes(plain: Campaign) -> None:
    link = link_with(plain, pass_limit=0)
    now = ground.now()
    other = Distribution.objects.create(campaign=plain, token="othertoken", created_at=now, updated_at=now)
    assert browser().post(link).status_code == 410
    made = browser().post("/p/othertoken")
    assert made.status_code == 303
    assert Pass.objects.get().distribution_id == other.id
    Distribution.objects.filter(id=other.id).update(deleted_at=now)
    assert browser().get("/p/othertoken").status_code == browser().post("/p/othertoken").status_code == 404
    assert browser().get(made["Location"]).status_code == 200
    assert browser().get(f"{made['Location']}.pkpass").status_code == 200


# --- the password


def test_a_password_is_asked_before_anything_is_shown_or_made(asking: Campaign) -> None:
    link = link_with(asking, password_hash=make_password("sesame"))
    visitor = browser()
    page = visitor.get(link)
    assert page.status_code == 200
    assert b'name="password"' in page.content
    assert b"field-member" not in page.content
    assert visitor.post(link, {"field-member": "Ada", "field-mail": "ada@example.com"}).status_code == 403
    assert visitor.get(f"{link}.pkpass").status_code == 303
    wrong = visitor.post(link, {"password": "Sesame"})
    assert wrong.status_code == 403
    assert b"This is not the password" in wrong.content
    assert not Pass.objects.exists()


def test_a_password_is_asked_once_a_session_and_anew_when_it_is_another(asking: Campaign) -> None:
    link = link_with(asking, password_hash=make_password("sesame"))
    visitor = browser()
    opened = visitor.post(link, {"password": "sesame"})
    assert opened.status_code == 200
    assert b"field-member" in opened.content
    cookie = opened.cookies[f"passwright_open_{ground.link_of(asking)}"]
    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == ("", True, "Lax")
    assert "sesame" not in cookie.value
    assert b"field-member" in visitor.get(link).content
    assert visitor.post(link, {"field-member": "Ada", "field-mail": "ada@example.com"}).status_code == 303
    link_with(asking, password_hash=make_password("another"))
    assert b"field-member" not in visitor.get(link).content


def test_a_browser_without_cookies_proves_it_with_its_form(asking: Campaign) -> None:
    link = link_with(asking, password_hash=make_password("sesame"))
    opened = browser().post(link, {"password": "sesame"}).content.decode()
    proof = re.search(r'name="opened" value="([^"]+)"', opened)
    assert proof
    again = browser().post(link, {"opened": proof[1], "field-member": "", "field-mail": ""})
    assert again.status_code == 422
    assert f'name="opened" value="{proof[1]}"' in again.content.decode()
    sent = {"field-member": "Ada", "field-mail": "ada@example.com"}
    for forged in ("", "1.x", proof[1][:-1] + "-", "é.é", "9" * 30):
        assert browser().post(link, {"opened": forged, **sent}).status_code == 403
    assert browser().post(link, {"opened": proof[1], **sent}).status_code == 303
    assert Pass.objects.count() == 1


def test_wrong_passwords_are_counted_and_right_ones_are_not(plain: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("passwright.interfaces.public.passwords.check_password", lambda typed, _: typed == "sesame")
    link = link_with(plain, password_hash="x")
    for _ in range(25):
        assert browser().post(link, {"password": "sesame"}).status_code == 200
    start = ground.now()
    with time_machine.travel(start, tick=False):
        for _ in range(20):
            assert browser().post(link, {"password": "guess"}).status_code == 403
        assert browser().post(link, {"password": "guess"}).status_code == 429
        assert browser().post(link, {"password": "sesame"}).status_code == 429
        elsewhere = browser().post(link, {"password": "sesame"}, REMOTE_ADDR="198.51.100.7")
        assert elsewhere.status_code == 200
    assert not any(b"guess" in bytes(row.digest) for row in Attempts.objects.all())
    with time_machine.travel(start + timedelta(minutes=11), tick=False):
        assert browser().post(link, {"password": "sesame"}).status_code == 200


# --- who comes again


def test_one_pass_a_visitor(plain: Campaign) -> None:
    link = link_with(plain, returning="per_visitor")
    visitor = browser()
    with time_machine.travel(MARCH, tick=False):
        made = visitor.post(link)
    cookie = made.cookies[f"passwright_pass_{ground.link_of(plain)}"]
    assert (cookie["max-age"], cookie["httponly"]) == (365 * 86400, True)
    assert str(Pass.objects.get().id) not in cookie.value
    with time_machine.travel(MARCH + timedelta(days=300), tick=False):
        for answer in (visitor.get(link), visitor.post(link)):
            assert (answer.status_code, answer["Location"]) == (303, made["Location"])
        assert visitor.get(f"{link}.pkpass").status_code == 200
        assert browser().post(link)["Location"] != made["Location"]
    assert Pass.objects.count() == 2


def test_who_has_his_pass_finds_it_also_when_no_more_are_given_out(plain: Campaign) -> None:
    link = link_with(plain, returning="per_visitor", pass_limit=1)
    visitor = browser()
    made = visitor.post(link)
    assert visitor.get(link)["Location"] == made["Location"]
    assert browser().get(link).status_code == 410


def test_a_visitor_whose_pass_is_gone_gets_another(plain: Campaign) -> None:
    link = link_with(plain, returning="per_visitor")
    visitor = browser()
    first = visitor.post(link)["Location"]
    delete_pass(campaign=plain, pass_id=Pass.objects.get().id, now=ground.now())
    assert visitor.get(link).status_code == 200
    assert visitor.post(link)["Location"] != first


def test_a_copied_cookie_of_another_link_finds_nothing(plain: Campaign, owner: Organization) -> None:
    link_with(plain, returning="per_visitor")
    other = ground.campaign(owner, name="Another")
    link = link_with(other, returning="per_visitor")
    visitor = browser()
    visitor.post(f"/p/{ground.link_of(plain)}")
    cookie = visitor.cookies[f"passwright_pass_{ground.link_of(plain)}"].value
    visitor.cookies[f"passwright_pass_{ground.link_of(other)}"] = cookie
    assert visitor.get(link).status_code == 200
    for forged in ("", "x" * 22, "é" * 22):
        visitor.cookies[f"passwright_pass_{ground.link_of(other)}"] = forged
        assert visitor.get(link).status_code == 200


def test_who_comes_again_is_asked(plain: Campaign) -> None:
    link = link_with(plain, returning="ask")
    visitor = browser()
    first = visitor.post(link)["Location"]
    page = visitor.get(f"{link}?utm_source=mail").content.decode()
    assert f'href="{first}"' in page
    assert f'href="{link}?utm_source=mail&amp;another=1"' in page
    assert "Show my pass" in page
    assert b"<form" in visitor.get(f"{link}?another=1").content
    second = visitor.post(f"{link}?another=1&utm_source=mail")["Location"]
    assert second != first
    assert Pass.objects.get(metadata__utm_source="mail").metadata == {"utm_source": "mail"}
    assert f'href="{second}"' in visitor.get(link).content.decode()
    assert b"<form" in browser().get(link).content


def test_one_pass_an_answer_and_no_stranger_sees_it(asking: Campaign) -> None:
    link = link_with(asking, returning="per_field", distinct_key="mail")
    mine = browser()
    made = mine.post(link, {"field-member": "Ada", "field-mail": "ada@example.com"})
    assert made.status_code == 303
    for written in ("ada@example.com", " ADA@Example.com "):
        stranger = browser().post(link, {"field-member": "Eve", "field-mail": written})
        page = stranger.content.decode()
        assert stranger.status_code == 409
        assert "There is a pass with this answer already" in page
        assert made["Location"] not in page
        assert "Ada" not in page
        assert not stranger.cookies
        assert mine.post(link, {"field-member": "Ada", "field-mail": written})["Location"] == made["Location"]
    assert browser().post(link, {"field-member": "Bob", "field-mail": "bob@example.com"}).status_code == 303
    assert Pass.objects.count() == asking.distributions.get().issued_count == 2


def test_an_answer_follows_its_pass(asking: Campaign) -> None:
    link = link_with(asking, returning="per_field", distinct_key="mail")

    def claim(mail: str) -> int:
        return int(browser().post(link, {"field-member": "Ada", "field-mail": mail}).status_code)

    assert claim("ada@example.com") == 303
    row = Pass.objects.get()
    changed = SentField(key="mail", position=Position.BACK, value="ada@new.example")
    update_pass(campaign=asking, pass_id=row.id, wanted=PassWanted(fields=(changed,)), now=ground.now())
    assert [claim("ada@new.example"), claim("ada@example.com"), claim("ada@example.com")] == [409, 303, 409]
    delete_pass(campaign=asking, pass_id=row.id, now=ground.now())
    assert claim("ada@new.example") == 303
    assert DistinctValue.objects.count() == 2


def test_an_answer_is_needed_where_it_decides(owner: Organization) -> None:
    campaign = ground.campaign(owner, ground.ASKED, ground.ASKED_OPTIONALLY)
    link = link_with(campaign, returning="per_field", distinct_key="toy")
    assert browser().post(link, {"field-member": "Ada", "field-toy": " "}).status_code == 422
    link_with(campaign, distinct_key="gone")
    assert browser().post(link, {"field-member": "Ada", "field-toy": "Train"}).status_code == 409
    assert not Pass.objects.exists()


# --- what is counted


def test_what_happens_through_a_link_is_counted(asking: Campaign) -> None:
    link = link_with(asking)
    visitor = browser()
    browser("curl/8.5.0").get(link)
    form = form_of(visitor, link)
    assert (counts(asking).views, counts(asking).forms) == (1, 0)
    for _ in range(3):
        assert visitor.post(f"{link}/begun?visit={form['visit']}").status_code == 204
    assert visitor.post(link, {**form, "field-member": ""}).status_code == 422
    made = visitor.post(link, {**form, "field-member": "Ada", "field-mail": "ada@example.com"})
    assert browser().get(f"{made['Location']}.pkpass").status_code == 200
    browser().get(f"{made['Location']}.pkpass")
    shown = counts(asking)
    assert (shown.views, shown.forms, shown.downloads, shown.installs) == (1, 1, 2, 0)
    assert asking.distributions.get().issued_count == 1
    ground.issued(asking)
    assert asking.distributions.get().issued_count == 1


@pytest.mark.parametrize("query", ["", "?visit=forged.1.x", "?visit="])
def test_a_form_that_was_never_shown_has_not_been_begun(asking: Campaign, query: str) -> None:
    path = f"{link_with(asking)}/begun{query}"
    assert browser().post(path).status_code == 204
    assert browser().post(path, headers={"origin": "https://elsewhere.example"}).status_code == 403
    assert browser().get(path).status_code == 405
    assert counts(asking).forms == 0


def test_forms_that_are_sent_away_leave_no_rows(asking: Campaign) -> None:
    link = link_with(asking, claims_per_hour=1)
    answers = [browser().post(link, {"visit": "forged", "field-member": ""}).status_code for _ in range(4)]
    assert answers == [422, 429, 429, 429]
    assert counts(asking).forms == 1
    assert Attempts.objects.count() == 3  # of the address: here, and everywhere; and of the form that was let in


# --- answers in the address


def test_an_address_fills_in_what_is_asked_for_and_nothing_else(owner: Organization) -> None:
    admin = SentField(key="level", position=Position.BACK, behaviour=Behaviour.DYNAMIC, admin_only=True)
    campaign = ground.campaign(owner, ground.ASKED, ground.ASKED_OPTIONALLY, admin, ground.BACK)
    link = link_with(campaign)
    query = '?field-member=Ada"><script>&toy=Train&level=Admiral&terms=None&utm_source=mail'
    page = browser().get(link + query).content.decode()
    assert 'value="Ada&quot;&gt;&lt;script&gt;"' in page
    assert 'value="Train"' in page
    assert "<script>" not in page
    assert 'value="Admiral"' not in page
    browser().post(link + query, {"field-member": "Bob"})
    row = Pass.objects.get()
    assert row.metadata == {"toy": "Train", "level": "Admiral", "terms": "None", "utm_source": "mail"}
    assert "Admiral" not in str(row.overrides)


@pytest.mark.parametrize("value", ["x" * 201, "a%00b"])
def test_what_fits_no_question_is_not_filled_in(asking: Campaign, value: str) -> None:
    page = browser().get(f"{link_with(asking)}?member={value}").content.decode()
    assert re.search(r'name="field-member"[^>]* value=""', page)


# --- in somebody else's page


def test_the_form_may_be_framed_where_the_link_says_so(asking: Campaign) -> None:
    link = link_with(asking, embed_origins=["https://shop.example", "http://localhost:3000"])
    framed = browser().get(f"{link}?embed=1")
    assert "frame-ancestors https://shop.example http://localhost:3000" in framed["Content-Security-Policy"]
    assert "X-Frame-Options" not in framed
    wrong = browser().post(f"{link}?embed=1", {"field-member": ""})
    assert (wrong.status_code, "X-Frame-Options" in wrong) == (422, False)
    by_itself = browser().get(link)
    assert "frame-ancestors 'none'" in by_itself["Content-Security-Policy"]
    assert by_itself["X-Frame-Options"] == "DENY"


def test_no_other_link_is_framed(asking: Campaign) -> None:
    link = link_with(asking)
    page = browser().get(f"{link}?embed=1")
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"
    assert browser().get(f"{link}/embed.js").status_code == 404


def test_the_script_believes_its_own_frame_alone(owner: Organization) -> None:
    campaign = ground.campaign(owner, name='</script><b>"Club"')
    link = link_with(campaign, embed_origins=["*"])
    answer = browser().get(f"{link}/embed.js")
    script = answer.content.decode()
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert "event.source !== frame.contentWindow" in script
    assert 'event.origin !== "http' in script
    assert f'{link}?embed=1"' in script
    assert "</script>" not in script
    assert "frame-ancestors *" in browser().get(f"{link}?embed=1")["Content-Security-Policy"]
