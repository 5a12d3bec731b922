"""How fast a bulk import is, beside PostgreSQL's own COPY of the same finished rows into the same table.

Both are measured in turns within one run, on a database of its own, so that whatever else the machine does slows both.
An import's time is that from the queued one to the done one: rows read and checked, passes, events, counts and results
written. The rows of the COPY are those that the import has made, with other ids, for a campaign of their own.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from passwright.bench.apart import measured_apart
from passwright.bench.http import BenchmarkFailed

if TYPE_CHECKING:  # Django's settings want to know the database first
    from passwright.data.models import Campaign, Organization

ROUNDS = 6
ROWS = 20_000
"""Of a round."""

COLUMNS = (
    "redeem_code, external_id, barcode_digest, epoch, version, overrides, voided, redeemed_count, redeemed_at, "
    "expiration_date, expired_at, relevant_date, user_info, metadata, created_at, updated_at"
)


class BulkResult(Struct, frozen=True, kw_only=True):
    """``rows``: of all rounds, imported once and copied once."""

    ratio_to_copy: float
    rows_per_s: float
    copy_rows_per_s: float
    rows: int


def run(rounds: int = ROUNDS, rows: int = ROWS) -> BulkResult:
    """Measure in a process and a database of their own."""
    measured = measured_apart("passwright.bench.bulk", str(rounds), str(rows))
    return msgspec.json.decode(measured, type=BulkResult)


def measure(rounds: int, rows: int) -> BulkResult:
    """In turns: import, and copy what was made."""
    from passwright.operations.create_organization import create_organization

    organization = create_organization(name="Bench", now=datetime.now(UTC)).organization
    imported, copied = 0.0, 0.0
    for number in range(rounds):
        source = a_campaign(organization, f"Import {number}")
        imported += seconds_to_import(source, number, rows)
        copied += seconds_to_copy(source, a_campaign(organization, f"Copy {number}"), rows)
    total = rounds * rows
    return BulkResult(
        ratio_to_copy=copied / imported, rows_per_s=total / imported, copy_rows_per_s=total / copied, rows=total
    )


def a_campaign(organization: Organization, name: str) -> Campaign:
    from passwright.data.models import Asset
    from passwright.operations.campaign_content import CampaignWanted
    from passwright.operations.create_campaign import create_campaign
    from passwright.passes.changes import SentField
    from passwright.passes.content import Barcode, BarcodeFormat, ImageSlot, Position, Style

    icon = Asset.objects.create(
        organization=organization, asset_type="icon", digest="00", width=1, height=1, created_at=datetime.now(UTC)
    )
    fields = (
        SentField(key="member", position=Position.PRIMARY),
        SentField(key="subtitle", position=Position.SECONDARY, label="MEMBER SINCE"),
        SentField(key="level", position=Position.AUXILIARY, label="LEVEL"),
        SentField(key="favorite", position=Position.AUXILIARY, label="FAVORITE TOY"),
    )
    wanted = CampaignWanted(
        name=name, fields=fields, barcode=Barcode(format=BarcodeFormat.PDF417), images={ImageSlot.ICON: icon.id}
    )
    return create_campaign(organization=organization, style=Style.GENERIC, wanted=wanted, now=datetime.now(UTC))


def sent_rows(number: int, rows: int) -> Iterator[bytes]:
    for row in range(rows):
        yield json.dumps(
            {
                "external_id": f"member-{number}-{row}",
                "primary_fields": [{"key": "member", "value": f"Johnny Appleseed {row}"}],
                "secondary_fields": [{"key": "subtitle", "value": str(1980 + row % 40)}],
                "auxiliary_fields": [
                    {"key": "level", "value": "Platinum"},
                    {"key": "favorite", "value": "Trucks"},
                ],
            }
        ).encode()


def seconds_to_import(campaign: Campaign, number: int, rows: int) -> float:
    from passwright.operations.import_passes import import_passes
    from passwright.operations.start_bulk_import import start_bulk_import
    from passwright.payloads.pass_rows import PassRows

    queued = start_bulk_import(campaign=campaign, rows=sent_rows(number, rows), version="v2", now=datetime.now(UTC))
    started = time.perf_counter()
    while queued.finished_at is None:
        import_passes(bulk_import_id=queued.id, reader=PassRows, clock=lambda: datetime.now(UTC))
        queued.refresh_from_db()
    taken = time.perf_counter() - started
    if (queued.state, queued.succeeded) != ("done", rows):
        raise BenchmarkFailed(f"{queued.succeeded} of {rows} rows were imported: {queued.state}")
    return taken


def seconds_to_copy(source: Campaign, target: Campaign, rows: int) -> float:
    from django.db import connection

    out = f"COPY (SELECT gen_random_uuid(), '{target.id}'::uuid, gen_random_uuid(), {COLUMNS} FROM pass "  # noqa: S608 - our own ids
    out += f"WHERE campaign_id = '{source.id}' ORDER BY created_at) TO STDOUT"
    with connection.cursor() as cursor:
        with cursor.cursor.copy(out) as stream:
            finished = b"".join(bytes(block) for block in stream)
        started = time.perf_counter()
        with cursor.cursor.copy(f"COPY pass (id, campaign_id, serial_number, {COLUMNS}) FROM STDIN") as stream:
            stream.write(finished)
        taken = time.perf_counter() - started
        cursor.execute("SELECT count(*) FROM pass WHERE campaign_id = %s", [target.id])
        if cursor.fetchone() != (rows,):
            raise BenchmarkFailed("PostgreSQL did not copy the rows")
    return taken


def main() -> None:
    import django

    django.setup()
    sys.stdout.write(msgspec.json.encode(measure(int(sys.argv[1]), int(sys.argv[2]))).decode())


if __name__ == "__main__":
    main()
