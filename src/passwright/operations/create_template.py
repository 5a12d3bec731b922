from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from msgspec import UNSET, Struct, UnsetType, field, to_builtins

from passwright.data.models import Organization, Template
from passwright.operations.campaign_content import violated
from passwright.operations.pictures import chosen_pictures
from passwright.operations.refusals import Faults, ValidationFailed
from passwright.operations.retrying import retried
from passwright.passes.content import Barcode, ImageSlot, Style, TransitType


class SentTemplate(Struct, frozen=True, kw_only=True):
    """What somebody says about a template. What is UNSET stays as it is, or empty on a new one; so do slots that
    are not in ``images``. None empties."""

    name: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    pass_type: Style | UnsetType = UNSET
    transit_type: TransitType | UnsetType | None = UNSET
    logo_text: str | UnsetType | None = UNSET
    background_color: str | UnsetType | None = UNSET
    text_color: str | UnsetType | None = UNSET
    label_color: str | UnsetType | None = UNSET
    barcode: Barcode | UnsetType | None = UNSET
    images: Mapping[ImageSlot, UUID | None] = field(default_factory=dict)


@retried
@transaction.atomic
def create_template(*, organization: Organization, sent: SentTemplate, now: datetime, source: str = "api") -> Template:
    """Make a template.

    Raises:
        ValidationFailed: naming everything that is missing, unknown or taken.
    """
    template = Template(organization=organization, source=source, created_at=now)
    lay_on(template, sent)
    check(template)
    keep(template, now)
    return template


def lay_on(template: Template, sent: SentTemplate) -> None:
    """Put what was sent into the row, unsaved."""
    for name in ("name", "description", "logo_text", "background_color", "text_color", "label_color", "transit_type"):
        if (value := getattr(sent, name)) is not UNSET:
            setattr(template, name, value)
    if sent.pass_type is not UNSET:
        template.pass_type = sent.pass_type.value
    if sent.barcode is not UNSET:
        template.barcode = to_builtins(sent.barcode)
    for slot, asset_id in sent.images.items():
        setattr(template, f"{slot.value}_id", asset_id)


def check(template: Template) -> None:
    """Everything that a template needs before it can be kept. Its assets cannot be deleted from here on."""
    faults = Faults()
    for name in ("name", "pass_type", "icon_id"):
        if not str(getattr(template, name) or "").strip():
            faults.add(name, "can't be blank")
    check_transit_type(template, faults)
    chosen_pictures(template.organization_id, image_ids(template), faults)
    faults.check()


def check_transit_type(template: Template, faults: Faults) -> None:
    if template.pass_type == Style.BOARDING_PASS and not template.transit_type:
        faults.add("transit_type", "can't be blank for a boardingPass")


def image_ids(template: Template) -> dict[ImageSlot, UUID]:
    """The filled slots."""
    ids: dict[ImageSlot, UUID | None] = {slot: getattr(template, f"{slot.value}_id") for slot in ImageSlot}
    return {slot: asset_id for slot, asset_id in ids.items() if asset_id is not None}


def keep(template: Template, now: datetime) -> None:
    """Write the row, unless another one has its name: the database decides, so of two at once one wins."""
    template.updated_at = now
    try:
        with transaction.atomic():
            template.save()
    except IntegrityError as error:
        if violated(error) != "template_name":
            raise
        raise ValidationFailed({"name": ["has already been taken"]}) from None
