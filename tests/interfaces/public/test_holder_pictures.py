"""Pictures that visitors choose: bytes of anybody's, kept with a pass or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from msgspec.structs import replace

from passwright import storage
from passwright.apple.images import normalized
from passwright.data.models import Asset, Campaign, Organization, Pass
from passwright.operations.delete_pass import delete_pass
from passwright.operations.keep_holder_picture import MAX_BYTES
from passwright.operations.remove_holder_pictures import pictures_said, remove_holder_pictures
from passwright.passes.changes import SentField
from passwright.passes.content import Behaviour, DataType, ImageSlot, Position
from passwright.queries.assets import asset_of, assets_of
from passwright.queries.passes import content_of
from tests import public_ground as ground

pytestmark = pytest.mark.django_db

PICTURE = SentField(
    key="thumbnail", label="Picture", data_type=DataType.IMAGE, position=Position.BACK, behaviour=Behaviour.DYNAMIC
)


@pytest.fixture
def asking(owner: Organization) -> Campaign:
    return ground.campaign(owner, ground.ASKED, PICTURE)


def file(content: bytes, name: str = "ada.png", media_type: str = "image/png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type=media_type)


def send(campaign: Campaign, **answers: Any) -> Any:
    body = {f"field-{key}": answer for key, answer in answers.items()}
    return Client(headers={"user-agent": ground.IPHONE}).post(f"/p/{ground.link_of(campaign)}", body)


@pytest.mark.parametrize(
    ("key", "slot_name", "slot"),
    [
        ("logo", None, ImageSlot.THUMBNAIL),
        ("photo", " Strip ", ImageSlot.STRIP),
        ("thumbnail", "logo", ImageSlot.LOGO),
    ],
)
def test_it_stands_where_the_format_of_its_field_says(
    owner: Organization, key: str, slot_name: str | None, slot: ImageSlot
) -> None:
    campaign = ground.campaign(owner, replace(PICTURE, key=key, format=slot_name))
    assert send(campaign, **{key: file(ground.png(300, 200, "#ff0000"))}).status_code == 303
    row = Pass.objects.get()
    assert content_of(row.campaign, row).look.images[slot].digest == given()[0].digest


def given() -> list[Asset]:
    return list(Asset.objects.filter(of_holder=True))


def test_a_picture_is_written_anew_and_kept_with_the_pass(asking: Campaign, owner: Organization) -> None:
    with_more = ground.png(300, 200, "#ff0000") + b"<script>"
    assert send(asking, member="Ada", thumbnail=file(with_more, name="../../x.html")).status_code == 303
    (asset,) = given()
    assert pictures_said(Pass.objects.get().overrides) == [str(asset.id)]
    assert (asset.organization_id, asset.asset_type, asset.width, asset.height) == (owner.id, "thumbnail", 300, 200)
    kept = storage.get(asset.digest)
    assert kept == normalized(with_more).png
    assert b"script" not in kept
    assert assets_of(owner).filter(of_holder=True).count() == 0
    assert asset_of(owner, asset.id) is None


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "This file is no picture that can be used."),
        (b"\x89PNG\r\n\x1a\n", "The picture is damaged or not complete."),
        (b"x" * (MAX_BYTES + 1), "The file is larger than 1,024 KB."),
    ],
)
def test_what_is_no_picture_is_told_so_with_all_else_that_is_wrong(
    asking: Campaign, content: bytes, sentence: str
) -> None:
    answer = send(asking, member="", thumbnail=file(content))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert "The answer is missing. Fill it in." in page
    assert not given()
    assert not Pass.objects.exists()


def test_a_picture_alone_that_cannot_be_read_makes_no_pass(asking: Campaign) -> None:
    assert send(asking, member="Ada", thumbnail=file(b"GIF89a")).status_code == 422
    assert not Pass.objects.exists()


def test_nothing_is_kept_while_an_answer_is_wrong_and_the_page_says_so(asking: Campaign) -> None:
    answer = send(asking, member=" ", thumbnail=file(ground.png(9, 9, "#00ff00")))
    assert answer.status_code == 422
    assert "The picture was not kept. Choose it again." in answer.content.decode()
    assert not given()


def test_a_required_picture_is_asked_for(asking: Campaign) -> None:
    answer = send(asking, member="Ada")
    assert answer.status_code == 422
    assert "The picture is missing. Choose one." in answer.content.decode()


def test_a_text_is_never_the_answer_to_a_picture(asking: Campaign, owner: Organization) -> None:
    own = ground.asset(owner, ImageSlot.THUMBNAIL)
    assert send(asking, member="Ada", thumbnail=str(own)).status_code == 422
    assert not Pass.objects.exists()


def test_a_form_without_pictures_takes_no_files(owner: Organization) -> None:
    plain = ground.campaign(owner, ground.ASKED)
    assert send(plain, member="Ada", thumbnail=file(ground.png(9, 9, "#00ff00"))).status_code == 415


def test_a_body_with_more_than_pictures_may_weigh_is_refused_unread(asking: Campaign) -> None:
    answer = send(asking, member="Ada", thumbnail=file(b"x" * (2 * MAX_BYTES)))
    assert answer.status_code == 413
    assert "The picture is too large" in answer.content.decode()


def test_the_same_answers_with_the_same_picture_are_the_same_pass(asking: Campaign) -> None:
    visitor = Client(headers={"user-agent": ground.IPHONE})
    link = f"/p/{ground.link_of(asking)}"
    visit = visitor.get(link).content.decode().partition('name="visit" value="')[2].partition('"')[0]
    first, second = (
        visitor.post(
            link, {"visit": visit, "field-member": "Ada", "field-thumbnail": file(ground.png(9, 9, "#00ff00"))}
        )
        for _ in range(2)
    )
    assert first["Location"] == second["Location"]
    assert (Pass.objects.count(), len(given())) == (1, 1)


def test_a_picture_goes_with_the_last_pass_that_says_it(asking: Campaign) -> None:
    send(asking, member="Ada", thumbnail=file(ground.png(9, 9, "#00ff00")))
    (asset,) = given()
    other = ground.issued(asking, SentField(key="thumbnail", position=Position.BACK, value=str(asset.id)))
    made = Pass.objects.exclude(id=other.id).get()
    delete_pass(campaign=asking, pass_id=made.id, now=ground.now())
    assert remove_holder_pictures(asset_ids=[str(asset.id)]) == 0
    delete_pass(campaign=asking, pass_id=other.id, now=ground.now())
    assert remove_holder_pictures(asset_ids=[str(asset.id)]) == 1
    assert not given()


def test_an_asset_of_the_organizations_own_never_goes_with_a_pass(asking: Campaign, owner: Organization) -> None:
    own = ground.asset(owner, ImageSlot.THUMBNAIL)
    assert remove_holder_pictures(asset_ids=[str(own)]) == 0
    assert Asset.objects.filter(id=own).exists()


@pytest.mark.parametrize(
    ("key", "format", "slot"), [("logo", None, "thumbnail"), ("photo", " Strip", "strip"), ("photo", "x", "thumbnail")]
)
def test_a_picture_is_shown_where_its_field_says(owner: Organization, key: str, format: str | None, slot: str) -> None:
    field = SentField(
        key=key, data_type=DataType.IMAGE, position=Position.BACK, behaviour=Behaviour.DYNAMIC, format=format
    )
    campaign = ground.campaign(owner, ground.ASKED, field)
    assert send(campaign, member="Ada", **{key: file(ground.png(9, 9, "#00ff00"))}).status_code == 303
    (asset,) = given()
    assert asset.asset_type == slot
    images = (Pass.objects.get().overrides or {})["images"]
    assert {name: own["image"]["asset_id"] for name, own in images.items()} == {slot: str(asset.id)}


def test_no_cache_keeps_what_goes_with_a_pass(asking: Campaign, owner: Organization) -> None:
    send(asking, member="Ada", thumbnail=file(ground.png(9, 9, "#00ff00")))
    own = ground.asset(owner, ImageSlot.THUMBNAIL)
    answers = {id_: Client().get(f"/uploads/asset/{id_}/original.png") for id_ in (given()[0].id, own)}
    assert [answer["Cache-Control"].partition(",")[0] for answer in answers.values()] == ["private", "public"]
