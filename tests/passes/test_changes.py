from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from passwright.passes.changes import (
    Change,
    DuplicateKey,
    SentField,
    content_changes,
    merge_campaign_fields,
    override_fields,
    visible_changes,
)
from passwright.passes.content import (
    BarcodeFormat,
    Behaviour,
    Content,
    DataType,
    Field,
    FieldOverride,
    ImageRef,
    ImageSlot,
    Location,
    Look,
    Marks,
    Overrides,
    PassState,
    Position,
    Revision,
    ShownBarcode,
    Style,
)
from passwright.passes.lay import lay

PRIMARY, AUXILIARY, BACK = Position.PRIMARY, Position.AUXILIARY, Position.BACK

MEMBER = Field(key="member", position=PRIMARY, behaviour=Behaviour.DYNAMIC, value="A child")
LEVEL = Field(key="level", position=AUXILIARY, label="LEVEL", value="Gold")
FAVORITE = Field(key="favorite", position=AUXILIARY, label="FAVORITE TOY")
TOYS = (MEMBER, LEVEL, FAVORITE)


def sent(key: str, position: Position = AUXILIARY, **parts: Any) -> SentField:
    return SentField(key=key, position=position, **parts)


def keys(fields: tuple[Field, ...]) -> list[str]:
    return [field.key for field in fields]


# --- a campaign's fields ---------------------------------------------------------------------------------------------


def test_only_what_is_sent_changes() -> None:
    assert merge_campaign_fields(TOYS, [sent("level", value="Platinum")]) == (
        MEMBER,
        replace(LEVEL, value="Platinum"),
        FAVORITE,
    )
    assert merge_campaign_fields(TOYS, [sent("level", label="RANK")])[1] == replace(LEVEL, label="RANK")
    assert merge_campaign_fields(TOYS, [sent("level", value=None)])[1] == replace(LEVEL, value=None)
    assert merge_campaign_fields(TOYS, [sent("level")]) == TOYS
    assert merge_campaign_fields(TOYS, []) == TOYS


def test_every_attribute_of_a_field_can_be_sent() -> None:
    everything = {
        "value": "1",
        "label": "L",
        "behaviour": Behaviour.DYNAMIC,
        "data_type": DataType.CURRENCY,
        "format": "EUR",
        "required": True,
        "admin_only": True,
        "hidden": True,
        "generated": True,
        "distinct": True,
        "use_as_barcode": True,
        "change_message": "Now %@",
        "text_alignment": "right",
    }
    [field] = merge_campaign_fields((), [sent("new", **everything)])
    assert field == Field(key="new", position=AUXILIARY, **everything)


def test_unknown_keys_are_appended_to_their_list() -> None:
    fields = merge_campaign_fields(TOYS, [sent("age", PRIMARY, value="5"), sent("shoe")])
    assert keys(fields) == ["member", "age", "level", "favorite", "shoe"]
    assert fields[1] == Field(key="age", position=PRIMARY, value="5")


def test_a_destroyed_field_goes() -> None:
    assert merge_campaign_fields(TOYS, [sent("level", destroy=True)]) == (MEMBER, FAVORITE)
    assert merge_campaign_fields(TOYS, [sent("nobody", destroy=True)]) == TOYS


@pytest.mark.parametrize(
    ("items", "lists"),
    [
        ([sent("level", BACK)], (AUXILIARY, BACK)),
        ([sent("new", BACK), sent("new", PRIMARY)], (BACK, PRIMARY)),
        ([sent("new", BACK), sent("new", BACK)], (BACK, BACK)),
    ],
)
def test_a_key_stands_in_one_list_once(items: list[SentField], lists: tuple[Position, Position]) -> None:
    with pytest.raises(DuplicateKey) as campaign_refusal:
        merge_campaign_fields(TOYS, items)
    with pytest.raises(DuplicateKey) as pass_refusal:
        override_fields(Overrides(), revision(), items, epoch=1)
    for refusal in (campaign_refusal.value, pass_refusal.value):
        assert (refusal.key, refusal.lists) == (items[0].key, lists)
        assert all(f"{position}_fields" in str(refusal) for position in lists)


# --- a pass's fields -------------------------------------------------------------------------------------------------


def revision(*fields: Field) -> Revision:
    return Revision(
        epoch=1,
        style=Style.GENERIC,
        name="Toy Town",
        organization_name="Toys",
        description="A pass",
        look=Look(),
        fields=fields or TOYS,
    )


def override(*items: SentField, before: Overrides | None = None, epoch: int = 5, **how: Any) -> Overrides:
    return override_fields(before or Overrides(), revision(), items, epoch=epoch, **how)


def says(overrides: Overrides, marks: Marks | None = None) -> dict[str, tuple[str | None, str | None]]:
    state = PassState(serial_number="s", made_at=1, redeem_code="0000001")
    laid = lay(revision(), overrides, marks or Marks(), state)
    return {field.key: (field.value, field.label) for field in laid.fields}


def test_a_pass_keeps_only_what_was_sent_for_it() -> None:
    overrides = override(sent("member", PRIMARY, value="Johnny"), sent("level", label="RANK"))
    assert overrides.fields == (
        FieldOverride(key="member", position=PRIMARY, value="Johnny", value_at=5),
        FieldOverride(key="level", position=AUXILIARY, label="RANK", label_at=5),
    )
    assert says(overrides)["level"] == ("Gold", "RANK")


def test_a_later_request_changes_its_parts_alone() -> None:
    first = override(sent("level", value="Silver"))
    second = override(sent("level", label="RANK"), before=first, epoch=7)
    expected = FieldOverride(key="level", position=AUXILIARY, value="Silver", value_at=5, label="RANK", label_at=7)
    assert second.fields == (expected,)


def test_the_campaigns_own_value_sent_for_a_pass_is_the_passes() -> None:
    assert override(sent("member", PRIMARY, value="A child")).fields[0].value_at == 5


def test_a_pass_may_have_fields_of_its_own() -> None:
    overrides = override(sent("shoe", BACK, value="28"))
    assert overrides.fields[0].behaviour is Behaviour.FIXED
    assert says(overrides)["shoe"] == ("28", None)
    assert says(override(sent("shoe", BACK)))["shoe"] == (None, None)
    assert says(override(sent("shoe", BACK, label="SHOE")))["shoe"] == (None, "SHOE")


def test_a_field_can_be_taken_off_a_pass_and_put_back() -> None:
    before = override(sent("level", value="Silver"), sent("shoe", BACK, value="28"))
    gone = override(sent("level", destroy=True), sent("shoe", BACK, destroy=True), before=before, epoch=6)
    assert set(says(gone)) == {"member", "favorite"}
    back = override(sent("level", value="Bronze"), before=gone, epoch=7)
    assert says(back)["level"] == ("Bronze", "LEVEL")


def test_merge_false_replaces_the_lists_that_were_sent() -> None:
    before = override(
        sent("member", PRIMARY, value="Johnny"), sent("favorite", value="Trucks"), sent("hat", value="red")
    )
    after = override(sent("level", value="Silver"), before=before, epoch=6, replace=True, lists={AUXILIARY})
    assert says(after) == {"member": ("Johnny", None), "level": ("Silver", None)}
    assert says(after, Marks(merge=7)) == {
        "member": ("Johnny", None),
        "level": ("Gold", "LEVEL"),
        "favorite": (None, "FAVORITE TOY"),
    }


def test_merge_false_with_an_empty_list_empties_it() -> None:
    assert set(says(override(replace=True, lists={AUXILIARY}))) == {"member"}
    assert says(override(replace=True, lists=set())) == says(Overrides())


# --- what changed ----------------------------------------------------------------------------------------------------

BARCODE = ShownBarcode(format=BarcodeFormat.QRCODE, message="1", alt_text="1")
CONTENT = Content(
    style=Style.GENERIC,
    serial_number="s",
    organization_name="Toys",
    description="A pass",
    look=Look(background_color="#c51f1f"),
    fields=TOYS,
    barcode=BARCODE,
    barcodes=(BARCODE,),
)


@pytest.mark.parametrize(
    ("parts", "path", "before", "after"),
    [
        ({"fields": (MEMBER, replace(LEVEL, value="x"), FAVORITE)}, "auxiliary_fields.level.value", "Gold", "x"),
        ({"fields": (MEMBER, replace(LEVEL, label="x"), FAVORITE)}, "auxiliary_fields.level.label", "LEVEL", "x"),
        ({"fields": (MEMBER, LEVEL)}, "auxiliary_fields.favorite", FAVORITE, None),
        ({"fields": (*TOYS, Field(key="x", position=BACK))}, "back_fields.x", None, Field(key="x", position=BACK)),
        ({"fields": (MEMBER, FAVORITE, LEVEL)}, "fields", keys(TOYS), ["member", "favorite", "level"]),
        ({"voided": True}, "voided", False, True),
        ({"user_info": {"a": 1}}, "user_info", {}, {"a": 1}),
        ({"locations": (Location(latitude=1, longitude=2),)}, "locations", (), (Location(latitude=1, longitude=2),)),
        ({"max_distance": 5}, "max_distance", None, 5),
        ({"push_message": "Hello!"}, "push_message", "", "Hello!"),
        ({"look": Look(background_color="#fff")}, "background_color", "#c51f1f", "#fff"),
    ],
)
def test_a_change_names_its_place(parts: dict[str, Any], path: str, before: Any, after: Any) -> None:
    assert visible_changes(CONTENT, replace(CONTENT, **parts)) == (Change(path, before, after),)


def test_pictures_are_compared_by_what_they_show() -> None:
    def with_thumbnail(asset_id: str, digest: str) -> Content:
        picture = ImageRef(asset_id=asset_id, digest=digest)
        return replace(CONTENT, look=replace(CONTENT.look, images={ImageSlot.THUMBNAIL: picture}))

    assert visible_changes(with_thumbnail("a", "1"), with_thumbnail("b", "1")) == ()
    assert [c.path for c in visible_changes(with_thumbnail("a", "1"), with_thumbnail("a", "2"))] == ["images.thumbnail"]
    assert [c.path for c in visible_changes(CONTENT, with_thumbnail("a", "1"))] == ["images.thumbnail"]


def test_what_is_not_drawn_is_no_visible_change() -> None:
    hidden = replace(LEVEL, hidden=True)
    before = replace(CONTENT, fields=(MEMBER, hidden))
    after = replace(CONTENT, fields=(MEMBER, replace(hidden, value="Silver")))
    assert visible_changes(before, after) == ()
    assert [change.path for change in content_changes(before, after)] == ["auxiliary_fields.level.value"]
    required = replace(CONTENT, fields=(MEMBER, replace(LEVEL, required=True, behaviour=Behaviour.DYNAMIC), FAVORITE))
    assert visible_changes(CONTENT, required) == ()


def test_equal_contents_have_no_changes() -> None:
    assert visible_changes(CONTENT, replace(CONTENT, fields=tuple(replace(field) for field in TOYS))) == ()
