"""What a pass says, in Apple's format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from passwright.apple import images as apple_images
from passwright.apple import pass_json, styles
from passwright.apple.styles import StyleKey
from passwright.passes.content import (
    BarcodeFormat,
    Content,
    DataType,
    Field,
    ImageSlot,
    Position,
    ShownBarcode,
    Style,
)
from passwright.wallets.base import Unsupported

MESSAGE_KEY = "passwright_message"
MESSAGE_LABEL = "Latest news"
NO_MESSAGE = "—"
"""Not empty, so that the first message is a change of this field and not a new one."""

MOST_LOCATIONS = 10
MOST_BEACONS = 10

# In a pass that is built thousands of times a second, looking up a member of an enumeration by its name costs more
# than the rest of the line.
HEADER, PRIMARY, SECONDARY, AUXILIARY, BACK = Position
BOARDING_PASS = Style.BOARDING_PASS
STYLE_KEYS = {style: StyleKey(style.value) for style in Style}
STYLE_ATTRIBUTES = {
    Style.BOARDING_PASS: "boarding_pass",
    Style.COUPON: "coupon",
    Style.EVENT_TICKET: "event_ticket",
    Style.GENERIC: "generic",
    Style.STORE_CARD: "store_card",
}
FACES = {style: styles.LIMITS[key] for style, key in STYLE_KEYS.items()}
BARCODES = {
    BarcodeFormat.QRCODE: pass_json.BarcodeFormat.QR,
    BarcodeFormat.PDF417: pass_json.BarcodeFormat.PDF417,
    BarcodeFormat.AZTEC: pass_json.BarcodeFormat.AZTEC,
    BarcodeFormat.EAN128: pass_json.BarcodeFormat.CODE_128,
}
ALIGNMENTS = {
    "left": pass_json.TextAlignment.LEFT,
    "center": pass_json.TextAlignment.CENTER,
    "right": pass_json.TextAlignment.RIGHT,
    "natural": pass_json.TextAlignment.NATURAL,
}
TRANSIT_TYPES = {
    "air": pass_json.TransitType.AIR,
    "boat": pass_json.TransitType.BOAT,
    "bus": pass_json.TransitType.BUS,
    "generic": pass_json.TransitType.GENERIC,
    "train": pass_json.TransitType.TRAIN,
}
DECIMAL = pass_json.NumberStyle.DECIMAL
NUMBER_STYLES = {
    "percent": pass_json.NumberStyle.PERCENT,
    "scientific": pass_json.NumberStyle.SCIENTIFIC,
    "spellout": pass_json.NumberStyle.SPELL_OUT,
}
DATE_STYLES = {
    "short": pass_json.DateStyle.SHORT,
    "medium": pass_json.DateStyle.MEDIUM,
    "long": pass_json.DateStyle.LONG,
    "full": pass_json.DateStyle.FULL,
}
NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,12})?", re.ASCII)
CURRENCY_CODE = re.compile(r"[A-Z]{3}")


class AppleIssuer(Struct, frozen=True, kw_only=True):
    """Who issues: the certificate's identifiers, and where a phone asks for updates (both or neither)."""

    pass_type_identifier: str
    team_identifier: str
    web_service_url: str | None = None
    authentication_token: str | None = None

    def __repr__(self) -> str:
        return f"AppleIssuer({self.pass_type_identifier!r}, {self.team_identifier!r})"


def render(content: Content, issuer: AppleIssuer) -> bytes:
    """The ``pass.json``.

    Raises:
        passwright.apple.pass_json.NaiveDate: if a date of the content has no zone.
        passwright.apple.pass_json.WrongColor: if a colour of its look is none.
    """
    look = content.look
    styled: dict[str, Any] = {STYLE_ATTRIBUTES[content.style]: style_fields(content)}
    codes = tuple([barcode(shown) for shown in content.barcodes if shown.format in BARCODES and shown.message])
    updated = issuer.web_service_url is not None and issuer.authentication_token is not None
    relevant = content.relevant_date
    return pass_json.encode(
        pass_json.Pass(
            pass_type_identifier=issuer.pass_type_identifier,
            serial_number=content.serial_number,
            team_identifier=issuer.team_identifier,
            organization_name=content.organization_name,
            description=content.description or content.organization_name,
            web_service_url=issuer.web_service_url if updated else None,
            authentication_token=issuer.authentication_token if updated else None,
            associated_store_identifiers=content.associated_store_identifiers,
            user_info=msgspec.json.encode(content.user_info).decode() if content.user_info else None,
            expiration_date=content.expiration_date,
            voided=content.voided or None,
            logo_text=look.logo_text or None,
            background_color=look.background_color or None,
            foreground_color=look.text_color or None,
            label_color=look.label_color or None,
            barcodes=codes,
            barcode=pass_json.first_for_old_systems(codes),
            locations=locations(content) if content.locations else (),
            beacons=beacons(content) if content.beacons else (),
            max_distance=content.max_distance,
            relevant_date=relevant,
            relevant_dates=(pass_json.RelevantDate(date=relevant),) if relevant else (),
            **styled,
        )
    )


def unsupported(content: Content) -> list[Unsupported]:
    """What a phone will not show where the campaign put it, in reading order."""
    found = list(not_drawn_fields(content))
    found += moved_fields(content)
    found += wrong_change_messages(content)
    found += silent_images(content)
    found += missing_barcodes(content)
    found += too_many(content)
    return found


def files(images: Mapping[ImageSlot, bytes], style: Style) -> dict[str, bytes]:
    """The picture files of a pass by name, in all densities: of the pictures given (PNG), those its style draws."""
    drawn = styles.drawn_images(STYLE_KEYS[style], frozenset(slot.value for slot in images))
    made: dict[str, bytes] = {}
    for name in drawn:
        made |= apple_images.densities(name, images[ImageSlot(name)], style.value)
    return made


def style_fields(content: Content) -> pass_json.StyleFields:
    groups = placed(content)
    return pass_json.StyleFields(
        transit_type=transit_type(content),
        header_fields=tuple([apple_field(field, field.text_alignment) for field in groups[HEADER]]),
        primary_fields=tuple([apple_field(field) for field in groups[PRIMARY]]),
        secondary_fields=tuple([apple_field(field, field.text_alignment) for field in groups[SECONDARY]]),
        auxiliary_fields=auxiliary_fields(FACES[content.style], groups[AUXILIARY]),
        back_fields=(*[apple_field(field) for field in groups[BACK]], message_field(content)),
    )


def placed(content: Content) -> dict[Position, list[Field]]:
    """The fields to be drawn: what the face has no place for goes to the back, before the back's own."""
    groups: dict[Position, list[Field]] = {HEADER: [], PRIMARY: [], SECONDARY: [], AUXILIARY: [], BACK: []}
    for field in content.fields:
        if not field.hidden and field.data_type not in NOT_TEXT:
            groups[field.position].append(field)
    face = FACES[content.style]
    auxiliary = face.auxiliary * face.auxiliary_rows
    if face.row_shared:
        auxiliary = max(0, face.secondary - len(groups[SECONDARY]))
    moved = beyond(groups[HEADER], face.header) + beyond(groups[PRIMARY], face.primary)
    moved += beyond(groups[SECONDARY], face.secondary) + beyond(groups[AUXILIARY], auxiliary)
    groups[BACK][:0] = moved
    return groups


def beyond(fields: list[Field], places: int) -> list[Field]:
    """Takes away and returns what exceeds the places."""
    moved = fields[places:]
    del fields[places:]
    return moved


NOT_TEXT = frozenset({DataType.IMAGE, DataType.LOCATIONS})
"""Filled in like fields, but shown as a picture and as places."""


def auxiliary_fields(face: styles.FaceLimits, fields: list[Field]) -> tuple[pass_json.Field, ...]:
    """What exceeds the first row gets the second, where there are two (event tickets)."""
    if face.auxiliary_rows > 1 and len(fields) > face.auxiliary:
        rows = [place // face.auxiliary for place in range(len(fields))]
        return tuple([apple_field(f, f.text_alignment, row) for f, row in zip(fields, rows, strict=True)])
    return tuple([apple_field(field, field.text_alignment) for field in fields])


def apple_field(field: Field, text_alignment: str | None = None, row: int | None = None) -> pass_json.Field:
    """Primary and back fields take no alignment."""
    alignment = ALIGNMENTS.get(text_alignment) if text_alignment else None
    change_message, read = field.change_message, TYPED.get(field.data_type)
    if change_message is not None and not announces(change_message):
        change_message = None
    typed = read(field) if read else None
    if typed is not None:
        return pass_json.Field(
            key=field.key,
            label=field.label,
            value=typed.value,
            change_message=change_message,
            text_alignment=alignment,
            row=row,
            date_style=typed.date_style,
            time_style=typed.time_style,
            ignores_time_zone=typed.ignores_time_zone,
            number_style=typed.number_style,
            currency_code=typed.currency_code,
        )
    return pass_json.Field(
        key=field.key,
        label=field.label,
        value=field.value or "",
        change_message=change_message,
        text_alignment=alignment,
        row=row,
    )


def announces(change_message: str) -> bool:
    """Exactly one ``%@``, and every other percent sign doubled: a phone shows nothing otherwise."""
    rest = change_message.replace("%%", "").split("%@")
    return len(rest) == 2 and "%" not in "".join(rest)


class Typed(Struct, frozen=True, kw_only=True):
    """A value that the phone formats in its owner's language."""

    value: int | Decimal | datetime
    date_style: pass_json.DateStyle | None = None
    time_style: pass_json.DateStyle | None = None
    ignores_time_zone: bool | None = None
    number_style: pass_json.NumberStyle | None = None
    currency_code: str | None = None


def number(field: Field) -> Typed | None:
    """``format``: ``decimal`` (or none), ``percent``, ``scientific``, ``spellout``."""
    value = parsed_number(field.value)
    if value is None:
        return None
    style = NUMBER_STYLES.get(field.format.strip().lower(), DECIMAL) if field.format else DECIMAL
    return Typed(value=value, number_style=style)


def currency(field: Field) -> Typed | None:
    """``format``: the ISO 4217 code. Without it the value stays text: the phone would guess the currency."""
    value, code = parsed_number(field.value), (field.format or "").strip().upper()
    if value is None or not CURRENCY_CODE.fullmatch(code):
        return None
    return Typed(value=value, currency_code=code)


def parsed_number(text: str | None) -> int | Decimal | None:
    """A JSON number if the text is exactly one: ``007`` and ``1,5`` stay text. No more digits than a phone keeps."""
    match = NUMBER.fullmatch(text.strip()) if text else None
    if match is None:
        return None
    return Decimal(match[0]) if "." in match[0] else int(match[0])


def calendar_date(field: Field) -> Typed | None:
    """``2026-11-22``: the same day everywhere, so the phone's time zone is ignored. ``format``: a date style."""
    try:
        day = date.fromisoformat((field.value or "").strip())
    except ValueError:
        return None
    date_style, _ = date_styles(field.format)
    return Typed(
        value=datetime.combine(day, time(), UTC),
        date_style=date_style,
        time_style=pass_json.DateStyle.NONE,
        ignores_time_zone=True,
    )


def instant(field: Field) -> Typed | None:
    """ISO 8601; without zone it is shown as written. ``format``: a date style, then a time style."""
    text = (field.value or "").strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if len(text) <= len("2026-11-22"):
        return calendar_date(field)
    date_style, time_style = date_styles(field.format)
    if moment.tzinfo is None:
        return Typed(
            value=moment.replace(tzinfo=UTC), date_style=date_style, time_style=time_style, ignores_time_zone=True
        )
    return Typed(value=moment, date_style=date_style, time_style=time_style)


def date_styles(format: str | None) -> tuple[pass_json.DateStyle, pass_json.DateStyle]:
    """``long short`` -> long date, short time; medium and short where nothing is said."""
    words = [word for word in re.split(r"[\s,/]+", (format or "").lower()) if word in DATE_STYLES]
    date_style = DATE_STYLES[words[0]] if words else pass_json.DateStyle.MEDIUM
    return date_style, DATE_STYLES[words[1]] if len(words) > 1 else pass_json.DateStyle.SHORT


TYPED = {
    DataType.NUMBER: number,
    DataType.CURRENCY: currency,
    DataType.DATE: calendar_date,
    DataType.DATETIME: instant,
}


def message_field(content: Content) -> pass_json.Field:
    """The back field whose change brings a text to the lock screen, see `message_key`."""
    return pass_json.Field(
        key=message_key(content.fields),
        label=MESSAGE_LABEL,
        value=content.push_message or NO_MESSAGE,
        change_message="%@",
    )


def message_key(fields: Iterable[Field]) -> str:
    """The reserved key, with underscores behind it if a user has chosen the same one."""
    key, taken = MESSAGE_KEY, [field.key for field in fields]
    while key in taken:
        key += "_"
    return key


def transit_type(content: Content) -> pass_json.TransitType | None:
    if content.style is not BOARDING_PASS:
        return None
    return TRANSIT_TYPES.get(content.look.transit_type or "", pass_json.TransitType.GENERIC)


def barcode(shown_barcode: ShownBarcode) -> pass_json.Barcode:
    return pass_json.barcode(BARCODES[shown_barcode.format], shown_barcode.message, shown_barcode.alt_text or None)


def locations(content: Content) -> tuple[pass_json.Location, ...]:
    return tuple(
        [
            pass_json.Location(
                latitude=place.latitude,
                longitude=place.longitude,
                altitude=place.altitude,
                relevant_text=place.relevant_text or None,
            )
            for place in content.locations[:MOST_LOCATIONS]
        ]
    )


def beacons(content: Content) -> tuple[pass_json.Beacon, ...]:
    return tuple(
        [
            pass_json.Beacon(
                proximity_uuid=beacon.proximity_uuid,
                major=beacon.major,
                minor=beacon.minor,
                relevant_text=beacon.relevant_text or None,
            )
            for beacon in content.beacons[:MOST_BEACONS]
        ]
    )


def not_drawn_fields(content: Content) -> Iterable[Unsupported]:
    for field in content.fields:
        if not field.hidden and field.data_type in NOT_TEXT:
            yield Unsupported(
                path=f"fields.{field.key}",
                message=f"A field of type {field.data_type.value} is not written on the pass.",
                fix="Show it as the pass's picture or as its places, or use a text field.",
            )


def moved_fields(content: Content) -> Iterable[Unsupported]:
    groups = placed(content)
    for field in groups[BACK]:
        if field.position is not BACK:
            yield Unsupported(
                path=f"fields.{field.key}",
                message=f"The front has no place for another {field.position.value} field; it is shown on the back.",
                fix="Move a field to another position, or to the back.",
            )
    beside, places = groups[SECONDARY] + groups[AUXILIARY], FACES[content.style].square_barcode_shared
    if places is not None and content.barcode.format in SQUARE:
        for field in beside[places:]:
            yield Unsupported(
                path=f"fields.{field.key}",
                message="Above a square barcode some phones show four secondary and auxiliary fields together.",
                fix="Use PDF417, or move the field to the back.",
            )


SQUARE = frozenset({BarcodeFormat.QRCODE, BarcodeFormat.AZTEC})


def wrong_change_messages(content: Content) -> Iterable[Unsupported]:
    for field in content.fields:
        if not field.hidden and field.change_message and not announces(field.change_message):
            yield Unsupported(
                path=f"fields.{field.key}.change_message",
                message="The phone shows no message when this field changes.",
                fix="Write %@ exactly once, where the new value stands, and %% for a percent sign.",
            )


def silent_images(content: Content) -> Iterable[Unsupported]:
    given = [slot.value for slot in ImageSlot if slot in content.look.images]
    drawn = styles.drawn_images(STYLE_KEYS[content.style], frozenset(given))
    for name in given:
        if name not in drawn:
            silenced = name in styles.IMAGES[STYLE_KEYS[content.style]]
            yield Unsupported(
                path=f"images.{name}",
                message=f"The {name} is not drawn" + (" beside a strip." if silenced else " on this type of pass."),
                fix="Remove the strip." if silenced else f"Remove the {name} or choose another type of pass.",
            )


def missing_barcodes(content: Content) -> Iterable[Unsupported]:
    for place, code in enumerate(content.barcodes):
        if code.format in BARCODES and not code.message:
            yield Unsupported(
                path=f"barcodes.{place}",
                message="A barcode without message is not drawn.",
                fix="Give it a message, or set its format to none.",
            )


def too_many(content: Content) -> Iterable[Unsupported]:
    for name, count, most in (
        ("locations", len(content.locations), MOST_LOCATIONS),
        ("beacons", len(content.beacons), MOST_BEACONS),
    ):
        if count > most:
            yield Unsupported(
                path=name,
                message=f"A phone watches {most} {name}; the first {most} are used.",
                fix="Remove the others.",
            )
    if content.relevant_date and content.style in (Style.COUPON, Style.STORE_CARD):
        yield Unsupported(
            path="relevant_date",
            message="On this type of pass a date does not bring it to the lock screen.",
            fix="Give it locations, or use an event ticket.",
        )
