from __future__ import annotations

import binascii
from base64 import b64decode
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from msgspec import UNSET, Struct

from passwright.data.models import Asset
from passwright.interfaces.api.content_shapes import whole_seconds
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
    organization_of,
    paginated,
)
from passwright.interfaces.api.schemas import JSON_UPLOAD, MULTIPART_UPLOAD, Gone, Moment
from passwright.operations.delete_asset import AssetInUse, delete_asset
from passwright.operations.upload_asset import upload_asset
from passwright.passes.content import ImageSlot
from passwright.payloads.values import Sent
from passwright.queries.assets import asset_of, assets_of
from passwright.settings import PUBLIC_URL

router = Router(tags=["Assets"])

ASSET_IN_USE = 10103
"""The one error code that old clients know."""

ATTRIBUTES = {"asset_type": Attribute(Kind.TEXT), "created_at": Attribute(Kind.MOMENT)}


class AssetShape(Struct, frozen=True, kw_only=True):
    """An uploaded picture, kept as PNG."""

    id: UUID
    asset_type: ImageSlot
    created_at: Moment
    asset_url: str


def shape(asset: Asset) -> AssetShape:
    return AssetShape(
        id=asset.id,
        asset_type=ImageSlot(asset.asset_type),
        created_at=whole_seconds(asset.created_at),
        asset_url=f"{PUBLIC_URL}/uploads/asset/{asset.id}/original.png",
    )


@router.get(
    "/assets",
    summary="List assets",
    **documented(name="list_assets", answer=list[AssetShape], paged=True, attributes=ATTRIBUTES),
)
def list_assets(request: HttpRequest) -> HttpResponse:
    return paginated(request, filtered(request, assets_of(organization_of(request)), ATTRIBUTES), shape)


@router.post(
    "/assets",
    summary="Upload an asset",
    **documented(
        name="create_asset",
        answer=AssetShape,
        status=201,
        body={"multipart/form-data": MULTIPART_UPLOAD, "application/json": JSON_UPLOAD},
        refusals=(413, 422),
    ),
)
def create_asset(request: HttpRequest) -> HttpResponse:
    """JPEG, PNG or GIF of at most 1,024 KiB and any dimensions, as multipart form or as base64 in JSON."""
    sent, content = sent_upload(request)
    if content is UNSET and "file" not in sent.errors:
        sent.refuse("file", "can't be blank")
    sent.require("asset_type")
    slot = None if sent.missing("asset_type") else sent.choice("asset_type", ImageSlot)
    sent.check()
    assert isinstance(slot, ImageSlot)
    asset = upload_asset(
        organization=organization_of(request), content=bytes(content), asset_type=slot, now=timezone.now()
    )
    return answer(shape(asset), status=201)


def sent_upload(request: HttpRequest) -> tuple[Sent, Any]:
    """The attributes and the picture's bytes (UNSET if there are none that can be read)."""
    if request.content_type == "multipart/form-data":
        return multipart_upload(request)
    sent = Sent(body_of(request, roots=("asset",)).attributes)
    if sent.missing("base64"):
        return sent, UNSET
    try:
        return sent, b64decode("".join(str(sent.raw("base64")).split()), validate=True)
    except (binascii.Error, ValueError):
        sent.refuse("file", "is not valid base64")
        return sent, UNSET


def multipart_upload(request: HttpRequest) -> tuple[Sent, Any]:
    """``asset[file]`` and ``asset[asset_type]`` in any order."""
    asset_type = request.POST.get("asset[asset_type]", request.POST.get("asset_type"))
    sent = Sent({} if asset_type is None else {"asset_type": asset_type})
    file = request.FILES.get("asset[file]", request.FILES.get("file"))
    if file is None and ("asset[file]" in request.POST or "file" in request.POST):
        sent.refuse("file", "must be sent as a file, with a file name")
    return sent, UNSET if file is None else file.read()


@router.get(
    "/assets/{asset_id}",
    summary="Get an asset",
    **documented(name="get_asset", answer=AssetShape, refusals=(404,)),
)
def get_asset(request: HttpRequest, asset_id: str) -> HttpResponse:
    return answer(shape(found(asset_of(organization_of(request), id_of(asset_id, "Asset")), "Asset")))


@router.delete(
    "/assets/{asset_id}",
    summary="Delete an asset",
    **documented(name="delete_asset", answer=Gone, refusals=(404, 412)),
)
def remove_asset(request: HttpRequest, asset_id: str) -> HttpResponse:
    """412 while a template has it in a slot."""
    try:
        delete_asset(organization=organization_of(request), asset_id=id_of(asset_id, "Asset"))
    except AssetInUse as error:
        raise Refused(412, str(error), errors=error.errors, error_code=ASSET_IN_USE) from None
    return gone()
