"""For forms on other websites: which fields a campaign has, and a pass from the answers."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from msgspec import Struct, structs

from passwright.interfaces.api.campaign_types import TYPES
from passwright.interfaces.api.content_shapes import PassField, pass_field
from passwright.interfaces.api.frame import (
    Router,
    answer,
    body_of,
    documented,
    found,
    id_of,
    is_v1,
    organization_of,
)
from passwright.interfaces.api.pass_shapes import PassShape
from passwright.interfaces.api.passes import shapes
from passwright.interfaces.api.request_schemas import SUBMISSION
from passwright.operations.issue_pass import issue_pass
from passwright.passes.content import Behaviour, Field
from passwright.payloads.remote_forms import form_fields, read_submission
from passwright.queries.campaign_with_link import CampaignWithLink, campaign_of_any_style
from passwright.queries.campaigns import newest_revision

router = Router(tags=["Remote forms"])


class FormFields(Struct, frozen=True, kw_only=True):
    """The fields of a form by key, in reading order. Dynamic ones are asked for; static ones (fixed) say the same on
    every pass."""

    fields: dict[str, PassField]
    dynamic_fields_keys: tuple[str, ...]
    static_fields_keys: tuple[str, ...]


def campaign_of(request: HttpRequest, campaign_id: str) -> CampaignWithLink:
    """Raises: NotFound: if the organization has no such campaign, of whatever type."""
    wanted_id = id_of(campaign_id, "Campaign")
    return found(campaign_of_any_style(organization_of(request), wanted_id), "Campaign")


@router.get(
    "/remote_forms/{campaign_id}/fields",
    summary="List the fields of a remote form",
    **documented(name="list_remote_form_fields", answer=FormFields, refusals=(404,)),
)
def list_fields(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Of a campaign of any type. Fields for staff alone and generated ones are not part of a form."""
    fields = form_fields(newest_revision(campaign_of(request, campaign_id).campaign))
    return answer(
        FormFields(
            fields={field.key: form_field(field) for field in fields},
            dynamic_fields_keys=tuple(field.key for field in fields if field.behaviour is Behaviour.DYNAMIC),
            static_fields_keys=tuple(field.key for field in fields if field.behaviour is Behaviour.FIXED),
        )
    )


def form_field(field: Field) -> PassField:
    """One without a default is prefilled with nothing."""
    shown = pass_field(field)
    return structs.replace(shown, value=shown.value or "") if field.behaviour is Behaviour.DYNAMIC else shown


@router.post(
    "/remote_forms/{campaign_id}/submit",
    summary="Submit a remote form",
    **documented(name="submit_remote_form", answer=PassShape, status=201, body=SUBMISSION, refusals=(404, 412, 422)),
)
def submit(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """A pass from a flat object of keys and answers, without a root. Then lead the visitor to its `page_short_url`.

    Your form decides which answers are needed; those that are there have to read as the type of their field. Keys of
    fixed fields and unknown ones are ignored. `locations`, `beacons`, `barcode` and `barcodes` are those of the pass;
    a campaign that asks for a field with such a key gets texts as the field's answer and lists and objects as the
    pass's.
    """
    there = campaign_of(request, campaign_id)
    campaign, v1 = there.campaign, is_v1(request)
    wanted = read_submission(body_of(request).beside, newest_revision(campaign), v1=v1)
    row = issue_pass(campaign=campaign, wanted=wanted, now=datetime.now(UTC), source="remote_form")
    kind = next(kind for kind in TYPES if kind.style == campaign.style)
    return answer(shapes(kind, request, CampaignWithLink(row.campaign, there.token), [row])[0], status=201)
