from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from passwright.data.models import Campaign, Organization, Template


def templates_of(organization: Organization) -> QuerySet[Template]:
    return Template.objects.filter(organization=organization, deleted_at=None)


def template_of(organization: Organization, template_id: UUID) -> Template | None:
    """One of the organization's templates; None for an unknown id and for somebody else's."""
    return templates_of(organization).filter(id=template_id).first()


def campaigns_with(template: Template) -> QuerySet[Campaign]:
    """The campaigns that use the template, oldest first; deleted ones do not count."""
    return Campaign.objects.filter(template=template, deleted_at=None).order_by("created_at", "id")
