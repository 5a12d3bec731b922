from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passwright.passes.codes import normalized_code, sequential_code, shown_barcodes
from passwright.passes.content import (
    AltTextType,
    Barcode,
    BarcodeFormat,
    BarcodesOverride,
    CodeType,
    Field,
    Look,
    Overrides,
    Position,
    Revision,
    ShownBarcode,
    Style,
)

PDF417 = Barcode(format=BarcodeFormat.PDF417)
NONE = ShownBarcode(format=BarcodeFormat.NONE, message="", alt_text="")


def revision(**parts: Any) -> Revision:
    return Revision(
        epoch=1, style=Style.GENERIC, name="n", organization_name="o", description="d", look=Look(), **parts
    )


def shown(parts: dict[str, Any], *own: Barcode, fields: tuple[Field, ...] = ()) -> tuple[ShownBarcode, ...]:
    overrides = Overrides(barcodes=BarcodesOverride(at=1, barcodes=own)) if own else Overrides()
    return shown_barcodes(revision(**parts), overrides, "0000001", fields)


@pytest.mark.parametrize(
    ("number", "width", "code"), [(1, 7, "0000001"), (27, 8, "00000027"), (12_345_678, 7, "12345678")]
)
def test_sequential_codes_are_padded_and_grow(number: int, width: int, code: str) -> None:
    assert sequential_code(number, width) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1", "0000001"),
        ("0000001", "0000001"),
        ("00000001", "0000001"),
        ("12345678", "12345678"),
        ("0012345678", "12345678"),
        ("0", "0000000"),
        ("", ""),
        ("A01", "A01"),
        ("-1", "-1"),
        ("١", "١"),
        ("0" * 10_000 + "7", "0000007"),
    ],
)
def test_look_up_ignores_leading_zeros(text: str, code: str) -> None:
    assert normalized_code(text, 7) == code


@given(st.integers(1, 10**12), st.integers(1, 12), st.integers(0, 20))
def test_every_spelling_of_a_sequential_code_finds_it(number: int, width: int, zeros: int) -> None:
    code = sequential_code(number, width)
    assert normalized_code("0" * zeros + str(number), width) == code
    assert normalized_code(code, width) == code


@pytest.mark.parametrize(
    ("parts", "own", "message"),
    [
        ({"barcode": PDF417}, (), "0000001"),
        ({"barcode": Barcode(message="CAMPAIGN")}, (), "CAMPAIGN"),
        ({"barcode": Barcode(message="")}, (), "0000001"),
        ({"barcode": Barcode(message="CAMPAIGN")}, (Barcode(message="OWN"),), "OWN"),
        ({"barcode": Barcode(message="CAMPAIGN")}, (Barcode(),), "CAMPAIGN"),
        ({"barcode": PDF417, "code_type": CodeType.FIXED, "code_fixed_value": "FIX"}, (), "FIX"),
        ({"barcode": Barcode(message="C"), "code_type": CodeType.FIXED, "code_fixed_value": "FIX"}, (), "FIX"),
        ({"barcode": PDF417, "code_type": CodeType.FIXED, "code_fixed_value": "FIX"}, (Barcode(message="O"),), "O"),
        ({"barcode": PDF417, "code_fixed_value": "FIX"}, (), "0000001"),
        ({"barcode": PDF417, "code_type": CodeType.PER_PASS}, (Barcode(message="OWN"),), "OWN"),
    ],
)
def test_the_message_is_the_passes_own_the_fixed_one_the_campaigns_or_the_redeem_code(
    parts: dict[str, Any], own: tuple[Barcode, ...], message: str
) -> None:
    [barcode] = shown(parts, *own)
    assert (barcode.message, barcode.alt_text) == (message, message)


def member(value: str | None) -> Field:
    return Field(key="member", position=Position.PRIMARY, value=value, use_as_barcode=True)


def test_a_field_used_as_barcode_gives_the_message_when_it_has_a_value() -> None:
    parts = {"barcode": Barcode(message="CAMPAIGN")}
    assert shown(parts, fields=(member("M-1"),))[0].message == "M-1"
    assert shown(parts, fields=(member(None),))[0].message == "CAMPAIGN"
    assert shown(parts, fields=(member(""),))[0].message == "CAMPAIGN"
    assert shown(parts, Barcode(message="OWN"), fields=(member("M-1"),))[0].message == "OWN"


@pytest.mark.parametrize(
    ("barcode", "alt_text"),
    [
        (Barcode(), "0000001"),
        (Barcode(alt_text="Show me"), "Show me"),
        (Barcode(alt_text="Show me", alt_text_type=AltTextType.CUSTOM), "Show me"),
        (Barcode(alt_text_type=AltTextType.CUSTOM), ""),
        (Barcode(alt_text="Show me", alt_text_type=AltTextType.NONE), ""),
    ],
)
def test_the_text_below_mirrors_is_given_or_is_none(barcode: Barcode, alt_text: str) -> None:
    assert shown({"barcode": barcode})[0].alt_text == alt_text
    assert shown({"barcode": PDF417}, barcode)[0].alt_text == alt_text


def test_without_any_code_none_is_shown() -> None:
    assert shown({}) == (NONE,)


def test_format_none_shows_no_texts() -> None:
    none = Barcode(format=BarcodeFormat.NONE, message="CAMPAIGN", alt_text="Show me")
    assert shown({"barcode": none}) == (NONE,)
    assert shown({"barcode": PDF417}, none) == (NONE,)


def test_a_code_without_format_is_a_qrcode() -> None:
    assert shown({"barcode": Barcode()})[0].format is BarcodeFormat.QRCODE
    assert shown({"barcode": PDF417}, Barcode(message="OWN"))[0].format is BarcodeFormat.QRCODE


def test_several_formats_share_one_message_and_the_first_is_effective() -> None:
    formats = (Barcode(format=BarcodeFormat.EAN128, message="CODE"), PDF417)
    barcodes = shown({"barcode": Barcode(format=BarcodeFormat.AZTEC)}, *formats)
    assert [(barcode.format, barcode.message) for barcode in barcodes] == [
        (BarcodeFormat.EAN128, "CODE"),
        (BarcodeFormat.PDF417, "CODE"),
    ]


def test_the_campaigns_list_rules_over_its_single_code_and_under_the_passes() -> None:
    parts = {"barcode": Barcode(), "barcodes": (Barcode(format=BarcodeFormat.AZTEC), PDF417)}
    assert [barcode.format for barcode in shown(parts)] == [BarcodeFormat.AZTEC, BarcodeFormat.PDF417]
    assert [barcode.format for barcode in shown(parts, PDF417)] == [BarcodeFormat.PDF417]
