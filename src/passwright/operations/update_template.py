from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from passwright.data.models import Organization, Template
from passwright.operations.create_template import SentTemplate, check, keep, lay_on
from passwright.operations.refusals import NotFound, ValidationFailed
from passwright.queries.templates import campaigns_with, templates_of


@transaction.atomic
def update_template(*, organization: Organization, template_id: UUID, sent: SentTemplate, now: datetime) -> Template:
    """Change a template. A campaign that uses it shows the change with its own next update, as its passes keep what
    they were made with.

    Raises:
        NotFound: if the organization has no such template.
        ValidationFailed: naming everything that is missing, unknown or taken.
    """
    template = templates_of(organization).select_for_update().filter(id=template_id).first()
    if template is None:
        raise NotFound("Template")
    pass_type = template.pass_type
    lay_on(template, sent)
    if template.pass_type != pass_type and campaigns_with(template).exists():
        raise ValidationFailed({"pass_type": ["cannot change while a campaign uses the template"]})
    check(template)
    keep(template, now)
    return template
