from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from msgspec import Struct

from passwright.data.models import Notice
from passwright.interfaces.api.content_shapes import Moment, milliseconds
from passwright.interfaces.api.frame import (
    Attribute,
    Kind,
    Router,
    documented,
    filtered,
    organization_of,
    paginated,
)
from passwright.queries.notices import notices_of

router = Router(tags=["Notices"])

ATTRIBUTES = {
    "kind": Attribute(Kind.TEXT),
    "text": Attribute(Kind.TEXT),
    "created_at": Attribute(Kind.MOMENT),
}


class NoticeShape(Struct, frozen=True, kw_only=True):
    """Something that people of the organization should know and do something about."""

    id: int
    kind: str
    text: str
    created_at: Moment


def shape(notice: Notice) -> NoticeShape:
    return NoticeShape(id=notice.id, kind=notice.kind, text=notice.text, created_at=milliseconds(notice.created_at))


@router.get(
    "/notices",
    summary="List notices",
    **documented(name="list_notices", answer=list[NoticeShape], paged=True, attributes=ATTRIBUTES),
)
def list_notices(request: HttpRequest) -> HttpResponse:
    """What needs doing, newest first, such as a certificate of the organization's own that expires in 60, 30 or 7 days,
    or has expired."""
    rows = filtered(request, notices_of(organization_of(request)), ATTRIBUTES, ties=("-created_at", "-id"))
    return paginated(request, rows, shape)
