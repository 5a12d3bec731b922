"""A campaign as the API shows it: every attribute of the contract, in the order of its printed examples."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from passwright.data.models import Campaign, Distribution
from passwright.interfaces.api.content_shapes import (
    Address,
    BarcodeShape,
    BeaconShape,
    CampaignField,
    CampaignLocation,
    Id,
    Moment,
    barcode_shape,
    beacon_shape,
    campaign_fields,
    campaign_links,
    campaign_location,
    date_of,
    image_id,
    milliseconds,
    milliseconds_of,
    whole_seconds,
)
from passwright.interfaces.api.snippets import badge_html, embed_html
from passwright.operations.distribution_rules import Returning
from passwright.passes.content import (
    AfterCreate,
    Barcode,
    BarcodeFormat,
    CodeType,
    ImageSlot,
    Language,
    Position,
    Revision,
)
from passwright.queries.link_counts import LinkCounts

NO_BARCODE = Barcode(format=BarcodeFormat.NONE)


class DistributionShape(Struct, frozen=True, kw_only=True):
    """A link at which a visitor gets his own pass, and what it demands of him."""

    id: Id
    distribution_type: str
    state: str
    page_url: Address
    pkpass_url: Address
    preview_url: Address
    page_short_url: Address
    pkpass_short_url: Address
    preview_short_url: Address
    created_at: Moment
    updated_at: Moment
    published_at: Moment | None
    name: str
    pass_limit: int | None
    issued_count: int
    starts_at: Moment | None
    ends_at: Moment | None
    has_password: bool
    returning: Returning
    distinct_key: str | None
    captcha: bool
    claims_per_hour: int | None
    embed_origins: tuple[str, ...]


class LinkShape(DistributionShape, frozen=True, kw_only=True):
    """The same looked at by itself, with what came of it and what to put on other websites."""

    campaign_id: Id
    qrcode_url: Address
    views_count: int
    forms_begun_count: int
    created_count: int
    downloaded_count: int
    installed_count: int
    badge_html: str
    embed_html: str | None


class CampaignShape(Struct, frozen=True, kw_only=True):
    """A campaign."""

    id: Id
    name: str
    template_id: Id
    certificate_id: Id
    organization_name: str
    gwallet_usage: bool
    gwallet_status: str | None
    gwallet_message: str | None
    barcode: BarcodeShape
    barcodes: tuple[BarcodeShape, ...]
    allow_multiple_redeems: bool
    header_fields: tuple[CampaignField, ...]
    primary_fields: tuple[CampaignField, ...]
    secondary_fields: tuple[CampaignField, ...]
    auxiliary_fields: tuple[CampaignField, ...]
    back_fields: tuple[CampaignField, ...]
    locations: tuple[CampaignLocation, ...]
    beacons: tuple[BeaconShape, ...]
    expiration_date: Moment | None
    code_type: CodeType
    code_fixed_value: str | None
    render_on_short_url: bool
    redeem_count: int
    remote_form_url: str | None
    og: bool
    og_description: str
    javascript: str | None
    stylesheet: str | None
    created_at: Moment
    updated_at: Moment
    user_info: dict[str, Any]
    page_url: Address
    pkpass_url: Address
    page_short_url: Address
    pkpass_short_url: Address
    distributions: tuple[DistributionShape, ...]
    state: str
    description: str
    max_distance: int | None
    relevant_date: Moment | None
    associated_store_identifiers: tuple[int, ...]
    sync_locations_on_merge: bool
    sync_beacons_on_merge: bool
    merge_on_update: bool
    time_zone: str
    language: Language
    country: str | None
    days_valid: int | None
    after_create: AfterCreate
    confirm_by_email: bool
    allow_update: bool
    allow_delete: bool
    allow_transfer: bool
    transit_type: str | None
    icon_id: Id | None
    logo_id: Id | None
    strip_id: Id | None
    thumbnail_id: Id | None
    background_id: Id | None
    footer_id: Id | None
    logo_text: str | None
    background_color: str | None
    text_color: str | None
    label_color: str | None


def campaign_shape(campaign: Campaign, revision: Revision, distributions: Sequence[Distribution]) -> CampaignShape:
    """The campaign with its newest revision and its distributions; its own addresses are those of the first."""
    links = campaign_links(distributions[0].token)
    images = revision.look.images
    return CampaignShape(
        id=str(campaign.id),
        name=campaign.name,
        template_id=str(campaign.template_id),
        certificate_id=str(campaign.certificate_id),
        organization_name=revision.organization_name,
        gwallet_usage=campaign.gwallet_usage,
        gwallet_status=campaign.gwallet_status,
        gwallet_message=campaign.gwallet_message,
        barcode=barcode_shape(revision.barcode or NO_BARCODE),
        barcodes=tuple(barcode_shape(barcode) for barcode in revision.barcodes),
        allow_multiple_redeems=campaign.allow_multiple_redeems,
        header_fields=campaign_fields(revision.fields, Position.HEADER),
        primary_fields=campaign_fields(revision.fields, Position.PRIMARY),
        secondary_fields=campaign_fields(revision.fields, Position.SECONDARY),
        auxiliary_fields=campaign_fields(revision.fields, Position.AUXILIARY),
        back_fields=campaign_fields(revision.fields, Position.BACK),
        locations=tuple(campaign_location(location) for location in revision.locations),
        beacons=tuple(beacon_shape(beacon) for beacon in revision.beacons),
        expiration_date=date_of(campaign.expiration_date),
        code_type=revision.code_type,
        code_fixed_value=revision.code_fixed_value,
        render_on_short_url=campaign.render_on_short_url,
        redeem_count=campaign.redeem_count,
        remote_form_url=campaign.remote_form_url,
        og=campaign.og,
        og_description=campaign.og_description,
        javascript=campaign.javascript,
        stylesheet=campaign.stylesheet,
        created_at=whole_seconds(campaign.created_at),
        updated_at=whole_seconds(campaign.updated_at),
        user_info=campaign.user_info,
        page_url=links.page_url,
        pkpass_url=links.pkpass_url,
        page_short_url=links.page_short_url,
        pkpass_short_url=links.pkpass_short_url,
        distributions=tuple(
            DistributionShape(**distribution_attributes(each, campaign.updated_at)) for each in distributions
        ),
        state=campaign.state,
        description=revision.description,
        max_distance=revision.max_distance,
        relevant_date=date_of(campaign.relevant_date),
        associated_store_identifiers=revision.associated_store_identifiers,
        sync_locations_on_merge=campaign.sync_locations_on_merge,
        sync_beacons_on_merge=campaign.sync_beacons_on_merge,
        merge_on_update=campaign.merge_on_update,
        time_zone=campaign.time_zone,
        language=Language(campaign.language),
        country=campaign.country,
        days_valid=campaign.days_valid,
        after_create=AfterCreate(campaign.after_create),
        confirm_by_email=campaign.confirm_by_email,
        allow_update=campaign.allow_update,
        allow_delete=campaign.allow_delete,
        allow_transfer=campaign.allow_transfer,
        transit_type=revision.look.transit_type,
        icon_id=image_id(images, ImageSlot.ICON),
        logo_id=image_id(images, ImageSlot.LOGO),
        strip_id=image_id(images, ImageSlot.STRIP),
        thumbnail_id=image_id(images, ImageSlot.THUMBNAIL),
        background_id=image_id(images, ImageSlot.BACKGROUND),
        footer_id=image_id(images, ImageSlot.FOOTER),
        logo_text=revision.look.logo_text,
        background_color=revision.look.background_color,
        text_color=revision.look.text_color,
        label_color=revision.look.label_color,
    )


def distribution_attributes(distribution: Distribution, shown_since: datetime) -> dict[str, Any]:
    """``shown_since``: when the picture last changed; in its address, it keeps old pictures out of caches."""
    links = campaign_links(distribution.token)
    preview = f".png?updated_at={int(shown_since.timestamp())}"
    return {
        "id": str(distribution.id),
        "distribution_type": distribution.distribution_type,
        "state": distribution.state,
        "page_url": links.page_url,
        "pkpass_url": links.pkpass_url,
        "preview_url": f"{links.page_url}{preview}",
        "page_short_url": links.page_short_url,
        "pkpass_short_url": links.pkpass_short_url,
        "preview_short_url": f"{links.page_short_url}{preview}",
        "created_at": milliseconds(distribution.created_at),
        "updated_at": milliseconds(distribution.updated_at),
        "published_at": milliseconds_of(distribution.published_at),
        "name": distribution.name,
        "pass_limit": distribution.pass_limit,
        "issued_count": distribution.issued_count,
        "starts_at": date_of(distribution.starts_at),
        "ends_at": date_of(distribution.ends_at),
        "has_password": distribution.password_hash is not None,
        "returning": Returning(distribution.returning),
        "distinct_key": distribution.distinct_key,
        "captcha": distribution.captcha,
        "claims_per_hour": distribution.claims_per_hour,
        "embed_origins": tuple(distribution.embed_origins),
    }


def link_shape(campaign: Campaign, distribution: Distribution, counts: LinkCounts) -> LinkShape:
    attributes = distribution_attributes(distribution, campaign.updated_at)
    page = attributes["page_url"]
    return LinkShape(
        **attributes,
        campaign_id=str(campaign.id),
        qrcode_url=f"{page}.qrcode",
        views_count=counts.views,
        forms_begun_count=counts.forms,
        created_count=distribution.issued_count,
        downloaded_count=counts.downloads,
        installed_count=counts.installs,
        badge_html=badge_html(page, campaign.name, campaign.language),
        embed_html=embed_html(page) if distribution.embed_origins else None,
    )
