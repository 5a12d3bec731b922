from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from passwright.data.models import Asset, Organization, Template
from passwright.operations.create_template import image_ids
from passwright.operations.refusals import NotFound, PreconditionFailed
from passwright.operations.retrying import retried
from passwright.passes.content import ImageSlot
from passwright.queries.assets import templates_showing
from passwright.queries.templates import campaigns_with, templates_of
from passwright.queue import defer


class TemplateInUse(PreconditionFailed):
    """The template is attached to a campaign. Give the campaign another one, or delete it first."""


@retried
@transaction.atomic
def delete_template(
    *, organization: Organization, template_id: UUID, delete_assets: bool = False, now: datetime
) -> None:
    """Delete a template; with ``delete_assets`` also its assets, if every one of them is used by no other template.

    Raises:
        NotFound: if the organization has no such template.
        TemplateInUse: if a campaign has it.
    """
    template = templates_of(organization).select_for_update().filter(id=template_id).first()
    if template is None:
        raise NotFound("Template")
    users = campaigns_with(template)
    if first := users.first():
        raise TemplateInUse({"template": f"Template in use by {users.count()} campaigns, e.g.: {first.name}"})
    assets = list(image_ids(template).values())
    remove(template, now)
    if delete_assets:
        delete_unused(assets)


def remove(template: Template, now: datetime) -> None:
    """Delete the row, and those left behind before. While deleted campaigns still name it, it only disappears."""
    Template.objects.filter(
        organization_id=template.organization_id, deleted_at__isnull=False, campaigns__isnull=True
    ).delete()
    if not template.campaigns.exists():
        template.delete()
        return
    for slot in ImageSlot:
        setattr(template, f"{slot.value}_id", None)
    template.deleted_at = now
    template.save()


def delete_unused(asset_ids: Iterable[UUID]) -> None:
    """Delete all of these assets, or none if a template still shows one of them."""
    assets = list(Asset.objects.select_for_update().filter(id__in=asset_ids).order_by("id"))
    if assets and not templates_showing([asset.id for asset in assets]).exists():
        defer("remove_images", digests=[asset.digest for asset in assets])
        Asset.objects.filter(id__in=[asset.id for asset in assets]).delete()
