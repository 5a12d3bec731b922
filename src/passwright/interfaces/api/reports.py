"""Reports of campaigns: the same routes for every type in `campaign_types.TYPES`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from msgspec import Meta, Struct

from passwright.data.models import Campaign
from passwright.interfaces.api.api_calls import calls
from passwright.interfaces.api.campaign_types import TYPES, CampaignType, add_route
from passwright.interfaces.api.content_shapes import Id
from passwright.interfaces.api.frame import Refused, Router, answer, documented, found, id_of, organization_of
from passwright.operations.refusals import Faults
from passwright.queries import campaigns, reports
from passwright.queries.reports import Counts

DAILY = "/{campaign_id}/reports"
TOTALS = "/{campaign_id}/reports/totals"
EARLIER_NAMES = {DAILY: "/{campaign_id}/statistics", TOTALS: "/{campaign_id}/statistics/totals"}

DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

Day = Annotated[str, Meta(extra_json_schema={"format": "date"})]
Installs = Annotated[int, Meta(description="Passes added to a wallet.")]
Uninstalls = Annotated[int, Meta(description="Passes removed from a wallet.")]


class SystemCounts(Struct, frozen=True, kw_only=True):
    """A count by the operating system of the device."""

    ios: int
    android: int
    wp: int


class Counters(Struct, frozen=True, kw_only=True):
    """What both reports count."""

    installs_count: Installs
    uninstalls_count: Uninstalls
    redeems_count: Annotated[int, Meta(description="Uses of passes.")]
    fetches_count: Annotated[int, Meta(description="Updates that devices came for.")]
    downloads_count: Annotated[int, Meta(description="Signed passes handed out.")]
    views_count: Annotated[int, Meta(description="Looks at the campaign's pages, of people and not of programs.")]
    creates_count: Annotated[int, Meta(description="Passes made.")]
    expires_count: Annotated[int, Meta(description="Passes whose expiry came; noticed within a minute.")]
    pushes_count: Annotated[int, Meta(description="Pushes sent to devices.")]
    updates_count: Annotated[int, Meta(description="Changes of single passes.")]
    webhooks_count: Annotated[int, Meta(description="Webhooks delivered to the organization.")]
    api_calls_count: Annotated[
        int,
        Meta(
            description="Requests to the API that named the campaign, this one not yet. With several web processes "
            "those of the last two seconds may be missing, and a process that is killed loses them."
        ),
    ]
    distribution_updates_count: Annotated[
        int, Meta(description="Changes of the settings of the campaign's page, and of its state.")
    ]


class DayCounters(Counters, frozen=True, kw_only=True):
    """What happened on one day (UTC)."""

    i: Annotated[SystemCounts, Meta(description="`installs_count` by operating system.")]
    u: Annotated[SystemCounts, Meta(description="`uninstalls_count` by operating system.")]
    active_count: Annotated[int, Meta(description="Installs less uninstalls of this day; it may be negative.")]
    removed_count: Annotated[int, Meta(description="Another word for `uninstalls_count`.")]


class DailyReport(Struct, frozen=True, kw_only=True):
    """What happened on each day (UTC) on which something did."""

    campaign_id: Id
    start_date: Day
    end_date: Day
    report: dict[Day, DayCounters]


class WalletCounters(Struct, frozen=True, kw_only=True):
    """What happened on the devices of one maker."""

    installs_count: Installs
    uninstalls_count: Uninstalls


class TotalCounters(Counters, frozen=True, kw_only=True):
    """What has happened since the campaign was made."""

    apple: WalletCounters
    android: WalletCounters
    active_count: Annotated[int, Meta(description="Passes that are in a wallet: installs less uninstalls.")]
    removed_count: Annotated[int, Meta(description="Another word for `uninstalls_count`.")]


class TotalReport(Struct, frozen=True, kw_only=True):
    """What has happened since the campaign was made."""

    campaign_id: Id
    report: TotalCounters


def daily_report(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """What happened on each day, by default in the month until today. Days are those of UTC."""
    campaign = campaign_of(kind, request, campaign_id)
    start, end = asked_days(request, today=datetime.now(UTC).date())
    calls.write()
    report = {day.isoformat(): day_counters(counts) for day, counts in reports.daily(campaign, start, end).items()}
    return answer(
        DailyReport(campaign_id=str(campaign.id), start_date=start.isoformat(), end_date=end.isoformat(), report=report)
    )


def total_report(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """What has happened since the campaign was made."""
    campaign = campaign_of(kind, request, campaign_id)
    calls.write()
    return answer(TotalReport(campaign_id=str(campaign.id), report=total_counters(reports.totals(campaign))))


def campaign_of(kind: CampaignType, request: HttpRequest, campaign_id: str) -> Campaign:
    """Raises: NotFound: if the organization has no such campaign of this type."""
    row = campaigns.campaign(organization_of(request), kind.style, id_of(campaign_id, "Campaign"))
    return found(row, "Campaign")


def asked_days(request: HttpRequest, *, today: date) -> tuple[date, date]:
    """The first and the last day of the report.

    Raises:
        Refused: with 400 if one of them is no date, or the first comes after the last.
    """
    faults = Faults()
    end = asked_day(request, "end_date", faults) or today
    start = asked_day(request, "start_date", faults) or month_before(end)
    if not faults.errors and start > end:
        faults.add("start_date", f"is after end_date ({end}). Ask for a day before it or for a later end_date.")
    if faults.errors:
        said = " ".join(f"{name} {fault}" for name, each in faults.errors.items() for fault in each)
        raise Refused(400, said, errors=faults.errors)
    return start, end


def asked_day(request: HttpRequest, name: str, faults: Faults) -> date | None:
    text = request.GET.get(name)
    if text is None:
        return None
    if not DATE.fullmatch(text):
        faults.add(name, "must be a date written as 2026-11-22.")
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        faults.add(name, f"is no day of the calendar: {text}.")
        return None


def month_before(day: date) -> date:
    """The same day of the month before, or that month's last.

    >>> month_before(date(2027, 3, 31))
    datetime.date(2027, 2, 28)
    """
    if (day.year, day.month) == (1, 1):
        return date.min
    last = day.replace(day=1) - timedelta(days=1)
    return last.replace(day=min(day.day, last.day))


def day_counters(counts: Counts) -> DayCounters:
    return DayCounters(
        **counters(counts),
        i=SystemCounts(ios=counts.installs_ios, android=counts.installs_android, wp=counts.installs_wp),
        u=SystemCounts(ios=counts.uninstalls_ios, android=counts.uninstalls_android, wp=counts.uninstalls_wp),
    )


def total_counters(counts: Counts) -> TotalCounters:
    return TotalCounters(
        **counters(counts),
        apple=WalletCounters(installs_count=counts.installs_ios, uninstalls_count=counts.uninstalls_ios),
        android=WalletCounters(installs_count=counts.installs_android, uninstalls_count=counts.uninstalls_android),
    )


def counters(counts: Counts) -> dict[str, int]:
    """Those of both reports by name. Active is what was installed and not removed since (help centre, Analytics)."""
    installs, uninstalls = counts.installs, counts.uninstalls
    return {
        "installs_count": installs,
        "uninstalls_count": uninstalls,
        "redeems_count": counts.redeems,
        "fetches_count": counts.fetches,
        "downloads_count": counts.downloads,
        "views_count": counts.views,
        "creates_count": counts.creates,
        "expires_count": counts.expires,
        "pushes_count": counts.pushes,
        "updates_count": counts.updates,
        "webhooks_count": counts.webhooks,
        "api_calls_count": counts.api_calls,
        "distribution_updates_count": counts.distribution_updates,
        "active_count": installs - uninstalls,
        "removed_count": uninstalls,
    }


DAYS = {
    "start_date": ("The first day, by default a month before the last.", {"type": "string", "format": "date"}),
    "end_date": ("The last day, by default today (UTC).", {"type": "string", "format": "date"}),
}


def add_routes(router: Router, kind: CampaignType) -> None:
    """``statistics`` is what reports were called at first."""
    add = partial(add_route, router, kind)
    daily = documented(name=f"report_{kind.root}", answer=DailyReport, refusals=(404,), query=DAYS)
    totals = documented(name=f"report_{kind.root}_totals", answer=TotalReport, refusals=(404,))
    for path, handler, summary, documentation in (
        (DAILY, daily_report, f"Report on a {kind.noun} by day", daily),
        (TOTALS, total_report, f"Report on a {kind.noun} in all", totals),
    ):
        add("GET", path, handler, summary, **documentation)
        add("GET", EARLIER_NAMES[path], handler, summary, in_schema=False, **documentation)


router = Router()
for each in TYPES:
    add_routes(router, each)
