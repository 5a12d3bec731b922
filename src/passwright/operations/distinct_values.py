"""Values of which a campaign wants no second: each is a row that only one pass can have.

Rows say what passes have written, also what a reset masks: undoing it brings no value twice. A pass that staff has
voided keeps its values; one that its holder has deleted gives them up, until somebody makes it valid again. They are
written in the order of their keys, so that two passes that want each other's values wait in one line.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection

from passwright.data.models import Campaign, DistinctValue
from passwright.operations.refusals import Faults, WrongValues
from passwright.passes.answers import Fault, distinct_digest, is_blank, rules_of
from passwright.passes.content import Field, Overrides, Revision

AT_ONCE = 2_000
"""Passes that are looked at in one statement when a field becomes distinct."""

WRITE = """
INSERT INTO distinct_value (campaign_id, key, digest, pass_id)
SELECT %s, given.key, given.digest, given.pass_id
FROM unnest(%s::text[], %s::bytea[], %s::uuid[]) WITH ORDINALITY AS given (key, digest, pass_id, place)
ORDER BY given.place
"""
UNLESS_TAKEN = "ON CONFLICT (campaign_id, key, digest) DO NOTHING RETURNING key"
FORGET = (
    "DELETE FROM distinct_value WHERE pass_id = %s AND (key, digest) IN (SELECT * FROM unnest(%s::text[], %s::bytea[]))"
)
TAKEN = """
SELECT key, digest FROM distinct_value
WHERE campaign_id = %s AND (key, digest) IN (SELECT * FROM unnest(%s::text[], %s::bytea[]))
"""
SAID = """
SELECT id, jsonb_path_query_first(
    overrides, '$.fields[*] ? (@.key == $key && exists(@.value_at)).value', jsonb_build_object('key', %s::text)
) #>> '{}'
FROM pass WHERE campaign_id = %s AND overrides IS NOT NULL AND (given_up_at IS NULL OR NOT voided)
"""


def distinct_digests(revision: Revision, overrides: Overrides) -> dict[str, bytes]:
    """By key, what the pass has written in the distinct fields of ``revision``; what is blank is like nothing else."""
    keys = rules_of(revision.fields).distinct
    if not keys:
        return {}
    return {
        override.key: distinct_digest(override.value)
        for override in overrides.fields
        if override.key in keys and override.value_at is not None and override.value and not is_blank(override.value)
    }


def keep_values(campaign_id: UUID, pass_id: UUID, digests: Mapping[str, bytes]) -> frozenset[str]:
    """Write them down for the pass; the keys of those that another pass has."""
    return frozenset(digests) - write(campaign_id, [(key, digests[key], pass_id) for key in sorted(digests)])


def change_values(
    campaign_id: UUID, pass_id: UUID, digests: Mapping[str, bytes], *, of: Collection[str]
) -> frozenset[str]:
    """The same for a pass that has some already of the keys ``of`` distinct fields; those that it gave up are free.
    What links keep beside is theirs."""
    kept = DistinctValue.objects.filter(holder_id=pass_id, key__in=of)
    there = {(row.key, bytes(row.digest)) for row in kept}
    gone = sorted(there - set(digests.items()))
    if gone:
        with connection.cursor() as cursor:
            cursor.execute(FORGET, [pass_id, [key for key, _ in gone], [digest for _, digest in gone]])
    return keep_values(campaign_id, pass_id, {key: it for key, it in digests.items() if (key, it) not in there})


def write(campaign_id: UUID, rows: Sequence[tuple[str, bytes, UUID]]) -> frozenset[str]:
    """Keys, digests and passes, as far as nobody else has them; the keys that were written."""
    if not rows:
        return frozenset()
    with connection.cursor() as cursor:
        cursor.execute(WRITE + UNLESS_TAKEN, [campaign_id, *columns(rows)])
        return frozenset(key for (key,) in cursor.fetchall())


def write_new(campaign_id: UUID, rows: Sequence[tuple[str, bytes, UUID]]) -> None:
    """Raises: django.db.IntegrityError: if another pass has one of them since they were looked up."""
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(WRITE, [campaign_id, *columns(rows)])


def columns(rows: Sequence[tuple[str, bytes, UUID]]) -> list[list[Any]]:
    return [[row[part] for row in rows] for part in range(3)]


def taken_values(campaign_id: UUID, wanted: Collection[tuple[str, bytes]]) -> set[tuple[str, bytes]]:
    """Which of the values, by key and digest, passes of the campaign have."""
    if not wanted:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(TAKEN, [campaign_id, [key for key, _ in wanted], [digest for _, digest in wanted]])
        return {(key, bytes(digest)) for key, digest in cursor.fetchall()}


TAKEN_ALREADY = Fault("has already been taken in this campaign")


def refusal_of(names: Mapping[str, str]) -> WrongValues:
    """``names``: by key, what the API calls the place of a value that another pass has."""
    return WrongValues({name: [str(TAKEN_ALREADY)] for name in names.values()}, dict.fromkeys(names, (TAKEN_ALREADY,)))


def switch_distinct(campaign: Campaign, before: Revision, after: Revision, faults: Faults) -> None:
    """Fields that became distinct, or ceased to be: rows for all passes, or for none. The caller has the campaign's
    row locked, and passes are changed with it held."""
    old, new = set(rules_of(before.fields).distinct), {field.key: field for field in after.fields if field.distinct}
    if ended := old - set(new):
        DistinctValue.objects.filter(campaign=campaign, key__in=sorted(ended)).delete()
    if not campaign.pass_count or not (begun := sorted(set(new) - old)):
        return
    with connection.cursor() as cursor:
        # Whoever changes a pass holds the campaign: those who know the fields of before come first.
        cursor.execute("SELECT 1 FROM campaign WHERE id = %s FOR UPDATE", [campaign.id])
    for key in begun:
        fill(campaign.id, new[key], faults)


def fill(campaign_id: UUID, field: Field, faults: Faults) -> None:
    passes = written = 0
    said = values_said(campaign_id, field.key)
    while some := list(islice(said, AT_ONCE)):
        digests = {pass_id: distinct_digest(text) for pass_id, text in some}
        passes += len(digests)
        written += count_written(campaign_id, field.key, digests)
    if shared := passes - written:
        faults.add(
            f"{field.position}_fields",
            f"can't make {field.key} distinct: {shared} {'pass has' if shared == 1 else 'passes have'} a value that"
            " another pass has already",
        )


def values_said(campaign_id: UUID, key: str) -> Iterator[tuple[UUID, str]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(SAID, [key, campaign_id])
        while rows := cursor.fetchmany(AT_ONCE):
            yield from ((pass_id, text) for pass_id, text in rows if not is_blank(text))


def count_written(campaign_id: UUID, key: str, digests: Mapping[UUID, bytes]) -> int:
    with connection.cursor() as cursor:
        passes = list(digests)
        cursor.execute(WRITE + UNLESS_TAKEN, [campaign_id, [key] * len(passes), list(digests.values()), passes])
        return len(cursor.fetchall())
