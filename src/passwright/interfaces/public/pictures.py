"""The pictures of the public pages: the drawing of a pass as SVG and PNG, and codes of addresses."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from msgspec.structs import replace

from passwright.caching import BoundedCache
from passwright.interfaces.public.answers import picture
from passwright.passes.codes import sequential_code
from passwright.passes.content import Content, Overrides, PassState
from passwright.passes.lay import lay
from passwright.passes.preview import back_svg, qr_png, qr_svg
from passwright.queries.distributions import PublicCampaign
from passwright.queries.drawings import as_png as as_png
from passwright.queries.drawings import drawn as drawn
from passwright.queries.drawings import front as front
from passwright.queries.drawings import shown_images as shown_images

MEGABYTE = 1024 * 1024

backs: BoundedCache[bytes, bytes] = BoundedCache(most_entries=256, most_bytes=8 * MEGABYTE, size_of=len)
"""SVGs by the SHA-256 of what stands on them."""
codes: BoundedCache[tuple[str, str], bytes] = BoundedCache(most_entries=512, most_bytes=4 * MEGABYTE, size_of=len)
"""Codes by address and format."""


def sample_content(campaign: PublicCampaign, at: datetime) -> Content:
    """What a pass made now would say, before anybody has answered anything."""
    state = PassState(
        serial_number=str(UUID(int=0)),
        made_at=campaign.epoch,
        redeem_code=sequential_code(1, campaign.code_width),
        expiration_date=campaign.expiration_date,
        relevant_date=campaign.relevant_date,
    )
    content = lay(campaign.revision, Overrides(), campaign.marks, state)
    return replace(content, description=campaign.revision.description or campaign.revision.name)


def sample_front(campaign: PublicCampaign, at: datetime) -> str:
    return front(sample_content(campaign, at), at, samples=True)


def back(content: Content, *, dark: bool) -> str:
    """The back of a pass, drawn once for all who look at it."""
    texts = content.organization_name, content.description, content.push_message, content.fields
    key = hashlib.sha256(msgspec.msgpack.encode((content.style, content.barcode.format, *texts, dark))).digest()
    return backs.get(key, lambda: back_svg(content, dark=dark).encode()).decode()


def qrcode(request: HttpRequest, address: str, *, cache: str) -> HttpResponse:
    """The address as a code: PNG, or SVG for those who name that alone."""
    accepted = request.headers.get("Accept", "")
    if "image/svg+xml" in accepted and "image/png" not in accepted:
        content = codes.get((address, "svg"), lambda: qr_svg(address).encode())
        response = picture(request, content, "image/svg+xml", cache=cache)
    else:
        content = codes.get((address, "png"), lambda: qr_png(address))
        response = picture(request, content, "image/png", cache=cache)
    response["Vary"] = "Accept"
    return response
