"""What a change would do, from the change itself: it is made and taken back, so that nothing can be foretold that would
be refused, and nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from msgspec import Struct

from passwright.data.models import Campaign, Pass
from passwright.operations.announce import Pushed
from passwright.operations.pass_content import PassWanted
from passwright.operations.retrying import retried
from passwright.operations.update_pass import update_pass
from passwright.passes.content import Content
from passwright.passes.substitution import UnknownReference, unknown_references
from passwright.queries.passes import content_of, contents, listing, pass_, shown_revision
from passwright.queries.registrations import registrations_of, registrations_of_pass
from passwright.wallets import apple
from passwright.wallets.base import Unsupported
from passwright.wallets.forecast import Forecast, Shows, foretell

Made = TypeVar("Made")

LOOKED_AT = 2_000
"""Passes that are all looked at; of more than that, a random sample."""
SAMPLE = 1_000
CHUNK = 200
EXAMPLES = 5


class PassForecast(Struct, frozen=True, kw_only=True):
    """``devices``: how many hold the pass and would be told."""

    forecast: Forecast
    devices: int
    warnings: tuple[Unsupported, ...]


class Example(Struct, frozen=True, kw_only=True):
    """``passes``: of those looked at, how many show it; ``pass_id``: one of them."""

    shows: Shows
    text: str
    passes: int
    pass_id: UUID


class CampaignForecast(Struct, frozen=True, kw_only=True):
    """``counts``: passes by what their phones would show; of a sample, how many of all it stands for. ``devices``: how
    many hold a pass of the campaign and would be told. Examples are the most frequent first."""

    passes: int
    looked_at: int
    devices: int
    counts: dict[Shows, int]
    examples: tuple[Example, ...]
    warnings: tuple[Unsupported, ...]

    @property
    def sampled(self) -> bool:
        return self.looked_at < self.passes


@retried
def taken_back(change: Callable[[], Made]) -> Made:
    """What the change answers, without anything of it being there afterwards."""
    with transaction.atomic():
        made = change()
        transaction.set_rollback(True)
    return made


def foretell_update(*, campaign: Campaign, pass_id: UUID, wanted: PassWanted, now: datetime) -> PassForecast:
    """What phones that hold the pass would show after `update_pass`.

    Raises:
        NotFound: as there.
        ValidationFailed: as there.
    """

    def change() -> tuple[Content | None, Content, list[Unsupported]]:
        row = pass_(campaign, pass_id)
        before = content_of(campaign, row) if row else None
        changed = update_pass(campaign=campaign, pass_id=pass_id, wanted=wanted, now=now)
        after = content_of(changed.campaign, changed)
        return before, after, warnings_of(changed, after)

    before, after, warnings = taken_back(change)
    assert before is not None, "update_pass refuses a pass that is not there"
    forecast = foretell(before, after, at=now)
    told = wanted.push and forecast.shows is not Shows.UNCHANGED
    devices = registrations_of_pass(Pass(id=pass_id)).count() if told else 0
    return PassForecast(forecast=forecast, devices=devices, warnings=tuple(warnings))


def foretell_campaign(change: Callable[[], Pushed], *, campaign: Campaign, now: datetime) -> CampaignForecast:
    """What all phones that hold a pass of the campaign would show after ``change`` (`merge_campaign`,
    `push_campaign`). Of up to 2,000 passes each is looked at, of more a random sample of 1,000.

    Raises:
        NotFound: as the change does.
    """
    after = taken_back(change).campaign
    # Not kept by anybody who reads within a transaction: the campaign has not come to this epoch.
    with transaction.atomic():
        seen = looked_through(campaign, after, now)
    looked_at = sum(seen.passes.values())
    total = max(seen.total, looked_at)
    return CampaignForecast(
        passes=total,
        looked_at=looked_at,
        devices=registrations_of(campaign).count() if looked_at else 0,
        counts=extrapolated(by_kind(seen.passes), looked_at, total),
        examples=tuple(
            Example(shows=shows, text=text, passes=count, pass_id=seen.one_of[shows, text])
            for (shows, text), count in seen.passes.most_common(EXAMPLES)
        ),
        warnings=tuple(seen.warnings.values()),
    )


class Seen(Struct):
    """``passes`` by what their phones show, with one of each kind, and what phones do not show as it is asked for."""

    total: int
    passes: Counter[tuple[Shows, str]]
    one_of: dict[tuple[Shows, str], UUID]
    warnings: dict[tuple[str, str], Unsupported]


def looked_through(before: Campaign, after: Campaign, now: datetime) -> Seen:
    seen = Seen(total=listing(before).count(), passes=Counter(), one_of={}, warnings={})
    ids = list(ids_looked_at(before, seen.total))
    for start in range(0, len(ids), CHUNK):
        rows = list(Pass.objects.filter(id__in=ids[start : start + CHUNK]))
        for row, old, new in zip(rows, contents(before, rows), contents(after, rows), strict=True):
            told = foretell(old, new, at=now)
            key = told.shows, told.text
            seen.passes[key] += 1
            if seen.one_of.setdefault(key, row.id) == row.id and len(seen.one_of) <= EXAMPLES:
                found = warnings_of(with_campaign(row, after), new)
                seen.warnings |= {(one.path, one.message): one for one in found}
    return seen


def with_campaign(row: Pass, campaign: Campaign) -> Pass:
    row.campaign = campaign
    return row


def ids_looked_at(campaign: Campaign, total: int) -> Iterator[UUID]:
    """All, or a random sample: the order by chance reads every pass's row once, and writes nothing."""
    rows = listing(campaign)
    chosen = rows if total <= LOOKED_AT else rows.order_by("?")[:SAMPLE]
    yield from chosen.values_list("id", flat=True)


def by_kind(seen: Counter[tuple[Shows, str]]) -> dict[Shows, int]:
    return {shows: sum(count for (kind, _), count in seen.items() if kind is shows) for shows in Shows}


def extrapolated(counts: dict[Shows, int], looked_at: int, total: int) -> dict[Shows, int]:
    """Of a sample, the shares of all passes; together they are ``total``."""
    if looked_at == total:
        return counts
    shares = {shows: divmod(count * total, looked_at) for shows, count in counts.items()}
    missing = total - sum(whole for whole, _ in shares.values())
    largest = sorted(shares, key=lambda shows: shares[shows][1], reverse=True)[:missing]
    return {shows: whole + (shows in largest) for shows, (whole, _) in shares.items()}


def warnings_of(row: Pass, shown: Content) -> list[Unsupported]:
    """What a phone would not show as the campaign asks, in the pass as it would be."""
    brought = {field.key for field in shown.fields}
    unknown = (one for one in unknown_references(shown_revision(row.campaign, row)) if one.key not in brought)
    return [*apple.unsupported(shown), *(unfilled(one) for one in unknown)]


def unfilled(reference: UnknownReference) -> Unsupported:
    return Unsupported(
        path=reference.path,
        message=f"There is no field {reference.key} with words, so ${{{reference.key}}} is shown as it is written.",
        fix="Correct the key, or write $${ for the signs themselves.",
    )
