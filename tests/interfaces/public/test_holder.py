"""The holder's pages: what he may do with the edit link, and what nobody learns from it or from the other one."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from msgspec.structs import replace

from passwright import secrets
from passwright.data.models import Campaign, Distribution, Event, Organization, Pass, Push, Registration
from passwright.interfaces.public import holder, makers
from passwright.passes.changes import SentField
from passwright.passes.content import Behaviour, DataType, Position
from passwright.settings import ENVIRONMENT
from tests import public_ground as ground
from tests.interfaces.apple import phones
from tests.interfaces.public.browsers import browser

pytestmark = pytest.mark.django_db

POINTS = SentField(
    key="points", position=Position.HEADER, label="POINTS", value="240", behaviour=Behaviour.DYNAMIC, admin_only=True
)
TOY = SentField(
    key="toy",
    position=Position.AUXILIARY,
    label="Favourite toy",
    behaviour=Behaviour.DYNAMIC,
    required=False,
    change_message="Your toy is now %@",
)
HOSTILE = '"><script>alert(1)</script>{{ 7|add:7 }}{noun}'


@pytest.fixture
def club(owner: Organization) -> Campaign:
    return ground.campaign(owner, ground.ASKED, TOY, POINTS, allow_update=True, allow_delete=True, allow_transfer=True)


@pytest.fixture
def row(club: Campaign) -> Pass:
    return made(club)


def made(club: Campaign) -> Pass:
    name = SentField(key="member", position=Position.PRIMARY, value="Ada")
    toy = SentField(key="toy", position=Position.AUXILIARY, value="Trucks")
    return ground.issued(club, name, toy)


def edit(row: Pass, part: str = "") -> str:
    return f"/e/{secrets.edit_token(row.opened_by)}{part}"


def saw(page: Any) -> str:
    found = re.search(r'name="saw" value="(\w+)"', page.content.decode())
    assert found
    return found[1]


def answers(row: Pass, **typed: str) -> dict[str, str]:
    """A form as it is sent: with all its fields."""
    return {f"field-{key}": value for key, value in ({"member": "Ada", "toy": "Trucks"} | typed).items()}


def values_of(row: Pass) -> dict[str, str | None]:
    row.refresh_from_db()
    return {field["key"]: field.get("value") for field in (row.overrides or {}).get("fields", [])}


def test_the_form_has_the_answers_that_hold_and_nothing_else(row: Pass) -> None:
    page = browser().get(edit(row))
    text = page.content.decode()
    assert page.status_code == 200
    assert 'value="Ada"' in text
    assert 'value="Trucks"' in text
    assert "POINTS" not in re.sub(r'alt="[^"]*"', "", text)
    assert "field-points" not in text
    assert ">Update<" in text


def test_the_page_leaves_its_address_nowhere(row: Pass, club: Campaign) -> None:
    Campaign.objects.update(javascript="alert(1)")
    for part in ("", "/delete", "/transfer"):
        page = browser().get(edit(row, part))
        assert page["Referrer-Policy"] == "strict-origin"
        assert page["Cache-Control"] == "private, no-store"
        assert "noindex" in page["X-Robots-Tag"]
        assert b"noindex" in page.content
        assert "script-src" not in page["Content-Security-Policy"]
        assert b"<script" not in page.content


def test_a_wrong_token_leads_nowhere(row: Pass) -> None:
    for token in (secrets.page_token(row.id), secrets.edit_token(row.serial_number), "A" * 22):
        for part in ("", "/delete", "/transfer", "/links"):
            page = browser().get(f"/e/{token}{part}")
            assert page.status_code == 404
            assert b"leads nowhere" in page.content
            assert page["Referrer-Policy"] == "strict-origin"
    assert browser().get("/e/nothing").status_code == 404
    assert browser().get(f"/p/{ground.link_of(row.campaign)}/{secrets.edit_token(row.id)}").status_code == 404


def test_a_change_is_one_version_one_push_and_the_text_of_the_field(row: Pass) -> None:
    phone, card = phones.Phone(), phones.card_of(row)
    assert phone.register(card) == 201
    assert phone.fetch(card) == 200
    version = row.version
    answer = browser().post(edit(row), answers(row, toy="Airplanes"))
    assert (answer.status_code, answer["Location"]) == (303, f"{edit(row)}?done=saved")
    assert values_of(row)["toy"] == "Airplanes"
    assert row.version == version + 1
    assert Push.objects.filter(pass_id=row.id, silent=False).count() == 1
    assert phone.fetch(card) == 200
    toy = next(field for field in card.said["generic"]["auxiliaryFields"] if field["key"] == "toy")
    assert (toy["value"], toy["changeMessage"]) == ("Airplanes", "Your toy is now %@")
    assert b"Saved." in browser().get(answer["Location"]).content


def test_the_same_again_changes_nothing(row: Pass) -> None:
    version = row.version
    answer = browser().post(edit(row), answers(row, member="  Ada "))
    assert answer["Location"].endswith("?done=same")
    row.refresh_from_db()
    assert row.version == version
    assert not Push.objects.exists()
    assert not Event.objects.filter(kind="updated").exists()
    assert b"Nothing has changed" in browser().get(answer["Location"]).content


def test_wrong_answers_are_shown_again_and_nothing_is_changed(row: Pass) -> None:
    page = browser().post(edit(row), answers(row, member=" ", toy="Boats"))
    assert page.status_code == 422
    assert b"The answer is missing" in page.content
    assert b"Nothing has been changed yet" in page.content
    assert b'value="Boats"' in page.content
    assert values_of(row) == {"member": "Ada", "toy": "Trucks"}


def test_what_is_kept_from_holders_cannot_be_sent(row: Pass) -> None:
    browser().post(edit(row), answers(row, toy="Boats", points="9999"))
    assert values_of(row) == {"member": "Ada", "toy": "Boats"}


def test_who_saw_older_answers_sees_the_new_ones_first(row: Pass) -> None:
    shown = saw(browser().get(edit(row)))
    browser().post(edit(row), {**answers(row, toy="Airplanes"), "saw": shown})
    page = browser().post(edit(row), {**answers(row, toy="Boats"), "saw": shown})
    assert page.status_code == 409
    assert b"This was changed meanwhile" in page.content
    assert b'value="Airplanes"' in page.content
    assert "Favourite toy: Boats" in page.content.decode()
    assert values_of(row)["toy"] == "Airplanes"
    again = browser().post(edit(row), {**answers(row, toy="Boats"), "saw": saw(page)})
    assert again.status_code == 303
    assert values_of(row)["toy"] == "Boats"


def test_two_clicks_at_once_are_one_change(row: Pass) -> None:
    shown = saw(browser().get(edit(row)))
    for _ in range(2):
        assert browser().post(edit(row), {**answers(row, toy="Boats"), "saw": shown}).status_code == 303
    assert Push.objects.count() == 1


def test_without_leave_the_page_is_read_only_and_says_whom_to_ask(row: Pass) -> None:
    Campaign.objects.update(allow_update=False)
    page = browser().get(edit(row))
    text = page.content.decode()
    assert page.status_code == 200
    assert "<form" not in text
    assert "Only Toy Town changes this pass" in text
    assert "Ask Toy Town if" in text
    assert "<dd>Trucks</dd>" in text
    assert browser().post(edit(row), answers(row, toy="Boats")).status_code == 403
    assert values_of(row)["toy"] == "Trucks"


@pytest.mark.parametrize(
    ("change", "words"),
    [({"voided": True}, b"no longer counts"), ({"expiration_date": ground.LONG_AGO}, b"has expired")],
)
def test_a_pass_that_counts_no_more_is_not_edited(row: Pass, change: dict[str, Any], words: bytes) -> None:
    Pass.objects.update(**change)
    for answer in (browser().get(edit(row)), browser().post(edit(row), answers(row, toy="Boats"))):
        assert words in answer.content
        assert b"<form" not in answer.content
    for part in ("/delete", "/transfer"):
        assert browser().post(edit(row, part)).status_code == 403
    assert values_of(row)["toy"] == "Trucks"


def test_what_others_type_stays_text(owner: Organization) -> None:
    club = ground.campaign(owner, ground.ASKED, name=HOSTILE, organization_name=HOSTILE, allow_update=True)
    row = ground.issued(club, SentField(key="member", position=Position.PRIMARY, value=HOSTILE))
    for page in (browser().get(edit(row)), browser().post(edit(row), {"field-member": HOSTILE, "saw": HOSTILE})):
        assert b"<script" not in page.content
    Campaign.objects.update(allow_update=False)
    assert b"<script" not in browser().get(edit(row)).content


def test_a_form_from_elsewhere_changes_nothing(row: Pass) -> None:
    sent = answers(row, toy="Boats")
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert browser().post(edit(row), sent, headers=headers).status_code == 403
    assert values_of(row)["toy"] == "Trucks"
    own = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
    assert browser().post(edit(row), sent, headers=own).status_code == 303


def test_the_password_of_the_link_is_asked_for_editing_too(row: Pass, club: Campaign) -> None:
    link = Distribution.objects.get(campaign=club)
    Pass.objects.update(distribution_id=link.id)
    Distribution.objects.update(password_hash=make_password("open sesame"))
    for deleted in (None, ground.now()):
        Distribution.objects.update(deleted_at=deleted)
        assert b'value="Trucks"' not in browser().get(edit(row)).content
        for part in ("", "/delete", "/transfer"):
            assert browser().post(edit(row, part), answers(row, toy="Boats")).status_code == 403
        row.refresh_from_db()
        assert (values_of(row)["toy"], row.voided, row.link_id) == ("Trucks", False, None)


def test_who_says_the_password_once_edits(row: Pass, club: Campaign) -> None:
    Pass.objects.update(distribution_id=Distribution.objects.get(campaign=club).id)
    Distribution.objects.update(password_hash=make_password("open sesame"))
    holder = browser()
    asked = holder.get(edit(row))
    assert f'action="{edit(row)}"' in asked.content.decode()
    assert asked["Referrer-Policy"] == "strict-origin"
    assert holder.post(edit(row), {"password": "wrong"}).status_code == 403
    let_in = holder.post(edit(row), {"password": "open sesame"})
    assert (let_in.status_code, let_in["Location"]) == (303, edit(row))
    assert b'value="Trucks"' in holder.get(edit(row)).content
    assert holder.post(edit(row), answers(row, toy="Boats")).status_code == 303
    assert values_of(row)["toy"] == "Boats"


def test_changes_have_an_end(row: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("passwright.interfaces.public.holder.MOST_CHANGES", 2)
    said = [browser().post(edit(row), answers(row, toy=toy)).status_code for toy in ("A", "B", "C")]
    assert said == [303, 303, 429]
    assert values_of(row)["toy"] == "B"


def test_giving_away_has_an_end_too(row: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holder, "MOST_CHANGES", 2)
    answers_given = []
    for _ in range(3):
        row.refresh_from_db()
        answers_given.append(browser().post(edit(row, "/transfer")).status_code)
    assert answers_given == [303, 303, 429]
    assert Event.objects.filter(kind="transferred").count() == 2


def test_looking_at_the_question_deletes_nothing(row: Pass) -> None:
    page = browser().get(edit(row, "/delete"))
    assert b"What you said of yourself stays with Toy Town" in page.content
    row.refresh_from_db()
    assert not row.voided


def test_a_deleted_pass_is_void_on_phones_and_gone_on_pages(row: Pass) -> None:
    phone, card = phones.Phone(), phones.card_of(row)
    phone.register(card)
    phone.fetch(card)
    paths = [ground.page_of(row), *(f"{ground.page_of(row)}.{suffix}" for suffix in ("pkpass", "png", "svg", "qrcode"))]
    assert browser().post(edit(row, "/delete"))["Location"] == edit(row)
    for path in (edit(row), edit(row, "/delete"), edit(row, "/transfer"), *paths, f"/p/{secrets.page_token(row.id)}"):
        answer = browser().get(path)
        assert answer.status_code == 410, path
        assert b"was deleted" in answer.content
    assert browser().post(edit(row), answers(row, toy="Boats")).status_code == 410
    assert phone.fetch(card) == 200
    assert card.said["voided"] is True
    assert values_of(row) == {"member": "Ada", "toy": "Trucks"}
    assert Push.objects.filter(pass_id=row.id).count() == 1


def test_the_organization_can_make_a_deleted_pass_valid_again(row: Pass) -> None:
    browser().post(edit(row, "/delete"))
    Pass.objects.update(voided=False)
    assert browser().get(ground.page_of(row)).status_code == 200
    assert browser().get(f"{ground.page_of(row)}.pkpass").status_code == 200


def test_without_leave_nobody_deletes_or_gives_away(row: Pass) -> None:
    Campaign.objects.update(allow_delete=False, allow_transfer=False)
    for part in ("/delete", "/transfer"):
        for answer in (browser().get(edit(row, part)), browser().post(edit(row, part))):
            assert answer.status_code == 403
            assert b"Toy Town has not opened this" in answer.content
    row.refresh_from_db()
    assert (row.voided, row.link_id) == (False, None)
    assert f"{edit(row)}/delete" not in browser().get(edit(row)).content.decode()


def test_a_transfer_ends_the_links_and_phones_of_the_former_holder(row: Pass) -> None:
    old_phone, old = phones.Phone(), phones.card_of(row)
    old_phone.register(old)
    before, page = edit(row), ground.page_of(row)
    answer = browser().post(edit(row, "/transfer"))
    assert answer.status_code == 303
    links = browser().get(answer["Location"])
    view, new_edit = re.findall(r'readonly value="([^"]+)"', links.content.decode())
    row.refresh_from_db()
    assert new_edit.endswith(edit(row))
    for path in (before, f"{before}/links", page, f"{page}.pkpass", f"{page}.png", f"/p/{secrets.page_token(row.id)}"):
        assert browser().get(path).status_code == 404, path
    assert not Registration.objects.exists()
    assert Event.objects.filter(kind="transferred", pass_id=row.id).count() == 1
    assert (old_phone.register(old), old_phone.fetch(old), old_phone.unregister(old)) == (401, 401, 401)
    path = view.removeprefix("http://127.0.0.1:8000")
    said = phones.pass_json(browser().get(f"{path}.pkpass").content)
    assert said["serialNumber"] == old.serial
    new = phones.Card(old.identifier, old.serial, said["authenticationToken"], said)
    new_phone = phones.Phone("e" * 32)
    assert (new_phone.register(new), new_phone.fetch(new)) == (201, 200)
    assert browser().get(path).status_code == 200


def test_who_has_the_view_link_alone_is_never_shown_the_other_one(club: Campaign) -> None:
    maker, viewer = browser(), browser()
    page = maker.post(f"/p/{ground.link_of(club)}", {"field-member": "Ada", "field-toy": ""})["Location"]
    row = Pass.objects.get()
    assert edit(row) in maker.get(page).content.decode()
    assert "/e/" not in viewer.get(page).content.decode()
    other = made(club)
    viewer.cookies.load(f"{makers.COOKIE}={maker.cookies[makers.COOKIE].value}")
    assert "/e/" not in viewer.get(ground.page_of(other)).content.decode()
    assert maker.cookies[makers.COOKIE]["path"] == page


def test_the_maker_is_shown_the_edit_link_for_a_day_and_where_it_works(club: Campaign, monkeypatch: Any) -> None:
    maker = browser()
    page = maker.post(f"/p/{ground.link_of(club)}", {"field-member": "Ada", "field-toy": ""})["Location"]
    Campaign.objects.update(allow_update=False)
    assert "/e/" not in maker.get(page).content.decode()
    Campaign.objects.update(allow_update=True)
    assert "/e/" in maker.get(page).content.decode()
    later = ground.now() + timedelta(hours=25)
    monkeypatch.setattr("passwright.interfaces.public.passes.timezone.now", lambda: later)
    assert "/e/" not in maker.get(page).content.decode()


def test_an_address_is_asked_for_only_where_mail_is_sent(row: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    assert b'name="to"' not in browser().get(edit(row, "/transfer")).content
    monkeypatch.setattr(ENVIRONMENT, "smtp_url", "console")
    assert b'name="to"' in browser().get(edit(row, "/transfer")).content
    wrong = browser().post(edit(row, "/transfer"), {"to": "bob@example"})
    assert wrong.status_code == 422
    row.refresh_from_db()
    assert row.link_id is None
    sent = browser().post(edit(row, "/transfer"), {"to": "bob@example.org"})
    assert sent.status_code == 200
    assert b"/e/" not in sent.content
    assert b"bob@example.org" in sent.content


MAIL = SentField(
    key="mail", position=Position.BACK, label="E-mail", data_type=DataType.EMAIL, behaviour=Behaviour.DYNAMIC
)


def test_the_maker_alone_is_told_where_his_links_go(owner: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ENVIRONMENT, "smtp_url", "console")
    club = ground.campaign(owner, ground.ASKED, MAIL, allow_update=True)
    maker = browser()
    page = maker.post(f"/p/{ground.link_of(club)}", {"field-member": "Ada", "field-mail": "ada@example.com"})[
        "Location"
    ]
    told = "We send the link to ada@example.com."
    assert told in maker.get(page).content.decode()
    assert "ada@example.com" not in re.sub(r'alt="[^"]*"', "", browser().get(page).content.decode())
    Campaign.objects.update(confirm_by_email=False)
    assert told not in maker.get(page).content.decode()
    Campaign.objects.update(confirm_by_email=True)
    monkeypatch.setattr(ENVIRONMENT, "smtp_url", None)
    assert told not in maker.get(page).content.decode()
    monkeypatch.setattr(ENVIRONMENT, "smtp_url", "console")
    Pass.objects.update(version=7)
    assert told not in maker.get(page).content.decode()


def test_people_are_told_in_sentences_what_programs_are_told_in_words(owner: Organization) -> None:
    place = SentField(key="place", position=Position.BACK, data_type=DataType.LOCATIONS, behaviour=Behaviour.DYNAMIC)
    club = ground.campaign(owner, replace(MAIL, distinct=True), replace(place, required=False))
    link = f"/p/{ground.link_of(club)}"
    assert browser().post(link, {"field-mail": "ada@example.com"}).status_code == 303
    taken = browser().post(link, {"field-mail": "ADA@example.com"}).content.decode()
    assert "Somebody has given this answer here before. Give another one." in taken
    lost = browser().post(link, {"field-mail": "bob@example.com", "field-place": "Lisbon"}).content.decode()
    assert "Type two coordinates such as 38.72, -9.14." in lost
    assert "list of places" not in lost
