"""The parts that campaigns and passes share in requests: fields, places, codes, pictures, free data."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, UnsetType

from passwright.operations.sizes import MOST_FIELDS
from passwright.passes.changes import SentField
from passwright.passes.codes import UnformattedBarcode
from passwright.passes.content import Barcode, Beacon, Behaviour, DataType, ImageSlot, Location, Position, TransitType
from passwright.passes.places import FARTHEST
from passwright.payloads.texts import UUID_TEXT
from passwright.payloads.values import MAX_NAME, Sent, given, read_barcode

Value = TypeVar("Value")

MAX_PLACES = 10
MAX_BARCODES = 10
MOST_CHOICES = 500
MAX_HELP = 500
"""Characters of what the form says below a question."""
MAX_USER_INFO = 65_536
"""Bytes of JSON: it is part of every list and of every pass."""
ALIGNMENTS = ("left", "center", "right", "natural")


def field_list(position: Position) -> str:
    return f"{position.value}_fields"


def sent_fields(sent: Sent, *, of_campaign: bool) -> tuple[SentField, ...]:
    """What the request says about fields, in reading order."""
    return tuple(field for position in Position for field in fields_of(sent, position, of_campaign=of_campaign))


def sent_lists(sent: Sent) -> frozenset[Position]:
    """The field lists that the request mentions."""
    return frozenset(position for position in Position if sent.raw(field_list(position)) not in (UNSET, None))


def fields_of(sent: Sent, position: Position, *, of_campaign: bool) -> Iterator[SentField]:
    for item in given(sent.objects(field_list(position), most=MOST_FIELDS), []):
        item.require("key")
        key = item.text("key", most=MAX_NAME)
        if isinstance(key, str) and not item.missing("key"):
            yield read_field(item, key, position, of_campaign=of_campaign)


def read_field(item: Sent, key: str, position: Position, *, of_campaign: bool) -> SentField:
    """A field of a pass has a value, a label and a behaviour; the column it stands in is the campaign's matter."""
    behaviour = "behavior" if "behaviour" not in item and "behavior" in item else "behaviour"
    return SentField(
        key=key,
        position=position,
        value=item.text("value"),
        label=item.text("label"),
        behaviour=set_or_unset(item.choice(behaviour, Behaviour)),
        destroy=given(item.boolean("_destroy"), False),
        **(column(item) if of_campaign else {}),
    )


def column(item: Sent) -> dict[str, Any]:
    """How a campaign's field is filled in and shown."""
    return {
        "data_type": set_or_unset(item.choice("data_type", DataType)),
        "format": blank_is_none(item.text("format", most=MAX_NAME)),
        "required": item.boolean("required"),
        "admin_only": set_or_unset(item.boolean("admin_only")),
        "hidden": set_or_unset(item.boolean("hidden")),
        "generated": set_or_unset(item.boolean("generated")),
        "distinct": set_or_unset(item.boolean("distinct")),
        "use_as_barcode": set_or_unset(item.boolean("use_as_barcode")),
        "change_message": change_message(item),
        "text_alignment": text_alignment(item),
        "choices": choices(item),
        "help": blank_is_none(item.text("help", most=MAX_HELP)),
    }


def choices(item: Sent) -> tuple[str, ...] | UnsetType:
    """The answers of a ``choice``: texts, each once and none of them blank."""
    value = item.raw("choices")
    if value is UNSET or value is None:
        return UNSET if value is UNSET else ()
    if not isinstance(value, list) or not all(isinstance(text, str) and text.strip() for text in value):
        return set_or_unset(item.wrong("choices", "must be a list of texts"))
    texts = [text.strip() for text in value]
    if len(texts) > MOST_CHOICES or max(map(len, texts), default=0) > MAX_NAME:
        return set_or_unset(item.wrong("choices", f"can have at most {MOST_CHOICES} texts of {MAX_NAME} characters"))
    if len(set(texts)) < len(texts):
        return set_or_unset(item.wrong("choices", "has the same text twice"))
    return tuple(texts)


def change_message(item: Sent) -> str | UnsetType | None:
    text = blank_is_none(item.text("change_message"))
    if isinstance(text, str) and text.count("%@") != 1:
        return item.wrong("change_message", "must contain %@ exactly once")
    return text


def text_alignment(item: Sent) -> str | UnsetType | None:
    text = blank_is_none(item.text("text_alignment"))
    if isinstance(text, str) and text not in ALIGNMENTS:
        return item.wrong("text_alignment", f"must be one of {', '.join(ALIGNMENTS)}")
    return text


def locations(sent: Sent, *, of_campaign: bool) -> tuple[Location, ...] | UnsetType | None:
    """The whole new list."""
    items = sent.objects("locations", most=MAX_PLACES)
    if items is None or isinstance(items, UnsetType):
        return items
    return tuple(place for item in items if (place := read_location(item, of_campaign=of_campaign)))


def read_location(item: Sent, *, of_campaign: bool) -> Location | None:
    item.require("latitude", "longitude")
    latitude = item.number("latitude", least=-90, most=90)
    longitude = item.number("longitude", least=-180, most=180)
    altitude = item.number("altitude", least=-FARTHEST, most=FARTHEST)
    relevant_text, name = item.text("relevant_text"), UNSET if of_campaign else item.text("name")
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return None
    return Location(
        latitude=float(latitude),
        longitude=float(longitude),
        altitude=float(altitude) if isinstance(altitude, int | float) else None,
        relevant_text=given(relevant_text, None),
        name=given(name, None),
    )


def beacons(sent: Sent) -> tuple[Beacon, ...] | UnsetType | None:
    """The whole new list."""
    items = sent.objects("beacons", most=MAX_PLACES)
    if items is None or isinstance(items, UnsetType):
        return items
    return tuple(found for item in items if (found := read_beacon(item)))


def read_beacon(item: Sent) -> Beacon | None:
    item.require("proximity_uuid")
    proximity = item.raw("proximity_uuid")
    major, minor = item.integer("major", most=65_535), item.integer("minor", most=65_535)
    relevant_text = item.text("relevant_text")
    if item.missing("proximity_uuid"):
        return None
    if not isinstance(proximity, str) or not UUID_TEXT.fullmatch(proximity):
        item.refuse("proximity_uuid", "must be a UUID")
        return None
    return Beacon(
        proximity_uuid=proximity,
        major=given(major, None),
        minor=given(minor, None),
        relevant_text=given(relevant_text, None),
    )


def barcodes(sent: Sent) -> tuple[Barcode | UnformattedBarcode, ...] | UnsetType | None:
    items = sent.objects("barcodes", most=MAX_BARCODES)
    if items is None or isinstance(items, UnsetType):
        return items
    return tuple(read_barcode(item) for item in items)


def images(sent: Sent) -> dict[ImageSlot, UUID | None]:
    """The asset for each slot that the request mentions; None empties the slot."""
    asked = {slot: sent.uuid(f"{slot.value}_id") for slot in ImageSlot}
    return {slot: asset_id for slot, asset_id in asked.items() if not isinstance(asset_id, UnsetType)}


def transit_type(sent: Sent) -> TransitType | UnsetType | None:
    """A blank text is none."""
    return None if sent.raw("transit_type") == "" else sent.choice("transit_type", TransitType)


def max_distance(sent: Sent) -> int | UnsetType | None:
    """Metres. Whatever is farther than wallets look, or nearer than here, is no error."""
    metres = sent.integer("max_distance", least=-math.inf, most=math.inf)
    return min(max(metres, 0), FARTHEST) if isinstance(metres, int) else metres


def user_info(sent: Sent) -> dict[str, Any] | UnsetType | None:
    """An object, kept and returned as it is."""
    value = sent.mapping("user_info")
    if isinstance(value, dict) and len(msgspec.json.encode(value)) > MAX_USER_INFO:
        return sent.wrong("user_info", f"is too large (at most {MAX_USER_INFO} bytes)")
    return value


def time_zone(sent: Sent) -> str | UnsetType | None:
    """A name of the IANA time zone database."""
    name = blank_is_none(sent.text("time_zone", most=MAX_NAME))
    if not isinstance(name, str):
        return name
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, LookupError):
        return sent.wrong("time_zone", "must be a time zone such as Europe/Lisbon")


def set_or_unset(value: Value | UnsetType | None) -> Value | UnsetType:
    """For attributes that always have a value: ``null`` leaves it as it is."""
    return UNSET if value is None else value


def blank_is_none(text: str | UnsetType | None) -> str | UnsetType | None:
    return None if isinstance(text, str) and not text.strip() else text
