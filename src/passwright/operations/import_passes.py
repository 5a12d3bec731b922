"""The rows of a bulk import become passes, a chunk in one transaction.

Whatever happens to a worker, a chunk is done or it is not: its passes, its events, what it counts and its result are
written together, and its import's row is locked from the choice of the chunk on.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, Protocol
from uuid import UUID

import msgspec
import structlog
from django.db import IntegrityError, connection, transaction
from msgspec import UNSET, Struct, UnsetType

from passwright.data.models import BulkChunk, BulkImport, Campaign
from passwright.operations.distinct_values import distinct_digests, refusal_of, taken_values, write_new
from passwright.operations.issue_pass import DRAWS, NOTHING_OWN, expiry, inherited, is_drawn
from passwright.operations.nearest_stores import with_stores
from passwright.operations.pass_content import TAKEN, PassWanted, barcode_digest, new_overrides, own_message, taken
from passwright.operations.pass_values import error_name, pictures_asked_for
from passwright.operations.pictures import KnownAsset, known_assets
from passwright.operations.plain_passes import PlainOverrides, PlainPass
from passwright.operations.record_event import count
from passwright.operations.refusals import ValidationFailed
from passwright.operations.retrying import retried
from passwright.operations.tell_webhooks import OWNER, TOLD, wanted
from passwright.passes.codes import sequential_code
from passwright.passes.content import CodeType, Revision, Style
from passwright.passes.counters import Counter
from passwright.passes.webhooks import WebhookEvent
from passwright.queries.bulk_imports import RowResult
from passwright.queries.campaigns import newest_revision
from passwright.queue import defer

CHUNKS_AT_ONCE = 10
"""Done by one job, which leaves the rest to another: other jobs get their turn, and a stop waits for seconds only."""
LAST = -10
"""The priority of these jobs: an import of an hour lets all others go before its next one."""
ATTEMPTS = 10
MOST_FAULTS = 20
"""Attributes that are named of one row: it can have thousands that are wrong, and there are a million rows."""
MICROSECOND = timedelta(microseconds=1)

log = structlog.get_logger(__name__)


class RowReader(Protocol):
    """Reads the rows of one import; for a campaign of a style and a time zone, sent by a version of the API."""

    def __init__(self, *, style: Style, zone: str, version: str) -> None: ...

    def plain(self, row: bytes) -> PlainPass | None:
        """None for a row that is not plain; that of a plain one may still be wrong."""

    def any(self, row: bytes) -> PassWanted:
        """Raises: ValidationFailed: for what a row cannot be."""


class Drawn(Struct, gc=False):
    """A pass as it would be made, with its parts as they are stored; its ids, code and times are not known yet."""

    external_id: str | None
    code: str | None
    """The message that it brings itself, where each pass of the campaign does."""
    barcode_digest: bytes | None
    overrides: bytes | None
    voided: bool
    expiration_date: datetime | None
    relevant_date: datetime | None
    user_info: bytes | None
    distinct: dict[str, bytes] | None = None
    """By key, the digests of values of which the campaign wants no second."""
    asked: PassWanted | None = None
    """What such a row says."""


class Made(Struct, gc=False):
    """What a drawn pass got."""

    id: str
    serial_number: str
    redeem_code: str
    external_id: str | None
    at: str


def leave_to_a_job(bulk_import_id: UUID) -> None:
    """Have the workers go on with a bulk import, in the caller's transaction."""
    defer("import_passes", priority=LAST, bulk_import_id=str(bulk_import_id))


def import_passes(*, bulk_import_id: UUID, reader: type[RowReader], clock: Callable[[], datetime]) -> None:
    """Go on with a bulk import. Safe to run twice, at the same time too; nothing happens when it is over."""
    wary = False
    for number in range(1, CHUNKS_AT_ONCE + 1):
        step = partial(import_chunk, bulk_import_id, reader, clock, last=number == CHUNKS_AT_ONCE)
        try:
            more = step(wary=wary)
        except IntegrityError as error:
            if taken(error) is None:
                raise
            wary = True
            more = until_nothing_is_taken(step)
        if not more:
            return


def until_nothing_is_taken(step: Callable[..., bool]) -> bool:
    """Look names and codes up before they are given. Somebody may still rename a pass between that and the end."""
    for _ in range(ATTEMPTS - 1):
        try:
            return step(wary=True)
        except IntegrityError as error:
            if taken(error) is None:
                raise
    return step(wary=True)


@retried
def import_chunk(
    bulk_import_id: UUID, reader: type[RowReader], clock: Callable[[], datetime], *, last: bool, wary: bool
) -> bool:
    """One chunk, whole or not at all; whether there is more to do. ``last``: another job is to do it.

    ``wary``: look names and codes up first. Most imports bring new ones, and the database refuses the others.
    """
    campaign = Campaign.objects.select_related("organization").filter(bulk_imports=bulk_import_id).first()
    if campaign is not None and campaign.deleted_at is None:
        newest_revision(campaign)  # kept from now on, as it is not when it is read within a transaction
    with transaction.atomic():
        now = clock()
        found = BulkImport.objects.select_for_update(no_key=True).filter(id=bulk_import_id).first()
        if found is None or campaign is None or found.state in ("done", "stopped"):
            return False
        if reason := reason_to_stop(campaign, found) or lock_of(campaign, found):
            return stop(found, reason, now)
        chunk = BulkChunk.objects.filter(bulk_import=found, result=None).order_by("number")[:1].get()
        rows = zlib.decompress(bytes(chunk.content)).split(b"\n")
        drawn = draw_up(campaign, rows, reader_for(campaign, found, reader), now)
        current = Campaign.objects.select_for_update(no_key=True).get(id=campaign.id)
        if reason := reason_to_stop(current, found):
            return stop(found, reason, now)
        if any(getattr(current, name) != getattr(campaign, name) for name in RULING):
            drawn = draw_up(current, rows, reader_for(current, found, reader), now)
        kept = without_taken(current, drawn, unshared(current, drawn, now), wary=wary)
        made = issue(current, kept, found, now)
        more = note(found, chunk, made, clock())
        if more and last:
            leave_to_a_job(found.id)
        return more


RULING = ("epoch", "time_zone", "expiration_date", "days_valid", "relevant_date", "user_info")
"""What of a campaign passes are drawn up with. Not all of it moves the epoch."""


def reason_to_stop(campaign: Campaign, found: BulkImport) -> str | None:
    """What the one who asked for the import is told; None if passes can be issued."""
    done = found.succeeded + found.failed
    if campaign.deleted_at is not None:
        return f"The campaign was deleted after row {done}."
    if campaign.state != "published":
        word = "Resume it" if campaign.state == "paused" else "Choose another campaign"
        return f"The campaign was {campaign.state} after row {done}. {word} and send the rows from {done + 1} on again."
    return None


def lock_of(campaign: Campaign, found: BulkImport) -> str | None:
    """The same where the operator has locked the organization, whose campaigns issue nothing since then."""
    if campaign.organization.locked_at is None:
        return None
    done = found.succeeded + found.failed
    return f"The organization was locked after row {done}. Once it is unlocked, send the rows from {done + 1} on again."


def stop(found: BulkImport, reason: str, now: datetime) -> bool:
    found.state, found.reason, found.finished_at = "stopped", reason, now
    found.save(update_fields=["state", "reason", "finished_at"])
    return False


def reader_for(campaign: Campaign, found: BulkImport, reader: type[RowReader]) -> RowReader:
    return reader(style=Style(campaign.style), zone=campaign.time_zone, version=found.version)


def draw_up(
    campaign: Campaign, rows: Sequence[bytes], reader: RowReader, now: datetime
) -> list[Drawn | ValidationFailed]:
    """The passes as they would be made at the epoch at which ``campaign`` was read, as far as they can be."""
    desk = Desk(campaign, newest_revision(campaign), now)
    read = [read_row(desk, reader, row) for row in rows]
    asked = [row for row in read if isinstance(row, PassWanted)]
    desk.lay_out_pictures(asked)
    return [desk.drawn_up(row) if isinstance(row, PassWanted) else row for row in read]


def read_row(desk: Desk, reader: RowReader, row: bytes) -> Drawn | PassWanted | ValidationFailed:
    try:
        return desk.plainly_drawn_up(reader.plain(row)) or reader.any(row)
    except ValidationFailed as refusal:
        return refusal
    except Exception as error:
        return our_fault(error, desk.campaign)


def our_fault(error: Exception, campaign: Campaign) -> ValidationFailed:
    """A row at which our own code fails keeps no other from becoming a pass, and no job fails on it for ever."""
    log.error("row_of_a_bulk_import_failed", campaign=str(campaign.id), exc_info=error)
    return ValidationFailed({"base": ["cannot be read: the server failed. Its operator finds the reason in the log"]})


class Desk:
    """Draws passes up as `issue_pass` does, with all that the campaign gives by itself at hand."""

    def __init__(self, campaign: Campaign, revision: Revision, now: datetime) -> None:
        self.campaign = campaign
        self.revision = revision
        self.assets: Mapping[UUID, KnownAsset] = {}
        self.user_info = as_json(campaign.user_info)
        self.expires_at = expiry(campaign, now)
        self.plain = PlainOverrides(revision, campaign.epoch)

    def lay_out_pictures(self, asked: Sequence[PassWanted]) -> None:
        """All that passes ask for, looked up at once."""
        slots = {asset_id for wanted in asked for asset_id in wanted.images.values() if asset_id}
        shown = {asset_id for wanted in asked for asset_id in pictures_asked_for(self.revision, wanted)}
        self.assets = known_assets(self.campaign.organization_id, slots | shown)

    def plainly_drawn_up(self, plain: PlainPass | None) -> Drawn | None:
        """None if it takes more than that."""
        overrides = UNSET if plain is None else self.plain.of(plain)
        if plain is None or isinstance(overrides, UnsetType):
            return None
        return self.with_attributes(plain, overrides)

    def drawn_up(self, wanted: PassWanted) -> Drawn | ValidationFailed:
        try:
            own = new_overrides(
                NOTHING_OWN,
                self.revision,
                wanted,
                epoch=self.campaign.epoch,
                organization_id=self.campaign.organization_id,
                assets=self.assets,
                creating=True,
            )
            own = with_stores(own, self.revision, self.campaign)
        except ValidationFailed as refusal:
            return refusal
        except Exception as error:
            return our_fault(error, self.campaign)
        overrides = None if own == NOTHING_OWN else msgspec.json.encode(own)
        code = own_message(own) if self.revision.code_type is CodeType.PER_PASS else None
        drawn = self.with_attributes(wanted, overrides, code, barcode_digest(own, self.revision))
        if digests := distinct_digests(self.revision, own):
            drawn.distinct, drawn.asked = digests, wanted
        return drawn

    def with_attributes(
        self,
        asked: PassWanted | PlainPass,
        overrides: bytes | None,
        code: str | None = None,
        digest: bytes | None = None,
    ) -> Drawn:
        return Drawn(
            external_id=asked.external_id or None,
            code=code,
            barcode_digest=digest,
            overrides=overrides,
            voided=bool(asked.voided),
            expiration_date=inherited(asked.expiration_date, self.expires_at),
            relevant_date=inherited(asked.relevant_date, self.campaign.relevant_date),
            user_info=self.user_info if asked.user_info is UNSET else as_json(asked.user_info),
        )


def as_json(value: Any) -> bytes | None:
    """Nothing is kept of an empty object."""
    return msgspec.json.encode(value) if value else None


Unshared = Callable[[Drawn], Drawn | ValidationFailed]


def unshared(campaign: Campaign, drawn: Sequence[Drawn | ValidationFailed], now: datetime) -> Unshared:
    """To be asked of one row after the other: of two with the same value in a distinct field the first gets it. Called
    under the campaign's lock: no other pass is made meanwhile."""
    rows = [row for row in drawn if isinstance(row, Drawn) and row.distinct]
    if not rows:
        return lambda row: row
    desk = Desk(campaign, newest_revision(campaign), now)
    there = taken_values(campaign.id, {value for row in rows for value in (row.distinct or {}).items()})
    return lambda row: without_shared(desk, row, there) if row.distinct else row


def without_shared(desk: Desk, row: Drawn, there: set[tuple[str, bytes]]) -> Drawn | ValidationFailed:
    """The row, whose values nobody has who came before; they are added to those that are ``there``. A value that was
    drawn by lot is drawn again."""
    fields = {field.key: field for field in desk.revision.fields}
    for _ in range(DRAWS):
        shared = {key for key, digest in (row.distinct or {}).items() if (key, digest) in there}
        if not shared:
            there.update((row.distinct or {}).items())
            return row
        assert row.asked is not None
        names = {key: error_name(key, fields, row.asked) for key in sorted(shared)}
        if not all(is_drawn(fields[key], row.asked) for key in shared):
            break
        desk.lay_out_pictures([row.asked])
        again = desk.drawn_up(row.asked)
        if isinstance(again, ValidationFailed):
            return again
        fresh = set((again.distinct or {}).items()) - set((row.distinct or {}).items())
        there |= taken_values(desk.campaign.id, fresh)
        row = again
    return refusal_of(names)


def without_taken(
    campaign: Campaign, drawn: Sequence[Drawn | ValidationFailed], own: Unshared, *, wary: bool
) -> list[Drawn | ValidationFailed]:
    """Of two passes with the same name, code or distinct value (``own``) the first that is made gets it; ``wary``:
    whether it is a row or was there before.

    Called under the campaign's lock: no other pass is made meanwhile.
    """
    passes = [row for row in drawn if isinstance(row, Drawn)]
    names: set[str | None] = set()
    codes: set[str | None] = set()
    free = len(passes)
    if wary:
        names |= taken_of(campaign, "external_id", {row.external_id for row in passes if row.external_id})
        codes |= taken_of(campaign, "redeem_code", {row.code for row in passes if row.code})
        free = free_in_sequence(campaign, len(passes))
    kept: list[Drawn | ValidationFailed] = []
    for row in drawn:
        if isinstance(row, ValidationFailed):
            kept.append(row)
            continue
        faults = already_taken(row, names, codes, free)
        made = ValidationFailed(faults) if faults else own(row)
        kept.append(made)
        if isinstance(made, Drawn):
            names |= {made.external_id} - {None}
            codes |= {made.code} - {None}
            free -= 1
    return kept


def already_taken(row: Drawn, names: set[str | None], codes: set[str | None], free: int) -> dict[str, list[str]]:
    faults = TAKEN["pass_external_id"] if row.external_id in names else {}
    if row.code in codes or (row.code is None and free <= 0):
        faults = faults | TAKEN["pass_redeem_code"]
    return faults


def taken_of(campaign: Campaign, column: str, values: Collection[str]) -> set[str]:
    """Which of the names or codes passes of the campaign have. It never holds an empty one."""
    if not values:
        return set()
    statement = f"SELECT {column} FROM pass WHERE campaign_id = %s AND {column} = ANY(%s)"  # noqa: S608 - our own names
    with connection.cursor() as cursor:
        cursor.execute(statement, [campaign.id, list(values)])
        return {value for (value,) in cursor.fetchall()}


def free_in_sequence(campaign: Campaign, number: int) -> int:
    """How many of the next codes can be given before one that a pass brought itself, when every pass did."""
    codes = [sequential_code(campaign.next_code + offset, campaign.code_width) for offset in range(number)]
    there = taken_of(campaign, "redeem_code", codes)
    return next((offset for offset, code in enumerate(codes) if code in there), number)


def issue(
    campaign: Campaign, rows: Sequence[Drawn | ValidationFailed], found: BulkImport, now: datetime
) -> list[Made | ValidationFailed]:
    """The passes with the next codes of the campaign, kept; times follow the codes, as in `issue_pass`."""
    passes = [row for row in rows if isinstance(row, Drawn)]
    first = now if campaign.last_issued_at is None else max(now, campaign.last_issued_at + MICROSECOND)
    made = numbered(campaign, passes, first)
    if passes:
        Campaign.objects.filter(id=campaign.id).update(
            next_code=campaign.next_code + len(passes),
            pass_count=campaign.pass_count + len(passes),
            last_issued_at=first + (len(passes) - 1) * MICROSECOND,
        )
        copy(PASSES, pass_lines(campaign, passes, made))
        copy(EVENTS, event_lines(campaign, found, made))
        write_new(
            campaign.id,
            sorted(
                (key, digest, UUID(new.id))
                for row, new in zip(passes, made, strict=True)
                for key, digest in (row.distinct or {}).items()
            ),
        )
        count(Counter.CREATES, campaign_id=campaign.id, at=first, amount=len(passes))
        tell(campaign, first)
    given = iter(made)
    return [next(given) if isinstance(row, Drawn) else row for row in rows]


TOLD_OF_PASSES = TOLD.format(
    source="pass AS was",
    event="'created'",
    organization=OWNER,
    extra="NULL::jsonb",
    at="was.created_at",
    last_fetched_at="NULL",
)


def tell(campaign: Campaign, first: datetime) -> None:
    """Tell webhooks of the passes of this chunk: no other pass of the campaign is as young."""
    if wanted(campaign_id=campaign.id, event=WebhookEvent.CREATED):
        with connection.cursor() as cursor:
            cursor.execute(
                f"{TOLD_OF_PASSES} AND was.campaign_id = %(campaign)s AND was.created_at >= %(first)s",
                {"campaign": campaign.id, "first": first},
            )


def numbered(campaign: Campaign, passes: Sequence[Drawn], first: datetime) -> list[Made]:
    """Ids, the next codes and times, a microsecond apart, for each of the passes."""
    ids, serial_numbers = new_ids(len(passes)), new_ids(len(passes))
    return [
        Made(
            id=next(ids),
            serial_number=next(serial_numbers),
            redeem_code=row.code or sequential_code(campaign.next_code + offset, campaign.code_width),
            external_id=row.external_id,
            at=at,
        )
        for offset, (row, at) in enumerate(zip(passes, moments(first), strict=False))
    ]


def new_ids(number: int) -> Iterator[str]:
    """Random ids (RFC 9562, version 4) from one draw of random bytes."""
    digits = os.urandom(16 * number).hex()
    for start in range(0, len(digits), 32):
        one = digits[start : start + 32]
        yield f"{one[:8]}-{one[8:12]}-4{one[13:16]}-{'89ab'[int(one[16], 16) & 3]}{one[17:20]}-{one[20:]}"


def moments(first: datetime) -> Iterator[str]:
    """``first`` and the microseconds after it, as PostgreSQL reads them."""
    second, microsecond = first.replace(microsecond=0), first.microsecond
    while True:
        start = second.replace(tzinfo=None).isoformat()
        for number in range(microsecond, 1_000_000):
            yield f"{start}.{number:06d}+00"
        second, microsecond = second + timedelta(seconds=1), 0


PASSES = """
COPY pass (id, campaign_id, serial_number, redeem_code, external_id, barcode_digest, epoch, version, overrides, voided,
           redeemed_count, expiration_date, relevant_date, user_info, created_at, updated_at) FROM STDIN
"""
EVENTS = "COPY event (campaign_id, pass_id, kind, extra, at) FROM STDIN"
NULL = r"\N"
AT_ONCE = 512 * 1024
"""Characters sent while PostgreSQL takes in those before."""


def copy(statement: str, lines: Iterable[str]) -> None:
    """Hand over rows in PostgreSQL's text format."""
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.cursor.copy(statement) as stream:
        for block in blocks(lines):
            stream.write(block)


def blocks(lines: Iterable[str]) -> Iterator[str]:
    """Many lines together, but not many long ones: each pass can carry 64 KiB of its campaign."""
    held: list[str] = []
    size = 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= AT_ONCE:
            yield "".join(held)
            held, size = [], 0
    if held:
        yield "".join(held)


def pass_lines(campaign: Campaign, passes: Sequence[Drawn], made: Sequence[Made]) -> Iterator[str]:
    same, epoch, version = campaign.id, campaign.epoch, 2 - campaign.version
    for row, new in zip(passes, made, strict=True):
        yield (
            f"{new.id}\t{same}\t{new.serial_number}\t{cell(new.redeem_code)}\t{cell(row.external_id)}\t"
            f"{octets(row.barcode_digest)}\t{epoch}\t{version}\t{json_cell(row.overrides)}\t{row.voided}\t0\t"
            f"{row.expiration_date or NULL}\t{row.relevant_date or NULL}\t{json_cell(row.user_info)}\t"
            f"{new.at}\t{new.at}\n"
        )


def event_lines(campaign: Campaign, found: BulkImport, made: Sequence[Made]) -> Iterator[str]:
    extra = json_cell(msgspec.json.encode({"source": "bulk", "bulk_import_id": found.id}))
    same = campaign.id
    for new in made:
        yield f"{same}\t{new.id}\tcreated\t{extra}\t{new.at}\n"


SPECIAL = re.compile(r"[\\\t\n\r]")
ESCAPES = {"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"}


def cell(text: str | None) -> str:
    r"""
    >>> cell("a\tb\\")
    'a\\tb\\\\'
    """
    return NULL if text is None else SPECIAL.sub(lambda sign: ESCAPES[sign[0]], text)


def json_cell(content: bytes | None) -> str:
    """JSON has nothing that needs an escape but the backslash."""
    return NULL if content is None else content.decode().replace("\\", r"\\")


def octets(content: bytes | None) -> str:
    return NULL if content is None else rf"\\x{content.hex()}"


def note(found: BulkImport, chunk: BulkChunk, made: Sequence[Made | ValidationFailed], now: datetime) -> bool:
    """Write what came of the chunk and how far the import is; whether there is more to do."""
    chunk.failed = sum(isinstance(row, ValidationFailed) for row in made)
    chunk.result = zlib.compress(msgspec.json.Encoder().encode_lines(row_results(chunk, made)).rstrip(b"\n"), 1)
    chunk.content = b""
    chunk.save(update_fields=["failed", "result", "content"])
    found.started_at = found.started_at or now
    found.failed += chunk.failed
    found.succeeded += chunk.rows - chunk.failed
    over = found.succeeded + found.failed == found.rows
    found.state = "done" if over else "running"
    found.finished_at = now if over else None
    found.save(update_fields=["started_at", "failed", "succeeded", "state", "finished_at"])
    return not over


def row_results(chunk: BulkChunk, made: Sequence[Made | ValidationFailed]) -> list[RowResult]:
    return [
        RowResult(row=number, errors=few(row.errors))
        if isinstance(row, ValidationFailed)
        else RowResult(
            row=number,
            id=row.id,
            serial_number=row.serial_number,
            redeem_code=row.redeem_code,
            external_id=row.external_id,
        )
        for number, row in enumerate(made, start=chunk.first_row)
    ]


def few(errors: dict[str, list[str]]) -> dict[str, list[str]]:
    """The first `MOST_FAULTS`, and how many more there are."""
    if len(errors) <= MOST_FAULTS:
        return errors
    first = dict(islice(errors.items(), MOST_FAULTS))
    return first | {
        "base": [*errors.get("base", []), f"has {len(errors) - MOST_FAULTS} more attributes that are wrong"]
    }
