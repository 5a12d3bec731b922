"""What a request can say about a campaign, and the revision that comes of it."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from copy import copy
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import IntegrityError
from msgspec import UNSET, Struct, UnsetType, structs

from passwright.data.models import Campaign, Certificate, Organization, Template
from passwright.operations.field_pictures import slot_of
from passwright.operations.places import check_beacons, check_distance, check_locations, clamped_distance
from passwright.operations.refusals import Faults
from passwright.operations.sizes import check_number
from passwright.passes.answers import (
    LONGEST_GENERATED,
    LONGEST_GENERATED_NUMBER,
    SHORTEST_GENERATED,
    generated_length,
    is_blank,
    read_value,
)
from passwright.passes.changes import DuplicateKey, SentField, merge_campaign_fields
from passwright.passes.codes import AskedBarcode, formatted
from passwright.passes.content import (
    AfterCreate,
    Barcode,
    Beacon,
    Behaviour,
    CodeType,
    DataType,
    Field,
    ImageSlot,
    Language,
    Location,
    Look,
    Position,
    Revision,
    Style,
    TransitType,
)
from passwright.passes.places import read_places
from passwright.queries.certificates import certificates_of

GOOGLE_STYLES = {Style.COUPON, Style.STORE_CARD}
GENERATED_TYPES = {DataType.TEXT, DataType.NUMBER}
TEXT_ALIGNMENTS = {"left", "center", "right", "natural"}


class CampaignWanted(Struct, frozen=True, kw_only=True):
    """The attributes of a campaign that a request sends, typed. What it does not mention is ``UNSET``.

    None asks for the default, as ``null`` does.
    """

    name: str | UnsetType | None = UNSET
    description: str | UnsetType | None = UNSET
    template_id: UUID | UnsetType | None = UNSET
    certificate_id: UUID | UnsetType | None = UNSET
    organization_name: str | UnsetType | None = UNSET
    barcode: AskedBarcode | UnsetType | None = UNSET
    barcodes: tuple[AskedBarcode, ...] | UnsetType | None = UNSET
    code_type: str | UnsetType | None = UNSET
    code_fixed_value: str | UnsetType | None = UNSET
    allow_multiple_redeems: bool | UnsetType | None = UNSET
    fields: tuple[SentField, ...] = ()
    locations: tuple[Location, ...] | UnsetType | None = UNSET
    beacons: tuple[Beacon, ...] | UnsetType | None = UNSET
    max_distance: int | UnsetType | None = UNSET
    expiration_date: datetime | UnsetType | None = UNSET
    relevant_date: datetime | UnsetType | None = UNSET
    associated_store_identifiers: tuple[int, ...] | UnsetType | None = UNSET
    user_info: dict[str, Any] | UnsetType | None = UNSET
    time_zone: str | UnsetType | None = UNSET
    remote_form_url: str | UnsetType | None = UNSET
    og: bool | UnsetType | None = UNSET
    og_description: str | UnsetType | None = UNSET
    javascript: str | UnsetType | None = UNSET
    stylesheet: str | UnsetType | None = UNSET
    render_on_short_url: bool | UnsetType | None = UNSET
    sync_locations_on_merge: bool | UnsetType | None = UNSET
    sync_beacons_on_merge: bool | UnsetType | None = UNSET
    merge_on_update: bool | UnsetType | None = UNSET
    gwallet_usage: bool | UnsetType | None = UNSET
    language: Language | UnsetType | None = UNSET
    country: str | UnsetType | None = UNSET
    days_valid: int | UnsetType | None = UNSET
    after_create: AfterCreate | UnsetType | None = UNSET
    confirm_by_email: bool | UnsetType | None = UNSET
    allow_update: bool | UnsetType | None = UNSET
    allow_delete: bool | UnsetType | None = UNSET
    allow_transfer: bool | UnsetType | None = UNSET

    images: dict[ImageSlot, UUID | None] = msgspec.field(default_factory=dict)
    """``icon_id`` and so on, by slot; None takes a picture away."""
    logo_text: str | UnsetType | None = UNSET
    background_color: str | UnsetType | None = UNSET
    text_color: str | UnsetType | None = UNSET
    label_color: str | UnsetType | None = UNSET
    transit_type: TransitType | UnsetType | None = UNSET


SETTINGS: dict[str, Any] = {
    "description": None,
    "organization_name": None,
    "code_fixed_value": None,
    "allow_multiple_redeems": False,
    "expiration_date": None,
    "relevant_date": None,
    "user_info": {},
    "time_zone": "UTC",
    "remote_form_url": None,
    "og": True,
    "og_description": "",
    "javascript": None,
    "stylesheet": None,
    "render_on_short_url": False,
    "sync_locations_on_merge": True,
    "sync_beacons_on_merge": True,
    "merge_on_update": False,
    "language": Language.ENGLISH,
    "country": None,
    "days_valid": None,
    "after_create": AfterCreate.VIEW,
    "confirm_by_email": True,
    "allow_update": False,
    "allow_delete": False,
    "allow_transfer": False,
}
"""The attributes of a campaign's row that are taken as they come, each with its default."""


def apply_settings(campaign: Campaign, wanted: CampaignWanted, faults: Faults) -> None:
    """Set on the campaign what was sent."""
    for name, default in SETTINGS.items():
        value = getattr(wanted, name)
        if value is not UNSET:
            setattr(campaign, name, copy(default) if value is None else value)
    apply_name(campaign, wanted, faults)
    apply_code_type(campaign, wanted, faults)
    apply_google(campaign, wanted)
    if campaign.time_zone != "UTC" and campaign.time_zone not in zoneinfo.available_timezones():
        faults.add("time_zone", "is not the name of a time zone such as Europe/Lisbon")
    if campaign.remote_form_url and not campaign.remote_form_url.startswith(("http://", "https://")):
        faults.add("remote_form_url", "must be an http or https address")


def apply_name(campaign: Campaign, wanted: CampaignWanted, faults: Faults) -> None:
    if wanted.name is not UNSET:
        campaign.name = (wanted.name or "").strip()
    if not campaign.name:
        faults.add("name", "can't be blank")
    elif (
        Campaign.objects.filter(
            organization_id=campaign.organization_id, style=campaign.style, name=campaign.name, deleted_at=None
        )
        .exclude(id=campaign.id)
        .exists()
    ):
        faults.add("name", "has already been taken")


def apply_code_type(campaign: Campaign, wanted: CampaignWanted, faults: Faults) -> None:
    if wanted.code_type is not UNSET:
        asked = wanted.code_type or CodeType.SEQUENCIAL
        code_type = CodeType.SEQUENCIAL if asked == "sequential" else asked
        if code_type == "list":
            faults.add("code_type", "list is not available through the API")
        elif code_type not in set(CodeType):
            faults.add("code_type", f"must be one of {', '.join(CodeType)}")
        elif code_type != campaign.code_type and campaign.next_code > 1:
            faults.add("code_type", "can't be changed once a pass was issued")
        else:
            campaign.code_type = str(code_type)
    if campaign.code_type == CodeType.FIXED and not (campaign.code_fixed_value or "").strip():
        faults.add("code_fixed_value", "can't be blank")


def apply_google(campaign: Campaign, wanted: CampaignWanted) -> None:
    """Google Wallet takes two styles of campaign; with others the wish is not fulfilled and not refused."""
    if wanted.gwallet_usage is not UNSET:
        campaign.gwallet_usage = bool(wanted.gwallet_usage) and campaign.style in GOOGLE_STYLES
    if campaign.gwallet_usage and campaign.gwallet_status is None:
        campaign.gwallet_status = "local"


def apply_certificate(campaign: Campaign, wanted: CampaignWanted, now: datetime, faults: Faults) -> None:
    """The organization's or a public certificate; without one, the public one of the campaign's style."""
    if wanted.certificate_id is UNSET and campaign.certificate_id is not None:
        return
    usable = certificates_of(campaign.organization).filter(expires_at__gt=now, not_before__lte=now)
    if wanted.certificate_id:
        found = usable.filter(id=wanted.certificate_id).first()
        fault = "does not exist or has expired"
    else:
        found = usable.filter(organization=None, pass_type=campaign.style).first()
        fault = "can't be blank: there is no public certificate for this type of campaign"
    if found is None:
        faults.add("certificate_id", fault)
    elif changes_identity(campaign, found):
        faults.add("certificate_id", "can't have another pass type identifier once a pass was issued")
    else:
        campaign.certificate = found


def changes_identity(campaign: Campaign, certificate: Certificate) -> bool:
    """A phone knows a pass by pass type identifier and serial number: with another it would be another pass."""
    if campaign.next_code == 1:
        return False
    return bool(campaign.certificate.pass_type_identifier != certificate.pass_type_identifier)


def revised(
    base: Revision,
    campaign: Campaign,
    organization: Organization,
    look: Look,
    wanted: CampaignWanted,
    faults: Faults,
    *,
    epoch: int,
    merge: int,
) -> Revision:
    """The revision ``base`` with what was sent, for the campaign as it is now; codes are left to `with_codes`."""
    style = Style(campaign.style)
    return structs.replace(
        base,
        epoch=epoch,
        name=campaign.name,
        organization_name=campaign.organization_name or organization.name,
        description=campaign.description or campaign.name,
        look=look,
        fields=revised_fields(base.fields, wanted, faults, country=campaign.country, epoch=epoch, merge=merge),
        locations=revised_locations(base, wanted, faults),
        beacons=revised_beacons(base, wanted, faults),
        code_type=CodeType(campaign.code_type),
        code_fixed_value=campaign.code_fixed_value,
        max_distance=revised_distance(base, style, wanted, faults),
        associated_store_identifiers=taken(wanted.associated_store_identifiers, base.associated_store_identifiers),
        language=str(campaign.language),
        country=campaign.country,
        edit_link=campaign.allow_update or campaign.allow_delete or campaign.allow_transfer,
    )


def taken(sent: tuple[Any, ...] | UnsetType | None, current: tuple[Any, ...]) -> tuple[Any, ...]:
    """A list as sent; empty when ``null``; the current one when not sent."""
    return current if sent is UNSET else sent or ()


def revised_locations(base: Revision, wanted: CampaignWanted, faults: Faults) -> tuple[Location, ...]:
    locations = taken(wanted.locations, base.locations)
    check_locations(locations, faults)
    return locations


def revised_beacons(base: Revision, wanted: CampaignWanted, faults: Faults) -> tuple[Beacon, ...]:
    beacons = taken(wanted.beacons, base.beacons)
    check_beacons(beacons, faults)
    return beacons


def revised_distance(base: Revision, style: Style, wanted: CampaignWanted, faults: Faults) -> int | None:
    if wanted.max_distance is UNSET:
        return base.max_distance
    check_distance(wanted.max_distance, faults)
    return clamped_distance(style, wanted.max_distance)


def revised_fields(
    current: tuple[Field, ...],
    wanted: CampaignWanted,
    faults: Faults,
    *,
    country: str | None,
    epoch: int,
    merge: int,
) -> tuple[Field, ...]:
    try:
        fields = merge_campaign_fields(current, wanted.fields, epoch=epoch, merge=merge)
    except DuplicateKey as error:
        faults.add(f"{error.lists[1]}_fields", str(error))
        return current
    check_number(fields, faults, whose="campaign")
    for position, fault in (*field_faults(fields), *column_faults(current, fields)):
        faults.add(f"{position}_fields", fault)
    return with_kept_defaults(current, fields, country, faults)


def column_faults(current: tuple[Field, ...], fields: tuple[Field, ...]) -> Iterator[tuple[Position, str]]:
    """What does not go together in a field that is new or changed; what was there before stays as it is."""
    for field in changed_fields(current, fields):
        if field.choices and field.data_type is not DataType.CHOICE:
            yield field.position, f"has choices at {field.key}, whose data_type is not choice"
        if field.generated:
            yield from ((field.position, fault) for fault in generation_faults(field))
        if field.distinct:
            yield from ((field.position, fault) for fault in distinction_faults(field))


def generation_faults(field: Field) -> Iterator[str]:
    if field.data_type not in GENERATED_TYPES:
        yield f"can't have {field.key} generated: only text and number fields are"
    elif generated_length(field) is None:
        most = LONGEST_GENERATED_NUMBER if field.data_type is DataType.NUMBER else LONGEST_GENERATED
        yield f"has a format at {field.key} that is no length: {SHORTEST_GENERATED} to {most} characters are generated"
    if field.behaviour is Behaviour.FIXED:
        yield f"can't have {field.key} generated for each pass: its behaviour is fixed. Make it dynamic"


def distinction_faults(field: Field) -> Iterator[str]:
    if field.behaviour is Behaviour.FIXED:
        yield f"can't make {field.key} distinct: its behaviour is fixed. Make it dynamic"
    if not is_blank(field.value) and not field.generated:
        yield f"can't make {field.key} distinct and give it a value, which all passes would share"


def changed_fields(current: tuple[Field, ...], fields: tuple[Field, ...]) -> Iterator[Field]:
    before = {field.key: field for field in current}
    return (field for field in fields if field != before.get(field.key))


def with_kept_defaults(
    current: tuple[Field, ...], fields: tuple[Field, ...], country: str | None, faults: Faults
) -> tuple[Field, ...]:
    """The fields, with the values of new and changed ones as they are kept. A plain text is kept as it was sent."""
    read: dict[str, str] = {}
    for field in changed_fields(current, fields):
        if field.data_type is DataType.TEXT or field.value is None:
            continue
        value = read_value(field, field.value, country=country)
        if not isinstance(value, str):
            faults.add(f"{field.position}_fields", f"has a wrong value at {field.key}: {' '.join(map(str, value))}")
        elif fault := shared_fault(field, value):
            faults.add(f"{field.position}_fields", fault)
        else:
            read[field.key] = value
    if not read:
        return fields
    return tuple(
        structs.replace(field, value=read[field.key]) if read.get(field.key, field.value) != field.value else field
        for field in fields
    )


def shared_fault(field: Field, value: str) -> str | None:
    """What a pass alone can say: nothing would come of it if its campaign said so."""
    if field.data_type is DataType.LOCATIONS and read_places(value).near:
        return f"has a point as the value of {field.key}: stores are found for the point of one pass. List places"
    if field.data_type is DataType.IMAGE and value:
        slot = slot_of(field).value
        return f"has a picture as the value of {field.key}: what all passes show is the campaign's {slot}_id"
    return None


def field_faults(fields: tuple[Field, ...]) -> Iterator[tuple[Position, str]]:
    for field in fields:
        if not field.key.strip():
            yield field.position, "has a field without a key"
        if field.change_message is not None and field.change_message.count("%@") != 1:
            yield field.position, f"has a change_message without exactly one %@ at {field.key}"
        if field.text_alignment is not None and field.text_alignment not in TEXT_ALIGNMENTS:
            yield field.position, f"has an unknown text_alignment at {field.key}"
    for field in [field for field in fields if field.use_as_barcode][1:]:
        yield field.position, f"has a second field used as barcode: {field.key}"


def sent_codes(wanted: CampaignWanted, current: Barcode | None) -> tuple[Barcode, ...]:
    """The codes as sent, in the place of ``current``; of ``barcodes`` the first is the ``barcode``."""
    asked = wanted.barcodes or ((wanted.barcode,) if wanted.barcode else ())
    return tuple(formatted(code, current) for code in asked)


def with_codes(revision: Revision, wanted: CampaignWanted, template: Template, earlier: Template | None) -> Revision:
    """The codes as sent, else as they were, else the template's. ``earlier``: the template before this update.

    Of ``barcodes`` the first is the ``barcode``; a ``barcode`` sent alone takes the place of them all.
    """
    inherited = barcode_of(template)
    if sent := sent_codes(wanted, inherited):
        return structs.replace(revision, barcodes=sent if wanted.barcodes else (), barcode=sent[0])
    if wanted.barcode is not UNSET:
        return structs.replace(revision, barcodes=(), barcode=inherited)
    if wanted.barcodes is not UNSET:
        return structs.replace(revision, barcodes=())
    own = earlier is not None and is_own(revision.barcode, earlier)
    return revision if own else structs.replace(revision, barcode=inherited)


def is_own(code: Barcode | None, template: Template) -> bool:
    """Whether a campaign brought its code itself; a template generated from a code with a message repeats it."""
    return code != barcode_of(template) or bool(code and code.message and template.source == "auto")


def barcode_of(template: Template) -> Barcode | None:
    return msgspec.convert(template.barcode, Barcode) if template.barcode is not None else None


def violated(error: IntegrityError) -> str | None:
    """The name of the constraint that the database enforced."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None)
