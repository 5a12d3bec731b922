"""The parts that campaigns and passes share in the API's JSON: fields, places, codes, times and links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from passwright import addresses, secrets
from passwright.addresses import from_outside
from passwright.passes.content import (
    AltTextType,
    Barcode,
    BarcodeFormat,
    Beacon,
    Behaviour,
    DataType,
    Field,
    ImageRef,
    ImageSlot,
    Location,
    Position,
    ShownBarcode,
)

Id = Annotated[str, Meta(extra_json_schema={"format": "uuid"})]
Address = Annotated[str, Meta(extra_json_schema={"format": "uri"})]
Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class PassField(Struct, frozen=True, kw_only=True):
    """A field of one pass."""

    key: str
    value: str | None
    label: str | None
    behaviour: Behaviour


class CampaignField(PassField, frozen=True, kw_only=True):
    """A field of a campaign. What goes beyond a plain v2 field is there only when somebody set it."""

    data_type: DataType
    required: bool
    format: str | UnsetType = UNSET
    admin_only: Literal[True] | UnsetType = UNSET
    hidden: Literal[True] | UnsetType = UNSET
    generated: Literal[True] | UnsetType = UNSET
    distinct: Literal[True] | UnsetType = UNSET
    use_as_barcode: Literal[True] | UnsetType = UNSET
    change_message: str | UnsetType = UNSET
    text_alignment: str | UnsetType = UNSET
    choices: tuple[str, ...] | UnsetType = UNSET
    help: str | UnsetType = UNSET


class CampaignLocation(Struct, frozen=True, kw_only=True):
    """Degrees; altitude in metres."""

    altitude: float | None
    latitude: float
    longitude: float
    relevant_text: str | None


class PassLocation(CampaignLocation, frozen=True, kw_only=True):
    name: str | None


class BeaconShape(Struct, frozen=True, kw_only=True):
    major: int | None
    minor: int | None
    proximity_uuid: str
    relevant_text: str | None


class BarcodeShape(Struct, frozen=True, kw_only=True):
    """A campaign's texts are empty when none were given; a pass shows what a scanner reads."""

    format: BarcodeFormat
    message: str
    alt_text: str
    alt_text_type: AltTextType


class PageLinks(Struct, frozen=True, kw_only=True):
    page_url: Address
    pkpass_url: Address
    page_short_url: Address
    pkpass_short_url: Address


def whole_seconds(at: datetime) -> str:
    """``2016-12-19T16:46:32Z``: when campaigns, passes, templates and assets were made and changed."""
    return f"{utc(at).isoformat(timespec='seconds')}Z"


def milliseconds(at: datetime) -> str:
    """``2016-12-19T16:46:32.745Z``: distributions, and what happened to pushes and devices."""
    return f"{utc(at).isoformat(timespec='milliseconds')}Z"


def milliseconds_of(at: datetime | None) -> str | None:
    return milliseconds(at) if at else None


def date_of(at: datetime | None) -> str | None:
    """``2016-08-09T14:30:54.000+00:00``: the dates that people set."""
    return f"{utc(at).isoformat(timespec='milliseconds')}+00:00" if at else None


def utc(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)


def pass_fields(fields: Iterable[Field], position: Position) -> tuple[PassField, ...]:
    return tuple(pass_field(field) for field in fields if field.position is position)


def pass_field(field: Field) -> PassField:
    return PassField(key=field.key, value=field.value, label=field.label, behaviour=field.behaviour)


def campaign_fields(fields: Iterable[Field], position: Position) -> tuple[CampaignField, ...]:
    return tuple(campaign_field(field) for field in fields if field.position is position)


def campaign_field(field: Field) -> CampaignField:
    return CampaignField(
        key=field.key,
        value=field.value,
        label=field.label,
        behaviour=field.behaviour,
        data_type=field.data_type,
        required=field.required is not False,
        format=text_if_set(field.format),
        admin_only=field.admin_only or UNSET,
        hidden=field.hidden or UNSET,
        generated=field.generated or UNSET,
        distinct=field.distinct or UNSET,
        use_as_barcode=field.use_as_barcode or UNSET,
        change_message=text_if_set(field.change_message),
        text_alignment=text_if_set(field.text_alignment),
        choices=field.choices or UNSET,
        help=text_if_set(field.help),
    )


def text_if_set(text: str | None) -> str | UnsetType:
    return UNSET if text is None else text


def campaign_location(location: Location) -> CampaignLocation:
    return CampaignLocation(
        altitude=location.altitude,
        latitude=location.latitude,
        longitude=location.longitude,
        relevant_text=location.relevant_text,
    )


def pass_location(location: Location) -> PassLocation:
    return PassLocation(
        altitude=location.altitude,
        latitude=location.latitude,
        longitude=location.longitude,
        relevant_text=location.relevant_text,
        name=location.name,
    )


def beacon_shape(beacon: Beacon) -> BeaconShape:
    return BeaconShape(
        major=beacon.major,
        minor=beacon.minor,
        proximity_uuid=beacon.proximity_uuid,
        relevant_text=beacon.relevant_text,
    )


def barcode_shape(barcode: Barcode | ShownBarcode) -> BarcodeShape:
    return BarcodeShape(
        format=barcode.format,
        message=barcode.message or "",
        alt_text=barcode.alt_text or "",
        alt_text_type=barcode.alt_text_type,
    )


def image_id(images: Mapping[ImageSlot, ImageRef], slot: ImageSlot) -> str | None:
    return images[slot].asset_id if slot in images else None


def campaign_links(token: str) -> PageLinks:
    """The download page of a distribution and its short forms."""
    return links(addresses.link_page(token), addresses.short_link_page(token))


def pass_links(distribution_token: str, opened_by: UUID) -> PageLinks:
    """``opened_by``: what the page token of the pass stands for."""
    token = secrets.page_token(opened_by)
    return links(addresses.pass_page(distribution_token, token), addresses.short_pass_page(token))


def links(page: str, short: str) -> PageLinks:
    """Of two paths."""
    return PageLinks(
        page_url=from_outside(page),
        pkpass_url=from_outside(f"{page}.pkpass"),
        page_short_url=from_outside(short),
        pkpass_short_url=from_outside(f"{short}.pkpass"),
    )
