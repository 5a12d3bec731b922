"""``${key}`` in the texts of a campaign."""

from __future__ import annotations

import gc
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json as msgspec_json
from msgspec.structs import replace

from passwright.passes import substitution
from passwright.passes.changes import visible_changes
from passwright.passes.content import (
    AltTextType,
    Barcode,
    BarcodeFormat,
    BarcodesOverride,
    Beacon,
    Behaviour,
    CodeType,
    Content,
    DataType,
    Field,
    FieldOverride,
    Location,
    Look,
    Marks,
    Overrides,
    PassState,
    Position,
    Reset,
    Revision,
    Style,
)
from passwright.passes.lay import lay
from passwright.passes.substitution import MOST_PUT_IN, filled, filled_address, plan_of, unknown_references

STATE = PassState(serial_number="e1d2a302-e8e1-4762-b303-4f2326e6e2cb", made_at=1, redeem_code="0000007")
BACK, PRIMARY = Position.BACK, Position.PRIMARY
UUID = "30b5d792-48c9-4f12-80ff-082cae62e80f"


def asked(key: str = "name", **parts: Any) -> Field:
    return Field(key=key, **{"position": PRIMARY, "behaviour": Behaviour.DYNAMIC} | parts)


def text(value: str | None, key: str = "text", **parts: Any) -> Field:
    return Field(key=key, position=BACK, value=value, **parts)


def revision(*fields: Field, **parts: Any) -> Revision:
    known: dict[str, Any] = {
        "epoch": 1,
        "style": Style.GENERIC,
        "name": "Toys",
        "organization_name": "Toys",
        "description": "A pass",
        "look": Look(),
        "barcode": Barcode(),
    }
    return Revision(fields=fields, **(known | parts))


def own(**values: str) -> Overrides:
    return Overrides(
        fields=tuple(FieldOverride(key=key, position=PRIMARY, value=value, value_at=1) for key, value in values.items())
    )


def laid(said: Revision, overrides: Overrides | None = None, marks: Marks | None = None, **more: Any) -> Content:
    return lay(said, overrides or Overrides(), marks or Marks(), STATE, **more)


def value(content: Content, key: str = "text") -> str | None:
    return next(field.value for field in content.fields if field.key == key)


def test_a_text_of_the_campaign_has_what_the_pass_says_as_often_as_it_asks() -> None:
    said = revision(asked(), text("Dear ${name}, ${name}!", label="For ${name}"))
    found = laid(said, own(name="Ada"))
    assert value(found) == "Dear Ada, Ada!"
    assert found.fields[1].label == "For Ada"
    assert value(laid(said, own(name="Grace"))) == "Dear Grace, Grace!"


def test_a_default_is_put_in_and_nothing_where_there_is_none() -> None:
    assert value(laid(revision(asked(value="friend"), text("Dear ${name}.")))) == "Dear friend."
    assert value(laid(revision(asked(), text("Dear ${name}.")))) == "Dear ."


def test_a_short_text_does_not_become_a_gigabyte() -> None:
    long = "x" * 50_000
    found = laid(revision(asked(), text("${name}" * 10_000)), own(name=long))
    shown = value(found) or ""
    assert shown.startswith(long)
    assert shown.endswith("${name}")
    assert len(shown) < MOST_PUT_IN + len("${name}" * 10_000)


def test_hidden_fields_are_put_in() -> None:
    assert value(laid(revision(asked(hidden=True), text("${name}")), own(name="Ada"))) == "Ada"


def test_what_nobody_knows_stays_as_it_is_written_and_is_told() -> None:
    said = revision(
        asked(),
        text("${nam} ${name} ${} ${ name", label="${who}"),
        look=Look(logo_text="${logo}"),
        barcode=Barcode(message="${code}"),
        locations=(Location(latitude=0, longitude=0, relevant_text="${here}"),),
    )
    assert value(laid(said, own(name="Ada"))) == "${nam} Ada ${} ${ name"
    assert [(one.path, one.key) for one in unknown_references(said)] == [
        ("fields.text.value", "nam"),
        ("fields.text.label", "who"),
        ("logo_text", "logo"),
        ("barcodes.0.message", "code"),
        ("locations.0.relevant_text", "here"),
    ]


def test_pictures_and_places_are_no_words() -> None:
    said = revision(asked("photo", data_type=DataType.IMAGE, value="f" * 36), text("See ${photo}"))
    assert value(laid(said)) == "See ${photo}"
    assert [one.key for one in unknown_references(said)] == ["photo"]


def test_a_doubled_sign_writes_the_reference_itself() -> None:
    assert value(laid(revision(asked(), text("$${name} is ${name}; $5, $$")), own(name="Ada"))) == (
        "${name} is Ada; $5, $$"
    )


def test_what_is_put_in_is_not_looked_at_again() -> None:
    said = revision(asked(), asked("secret", hidden=True, value="s3cret"), text("Dear ${name}"))
    assert value(laid(said, own(name="${secret} $${x}"))) == "Dear ${secret} $${x}"


def test_a_field_that_refers_to_another_such_field_gets_its_text_as_it_is_written() -> None:
    said = revision(text("${b}", "a"), text("${a}", "b"), text("x${text}x"))
    found = laid(said)
    assert [field.value for field in found.fields] == ["${a}", "${b}", "xx${text}xx"]


def test_what_a_pass_says_by_itself_is_not_filled_in() -> None:
    said = revision(
        asked(), asked("secret", hidden=True, value="s3cret"), text("campaign"), barcode=Barcode(message="B-${name}")
    )
    typed = json.loads('"${secret}"')
    overrides = replace(
        own(name=typed, text=typed), barcodes=BarcodesOverride(at=1, barcodes=(Barcode(message=typed),))
    )
    found = laid(said, overrides)
    assert [field.value for field in found.fields] == [typed, "s3cret", typed]
    assert found.barcode.message == typed
    assert value(laid(revision(asked(), text("${name}")), own(name="A", text=json.loads('"${name}!"')))) == "${name}!"


def test_the_pass_s_own_names_are_there_and_no_field_takes_their_place() -> None:
    said = revision(asked("pass.redeem_code", value="field"), text("${pass.serial_number} / ${pass.redeem_code}"))
    assert value(laid(said)) == f"{STATE.serial_number} / 0000007"
    assert unknown_references(said) == []


def test_codes_are_filled_in_with_what_is_kept_and_their_texts_with_what_is_said() -> None:
    code = Barcode(message="${ok}-${pass.redeem_code}", alt_text="${ok}", alt_text_type=AltTextType.CUSTOM)
    ok = asked("ok", data_type=DataType.BOOLEAN)
    found = laid(revision(ok, barcode=code, language="de"), own(ok="Yes"))
    assert (found.barcode.message, found.barcode.alt_text) == ("Yes-0000007", "Ja")
    fixed = revision(asked(), code_type=CodeType.FIXED, code_fixed_value="FIX ${name}")
    assert laid(fixed, own(name="Ada")).barcode.message == "FIX Ada"
    scanned = revision(asked(), text("M-${name}", use_as_barcode=True), barcode=Barcode(format=BarcodeFormat.PDF417))
    assert laid(scanned, own(name="Ada")).barcode.message == "M-Ada"


def test_a_reset_takes_a_name_from_the_face_and_not_from_the_code() -> None:
    said = revision(asked(value="friend"), text("Dear ${name}"), barcode=Barcode(message="B-${name}"), epoch=2)
    reset = Marks(resets=(Reset(epoch=3, before=2),))
    found = laid(said, own(name="Ada"), reset)
    assert value(found) == "Dear friend"
    assert found.barcode.message == "B-Ada"


def test_places_beacons_messages_and_the_logo_s_text_are_filled_in() -> None:
    said = revision(
        asked(change_message="${name}: %@"),
        look=Look(logo_text="${name}'s club"),
        locations=(
            Location(latitude=1, longitude=2, relevant_text="Welcome, ${name}"),
            Location(latitude=3, longitude=4),
        ),
        beacons=(Beacon(proximity_uuid=UUID, relevant_text="Hello ${name}"), Beacon(proximity_uuid=UUID)),
    )
    found = laid(said, own(name="100% Ada"))
    assert found.look.logo_text == "100% Ada's club"
    assert [place.relevant_text for place in found.locations] == ["Welcome, 100% Ada", None]
    assert [beacon.relevant_text for beacon in found.beacons] == ["Hello 100% Ada", None]
    assert found.fields[0].change_message == "100%% Ada: %@"


def test_places_of_an_older_revision_are_filled_in_too() -> None:
    older = revision(
        asked(),
        locations=(Location(latitude=1, longitude=2, relevant_text="${name}"),),
        beacons=(Beacon(proximity_uuid=UUID, relevant_text="${name}"),),
    )
    found = laid(revision(asked()), own(name="Ada"), locations_of=older, beacons_of=older)
    assert (found.locations[0].relevant_text, found.beacons[0].relevant_text) == ("Ada", "Ada")


def test_web_addresses_get_one_word_of_it_whatever_signs_it_has() -> None:
    said = revision(asked(), text("https://toys.example/m?of=${name}", data_type=DataType.URL))
    assert value(laid(said, own(name="a&admin=1#x/é"))) == "https://toys.example/m?of=a%26admin%3D1%23x%2F%C3%A9"
    assert (
        filled_address("${site}/x?y=${z}", {"site": "https://a.example", "z": "1 2"}.get)
        == "https://a.example/x?y=1%202"
    )


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "Yes 1234.5 €12.40 22 November 2026 24 December 2026, 18:30"),
        ("de", "Ja 1234,5 12,40\u00a0€ 22. November 2026 24. Dezember 2026, 18:30"),
        ("fr", "Oui 1234,5 12,40\u00a0€ 22 novembre 2026 24 décembre 2026, 18:30"),
        ("es", "Sí 1234,5 12,40\u00a0€ 22 de noviembre de 2026 24 de diciembre de 2026, 18:30"),
        ("pt", "Sim 1234,5 12,40\u00a0€ 22 de novembro de 2026 24 de dezembro de 2026, 18:30"),
        ("xx", "Yes 1234.5 €12.40 22 November 2026 24 December 2026, 18:30"),
    ],
)
def test_values_are_put_in_as_the_language_of_the_campaign_says_them(language: str, expected: str) -> None:
    said = revision(
        asked("b", data_type=DataType.BOOLEAN, value="Yes"),
        asked("n", data_type=DataType.NUMBER, value="1234.50"),
        asked("c", data_type=DataType.CURRENCY, value="12.4", format="eur"),
        asked("d", data_type=DataType.DATE, value="2026-11-22"),
        asked("t", data_type=DataType.DATETIME, value="2026-12-24T18:30"),
        text("${b} ${n} ${c} ${d} ${t}"),
        language=language,
    )
    assert value(laid(said)) == expected


@pytest.mark.parametrize(
    ("data_type", "format_", "kept", "expected"),
    [
        (DataType.NUMBER, "percent", "0.15", "15%"),
        (DataType.NUMBER, None, "-1234567.25", "-1,234,567.25"),
        (DataType.NUMBER, None, "007", "007"),
        (DataType.NUMBER, None, "10", "10"),
        (DataType.CURRENCY, None, "12.4", "12.4"),
        (DataType.CURRENCY, "JPY", "-1200", "-¥1,200"),
        (DataType.CURRENCY, "CHF", "3", "CHF\u00a03.00"),
        (DataType.DATE, "short", "1912-06-23", "23/06/1912"),
        (DataType.DATE, None, "soon", "soon"),
        (DataType.DATETIME, None, "0001-01-01T00:00", "1 January 1, 00:00"),
        (DataType.BOOLEAN, None, "maybe", "maybe"),
    ],
)
def test_typed_values_in_english(data_type: DataType, format_: str | None, kept: str, expected: str) -> None:
    said = revision(asked(data_type=data_type, value=kept, format=format_), text("${name}"))
    assert value(laid(said)) == expected


def test_a_change_that_shows_in_another_text_is_a_change_of_what_is_shown() -> None:
    said = revision(asked(hidden=True), text("Dear ${name}"))
    ada, grace = laid(said, own(name="Ada")), laid(said, own(name="Grace"))
    assert [change.path for change in visible_changes(ada, grace)] == ["back_fields.text.value"]
    nowhere = revision(asked(hidden=True), text("Dear reader"))
    assert visible_changes(laid(nowhere, own(name="Ada")), laid(nowhere, own(name="Grace"))) == ()


def test_a_revision_that_asks_for_nothing_is_laid_as_it_is() -> None:
    said = revision(asked(), text("Plain"), locations=(Location(latitude=1, longitude=2, relevant_text="Here"),))
    assert plan_of(said) is None
    found = laid(said, own(name="${text}"))
    assert found.fields[1] is said.fields[1]
    assert found.look is said.look
    assert found.locations is said.locations


def test_what_is_known_of_a_revision_goes_with_it() -> None:
    said = msgspec_json.decode(msgspec_json.encode(revision(asked(), text("${name}"))), type=Revision)
    place = id(said)
    assert plan_of(said) is plan_of(said) is not None
    assert place in substitution.PLANS
    del said
    gc.collect()
    assert place not in substitution.PLANS


@given(st.text(alphabet="${}ab", max_size=12), st.text(alphabet="${}ab", max_size=6))
def test_each_reference_is_replaced_once_and_all_else_kept(template: str, word: str) -> None:
    """Against a reader that goes sign by sign."""
    expected, place = "", 0
    while place < len(template):
        end = template.find("}", place)
        inside = template[place + 2 : end] if end > 0 else ""
        if template.startswith("$${", place):
            expected, place = expected + "${", place + 3
        elif template.startswith("${", place) and inside and "{" not in inside:
            expected, place = expected + (word if inside == "a" else template[place : end + 1]), end + 1
        else:
            expected, place = expected + template[place], place + 1
    assert filled(template, {"a": word}.get) == expected
