"""The pictures of assets, for anybody who knows the id: pages, mails and clients show them."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import condition

from passwright import storage
from passwright.interfaces.api.envelope import Refused, envelope
from passwright.queries.assets import is_of_holder, public_digest

FOREVER = "public, max-age=31536000, immutable"
FOR_NOW = "private, no-cache"


def etag(request: HttpRequest, asset_id: UUID) -> str | None:
    digest = public_digest(asset_id)
    return f'"{digest}"' if digest else None


@condition(etag_func=etag)
def original(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    """``/uploads/asset/{id}/original.png``. An asset never changes, so it may be kept for good; but for what the holder
    of a pass gave, of which nothing is left anywhere once the pass is gone."""
    if request.method not in {"GET", "HEAD"}:
        return envelope(Refused(405, "Pictures are only read here.", headers={"Allow": "GET, HEAD"}))
    digest = public_digest(asset_id)
    try:
        content = storage.get(digest) if digest else None
    except storage.MissingImage:
        content = None
    if content is None:
        return envelope(Refused(404, "There is no such picture."))
    return HttpResponse(
        content,
        content_type="image/png",
        headers={
            "Cache-Control": FOR_NOW if is_of_holder(asset_id) else FOREVER,
            "Content-Length": str(len(content)),
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cross-Origin-Resource-Policy": "cross-origin",
        },
    )
