"""What a merge and a campaign push cost, and the first looks after them, however many passes a campaign has.

Campaigns of three sizes lie in one PostgreSQL of their own. They take turns, so that whatever else the machine does
meets them all; what counts is the median. Between the rounds each campaign is updated (not measured), so that every
push finds passes to reset.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import takewhile
from statistics import median
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from passwright.bench.apart import measured_apart
from passwright.bench.http import BenchmarkFailed

if TYPE_CHECKING:
    from passwright.data.models import Campaign, Organization

SMALL, MIDDLE, LARGE = 1_000, 100_000, 1_000_000
SECONDS = 40.0
FEWEST, MOST = 15, 150
"""Rounds: as many as fit into the seconds, within these."""
PAGE = 25


class MergeResult(Struct, frozen=True, kw_only=True):
    """Medians in milliseconds of a campaign with 1,000, 100,000 and 1,000,000 passes; ``get`` and ``list`` are the
    first looks at one pass and at a page of 25 after a merge or a push. Ratios are of the largest to the smallest."""

    ratio_1m_to_1k: float
    push_ratio_1m_to_1k: float
    get_ratio_1m_to_1k: float
    list_ratio_1m_to_1k: float
    merge_1k_ms: float
    merge_100k_ms: float
    merge_1m_ms: float
    push_1k_ms: float
    push_100k_ms: float
    push_1m_ms: float
    get_1k_ms: float
    get_100k_ms: float
    get_1m_ms: float
    list_1k_ms: float
    list_100k_ms: float
    list_1m_ms: float


def run() -> MergeResult:
    """Measure in a process and a database of their own."""
    return msgspec.json.decode(measured_apart("passwright.bench.merge"), type=MergeResult)


def measure(
    sizes: Sequence[int] = (SMALL, MIDDLE, LARGE), *, fewest: int = FEWEST, seconds: float = SECONDS
) -> MergeResult:
    """Fill the database that Django knows, and measure."""
    organization = make_organization()
    campaigns = [filled(organization, size) for size in sizes]
    times: dict[tuple[str, int], list[float]] = defaultdict(list)
    for turn in turns(fewest, seconds):
        for number in rotated(range(len(sizes)), turn):
            for name, milliseconds in one_round(organization, campaigns[number], turn).items():
                times[name, number].append(milliseconds)
    middle = {place: median(taken) for place, taken in times.items()}
    names = {"merge": "ratio", "push": "push_ratio", "get": "get_ratio", "list": "list_ratio"}
    ratios = {f"{ratio}_1m_to_1k": middle[name, 2] / middle[name, 0] for name, ratio in names.items()}
    medians = {
        f"{name}_{size}_ms": middle[name, number] for name in names for number, size in enumerate(("1k", "100k", "1m"))
    }
    return msgspec.convert({name: round(value, 3) for name, value in (ratios | medians).items()}, MergeResult)


def turns(fewest: int, seconds: float) -> Iterator[int]:
    until = time.monotonic() + seconds
    return takewhile(lambda turn: turn < fewest or time.monotonic() < until, range(MOST))


def rotated(numbers: Sequence[int], turn: int) -> list[int]:
    start = turn % len(numbers)
    return [*numbers[start:], *numbers[:start]]


def one_round(organization: Organization, campaign: Campaign, turn: int) -> dict[str, float]:
    """Milliseconds of a merge, of a push that resets, and of the first looks after each."""
    from passwright.operations.merge_campaign import merge_campaign
    from passwright.operations.push_campaign import push_campaign
    from passwright.passes.content import Style

    asked: dict[str, Any] = {"organization": organization, "style": Style.GENERIC, "campaign_id": campaign.id}
    update(organization, campaign, f"merged {turn}")
    merge = timed(lambda: merge_campaign(**asked, message=f"Merged {turn}", now=now()))
    get, page = look(campaign, f"merged {turn}")
    update(organization, campaign, f"pushed {turn}")
    push = timed(lambda: push_campaign(**asked, message=f"Pushed {turn}", now=now()))
    get_pushed, page_pushed = look(campaign, f"pushed {turn}")
    return {"merge": merge, "push": push, "get": (get + get_pushed) / 2, "list": (page + page_pushed) / 2}


def timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def look(campaign: Campaign, level: str) -> tuple[float, float]:
    """Milliseconds of the first reads of one pass and of a page of them.

    Raises:
        BenchmarkFailed: if they do not show what was brought to them.
    """
    from passwright.operations import deliver
    from passwright.passes.content import Content
    from passwright.queries import passes
    from passwright.queries.campaign_with_link import campaign_of_any_style

    seen: list[Content] = []
    last = passes.listing(campaign).order_by("-created_at").values_list("id", flat=True)[0]

    def get() -> None:
        found = deliver.find(last, None, now())
        seen.extend(passes.laid([found.parts]) if found else ())

    def page() -> None:
        there = campaign_of_any_style(campaign.organization, campaign.id)
        if there:
            seen.extend(passes.contents(there.campaign, list(passes.listing(there.campaign)[:PAGE])))

    taken = timed(get), timed(page)
    shown = {field.value for content in seen for field in content.fields if field.key == "level"}
    if shown != {level} or len(seen) < 2:
        raise BenchmarkFailed(f"{len(seen)} passes show {shown} instead of {level}")
    return taken


def update(organization: Organization, campaign: Campaign, level: str) -> None:
    from passwright.operations.campaign_content import CampaignWanted
    from passwright.operations.update_campaign import update_campaign
    from passwright.passes.changes import SentField
    from passwright.passes.content import Position, Style

    wanted = CampaignWanted(fields=(SentField(key="level", position=Position.AUXILIARY, value=level),))
    update_campaign(organization=organization, style=Style.GENERIC, campaign_id=campaign.id, wanted=wanted, now=now())


def now() -> datetime:
    return datetime.now(UTC)


def make_organization() -> Organization:
    from passwright.operations.create_organization import create_organization

    return create_organization(name="Bench", now=now()).organization


def filled(organization: Organization, size: int) -> Campaign:
    """A campaign with so many passes, each with a member's name, a level of its own and a place."""
    from passwright.data.models import Asset
    from passwright.operations.campaign_content import CampaignWanted
    from passwright.operations.create_campaign import create_campaign
    from passwright.passes.changes import SentField
    from passwright.passes.content import Barcode, BarcodeFormat, Behaviour, ImageSlot, Position, Style

    icon = Asset.objects.create(
        organization=organization, asset_type="icon", digest="00", width=87, height=87, created_at=now()
    )
    dynamic = Behaviour.DYNAMIC
    fields = (
        SentField(key="points", position=Position.HEADER, label="POINTS", value="0", behaviour=dynamic),
        SentField(key="member", position=Position.PRIMARY, label="MEMBER", behaviour=dynamic),
        SentField(key="subtitle", position=Position.SECONDARY, label="MEMBER SINCE", behaviour=dynamic),
        SentField(key="level", position=Position.AUXILIARY, label="LEVEL", value="Explorer"),
        *(SentField(key=f"note{n}", position=Position.BACK, label=f"Note {n}", value="Toys " * 12) for n in range(5)),
    )
    wanted = CampaignWanted(
        name=f"{size:,} passes",
        fields=fields,
        images={ImageSlot.ICON: icon.id},
        barcode=Barcode(format=BarcodeFormat.QRCODE),
    )
    campaign = create_campaign(organization=organization, style=Style.GENERIC, wanted=wanted, now=now())
    fill(campaign, size)
    return campaign


# What `issue_pass` and two updates would have left of each pass, a thousand times faster.
FILL = """
INSERT INTO pass (id, campaign_id, serial_number, redeem_code, epoch, version, overrides, voided, redeemed_count,
                  created_at, updated_at)
SELECT gen_random_uuid(), %(campaign)s, gen_random_uuid(), lpad(number::text, 7, '0'), 1, 3,
       jsonb_build_object(
           'fields', jsonb_build_array(
               jsonb_build_object('key', 'member', 'position', 'primary', 'value_at', 1, 'value', 'Member ' || number),
               jsonb_build_object('key', 'points', 'position', 'header', 'value_at', 1, 'value', number::text),
               jsonb_build_object('key', 'level', 'position', 'auxiliary', 'value_at', 1, 'value', 'Own')),
           'locations', jsonb_build_object('at', 1, 'locations', jsonb_build_array(
               jsonb_build_object('latitude', 38.7, 'longitude', -9.1)))),
       false, 0, %(at)s::timestamptz + number * interval '1 microsecond', %(at)s::timestamptz
FROM generate_series(1, %(size)s) AS number
"""
COUNT = """
UPDATE campaign SET pass_count = %(size)s, next_code = %(size)s + 1,
                    last_issued_at = %(at)s::timestamptz + %(size)s * interval '1 microsecond'
WHERE id = %(campaign)s
"""


def fill(campaign: Campaign, size: int) -> None:
    from django.db import connection

    values: dict[str, Any] = {"campaign": campaign.id, "size": size, "at": now()}
    with connection.cursor() as cursor:
        for statement in (FILL, COUNT, "ANALYZE pass"):
            cursor.execute(statement, values)
    campaign.refresh_from_db()


if __name__ == "__main__":
    import django

    django.setup()
    sys.stdout.write(msgspec.json.encode(measure()).decode())
