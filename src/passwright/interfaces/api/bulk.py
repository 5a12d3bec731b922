"""Many passes at once: sent as rows, made by the workers, their results read as rows. The same for every type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from msgspec import UNSET, Meta, Struct, UnsetType

from passwright.data.models import BulkImport, Campaign
from passwright.interfaces.api.campaign_types import TYPES, CampaignType, add_route
from passwright.interfaces.api.content_shapes import Address, Id, Moment, pass_links, whole_seconds
from passwright.interfaces.api.frame import (
    Attribute,
    Kind,
    Refused,
    Router,
    answer,
    documented,
    filtered,
    found,
    id_of,
    is_v1,
    paginated,
)
from passwright.interfaces.api.pages import LARGEST, asked_number
from passwright.interfaces.api.passes import campaign_of
from passwright.interfaces.api.request_schemas import PASS
from passwright.interfaces.api.spool import spooled
from passwright.operations.issue_pass import check_issuing
from passwright.operations.start_bulk_import import MOST_ROWS, start_bulk_import
from passwright.payloads.rows import MOST_ROW_BYTES, NotRows, rows_of
from passwright.queries import bulk_imports
from passwright.queries.bulk_imports import KEPT, MOST_ERRORS, RowResult
from passwright.queries.passes import link_ids
from passwright.settings import PUBLIC_URL

MANY = "/{campaign_id}/passes/bulk"
ONE = "/{campaign_id}/passes/bulk/{bulk_id}"
RESULT = "/{campaign_id}/passes/bulk/{bulk_id}/result"
NDJSON = "application/x-ndjson"

ATTRIBUTES = {
    "state": Attribute(Kind.TEXT),
    "rows": Attribute(Kind.INTEGER),
    "created_at": Attribute(Kind.MOMENT),
    "finished_at": Attribute(Kind.MOMENT),
}


class RowErrors(Struct, frozen=True):
    """A row (counted from 1) that became no pass, and what was wrong with each attribute."""

    row: int
    errors: dict[str, list[str]]


class BulkImportShape(Struct, frozen=True, kw_only=True):
    """A bulk import: `queued`, `running`, `done`, or `stopped` with a reason. `progress` is from 0 to 1."""

    id: Id
    campaign_id: Id
    state: str
    reason: str | None
    rows: int
    processed: int
    succeeded: int
    failed: int
    progress: float
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    result_url: Address | None


class BulkImportWithErrors(BulkImportShape, frozen=True, kw_only=True):
    """The same with the first 100 rows that became no pass."""

    errors: Annotated[list[RowErrors], Meta(max_length=MOST_ERRORS)]


class ResultRow(Struct, frozen=True, kw_only=True):
    """What came of a row (counted from 1): a pass, or `errors` and nothing else."""

    row: int
    id: Id | UnsetType = UNSET
    serial_number: str | UnsetType = UNSET
    redeem_code: str | UnsetType = UNSET
    external_id: str | UnsetType | None = UNSET
    page_url: Address | UnsetType = UNSET
    pkpass_url: Address | UnsetType = UNSET
    errors: dict[str, list[str]] | UnsetType = UNSET


def post_bulk(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Leave many passes to the workers, one a row.

    Send a JSON object a line (NDJSON), or a JSON array of objects; each is what creating one pass takes but for a
    `distribution_id`, bare or under `pass`. Blank lines do not count. At most 1,000,000 rows, 64 KiB a row and 1 GiB in
    all, with `Content-Length` or in chunks. The answer comes when all rows have arrived; `Location` is where to ask how
    it goes. A row that cannot become a pass is named there and in the result, and keeps no other row from becoming one.
    """
    campaign = campaign_of(kind, request, campaign_id).campaign
    check_issuing(campaign)
    try:
        made = start_bulk_import(
            campaign=campaign,
            rows=rows_of(spooled(request).file),
            version="v1" if is_v1(request) else "v2",
            now=datetime.now(UTC),
        )
    except NotRows as error:
        raise Refused(400, str(error)) from None
    response = answer(with_errors(kind, made), status=202)
    response.headers["Location"] = address_of(kind, made)
    return response


def list_bulk(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """The campaign's bulk imports, oldest first."""
    campaign = campaign_of(kind, request, campaign_id).campaign
    rows = filtered(request, bulk_imports.listing(campaign), ATTRIBUTES)
    return paginated(request, rows, lambda row: BulkImportShape(**attributes(kind, row)))


def get_bulk(kind: CampaignType, request: HttpRequest, campaign_id: str, bulk_id: str) -> HttpResponse:
    """How far a bulk import is, with its first 100 errors."""
    campaign = campaign_of(kind, request, campaign_id).campaign
    return answer(with_errors(kind, bulk_of(campaign, bulk_id)))


def get_result(kind: CampaignType, request: HttpRequest, campaign_id: str, bulk_id: str) -> HttpResponse:
    """What came of each row, a JSON object a line, in the order of the rows, as far as they are done.

    One answer has some 10,000 rows; `X-Next-Row` says with which `from_row` to go on, and is absent on the last one.
    Results are kept for 30 days after the end of the import.
    """
    there = campaign_of(kind, request, campaign_id)
    wanted = bulk_of(there.campaign, bulk_id)
    if not bulk_imports.keeps_results(wanted, datetime.now(UTC)):
        raise Refused(404, f"The results of this bulk import are gone: they are kept for {KEPT.days} days.")
    from_row = asked_number(request.GET.get("from_row"), default=1, least=1, most=LARGEST)
    results, following = bulk_imports.results(wanted, from_row)
    lines = msgspec.json.Encoder().encode_lines(list(with_links(results, there.token)))
    response = HttpResponse(lines, content_type=NDJSON)
    if following is not None:
        response.headers["X-Next-Row"] = str(following)
    return response


def bulk_of(campaign: Campaign, bulk_id: str) -> BulkImport:
    """Raises: NotFound: if the campaign has no such bulk import."""
    return found(bulk_imports.bulk_import(campaign, id_of(bulk_id, "Import")), "Import")


def with_errors(kind: CampaignType, row: BulkImport) -> BulkImportWithErrors:
    refused = bulk_imports.first_errors(row) if row.failed else []
    errors = [RowErrors(result.row, result.errors) for result in refused if not isinstance(result.errors, UnsetType)]
    return BulkImportWithErrors(**attributes(kind, row), errors=errors)


def attributes(kind: CampaignType, row: BulkImport) -> dict[str, Any]:
    processed = row.succeeded + row.failed
    readable = processed and bulk_imports.keeps_results(row, datetime.now(UTC))
    return {
        "id": str(row.id),
        "campaign_id": str(row.campaign_id),
        "state": row.state,
        "reason": row.reason,
        "rows": row.rows,
        "processed": processed,
        "succeeded": row.succeeded,
        "failed": row.failed,
        "progress": processed / row.rows,
        "created_at": whole_seconds(row.created_at),
        "started_at": whole_seconds(row.started_at) if row.started_at else None,
        "finished_at": whole_seconds(row.finished_at) if row.finished_at else None,
        "result_url": f"{address_of(kind, row)}/result" if readable else None,
    }


def address_of(kind: CampaignType, row: BulkImport) -> str:
    return f"{PUBLIC_URL}/v2/{kind.segment}/{row.campaign_id}/passes/bulk/{row.id}"


def with_links(results: Iterable[RowResult], token: str) -> Iterator[ResultRow]:
    """Addresses are this installation's at the time of reading."""
    known = list(results)
    transferred = link_ids([UUID(result.id) for result in known if not isinstance(result.id, UnsetType)])
    for result in known:
        if isinstance(result.id, UnsetType):
            yield ResultRow(row=result.row, errors=result.errors)
            continue
        pass_id = UUID(result.id)
        links = pass_links(token, transferred.get(pass_id, pass_id))
        yield ResultRow(
            row=result.row,
            id=result.id,
            serial_number=result.serial_number,
            redeem_code=result.redeem_code,
            external_id=result.external_id,
            page_url=links.page_url,
            pkpass_url=links.pkpass_url,
        )


ROW = {
    **PASS,
    "title": "SentRow",
    "properties": {name: schema for name, schema in PASS["properties"].items() if name != "distribution_id"},
    "description": f"What creating one pass takes, bare or under `pass`; at most {MOST_ROW_BYTES // 1024} KiB."
    " Passes of an import count as given out through no link.",
}
BODY = {
    "application/json": {"type": "array", "items": ROW, "minItems": 1, "maxItems": MOST_ROWS},
    NDJSON: {"type": "string", "description": "A JSON object a line, each as an item of the array."},
}
FROM_ROW = ("The first row to answer.", {"type": "integer", "minimum": 1, "default": 1})


def add_routes(router: Router, kind: CampaignType) -> None:
    add, name, noun = partial(add_route, router, kind), f"{kind.root}_bulk_import", f"bulk import of a {kind.noun}"
    add(
        "GET",
        MANY,
        list_bulk,
        f"List the bulk imports of a {kind.noun}",
        **documented(
            name=f"list_{name}s", answer=list[BulkImportShape], paged=True, attributes=ATTRIBUTES, refusals=(404,)
        ),
    )
    add(
        "POST",
        MANY,
        post_bulk,
        f"Create many passes of a {kind.noun}",
        **documented(
            name=f"create_{name}",
            answer=BulkImportWithErrors,
            status=202,
            body=BODY,
            headers=("Location",),
            refusals=(404, 412, 422),
        ),
    )
    add(
        "GET",
        ONE,
        get_bulk,
        f"Get a {noun}",
        **documented(name=f"get_{name}", answer=BulkImportWithErrors, refusals=(404,)),
    )
    add(
        "GET",
        RESULT,
        get_result,
        f"Get the results of a {noun}",
        **documented(
            name=f"get_{name}_result",
            answer={NDJSON: ResultRow},
            headers=("X-Next-Row",),
            query={"from_row": FROM_ROW},
            refusals=(404,),
        ),
    )


router = Router()
for each in TYPES:
    add_routes(router, each)
