"""The template behind a campaign: named, or generated from the presentation attributes of a request."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import msgspec
from django.db import IntegrityError, transaction
from msgspec import UNSET

from passwright.data.models import Asset, Campaign, Template
from passwright.operations.campaign_content import CampaignWanted, barcode_of, is_own, sent_codes, violated
from passwright.operations.create_template import check_transit_type
from passwright.operations.pictures import chosen_pictures
from passwright.operations.refusals import Faults
from passwright.passes.content import Barcode, ImageRef, ImageSlot, Look, Style

PRESENTATION = ("logo_text", "background_color", "text_color", "label_color", "transit_type")


def template_for(
    campaign: Campaign, wanted: CampaignWanted, now: datetime, faults: Faults, *, code: Barcode | None = None
) -> Template | None:
    """The template that the campaign is to have, saved if it is new.

    That is the named or present one, or a new one derived from it when presentation attributes change it. None
    only if there is something in ``faults``. ``code``: the one that the campaign has before the request.
    """
    base = named_template(campaign, wanted, faults)
    if "template_id" in faults.errors:
        return None
    changes = presentation_changes(campaign, base, wanted, faults)
    kept = kept_code(campaign, base, code)
    if sent := sent_codes(wanted, kept):
        changes |= {"barcode": msgspec.to_builtins(sent[0])} if base is None or sent[0] != barcode_of(base) else {}
    elif changes and kept and wanted.barcode is not None:
        changes["barcode"] = msgspec.to_builtins(kept)
    if base is None and "icon_id" not in changes:
        faults.add("icon_id", "can't be blank")
    template = base if base and not changes else derived_template(campaign, base, changes, now)
    check_template(template, faults)
    if faults.errors:
        return None
    return template if template is base else saved_under_free_name(template, campaign.name)


def named_template(campaign: Campaign, wanted: CampaignWanted, faults: Faults) -> Template | None:
    """The template the request names, else the campaign's; None for a campaign that has none yet."""
    wanted_id = wanted.template_id or campaign.template_id
    if not wanted_id:
        return None
    found = (
        Template.objects.select_for_update(no_key=True)
        .filter(organization_id=campaign.organization_id, id=wanted_id, deleted_at=None)
        .first()
    )
    if found is None:
        faults.add("template_id", "does not exist")
    elif found.pass_type != campaign.style:
        faults.add("template_id", f"is a template for {found.pass_type}, not for {campaign.style}")
    return found


def presentation_changes(
    campaign: Campaign, base: Template | None, wanted: CampaignWanted, faults: Faults
) -> dict[str, Any]:
    """The attributes of a template that the request sets to something else."""
    sent: dict[str, Any] = {name: value for name in PRESENTATION if (value := getattr(wanted, name)) is not UNSET}
    if campaign.style != Style.BOARDING_PASS:
        sent.pop("transit_type", None)
    chosen_pictures(
        campaign.organization_id, {slot: asset_id for slot, asset_id in wanted.images.items() if asset_id}, faults
    )
    sent |= {f"{slot}_id": asset_id for slot, asset_id in wanted.images.items()}
    return {name: value for name, value in sent.items() if value != (getattr(base, name) if base else None)}


def kept_code(campaign: Campaign, base: Template | None, code: Barcode | None) -> Barcode | None:
    """The code before the request, as long as it is the campaign's own or its template stays; else that of ``base``."""
    if base is None:
        return code
    stays = campaign.template_id == base.id or (campaign.template_id and is_own(code, campaign.template))
    return code if stays else barcode_of(base)


def derived_template(campaign: Campaign, base: Template | None, changes: dict[str, Any], now: datetime) -> Template:
    """A new template, not saved yet: ``base`` with the changes."""
    names = (*PRESENTATION, "description", "barcode", *(f"{slot}_id" for slot in ImageSlot))
    attributes = {name: getattr(base, name) for name in names} if base else {}
    return Template(
        id=uuid4(),
        organization_id=campaign.organization_id,
        pass_type=campaign.style,
        source="auto",
        created_at=now,
        updated_at=now,
        **attributes | changes,
    )


def check_template(template: Template, faults: Faults) -> None:
    if template.icon_id is None and "icon_id" not in faults.errors:
        faults.add("icon_id", "can't be blank")
    check_transit_type(template, faults)


def saved_under_free_name(template: Template, campaign_name: str) -> Template:
    """Insert the template as "Template for <campaign>", with the first suffix that is free."""
    for name in names(f"Template for {campaign_name}", template.organization_id):
        template.name = name
        try:
            with transaction.atomic():
                template.save(force_insert=True)
        except IntegrityError as error:  # somebody took the name just now
            if violated(error) != "template_name":
                raise
        else:
            break
    return template


def names(first: str, organization_id: UUID) -> Iterator[str]:
    """``first``, then with -1, -2 and so on: those that no template of the organization had just now."""
    alike = Template.objects.filter(organization_id=organization_id, name__startswith=first, deleted_at=None)
    taken = set(alike.values_list("name", flat=True))
    for number in count():
        name = f"{first}-{number}" if number else first
        if name not in taken:
            yield name


def look_of(template: Template) -> Look:
    """What the template contributes to a revision."""
    asset_ids = {slot: getattr(template, f"{slot}_id") for slot in ImageSlot}
    assets = Asset.objects.in_bulk([asset_id for asset_id in asset_ids.values() if asset_id])
    return Look(
        logo_text=template.logo_text,
        background_color=template.background_color,
        text_color=template.text_color,
        label_color=template.label_color,
        transit_type=template.transit_type,
        images={
            slot: ImageRef(asset_id=str(asset_id), digest=assets[asset_id].digest)
            for slot, asset_id in asset_ids.items()
            if asset_id
        },
    )
