"""Which pass somebody means who scanned or typed a code."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from passwright.data.models import Campaign, Pass
from passwright.data.postgresql.statement import Statement
from passwright.passes.codes import campaign_message, digest_of, normalized_code
from passwright.passes.content import CodeType
from passwright.queries.campaigns import newest_revision
from passwright.queries.passes import contents, reader

CANDIDATES = 100
"""Laid out at once."""

BY_REDEEM_CODE = Statement(
    "pass_by_redeem_code",
    f"SELECT {reader.columns} FROM pass WHERE campaign_id = $1 AND redeem_code = $2",  # noqa: S608 - nothing comes from outside
)


class AmbiguousCode(Exception):
    """Several passes show this code. Send the redeem code of the one that is meant, or use its id."""


def pass_by_code(campaign: Campaign, code: str) -> Pass | None:
    """The pass of the campaign with that redeem code, else the one that shows the text in a code of its own; None if
    there is neither. ``code`` may be any text.

    Raises:
        AmbiguousCode: if several passes show it.
    """
    if "\x00" in code:  # PostgreSQL would read on to it only
        return None
    spellings = {code, code.strip()}
    if campaign.code_type == CodeType.FIXED and campaign.code_fixed_value in spellings:
        raise AmbiguousCode(AmbiguousCode.__doc__)
    if row := with_redeem_code(campaign, code):
        return row
    if campaign_message(newest_revision(campaign)) in spellings:  # every pass without a code of its own says so
        raise AmbiguousCode(AmbiguousCode.__doc__)
    return only_one_showing(campaign, spellings)


def with_redeem_code(campaign: Campaign, code: str) -> Pass | None:
    """Numbers are found with any leading zeros; codes that the passes brought have to be exact."""
    own = campaign.code_type == CodeType.PER_PASS
    cells = BY_REDEEM_CODE.row(str(campaign.id), code if own else normalized_code(code.strip(), campaign.code_width))
    if cells is None:
        return None
    row = reader.row(cells)
    row.campaign = campaign
    return row


def only_one_showing(campaign: Campaign, messages: set[str]) -> Pass | None:
    found = list(islice(showing(campaign, messages), 2))
    if len(found) > 1:
        raise AmbiguousCode(AmbiguousCode.__doc__)
    return found[0] if found else None


def showing(campaign: Campaign, messages: set[str]) -> Iterator[Pass]:
    """Passes that brought such a message and, whatever has been merged since, still show it."""
    digests = [digest_of(message) for message in messages]
    candidates = Pass.objects.filter(campaign=campaign, barcode_digest__in=digests).order_by("id")
    after = UUID(int=0)
    while chunk := list(candidates.filter(id__gt=after)[:CANDIDATES]):
        for row, content in zip(chunk, contents(campaign, chunk), strict=True):
            if any(barcode.message in messages for barcode in content.barcodes):
                row.campaign = campaign
                yield row
        after = chunk[-1].id
