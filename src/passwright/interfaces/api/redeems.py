"""Redeeming passes, by id and by code: the same routes for every type in `campaign_types.TYPES`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import register_converter
from django.urls.converters import StringConverter
from msgspec import Struct, structs

from passwright.data.models import Pass, Redeem
from passwright.interfaces.api.campaign_types import OF_STYLE, TYPES, CampaignType, add_route
from passwright.interfaces.api.content_shapes import Moment, milliseconds
from passwright.interfaces.api.frame import (
    Attribute,
    Kind,
    NotFound,
    Router,
    answer,
    body_of,
    documented,
    filtered,
    found,
    id_of,
    organization_of,
    paginated,
)
from passwright.interfaces.api.pass_shapes import PassShape
from passwright.interfaces.api.passes import ONE, campaign_of, pass_of, shapes
from passwright.interfaces.api.request_schemas import redeem_body, redeem_code_body
from passwright.operations.redeem_pass import pass_meant, redeem_by_code, redeem_pass
from passwright.operations.reset_redeem import reset_redeem
from passwright.passes.content import Style
from passwright.payloads.redeems import SentRedeem, read_redeem
from passwright.payloads.values import Sent
from passwright.queries import redeems
from passwright.queries.campaign_with_link import CampaignWithLink, campaign_of_any_style

ATTRIBUTES = {
    "pass_id": Attribute(Kind.UUID, "pass_row_id"),
    "redeem_code": Attribute(Kind.TEXT),
    "comment": Attribute(Kind.TEXT),
    "source": Attribute(Kind.TEXT),
    "redeemed_by": Attribute(Kind.TEXT),
    "created_at": Attribute(Kind.MOMENT),
}


class RedeemShape(Struct, frozen=True, kw_only=True):
    """One use of a pass."""

    id: UUID
    campaign_id: UUID
    pass_id: UUID
    redeem_code: str
    comment: str | None
    source: str
    redeemed_by: str | None
    created_at: Moment


class FoundPass(PassShape, frozen=True, kw_only=True):
    """The pass that a code names. ``pass_id`` is its id under the name that the v2 documents promise."""

    pass_id: str


class AnyText(StringConverter):
    """A code in an address: slashes and line breaks are part of it."""

    regex = r"[\s\S]+"


register_converter(AnyText, "any")


def redeem_shape(row: Redeem) -> RedeemShape:
    return RedeemShape(
        id=row.id,
        campaign_id=row.campaign_id,
        pass_id=row.pass_row_id,
        redeem_code=row.redeem_code,
        comment=row.comment,
        source=row.source,
        redeemed_by=row.redeemed_by,
        created_at=milliseconds(row.created_at),
    )


def redeem_one(kind: CampaignType, request: HttpRequest, campaign_id: str, pass_id: str) -> HttpResponse:
    """Use the pass. Where a pass may be used only once, this voids it; of two that try at once, one succeeds."""
    there = campaign_of(kind, request, campaign_id)
    wanted_id = id_of(pass_id, "Pass")
    sent = sent_redeem(kind, request, by_code=False)
    row = redeem_pass(campaign=there.campaign, pass_id=wanted_id, comment=sent.comment, now=datetime.now(UTC))
    return answer(shapes(kind, request, there, [row])[0])


def redeem_code(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Use the pass with that redeem code, or else the only one that shows the text in its code. Leading zeros of a
    number do not matter."""
    there = campaign_of(kind, request, campaign_id)
    sent = sent_redeem(kind, request, by_code=True)
    row = redeem_by_code(campaign=there.campaign, code=sent.code, comment=sent.comment, now=datetime.now(UTC))
    return answer(shapes(kind, request, there, [row])[0])


def sent_redeem(kind: CampaignType, request: HttpRequest, *, by_code: bool) -> SentRedeem:
    """What is sent stands under ``pass`` or the type's root, or bare."""
    body = body_of(request, roots=("pass", kind.root))
    return read_redeem(Sent({**body.beside, **body.attributes}), by_code=by_code)


def look_up(kind: CampaignType, request: HttpRequest, campaign_id: str, redeem_code: str) -> HttpResponse:
    """Which pass a code names; nothing is redeemed. A code may be any text, percent-encoded."""
    there = campaign_of(kind, request, campaign_id)
    row = first_meant(there, codes_meant(request, redeem_code))
    shape = shapes(kind, request, there, [row])[0]
    return answer(FoundPass(**structs.asdict(shape), pass_id=shape.id))


def first_meant(there: CampaignWithLink, codes: Iterator[str]) -> Pass:
    for code in codes:
        try:
            return pass_meant(there.campaign, code)
        except NotFound as error:
            unknown = error
    raise unknown


def codes_meant(request: HttpRequest, evened: str) -> Iterator[str]:
    """As it was written, and as the door evened it: ``//``, a last slash and ``.json`` may belong to the code or to
    the address."""
    written = request.path_info.partition("/redeem/")[2]
    if written and written != evened:
        yield written
    yield evened


def reset(kind: CampaignType, request: HttpRequest, campaign_id: str, pass_id: str) -> HttpResponse:
    """Make a voided pass valid again; what was redeemed stays counted. Documents print this address below
    `/coupons` for every type, so the campaign is found below any."""
    there = found(campaign_of_any_style(organization_of(request), id_of(campaign_id, "Campaign")), "Campaign")
    row = reset_redeem(campaign=there.campaign, pass_id=id_of(pass_id, "Pass"), now=datetime.now(UTC))
    return answer(shapes(OF_STYLE[Style(there.campaign.style)], request, there, [row])[0])


def list_redeems(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Every use of the campaign's passes, oldest first."""
    rows = redeems.redeems_of(campaign_of(kind, request, campaign_id).campaign)
    return paginated(request, filtered(request, rows, ATTRIBUTES), redeem_shape)


def list_redeems_of_pass(kind: CampaignType, request: HttpRequest, campaign_id: str, pass_id: str) -> HttpResponse:
    """Every use of one pass, oldest first."""
    rows = redeems.redeems_of_pass(pass_of(campaign_of(kind, request, campaign_id), pass_id))
    return paginated(request, filtered(request, rows, ATTRIBUTES), redeem_shape)


def add_routes(router: Router, kind: CampaignType) -> None:
    add, name, noun = partial(add_route, router, kind), f"{kind.root}_pass", f"pass of a {kind.noun}"
    add(
        "POST",
        f"{ONE}/redeem",
        redeem_one,
        f"Redeem a {noun}",
        **documented(name=f"redeem_{name}", answer=PassShape, body=redeem_body(), refusals=(404, 412, 422)),
    )
    add(
        "POST",
        "/{campaign_id}/redeem",
        redeem_code,
        f"Redeem a {noun} by its code",
        **documented(
            name=f"redeem_code_of_{name}",
            answer=PassShape,
            body=redeem_code_body(kind.root),
            refusals=(404, 412, 422),
        ),
    )
    add(
        "GET",
        "/{campaign_id}/redeem/{any:redeem_code}",
        look_up,
        f"Find a {noun} by its code",
        **documented(name=f"find_{name}", answer=FoundPass, refusals=(404, 412)),
    )
    add(
        "POST",
        f"{ONE}/reset_redeem",
        reset,
        f"Reset the redeem of a {noun}",
        **documented(name=f"reset_redeem_of_{name}", answer=PassShape, refusals=(404, 412)),
    )
    add_lists(add, name, kind)


def add_lists(add: Callable[..., None], name: str, kind: CampaignType) -> None:
    listed = partial(documented, answer=list[RedeemShape], paged=True, attributes=ATTRIBUTES, refusals=(404,))
    add(
        "GET",
        "/{campaign_id}/redeems",
        list_redeems,
        f"List the redeems of a {kind.noun}",
        **listed(name=f"list_{kind.root}_redeems"),
    )
    add(
        "GET",
        f"{ONE}/redeems",
        list_redeems_of_pass,
        f"List the redeems of a pass of a {kind.noun}",
        **listed(name=f"list_{name}_redeems"),
    )


router = Router()
for each in TYPES:
    add_routes(router, each)
