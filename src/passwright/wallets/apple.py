"""What a pass says, in Apple's format.

Nearly all of a ``pass.json`` is the same on every pass of a campaign's revision, and building one must cost little
beside signing it. So what a revision fixes is written once and kept (`Frame`, and its fixed fields one by one); a
pass only adds what is its own. Kept by identity, not by value: a revision's parts are the same objects on all its
passes, what is kept holds on to them, and equal values need not be written alike (``1`` and ``1.0``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from html import escape
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from passwright.apple import images as apple_images
from passwright.apple import pass_json, styles
from passwright.apple.fields import check_values
from passwright.apple.json_object import AppleObject, DatedObject, apple_key
from passwright.apple.styles import Group, StyleKey
from passwright.passes.content import (
    BarcodeFormat,
    Behaviour,
    Content,
    DataType,
    Field,
    ImageSlot,
    Position,
    ShownBarcode,
    Style,
)
from passwright.passes.words import CURRENCY_CODE, NOT_TEXT, NUMBER, tongue_of, worded
from passwright.wallets.base import Unsupported

MESSAGE_KEY = "passwright_message"
EDIT_KEY = "passwright_edit"
OUR_KEYS = (MESSAGE_KEY, EDIT_KEY)
NO_MESSAGE = "—"
"""Not empty, so that the first message is a change of this field and not a new one."""

MOST_LOCATIONS = 10
MOST_BEACONS = 10

# In a pass that is built thousands of times a second, looking up a member of an enumeration by its name costs more
# than the rest of the line.
HEADER, PRIMARY, SECONDARY, AUXILIARY, BACK = Position
BOARDING_PASS = Style.BOARDING_PASS
FIXED = Behaviour.FIXED
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


class AppleIssuer(Struct, frozen=True, kw_only=True):
    """Who issues: the certificate's identifiers, where a phone asks for updates (both or neither), and where the holder
    of this pass changes it, if he can (a secret of his)."""

    pass_type_identifier: str
    team_identifier: str
    web_service_url: str | None = None
    authentication_token: str | None = None
    edit_url: str | None = None

    def __repr__(self) -> str:
        return f"AppleIssuer({self.pass_type_identifier!r}, {self.team_identifier!r})"


def render(content: Content, issuer: AppleIssuer) -> bytes:
    """The ``pass.json``.

    Raises:
        passwright.apple.pass_json.NaiveDate: if a date of the content has no zone.
        passwright.apple.pass_json.WrongColor: if a colour of its look is none.
    """
    frame = frame_of(content, issuer)
    return b"".join(
        (
            frame.opening,
            json_text(content.serial_number),
            frame.identity,
            token(issuer.authentication_token or "") if frame.updated else b"",
            frame.stores,
            state(content) if content.user_info or content.expiration_date or content.voided else b"",
            frame.look,
            barcodes(content.barcodes),
            frame.places,
            relevance(content.relevant_date) if content.relevant_date else b"",
            frame.style,
            style_fields(content, issuer),
            b"}",
        )
    )


class Frame(Struct, frozen=True):
    """What is the same on all passes of a revision, in the pieces between which a pass says its own."""

    opening: bytes
    identity: bytes
    updated: bool
    """Whether a web service stands in ``identity``, so that the pass's token has to follow."""
    stores: bytes
    look: bytes
    places: bytes
    style: bytes
    """Up to the first field list."""
    made_of: tuple[object, ...]
    """What it is kept by. Holding on to these keeps their ids from being given to others."""


MOST_KEPT = 2048
MOST_KEPT_BYTES = 4096
"""Of one entry. Longer texts are as quick to write as to copy."""

Value = TypeVar("Value")


class Kept(dict[Any, Value], Generic[Value]):
    """Starts over when full: cheaper than knowing what was used last, and what is needed again is soon there again."""

    def keep(self, key: object, value: Value) -> Value:
        if len(self) >= MOST_KEPT:
            self.clear()
        self[key] = value
        return value


FRAMES: Kept[Frame] = Kept()


def frame_of(content: Content, issuer: AppleIssuer) -> Frame:
    updated = issuer.web_service_url is not None and issuer.authentication_token is not None
    key = (
        id(content.look),
        id(content.locations),
        id(content.beacons),
        id(content.associated_store_identifiers),
        content.max_distance,
        content.style,
        content.organization_name,
        content.description,
        issuer.pass_type_identifier,
        issuer.team_identifier,
        issuer.web_service_url if updated else None,
    )
    return FRAMES.get(key) or FRAMES.keep(key, make_frame(content, issuer, updated=updated))


def make_frame(content: Content, issuer: AppleIssuer, *, updated: bool) -> Frame:
    look = content.look
    required = pass_json.encode(
        pass_json.Pass(
            pass_type_identifier=issuer.pass_type_identifier,
            serial_number="",
            team_identifier=issuer.team_identifier,
            organization_name=content.organization_name,
            description=content.description or content.organization_name,
            web_service_url=issuer.web_service_url if updated else None,
        )
    )
    # No text can hold these octets: a quotation mark inside one has a backslash before it.
    opening, serial_number, rest = required.partition(b'"serialNumber":')
    return Frame(
        opening=opening + serial_number,
        identity=rest.removeprefix(b'""').removesuffix(b"}"),
        updated=updated,
        stores=optional(associated_store_identifiers=content.associated_store_identifiers),
        look=optional(
            logo_text=look.logo_text or None,
            background_color=look.background_color or None,
            foreground_color=look.text_color or None,
            label_color=look.label_color or None,
        ),
        places=optional(locations=locations(content), beacons=beacons(content), max_distance=content.max_distance),
        style=style_start(content),
        made_of=(look, content.locations, content.beacons, content.associated_store_identifiers),
    )


def style_start(content: Content) -> bytes:
    style = pass_json.StyleFields(transit_type=transit_type(content))
    start = optional(**{STYLE_ATTRIBUTES[content.style]: style}).removesuffix(b"}")
    return start if start.endswith(b"{") else start + b","


BLANK: dict[str, Any] = {
    "pass_type_identifier": "",
    "serial_number": "",
    "team_identifier": "",
    "organization_name": "",
    "description": "",
}
REQUIRED = pass_json.encode(pass_json.Pass(**BLANK)).removesuffix(b"}")


def optional(**keys: Any) -> bytes:
    """Optional keys of a pass as they follow the required ones: ``,"maxDistance":100``. Nothing if all are empty."""
    return pass_json.encode(pass_json.Pass(**BLANK, **keys)).removeprefix(REQUIRED).removesuffix(b"}")


class State(DatedObject, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    """Neighbouring keys of a pass, spelled as in `pass_json.Pass`, which has a hundred."""

    user_info: str | None = None
    expiration_date: datetime | None = None
    voided: bool | None = None


class Relevance(DatedObject, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    relevant_date: datetime | None = None
    relevant_dates: tuple[pass_json.RelevantDate, ...] = ()


def following(keys: AppleObject) -> bytes:
    """These keys as they follow others."""
    return b"," + pass_json.encode(keys)[1:-1]


json_text = msgspec.json.Encoder().encode


def token(authentication_token: str) -> bytes:
    return b',"authenticationToken":' + json_text(authentication_token)


def state(content: Content) -> bytes:
    user_info = json_text(content.user_info).decode() if content.user_info else None
    if user_info and not content.expiration_date and not content.voided:
        return b',"userInfo":' + json_text(user_info)
    return following(State(user_info=user_info, expiration_date=content.expiration_date, voided=content.voided or None))


def barcodes(shown_barcodes: tuple[ShownBarcode, ...]) -> bytes:
    written, legacy = [], b""
    for shown in shown_barcodes:
        if shown.message and shown.format in BARCODES:
            code = barcode_json(shown)
            written.append(code)
            if not legacy and BARCODES[shown.format] in pass_json.LEGACY_BARCODE_FORMATS:
                legacy = b',"barcode":' + code
    return b',"barcodes":[' + b",".join(written) + b"]" + legacy if written else b""


def relevance(instant: datetime) -> bytes:
    return following(Relevance(relevant_date=instant, relevant_dates=(pass_json.RelevantDate(date=instant),)))


def unsupported(content: Content) -> list[Unsupported]:
    """What a phone will not show where the campaign put it, in reading order."""
    found = list(moved_fields(content))
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


MESSAGE_FIELDS: Kept[bytes] = Kept()
"""By the language and the message, which a campaign says to all its passes."""


def style_fields(content: Content, issuer: AppleIssuer) -> bytes:
    """The field lists and the end of the style in which they stand."""
    lists: tuple[list[bytes], ...] = [], [], [], [], [], [], []
    for field in content.fields:
        place, json, _ = kept_field(id(field)) or write(field, content.language)
        lists[place].append(json)
    header, primary, secondary, auxiliary, back, _, reserved = lists
    face = FACES[content.style]
    if (
        reserved
        or len(header) > face.header
        or len(primary) > face.primary
        or len(secondary) > face.secondary
        or len(auxiliary) > (face.secondary - len(secondary) if face.row_shared else face.auxiliary)
    ):
        return rearranged(content, issuer)
    if content.edit_link and issuer.edit_url:
        back.append(edit_field(EDIT_KEY, content.language, issuer.edit_url))
    said = content.language, content.push_message or NO_MESSAGE
    back.append(MESSAGE_FIELDS.get(said) or MESSAGE_FIELDS.keep(said, message_field(MESSAGE_KEY, *said)))
    return joined(lists)


LIST_STARTS = [
    b'"%b":[' % group.value.encode()
    for group in (Group.HEADER, Group.PRIMARY, Group.SECONDARY, Group.AUXILIARY, Group.BACK)
]


def joined(lists: Iterable[list[bytes]]) -> bytes:
    found = [start + b",".join(fields) for start, fields in zip(LIST_STARTS, lists, strict=False) if fields]
    return b"],".join(found) + b"]}"


PLACES = {position: place for place, position in enumerate(Position)}
NOT_DRAWN = len(PLACES)
RESERVED = NOT_DRAWN + 1
"""A key that one of our own fields may have to evade."""

Written = tuple[int, bytes, Field]

FIELDS: Kept[Written] = Kept()
"""By the field's id, which nothing else gets while the field is held here."""

kept_field = FIELDS.get


def write(field: Field, language: str) -> Written:
    """Kept if it is fixed: a revision's fixed fields are the same objects on its passes, those filled in are new."""
    if field.key.startswith(OUR_KEYS):
        return RESERVED, b"", field
    if field.hidden or field.data_type in NOT_TEXT:
        made = NOT_DRAWN, b"", field
    else:
        said = worded(field, language)
        made = (
            PLACES[field.position],
            field_json(said, aligned=field.position in ALIGNED, back=said.position is BACK),
            field,
        )
    if field.behaviour is FIXED and len(made[1]) <= MOST_KEPT_BYTES:
        FIELDS.keep(id(field), made)
    return made


ALIGNED = frozenset({HEADER, SECONDARY, AUXILIARY})
"""Primary and back fields take no alignment."""


def rearranged(content: Content, issuer: AppleIssuer) -> bytes:
    """Where not every field has its place on the face, or our own fields need other keys."""
    groups = {
        position: [worded(field, content.language) for field in found] for position, found in placed(content).items()
    }
    face = FACES[content.style]
    message = content.push_message or NO_MESSAGE
    ours = [message_field(free_key(MESSAGE_KEY, content.fields), content.language, message)]
    if content.edit_link and issuer.edit_url:
        ours.insert(0, edit_field(free_key(EDIT_KEY, content.fields), content.language, issuer.edit_url))
    return joined(
        (
            [field_json(field, aligned=True) for field in groups[HEADER]],
            [field_json(field) for field in groups[PRIMARY]],
            [field_json(field, aligned=True) for field in groups[SECONDARY]],
            auxiliary_fields(face, groups[AUXILIARY]),
            [*[field_json(field, back=True) for field in groups[BACK]], *ours],
        )
    )


class TextField(AppleObject, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    """What most fields have of `pass_json.Field`."""

    key: str
    label: str | None = None
    value: str


TEXT_STARTS: Kept[bytes] = Kept()
"""By key and label, which are the same on all passes of a campaign; the value differs."""


NUMBER_FRAMES: Kept[tuple[bytes, bytes]] = Kept()
"""By key, label and format: what stands before and behind a number."""

MOST_PLAIN_DIGITS = 15
"""Of a whole number that is surely written as it is read."""


def number_frame(field: Field) -> tuple[bytes, bytes]:
    written = pass_json.encode(apple_field(replace(field, value="1"), None, None))
    # No text can hold these octets: a quotation mark inside one has a backslash before it.
    start, value, end = written.partition(b'"value":1')
    return start + value[:-1], end


def text_start(key: str, label: str | None) -> bytes:
    """Up to the value, which comes last."""
    return pass_json.encode(TextField(key=key, label=label, value="")).removesuffix(b'""}')


def field_json(field: Field, *, aligned: bool = False, row: int | None = None, back: bool = False) -> bytes:
    alignment = field.text_alignment if aligned else None
    if back and field.data_type in LINKS:
        return linked_json(field)
    if alignment is None and row is None and field.change_message is None and field.data_type not in TYPED:
        name = (field.key, field.label)
        start = TEXT_STARTS.get(name) or TEXT_STARTS.keep(name, text_start(*name))
        return start + json_text(field.value or "") + b"}"
    if alignment is None and row is None and field.change_message is None and field.data_type is DataType.NUMBER:
        text = field.value or ""
        if text.isdecimal() and text.isascii() and text[0] != "0" and len(text) <= MOST_PLAIN_DIGITS:
            start, end = NUMBER_FRAMES.get(key := (field.key, field.label, field.format)) or NUMBER_FRAMES.keep(
                key, number_frame(field)
            )
            return start + text.encode() + end
    made = apple_field(field, alignment, row)
    check_values((made,))
    return pass_json.encode(made)


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


def auxiliary_fields(face: styles.FaceLimits, fields: list[Field]) -> list[bytes]:
    """What exceeds the first row gets the second, where there are two (event tickets)."""
    if face.auxiliary_rows > 1 and len(fields) > face.auxiliary:
        return [field_json(f, aligned=True, row=place // face.auxiliary) for place, f in enumerate(fields)]
    return [field_json(field, aligned=True) for field in fields]


def apple_field(field: Field, text_alignment: str | None = None, row: int | None = None) -> pass_json.Field:
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


def linked_json(field: Field) -> bytes:
    """A field of the back that is touched to call, write or look: as a link, and as text where links are not shown."""
    made, text = apple_field(field), (field.value or "").strip()
    address, detected = LINKS[field.data_type]
    if link := address(text):
        made = replace(made, attributed_value=anchor(link, text), data_detector_types=(detected,))
    return pass_json.encode(made)


def anchor(address: str, words: str) -> str:
    """The one markup that phones know."""
    plain = address.replace("'", "%27").replace('"', "%22")
    return f"<a href='{escape(plain, quote=False)}'>{escape(words, quote=False)}</a>"


def web_address(text: str) -> str:
    """Nothing for a text that is none: a phone would make an address of it all the same."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme in ("http", "https") and parts.netloc and not SPACES.search(text) else ""


def mail_address(text: str) -> str:
    name, _, host = text.rpartition("@")
    return (
        f"mailto:{quote(name, safe='')}@{quote(host, safe='.-')}" if name and host and not SPACES.search(text) else ""
    )


def telephone(text: str) -> str:
    """``tel:`` and what is dialled."""
    dialled = "".join(sign for sign in text if sign.isascii() and sign.isdigit())
    whole = len(dialled) >= FEWEST_DIGITS and PHONE.fullmatch(text)
    return f"tel:{'+' if text.startswith('+') else ''}{dialled}" if whole else ""


SPACES = re.compile(r"[\s\x00-\x1f\x7f]")
PHONE = re.compile(r"\+?[\d ().\-/\u00a0]+", re.ASCII)
FEWEST_DIGITS = 3
LINKS: dict[DataType, tuple[Callable[[str], str], pass_json.DataDetectorType]] = {
    DataType.URL: (web_address, pass_json.DataDetectorType.LINK),
    DataType.EMAIL: (mail_address, pass_json.DataDetectorType.LINK),
    DataType.PHONE: (telephone, pass_json.DataDetectorType.PHONE_NUMBER),
}


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


@lru_cache(maxsize=256)
def message_field(key: str, language: str, message: str) -> bytes:
    """The back field whose change brings a text to the lock screen, see `free_key`."""
    label = tongue_of(language).latest_news
    return pass_json.encode(pass_json.Field(key=key, label=label, value=message, change_message="%@"))


def edit_field(key: str, language: str, address: str) -> bytes:
    """The back field with which a holder changes what he said. Where links are not shown, its address is."""
    tongue = tongue_of(language)
    return pass_json.encode(
        pass_json.Field(
            key=key,
            label=tongue.your_details,
            value=address,
            attributed_value=anchor(address, tongue.manage),
            data_detector_types=(pass_json.DataDetectorType.LINK,),
        )
    )


def free_key(key: str, fields: Iterable[Field]) -> str:
    """One of our own keys, with underscores behind it if a user has chosen the same one."""
    taken = {field.key for field in fields}
    while key in taken:
        key += "_"
    return key


def transit_type(content: Content) -> pass_json.TransitType | None:
    if content.style is not BOARDING_PASS:
        return None
    return TRANSIT_TYPES.get(content.look.transit_type or "", pass_json.TransitType.GENERIC)


CODE_STARTS = {
    asked: pass_json.encode(pass_json.barcode(drawn, "")).partition(b'""')[0] for asked, drawn in BARCODES.items()
}
"""Of a code's JSON, up to the message."""


def barcode_json(shown: ShownBarcode) -> bytes:
    message = json_text(shown.message)
    encoding = json_text(pass_json.message_encoding(shown.message))
    alt_text = b',"altText":' + json_text(shown.alt_text) if shown.alt_text else b""
    return b"".join((CODE_STARTS[shown.format], message, b',"messageEncoding":', encoding, alt_text, b"}"))


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
