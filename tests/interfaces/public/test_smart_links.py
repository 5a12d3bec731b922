"""Smart links: values in a sealed address, one pass each."""

from __future__ import annotations

import re
from datetime import timedelta
from random import Random
from typing import Any

import pytest
import time_machine

from passwright.data.models import Attempts, Campaign, Distribution, Organization, Pass
from passwright.interfaces.public import smart
from passwright.operations import smart_links
from passwright.operations.delete_pass import delete_pass
from passwright.operations.make_smart_links import SmartLinkWanted, make_smart_links
from passwright.operations.refusals import PreconditionFailed, ValidationFailed
from passwright.passes.changes import SentField
from passwright.passes.content import Behaviour, DataType, Position
from passwright.queries.link_counts import link_counts
from tests import public_ground as ground
from tests.interfaces.public.browsers import Browser, browser

pytestmark = pytest.mark.django_db

LEVEL = SentField(key="level", position=Position.AUXILIARY, behaviour=Behaviour.DYNAMIC, admin_only=True)
SEATS = SentField(
    key="seats", position=Position.BACK, behaviour=Behaviour.DYNAMIC, data_type=DataType.NUMBER, required=False
)


@pytest.fixture
def club(owner: Organization) -> Campaign:
    return ground.campaign(owner, ground.ASKED, ground.ASKED_OPTIONALLY, LEVEL, SEATS, ground.BACK)


def smart_link(campaign: Campaign, link: Distribution | None = None, **wanted: Any) -> str:
    """Its path."""
    link = link or campaign.distributions.get()
    wanted = {"values": {"member": "Ada", "level": "Admiral"}, **wanted}
    (made,) = make_smart_links(campaign=campaign, link=link, wanted=[SmartLinkWanted(**wanted)], now=ground.now())
    return f"/p/{link.token}/t/{made.token}"


def refusals(campaign: Campaign, *wanted: SmartLinkWanted) -> dict[str, list[str]]:
    with pytest.raises(ValidationFailed) as refused:
        make_smart_links(campaign=campaign, link=campaign.distributions.get(), wanted=wanted, now=ground.now())
    return refused.value.errors


def overrides(row: Pass) -> dict[str, str]:
    assert row.overrides is not None
    return {field["key"]: field["value"] for field in row.overrides["fields"]}


def test_the_form_shows_what_is_known_and_asks_for_the_rest(club: Campaign) -> None:
    path = smart_link(club, values={"member": "Ada <b>", "level": "Admiral"}, external_id="customer-7")
    page = browser().get(path)
    text = page.content.decode()
    assert page.status_code == 200
    assert re.findall(r'name="(field-[^"]*)"', text) == ["field-toy", "field-seats"]
    assert "<dd>Ada &lt;b&gt;</dd>" in text
    assert "Admiral" not in text
    assert f'action="{path}"' in text
    assert not Pass.objects.exists()
    made = browser().post(path, {"field-toy": "Train", "field-member": "Eve", "field-level": "King"})
    row = Pass.objects.get()
    assert (made.status_code, made["Location"]) == (303, ground.page_of(row))
    assert (row.external_id, row.distribution_id) == ("customer-7", club.distributions.get().id)
    assert overrides(row) == {"member": "Ada <b>", "level": "Admiral", "toy": "Train", "seats": ""}
    assert club.distributions.get().issued_count == 1


def test_wrong_answers_make_nothing_and_keep_the_link(club: Campaign) -> None:
    path = smart_link(club)
    wrong = browser().post(path, {"field-seats": "many"})
    assert wrong.status_code == 422
    assert f'action="{path}"' in wrong.content.decode()
    assert "<dd>Ada</dd>" in wrong.content.decode()
    assert not Pass.objects.exists()
    assert browser().post(path, {"field-seats": "4"}).status_code == 303


def test_again_it_shows_the_same_pass_to_whoever_has_it(club: Campaign) -> None:
    path = smart_link(club)
    made = browser().post(path)["Location"]
    for visitor in (browser(), browser(ground.DESKTOP)):
        for answer in (visitor.get(path), visitor.post(path, {"field-toy": "Ball"})):
            assert (answer.status_code, answer["Location"]) == (303, made)
    assert Pass.objects.count() == 1
    assert smart_link(club) != path
    assert browser().post(smart_link(club))["Location"] != made


def test_single_use_shows_it_to_the_browser_that_made_it(club: Campaign) -> None:
    path, other = smart_link(club, single_use=True), smart_link(club, single_use=True)
    mine = browser()
    found = re.search(rb'name="visit" value="([^"]+)"', mine.get(path).content)
    assert found
    form = {"visit": found[1].decode()}
    made = mine.post(path, form)["Location"]
    mine.post(other)
    assert mine.get(path)["Location"] == mine.post(path)["Location"] == made
    # The browser whose first click was not answered: it sends its form once more, and never got a cookie.
    assert browser().post(path, form)["Location"] == made
    for answer in (browser().get(path), browser().post(path)):
        assert answer.status_code == 410
        assert b"This link was used" in answer.content
        assert made not in answer.content.decode()
    assert Pass.objects.count() == 2


def test_an_expired_link_makes_nothing(club: Campaign) -> None:
    path, used = smart_link(club, expires_in=60), smart_link(club, expires_in=60)
    browser().post(used)
    with time_machine.travel(ground.now() + timedelta(seconds=61), tick=False):
        for each in (path, used):
            for answer in (browser().get(each), browser().post(each)):
                assert answer.status_code == 410
                assert b"This link ended on" in answer.content
    assert Pass.objects.count() == 1


def test_a_changed_or_other_links_token_makes_nothing(club: Campaign) -> None:
    path = smart_link(club)
    own, _, token = path.rpartition("/")
    now = ground.now()
    Distribution.objects.create(campaign=club, token="othertoken", created_at=now, updated_at=now)
    flipped = token[:20] + ("A" if token[20] != "A" else "B") + token[21:]
    for wrong in (
        f"/p/othertoken/t/{token}", f"{own}/{flipped}", f"{own}/{token[:-2]}",
        f"{own}/x", f"{own}/{'x' * 3000}", f"{own}/{token}.",
    ):  # fmt: skip
        for answer in (browser().get(wrong), browser().post(wrong)):
            assert answer.status_code == 404
            assert b"This link is not whole" in answer.content
    assert not Pass.objects.exists()


def test_a_pass_that_was_deleted_does_not_come_again(club: Campaign) -> None:
    path = smart_link(club)
    mine = browser()
    mine.post(path)
    delete_pass(campaign=club, pass_id=Pass.objects.get().id, now=ground.now())
    for answer in (mine.get(path), mine.post(path)):
        assert answer.status_code == 410
    assert not Pass.objects.exists()


def test_the_rules_of_its_link_hold_but_for_the_password(club: Campaign) -> None:
    path, second = smart_link(club), smart_link(club)
    club.distributions.update(pass_limit=1, password_hash="x")
    assert browser().post(path).status_code == 303
    assert browser().post(second).status_code == 410
    club.distributions.update(state="paused", pass_limit=None)
    assert browser().get(second).status_code == browser().post(second).status_code == 403
    assert browser().get(path).status_code == 303
    assert Pass.objects.count() == 1


def test_values_are_looked_at_again_when_they_are_claimed(club: Campaign) -> None:
    path = smart_link(club, values={"member": "Ada", "level": "Admiral"})
    content = club.revisions.get()
    content.content["fields"] = [field for field in content.content["fields"] if field["key"] != "level"]
    content.save()
    assert browser().post(path).status_code == 409
    assert not Pass.objects.exists()


def test_a_form_from_elsewhere_makes_nothing(club: Campaign) -> None:
    path = smart_link(club)
    assert browser().post(path, headers={"origin": "https://elsewhere.example"}).status_code == 403
    assert browser().head(path).status_code == 200
    assert browser().delete(path).status_code == 405
    assert not Pass.objects.exists()


def test_looking_at_one_counts_a_view_of_its_link(club: Campaign) -> None:
    path = smart_link(club)
    browser().get(path)
    browser("curl/8.5.0").get(path)
    link = club.distributions.get()
    assert link_counts([link.id])[link.id].views == 1


def test_everything_that_is_wrong_is_named_when_it_is_made(club: Campaign) -> None:
    wrong = SmartLinkWanted(
        values={"member": "Ada", "nobody": "x", "terms": "None", "seats": "many", "toy": {"a": 1}}, expires_in=10**10
    )
    assert set(refusals(club, SmartLinkWanted(values={}), wrong)) == {
        "links[1].values.nobody", "links[1].values.terms", "links[1].values.seats", "links[1].values.toy",
        "links[1].expires_in",
    }  # fmt: skip
    past = SmartLinkWanted(values={}, expires_at=ground.now())
    assert set(refusals(club, past)) == {"links[0].expires_at"}


def test_what_nobody_will_be_asked_for_has_to_be_sent(owner: Organization) -> None:
    pin = SentField(
        key="pin", position=Position.BACK, behaviour=Behaviour.DYNAMIC, admin_only=True, required=True, distinct=True
    )
    club = ground.campaign(owner, ground.ASKED, pin)
    missing = ["is missing, and nobody who opens the link is asked for it. Send it"]
    for values in ({}, {"member": "Ada"}):
        assert refusals(club, SmartLinkWanted(values=values)) == {"links[0].values.pin": missing}
    for nothing in ("", " ", None):
        assert set(refusals(club, SmartLinkWanted(values={"pin": nothing}))) == {"links[0].values.pin"}
    assert browser().post(smart_link(club, values={"pin": "7"}), {"field-member": "Ada"}).status_code == 303


def test_a_blank_value_is_refused_where_the_form_would_insist_on_one(club: Campaign) -> None:
    blank = ["can't be blank. Leave it out, and who opens the link is asked for it"]
    for nothing in ("", " ", None, []):
        assert refusals(club, SmartLinkWanted(values={"member": nothing})) == {"links[0].values.member": blank}
    assert browser().post(smart_link(club, values={"toy": ""}), {"field-member": "Ada"}).status_code == 303


def test_values_that_no_two_passes_may_share_are_looked_at_when_links_are_made(owner: Organization) -> None:
    mail = SentField(key="mail", position=Position.BACK, behaviour=Behaviour.DYNAMIC, distinct=True)
    club = ground.campaign(owner, mail)
    ground.issued(club, values={"mail": "ada@example.com"})
    wanted = [SmartLinkWanted(values={"mail": each}) for each in ("Ada@example.com", "bob", "Bob", "eve")]
    taken = ["has already been taken in this campaign"]
    assert refusals(club, *wanted) == {f"links[{place}].values.mail": taken for place in range(3)}
    assert browser().post(smart_link(club, values={"mail": "eve"})).status_code == 303


def test_an_address_has_a_length(club: Campaign) -> None:
    anything = Random(7)
    secret = "".join(chr(anything.randrange(0x4E00, 0x9F00)) for _ in range(600))
    errors = refusals(club, SmartLinkWanted(values={"member": "Ada", "level": secret}))
    assert "too long for an address" in errors["links[0].values"][0]
    long = smart_link(club, values={"member": "Ada", "level": "the same again, " * 100})
    assert len(long) < 300


def test_an_external_id_is_the_passes_own(club: Campaign) -> None:
    ground.issued(club, external_id="taken")
    twice = SmartLinkWanted(values={}, external_id="new")
    errors = refusals(club, SmartLinkWanted(values={}, external_id="taken"), twice, twice)
    assert set(errors) == {f"links[{place}].external_id" for place in range(3)}
    path = smart_link(club, external_id="late")
    ground.issued(club, external_id="late")
    assert browser().post(path).status_code == 409
    assert Pass.objects.count() == 2


def test_a_link_that_has_ended_makes_none(club: Campaign) -> None:
    club.distributions.update(state="archived")
    with pytest.raises(PreconditionFailed):
        smart_link(club)


def test_the_token_says_nothing_to_others(club: Campaign) -> None:
    link = club.distributions.get()
    wanted = SmartLinkWanted(values={"member": "Ada"}, external_id="customer-7")
    (made,) = make_smart_links(campaign=club, link=link, wanted=[wanted], now=ground.now())
    assert "Ada" not in repr(made) + repr(wanted) + repr(made.smart_link)
    assert smart_links.opened(made.token, link.id) == made.smart_link
    again = smart_links.sealed(made.smart_link, link.id)
    assert again != made.token


def test_a_visitor_of_a_link_with_one_pass_each_still_claims_what_was_sent_to_him(club: Campaign) -> None:
    club.distributions.update(returning="per_visitor")
    visitor: Browser = browser()
    visitor.post(f"/p/{ground.link_of(club)}", {"field-member": "Bob"})
    assert visitor.post(smart_link(club)).status_code == 303
    assert Pass.objects.count() == 2


def test_the_form_of_one_is_sent_so_often_an_hour(club: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smart, "MOST_FORMS", 2)
    path = smart_link(club)
    assert [browser().post(path, {"field-seats": "many"}).status_code for _ in range(4)] == [422, 422, 429, 429]
    assert Attempts.objects.count() == 3  # of the link, and of the two forms
    assert not Pass.objects.exists()
    assert browser().post(smart_link(club)).status_code == 303


def test_a_long_number_is_its_digits(club: Campaign) -> None:
    assert browser().post(smart_link(club, values={"member": 10**30})).status_code == 303
    assert overrides(Pass.objects.get())["member"] == "1" + "0" * 30


def test_no_search_engine_keeps_the_page(club: Campaign) -> None:
    noindex = '<meta name="robots" content="noindex, nofollow">'
    assert noindex in browser().get(smart_link(club)).content.decode()
    assert noindex not in browser().get(f"/p/{ground.link_of(club)}").content.decode()


def test_who_comes_while_the_pass_is_made_is_led_to_it(club: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    path, is_spent = smart_link(club), smart_links.is_spent

    def after_another(link: smart_links.SmartLink) -> bool:
        monkeypatch.setattr(smart_links, "is_spent", is_spent)
        assert browser().post(path).status_code == 303
        return is_spent(link)

    monkeypatch.setattr(smart_links, "is_spent", after_another)
    late = browser().post(path)
    assert (late.status_code, late["Location"]) == (303, ground.page_of(Pass.objects.get()))
