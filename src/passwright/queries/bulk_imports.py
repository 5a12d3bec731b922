"""How far bulk imports are, and what came of their rows."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

import msgspec
from django.db.models import QuerySet
from msgspec import UNSET, Struct, UnsetType

from passwright.data.models import BulkChunk, BulkImport, Campaign

KEPT = timedelta(days=30)
"""For which the rows' results are kept once the import is over."""
CHUNKS_TOGETHER = 5
"""Chunks of results given out at once: 10,000 rows at most."""
MOST_ERRORS = 100


class RowResult(Struct, frozen=True, omit_defaults=True, gc=False):
    """What came of a row (counted from 1): the pass, or what was wrong with each attribute."""

    row: int
    id: str | UnsetType = UNSET
    serial_number: str | UnsetType = UNSET
    redeem_code: str | UnsetType = UNSET
    external_id: str | UnsetType | None = UNSET
    errors: dict[str, list[str]] | UnsetType = UNSET


decoder = msgspec.json.Decoder(RowResult)


def bulk_import(campaign: Campaign, bulk_import_id: UUID) -> BulkImport | None:
    """One bulk import of the campaign; None if there is none with that id."""
    return listing(campaign).filter(id=bulk_import_id).first()


def listing(campaign: Campaign) -> QuerySet[BulkImport]:
    """The campaign's bulk imports, oldest first."""
    return BulkImport.objects.filter(campaign=campaign).order_by("created_at", "id")


def keeps_results(found: BulkImport, now: datetime) -> bool:
    return found.finished_at is None or found.finished_at > now - KEPT


def results(found: BulkImport, from_row: int) -> tuple[list[RowResult], int | None]:
    """Results from a row on, as far as there are any, of at most `CHUNKS_TOGETHER` chunks; and the row with which
    they go on, None when they do not, or not yet."""
    done = BulkChunk.objects.filter(bulk_import=found, result__isnull=False).order_by("number")
    first = done.filter(first_row__lte=from_row).reverse().values_list("number", flat=True).first()
    chunks = list(done.filter(number__gte=first or 0)[: CHUNKS_TOGETHER + 1])
    read = [result for chunk in chunks[:CHUNKS_TOGETHER] for result in results_of(chunk) if result.row >= from_row]
    return read, chunks[CHUNKS_TOGETHER].first_row if len(chunks) > CHUNKS_TOGETHER else None


def first_errors(found: BulkImport) -> list[RowResult]:
    """The first rows that were refused, at most `MOST_ERRORS`."""
    failed = BulkChunk.objects.filter(bulk_import=found, failed__gt=0).order_by("number")
    needed, errors = [], 0
    for chunk_id, number in failed.values_list("id", "failed")[:MOST_ERRORS]:
        if errors < MOST_ERRORS:
            needed.append(chunk_id)
        errors += number
    refused = (result for chunk in failed.filter(id__in=needed) for result in results_of(chunk) if result.errors)
    return list(islice(refused, MOST_ERRORS))


def results_of(chunk: BulkChunk) -> Iterator[RowResult]:
    """A chunk's results, a line each."""
    return map(decoder.decode, zlib.decompress(bytes(chunk.result or b"")).split(b"\n"))
