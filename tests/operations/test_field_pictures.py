"""Pictures that a pass says in a field."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from passwright.data.models import Campaign, Pass, Push
from passwright.operations.refusals import ValidationFailed
from passwright.passes.content import Behaviour, DataType, ImageSlot, Position
from passwright.queries.passes import content_of
from tests.operations.toys import change, issue, patch, picture, push, sent, toy_maker, toy_town

pytestmark = pytest.mark.django_db


def photo(key: str = "photo", **parts: Any) -> Any:
    return sent(key, Position.BACK, behaviour=Behaviour.DYNAMIC, data_type=DataType.IMAGE, required=False, **parts)


def value(asset_id: UUID | str | None, key: str = "photo") -> dict[str, Any]:
    return {"fields": (sent(key, Position.BACK, value=None if asset_id is None else str(asset_id)),)}


def digests(row: Pass) -> dict[ImageSlot, str]:
    row.refresh_from_db()
    return {slot: image.digest for slot, image in content_of(row.campaign, row).look.images.items()}


@pytest.fixture
def town() -> Campaign:
    return toy_town(toy_maker(), fields=(photo(), photo("banner", format=" Strip "), photo("odd", format="poster")))


def test_it_is_the_thumbnail_or_the_slot_that_the_format_names(town: Campaign) -> None:
    face = picture(town.organization, ImageSlot.THUMBNAIL, "fa")
    strip = picture(town.organization, ImageSlot.STRIP, "57")
    row = issue(town, fields=(*value(face)["fields"], *value(strip, "banner")["fields"]))
    assert digests(row) == {ImageSlot.ICON: "aa", ImageSlot.THUMBNAIL: "fa", ImageSlot.STRIP: "57"}
    assert digests(issue(town, **value(face, "odd")))[ImageSlot.THUMBNAIL] == "fa"


def test_another_picture_is_one_version_and_the_same_none(town: Campaign) -> None:
    face, other = (picture(town.organization, ImageSlot.THUMBNAIL, digest) for digest in ("fa", "fb"))
    row = issue(town, **value(face))
    assert patch(town, row, **value(other)).version == row.version + 1
    assert digests(row)[ImageSlot.THUMBNAIL] == "fb"
    assert patch(town, row, **value(other)).version == row.version
    assert Push.objects.count() == 1
    same_bytes = picture(town.organization, ImageSlot.THUMBNAIL, "fb")
    assert patch(town, row, **value(same_bytes)).version == row.version, "it looks the same"


def test_without_a_value_the_campaign_s_picture_is_shown_again(town: Campaign) -> None:
    face = picture(town.organization, ImageSlot.THUMBNAIL, "fa")
    for nothing in ("", None, "  "):
        row = issue(town, **value(face))
        patch(town, row, **value(nothing))
        assert ImageSlot.THUMBNAIL not in digests(row)


def test_another_change_leaves_a_picture_that_was_chosen_by_its_slot(town: Campaign) -> None:
    face, other = (picture(town.organization, ImageSlot.THUMBNAIL, digest) for digest in ("fa", "fb"))
    row = issue(town, **value(face))
    patch(town, row, images={ImageSlot.THUMBNAIL: other})
    patch(town, row, fields=(sent("photo", Position.BACK, label="ME"),))
    patch(town, row, **value(face))
    assert digests(row)[ImageSlot.THUMBNAIL] == "fb"
    both = issue(town, **value(face), images={ImageSlot.THUMBNAIL: other})
    assert digests(both)[ImageSlot.THUMBNAIL] == "fb", "the slot rules over the field"


def test_a_reset_takes_it_as_it_takes_any_picture_of_the_pass(town: Campaign) -> None:
    row = issue(town, **value(picture(town.organization, ImageSlot.THUMBNAIL, "fa")))
    change(town, background_color="#123456")
    push(town)
    assert ImageSlot.THUMBNAIL not in digests(row)


@pytest.mark.parametrize("whose", ["nobody", "a stranger", "another slot", "no id"])
def test_a_picture_that_cannot_be_shown_is_refused_by_field(town: Campaign, whose: str) -> None:
    asked: dict[str, UUID | str] = {
        "nobody": uuid4(),
        "a stranger": picture(toy_maker("Others"), ImageSlot.THUMBNAIL),
        "another slot": picture(town.organization, ImageSlot.LOGO),
        "no id": "me.png",
    }
    with pytest.raises(ValidationFailed) as refusal:
        issue(town, **value(asked[whose]))
    assert list(refusal.value.errors) == ["back_fields.photo"]
    assert not Pass.objects.exists()
