"""A pass as the API shows it: what it says (`Content`) and what its row keeps."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType, structs

from passwright import secrets
from passwright.data.models import Campaign, Pass
from passwright.interfaces.api.content_shapes import (
    Address,
    BarcodeShape,
    BeaconShape,
    Id,
    Moment,
    PassField,
    PassLocation,
    barcode_shape,
    beacon_shape,
    date_of,
    image_id,
    pass_fields,
    pass_links,
    pass_location,
    whole_seconds,
)
from passwright.passes.content import Content, ImageSlot, Position, Revision


class PassShape(Struct, frozen=True, kw_only=True):
    """A pass."""

    id: Id
    campaign_id: Id
    voided: bool
    serial_number: str
    external_id: str | None
    redeem_code: str
    redeemed_count: int
    redeemed_at: Moment | None
    barcode: BarcodeShape
    barcodes: tuple[BarcodeShape, ...]
    expiration_date: Moment | None
    max_distance: int | None
    relevant_date: Moment | None
    header_fields: tuple[PassField, ...]
    primary_fields: tuple[PassField, ...]
    secondary_fields: tuple[PassField, ...]
    auxiliary_fields: tuple[PassField, ...]
    back_fields: tuple[PassField, ...]
    locations: tuple[PassLocation, ...]
    beacons: tuple[BeaconShape, ...]
    user_info: dict[str, Any]
    page_url: Address
    pkpass_url: Address
    page_short_url: Address
    pkpass_short_url: Address
    download_page_link: Address
    direct_link: Address
    icon_id: Id | None
    logo_id: Id | None
    strip_id: Id | None
    thumbnail_id: Id | None
    background_id: Id | None
    footer_id: Id | None
    gwallet_usage: bool
    gwallet_status: str | None
    gwallet_message: str | None
    metadata: dict[str, Any]
    created_at: Moment
    updated_at: Moment
    distribution_id: Id | None
    values: dict[str, str | None] | UnsetType = UNSET
    """By key, what is kept of each field that the campaign has."""
    boarding_pass_id: Id | UnsetType = UNSET
    coupon_id: Id | UnsetType = UNSET
    event_ticket_id: Id | UnsetType = UNSET
    generic_id: Id | UnsetType = UNSET
    store_card_id: Id | UnsetType = UNSET
    authentication_token: str | UnsetType = UNSET
    transit_type: str | UnsetType | None = UNSET


def pass_shape(
    row: Pass,
    campaign: Campaign,
    content: Content,
    distribution_token: str,
    changed_at: datetime,
    revision: Revision,
) -> PassShape:
    """The pass, whose page lies under the distribution with that token. What it says of Google is its campaign's.

    ``changed_at``: when it last changed, by itself or with its campaign. ``revision``: what it shows of
    its campaign.
    """
    links = pass_links(distribution_token, row.opened_by)
    images = content.look.images
    return PassShape(
        id=str(row.id),
        campaign_id=str(row.campaign_id),
        voided=content.voided,
        serial_number=content.serial_number,
        external_id=row.external_id,
        redeem_code=row.redeem_code,
        redeemed_count=row.redeemed_count,
        redeemed_at=whole_seconds(row.redeemed_at) if row.redeemed_at else None,
        barcode=barcode_shape(content.barcode),
        barcodes=tuple(barcode_shape(barcode) for barcode in content.barcodes),
        expiration_date=date_of(content.expiration_date),
        max_distance=content.max_distance,
        relevant_date=date_of(content.relevant_date),
        header_fields=pass_fields(content.fields, Position.HEADER),
        primary_fields=pass_fields(content.fields, Position.PRIMARY),
        secondary_fields=pass_fields(content.fields, Position.SECONDARY),
        auxiliary_fields=pass_fields(content.fields, Position.AUXILIARY),
        back_fields=pass_fields(content.fields, Position.BACK),
        locations=tuple(pass_location(location) for location in content.locations),
        beacons=tuple(beacon_shape(beacon) for beacon in content.beacons),
        user_info=content.user_info,
        page_url=links.page_url,
        pkpass_url=links.pkpass_url,
        page_short_url=links.page_short_url,
        pkpass_short_url=links.pkpass_short_url,
        download_page_link=links.page_url,
        direct_link=links.pkpass_url,
        icon_id=image_id(images, ImageSlot.ICON),
        logo_id=image_id(images, ImageSlot.LOGO),
        strip_id=image_id(images, ImageSlot.STRIP),
        thumbnail_id=image_id(images, ImageSlot.THUMBNAIL),
        background_id=image_id(images, ImageSlot.BACKGROUND),
        footer_id=image_id(images, ImageSlot.FOOTER),
        gwallet_usage=campaign.gwallet_usage,
        gwallet_status=campaign.gwallet_status,
        gwallet_message=campaign.gwallet_message,
        metadata=row.metadata or {},
        created_at=whole_seconds(row.created_at),
        updated_at=whole_seconds(changed_at),
        distribution_id=str(row.distribution_id) if row.distribution_id else None,
        values=values_of(content, revision),
    )


def values_of(content: Content, revision: Revision) -> dict[str, str | None]:
    """Of fields that the pass brought itself nothing is said: they stand in the lists alone."""
    if content.fields is revision.fields:
        return {field.key: field.value for field in content.fields}
    of_campaign = {field.key for field in revision.fields}
    return {field.key: field.value for field in content.fields if field.key in of_campaign}


def as_v1(shape: PassShape, row: Pass, content: Content, root: str) -> PassShape:
    """With what version 1 said beyond version 2. The authentication token is a secret: version 2 never shows it.

    ``root`` is the campaign type's (``generic``): version 1 also has the campaign's id under ``<root>_id``.
    """
    return structs.replace(
        shape,
        **{f"{root}_id": str(row.campaign_id)},
        authentication_token=secrets.authentication_token(row.serial_number, row.link_id),
        transit_type=content.look.transit_type,
        values=UNSET,
    )
