from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from msgspec import UNSET, Struct, UnsetType, convert

from passwright.data.models import Template
from passwright.interfaces.api.content_shapes import BarcodeShape, barcode_shape
from passwright.interfaces.api.frame import (
    Attribute,
    Kind,
    Refused,
    Router,
    answer,
    body_of,
    documented,
    filtered,
    found,
    gone,
    id_of,
    is_v1,
    organization_of,
    paginated,
)
from passwright.interfaces.api.schemas import DELETE_TEMPLATE, Gone, template_body
from passwright.operations.create_template import SentTemplate, create_template
from passwright.operations.delete_template import delete_template
from passwright.operations.update_template import update_template
from passwright.passes.codes import formatted
from passwright.passes.content import Barcode, BarcodeFormat, ImageSlot, Style
from passwright.payloads.content import transit_type
from passwright.payloads.values import Sent
from passwright.queries.templates import template_of, templates_of

router = Router(tags=["Templates"])

ATTRIBUTES = {
    "name": Attribute(Kind.TEXT),
    "description": Attribute(Kind.TEXT),
    "pass_type": Attribute(Kind.TEXT),
    "logo_text": Attribute(Kind.TEXT),
    "source": Attribute(Kind.TEXT),
    "created_at": Attribute(Kind.MOMENT),
    "updated_at": Attribute(Kind.MOMENT),
}


class TemplateShape(Struct, frozen=True, kw_only=True):
    """The look of passes."""

    id: UUID
    name: str
    description: str | None
    pass_type: Style
    logo_text: str | None
    background_color: str | None
    text_color: str | None
    label_color: str | None
    barcode: BarcodeShape
    source: str
    icon_id: UUID | None
    logo_id: UUID | None
    strip_id: UUID | None
    thumbnail_id: UUID | None
    background_id: UUID | None
    footer_id: UUID | None
    transit_type: str | None


def shape(template: Template) -> TemplateShape:
    barcode = barcode_of(template) or Barcode(format=BarcodeFormat.NONE)
    pictures = {f"{slot.value}_id": getattr(template, f"{slot.value}_id") for slot in ImageSlot}
    return TemplateShape(
        id=template.id,
        name=template.name,
        description=template.description,
        pass_type=Style(template.pass_type),
        logo_text=template.logo_text,
        background_color=template.background_color,
        text_color=template.text_color,
        label_color=template.label_color,
        barcode=barcode_shape(barcode),
        source=template.source,
        transit_type=template.transit_type,
        **pictures,
    )


@router.get(
    "/templates",
    summary="List templates",
    **documented(name="list_templates", answer=list[TemplateShape], paged=True, attributes=ATTRIBUTES),
)
def list_templates(request: HttpRequest) -> HttpResponse:
    """Also those that campaigns made for themselves."""
    return paginated(request, filtered(request, templates_of(organization_of(request)), ATTRIBUTES), shape)


@router.post(
    "/templates",
    summary="Create a template",
    **documented(
        name="create_template",
        answer=TemplateShape,
        status=201,
        body=template_body(required=("name", "pass_type", "icon_id")),
        refusals=(422,),
    ),
)
def post_template(request: HttpRequest) -> HttpResponse:
    sent = sent_template(request)
    template = create_template(organization=organization_of(request), sent=sent, now=timezone.now())
    return answer(shape(template), status=201)


@router.get(
    "/templates/{template_id}",
    summary="Get a template",
    **documented(name="get_template", answer=TemplateShape, refusals=(404,)),
)
def get_template(request: HttpRequest, template_id: str) -> HttpResponse:
    return answer(shape(found(template_of(organization_of(request), id_of(template_id, "Template")), "Template")))


@router.api_operation(
    ["PATCH", "PUT"],
    "/templates/{template_id}",
    summary="Update a template",
    **documented(name="update_template", answer=TemplateShape, body=template_body(), refusals=(404, 422)),
)
def patch_template(request: HttpRequest, template_id: str) -> HttpResponse:
    """What is not sent stays. Campaigns that use the template show the change: at once in passes issued from now on,
    in earlier ones as after an update of the campaign."""
    there = found(template_of(organization_of(request), id_of(template_id, "Template")), "Template")
    template = update_template(
        organization=organization_of(request),
        template_id=there.id,
        sent=sent_template(request, there),
        now=timezone.now(),
    )
    return answer(shape(template))


@router.delete(
    "/templates/{template_id}",
    summary="Delete a template",
    **documented(name="delete_template", answer=Gone, body=DELETE_TEMPLATE, refusals=(404, 412, 422)),
)
def remove_template(request: HttpRequest, template_id: str) -> HttpResponse:
    """412 while a campaign uses it. ``delete_assets`` also deletes its assets, if no other template has any of them."""
    body = body_of(request, roots=("template",))
    sent = Sent({"delete_assets": body.either("delete_assets")})
    delete_assets = sent.boolean("delete_assets")
    sent.check()
    delete_template(
        organization=organization_of(request),
        template_id=id_of(template_id, "Template"),
        delete_assets=delete_assets is True,
        now=timezone.now(),
    )
    return gone()


def sent_template(request: HttpRequest, there: Template | None = None) -> SentTemplate:
    """The attributes of a request, with their types. ``there``: the template that it changes, if it makes no new one.

    Raises:
        ValidationFailed: naming everything that is missing or cannot be read.
    """
    body = body_of(request, roots=("template",))
    if body.root is None and body.beside:
        raise Refused(422, 'Put the attributes under "template".', errors={"template": ["is missing"]})
    sent = Sent(body.attributes)
    if there is None:
        sent.require("name", "pass_type", "icon_id")
    read = SentTemplate(
        name=kept(sent, "name", sent.name()),
        description=sent.text("description"),
        pass_type=kept(sent, "pass_type", sent.choice("pass_type", Style)),
        transit_type=transit_type(sent),
        logo_text=sent.text("logo_text"),
        background_color=sent.color("background_color"),
        text_color=text_color(sent),
        label_color=sent.color("label_color"),
        barcode=sent_barcode(sent, there, v1=is_v1(request)),
        images=sent_images(sent),
    )
    sent.check()
    return read


def kept(sent: Sent, name: str, value: Any) -> Any:
    """An attribute that can be changed but not emptied."""
    if value is None:
        sent.refuse(name, "can't be blank")
    return UNSET if value is None else value


def sent_barcode(sent: Sent, there: Template | None, *, v1: bool) -> Barcode | UnsetType | None:
    """A code with its format, which is the one there is when none is sent."""
    asked = sent.barcode(bare=v1)
    if asked is None or isinstance(asked, UnsetType):
        return asked
    return formatted(asked, barcode_of(there) if there else None)


def barcode_of(template: Template) -> Barcode | None:
    return convert(template.barcode, Barcode) if template.barcode is not None else None


def text_color(sent: Sent) -> str | UnsetType | None:
    """``foreground_color`` is another word for it, heard when ``text_color`` is absent."""
    return sent.color("text_color" if "text_color" in sent else "foreground_color")


def sent_images(sent: Sent) -> dict[ImageSlot, UUID | None]:
    """The slots that were sent; wrong ones are noted."""
    read = {slot: sent.uuid(f"{slot.value}_id") for slot in ImageSlot}
    return {slot: asset_id for slot, asset_id in read.items() if not isinstance(asset_id, UnsetType)}
