"""What is kept from pass to pass never shows on another pass."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from passwright.apple import pass_json
from passwright.passes.content import (
    BarcodeFormat,
    Behaviour,
    Content,
    DataType,
    Field,
    Location,
    Look,
    Position,
    ShownBarcode,
    Style,
)
from passwright.passes.words import tongue_of
from passwright.wallets import apple

ISSUER = apple.AppleIssuer(
    pass_type_identifier="pass.org.example",
    team_identifier="A1B2C3D4E5",
    web_service_url="https://passes.example.org",
    authentication_token="0123456789abcdef",
)
CODE = ShownBarcode(format=BarcodeFormat.QRCODE, message="0000001", alt_text="")
AT = datetime(2026, 12, 24, 18, 0, 0, 250, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    apple.FRAMES.clear()
    apple.FIELDS.clear()
    yield
    apple.FRAMES.clear()
    apple.FIELDS.clear()


def content(*fields: Field, **more: Any) -> Content:
    known: dict[str, Any] = {
        "style": Style.GENERIC,
        "serial_number": "1",
        "organization_name": "Toy Town",
        "description": "Membership",
        "look": Look(),
        "fields": fields,
        "barcode": CODE,
        "barcodes": (CODE,),
    }
    return Content(**(known | more))


def in_one_go(content: Content, issuer: apple.AppleIssuer) -> bytes:
    """The same pass as one object of `pass_json`, of text fields that all have their place on a generic pass."""
    groups: dict[Position, list[pass_json.Field]] = {position: [] for position in Position}
    for field in content.fields:
        groups[field.position].append(pass_json.Field(key=field.key, label=field.label, value=field.value or ""))
    message = pass_json.Field(
        key=apple.MESSAGE_KEY,
        label=tongue_of(content.language).latest_news,
        value=content.push_message or apple.NO_MESSAGE,
        change_message="%@",
    )
    codes = tuple(
        pass_json.barcode(apple.BARCODES[code.format], code.message, code.alt_text or None)
        for code in content.barcodes
        if code.message
    )
    relevant = content.relevant_date
    return pass_json.encode(
        pass_json.Pass(
            pass_type_identifier=issuer.pass_type_identifier,
            serial_number=content.serial_number,
            team_identifier=issuer.team_identifier,
            organization_name=content.organization_name,
            description=content.description or content.organization_name,
            web_service_url=issuer.web_service_url,
            authentication_token=issuer.authentication_token,
            associated_store_identifiers=content.associated_store_identifiers,
            user_info=msgspec.json.encode(content.user_info).decode() if content.user_info else None,
            expiration_date=content.expiration_date,
            voided=content.voided or None,
            logo_text=content.look.logo_text or None,
            background_color=content.look.background_color or None,
            barcodes=codes,
            barcode=pass_json.first_for_old_systems(codes),
            locations=apple.locations(content),
            max_distance=content.max_distance,
            relevant_date=relevant,
            relevant_dates=(pass_json.RelevantDate(date=relevant),) if relevant else (),
            generic=pass_json.StyleFields(
                header_fields=tuple(groups[Position.HEADER]),
                primary_fields=tuple(groups[Position.PRIMARY]),
                secondary_fields=tuple(groups[Position.SECONDARY]),
                auxiliary_fields=tuple(groups[Position.AUXILIARY]),
                back_fields=(*groups[Position.BACK], message),
            ),
        )
    )


# Among them what could be taken for the seams at which the pieces are put together.
TEXTS = st.sampled_from(["", "a", '"serialNumber":', '","serialNumber":""', "}}", "\\", "Jöhnny", "日本", "~extra~"])
INSTANTS = st.none() | st.just(AT)


@settings(deadline=None)
@given(
    revision=st.builds(
        content,
        st.builds(Field, key=st.just("one"), position=st.sampled_from(list(Position)), value=TEXTS, label=TEXTS),
        st.builds(Field, key=st.just("two"), position=st.just(Position.BACK), value=TEXTS),
        look=st.builds(Look, logo_text=TEXTS, background_color=st.sampled_from([None, "#1e50a0"])),
        organization_name=TEXTS,
        description=TEXTS,
        locations=st.sampled_from([(), (Location(latitude=1.5, longitude=2.5, relevant_text='"'),)]),
        associated_store_identifiers=st.sampled_from([(), (1, 2)]),
        max_distance=st.sampled_from([None, 0, 100]),
    ),
    own=st.lists(
        st.fixed_dictionaries(
            {
                "serial_number": TEXTS,
                "voided": st.booleans(),
                "expiration_date": INSTANTS,
                "relevant_date": INSTANTS,
                "user_info": st.sampled_from([{}, {"member": '"17"'}]),
                "push_message": TEXTS,
                "barcodes": st.sampled_from([(CODE,), (replace(CODE, message=""),), (CODE, CODE)]),
            }
        ),
        min_size=2,
        max_size=3,
    ),
    token=TEXTS,
    value=TEXTS,
)
def test_pieces_make_the_same_bytes_as_the_whole(
    revision: Content, own: list[dict[str, Any]], token: str, value: str
) -> None:
    issuer = replace(ISSUER, authentication_token=token)
    filled_in = replace(revision.fields[0], value=value, behaviour=Behaviour.DYNAMIC)
    for parts in own:
        for fields in (revision.fields, (filled_in, revision.fields[1])):
            said = replace(revision, fields=fields, **parts)
            assert apple.render(said, issuer) == in_one_go(said, issuer)


def test_passes_that_share_their_revision_show_their_own_issuer_and_token() -> None:
    said = content()
    issuers = [
        ISSUER,
        replace(ISSUER, authentication_token="f" * 16),
        replace(ISSUER, web_service_url=None),
        replace(ISSUER, web_service_url="https://other.example.org"),
        replace(ISSUER, pass_type_identifier="pass.org.other"),
        replace(ISSUER, team_identifier="Z9Y8X7W6V5"),
        replace(ISSUER, authentication_token=None),
    ]
    found = [apple.render(said, issuer) for issuer in issuers]
    # Without address or without token there is no web service at all, which are the same pass.
    assert len(set(found)) == len(issuers) - 1
    assert found == [apple.render(said, issuer) for issuer in issuers]


def test_a_fixed_field_is_written_once_and_one_that_is_filled_in_is_not_kept() -> None:
    fixed = Field(key="a", position=Position.PRIMARY, value="x")
    filled_in = Field(key="b", position=Position.BACK, value="y", behaviour=Behaviour.DYNAMIC)
    apple.render(content(fixed, filled_in), ISSUER)
    assert [kept for _, _, kept in apple.FIELDS.values()] == [fixed]
    apple.render(content(fixed, replace(filled_in, value="z")), ISSUER)
    assert len(apple.FIELDS) == 1


def test_long_texts_are_not_kept() -> None:
    apple.render(content(Field(key="a", position=Position.BACK, value="x" * apple.MOST_KEPT_BYTES)), ISSUER)
    assert not apple.FIELDS


def test_objects_that_follow_one_another_in_the_same_memory_are_not_confused() -> None:
    for number in range(200):
        said = content(
            Field(key="a", position=Position.PRIMARY, value=str(number)),
            look=Look(logo_text=str(number)),
            locations=(Location(latitude=float(number % 90), longitude=0.0),),
            associated_store_identifiers=(number,),
        )
        found = msgspec.json.decode(apple.render(said, ISSUER))
        del said
        gc.collect(0)
        assert found["generic"]["primaryFields"][0]["value"] == found["logoText"] == str(number)
        assert found["locations"][0]["latitude"] == number % 90
        assert found["associatedStoreIdentifiers"] == [number]


def test_no_more_is_kept_than_there_are_places_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apple, "MOST_KEPT", 8)
    for number in range(50):
        said = content(Field(key="a", position=Position.PRIMARY, value=str(number)))
        assert msgspec.json.decode(apple.render(said, ISSUER))["generic"]["primaryFields"][0]["value"] == str(number)
        assert len(apple.FIELDS) <= 8
        assert len(apple.FRAMES) <= 8


def test_a_field_moved_to_the_back_is_written_anew() -> None:
    here = Field(key="a", position=Position.HEADER, value="x", text_alignment="right")
    others = tuple(Field(key=f"o{number}", position=Position.HEADER, value="x") for number in range(3))
    front = msgspec.json.decode(apple.render(content(here), ISSUER))["generic"]
    assert front["headerFields"] == [{"key": "a", "value": "x", "textAlignment": "PKTextAlignmentRight"}]
    crowded = msgspec.json.decode(apple.render(content(*others, here), ISSUER))["generic"]
    assert crowded["backFields"][0] == {"key": "a", "value": "x"}


def test_a_revision_that_takes_the_reserved_key_moves_the_message() -> None:
    taken = Field(key=apple.MESSAGE_KEY, position=Position.BACK, value="x", data_type=DataType.TEXT)
    for _ in range(2):
        shown = msgspec.json.decode(apple.render(content(taken), ISSUER))["generic"]["backFields"]
        assert [field["key"] for field in shown] == [apple.MESSAGE_KEY, f"{apple.MESSAGE_KEY}_"]
