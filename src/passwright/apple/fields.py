"""Fields of a pass and the style object that holds them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec.structs import force_setattr

from passwright.apple.json_object import AppleObject, apple_key, check_finite, whole_second
from passwright.apple.semantics import SemanticTags

Value = str | int | float | Decimal | datetime


class TextAlignment(StrEnum):
    LEFT = "PKTextAlignmentLeft"
    CENTER = "PKTextAlignmentCenter"
    RIGHT = "PKTextAlignmentRight"
    NATURAL = "PKTextAlignmentNatural"


class DateStyle(StrEnum):
    """For ``dateStyle`` and ``timeStyle``."""

    NONE = "PKDateStyleNone"
    SHORT = "PKDateStyleShort"
    MEDIUM = "PKDateStyleMedium"
    LONG = "PKDateStyleLong"
    FULL = "PKDateStyleFull"


class NumberStyle(StrEnum):
    DECIMAL = "PKNumberStyleDecimal"
    PERCENT = "PKNumberStylePercent"
    SCIENTIFIC = "PKNumberStyleScientific"
    SPELL_OUT = "PKNumberStyleSpellOut"


class DataDetectorType(StrEnum):
    PHONE_NUMBER = "PKDataDetectorTypePhoneNumber"
    LINK = "PKDataDetectorTypeLink"
    ADDRESS = "PKDataDetectorTypeAddress"
    CALENDAR_EVENT = "PKDataDetectorTypeCalendarEvent"


class TransitType(StrEnum):
    AIR = "PKTransitTypeAir"
    BOAT = "PKTransitTypeBoat"
    BUS = "PKTransitTypeBus"
    GENERIC = "PKTransitTypeGeneric"
    TRAIN = "PKTransitTypeTrain"


class Field(AppleObject, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    """One field. ``key`` is unique over the whole pass. Numbers need a number as value, dates a datetime.

    Values are checked when the field is put into a style or an upcoming event.
    """

    key: str
    label: str | None = None
    value: Value
    attributed_value: Value | None = None
    """Back and additional fields only; may contain ``<a href='…'>``; shown instead of ``value``, not on a watch."""
    change_message: str | None = None
    """Exactly one ``%@``."""
    text_alignment: TextAlignment | None = None
    """Not on primary and back fields."""
    data_detector_types: tuple[DataDetectorType, ...] | None = None
    """Back fields; None: all, an empty list: none."""
    date_style: DateStyle | None = None
    time_style: DateStyle | None = None
    is_relative: bool | None = None
    ignores_time_zone: bool | None = None
    number_style: NumberStyle | None = None
    currency_code: str | None = None
    """ISO 4217; never together with ``number_style``."""
    row: int | None = None
    """0 or 1: auxiliary fields of event tickets."""
    semantics: SemanticTags | None = None


def check_values(*groups: tuple[Field, ...]) -> None:
    """That pass.json can hold the values: finite numbers, dates with a zone. Drops fractions of seconds.

    Asked once a style, not once a field: most values are text, and a pass has many.

    Raises:
        NaiveDate: if a date has no zone.
        WrongNumber: if a number is infinite or none.
    """
    for group in groups:
        for field in group:
            if type(field.value) not in (str, int):
                force_setattr(field, "value", checked(field.value))
            if field.attributed_value is not None:
                force_setattr(field, "attributed_value", checked(field.attributed_value))


def checked(value: Value) -> Value:
    if isinstance(value, datetime):
        return whole_second(value)
    check_finite(value)
    return value


class StyleFields(AppleObject, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    """The object under a style key."""

    transit_type: TransitType | None = None
    """Boarding passes only, and always there."""
    header_fields: tuple[Field, ...] = ()
    primary_fields: tuple[Field, ...] = ()
    secondary_fields: tuple[Field, ...] = ()
    auxiliary_fields: tuple[Field, ...] = ()
    back_fields: tuple[Field, ...] = ()
    additional_info_fields: tuple[Field, ...] = ()
    """Poster layouts."""
    footer_fields: tuple[Field, ...] = ()
    """``posterGeneric`` only."""

    def __post_init__(self) -> None:
        check_values(
            self.header_fields,
            self.primary_fields,
            self.secondary_fields,
            self.auxiliary_fields,
            self.back_fields,
            self.additional_info_fields,
            self.footer_fields,
        )
