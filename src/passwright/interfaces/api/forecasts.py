"""What phones would show after a change of a pass, a merge or a push; nothing is written, and nobody is told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from msgspec import Meta, Struct

from passwright.interfaces.api.campaign_types import TYPES, CampaignType, add_route
from passwright.interfaces.api.frame import Router, answer, documented, found, id_of, organization_of
from passwright.interfaces.api.passes import campaign_of, sent_pass
from passwright.interfaces.api.pushes import sent_push
from passwright.interfaces.api.request_schemas import pass_body, push_body
from passwright.operations.foretell import CampaignForecast, foretell_campaign, foretell_update
from passwright.operations.merge_campaign import merge_campaign
from passwright.operations.push_campaign import push_campaign
from passwright.queries import campaigns
from passwright.wallets.base import Unsupported
from passwright.wallets.forecast import Shows

Count = Annotated[int, Meta(ge=0)]


class Warned(Struct, frozen=True, kw_only=True):
    """What a phone does not show as it is asked for, and what to do about it."""

    path: str
    message: str
    fix: str


class PassForecastShape(Struct, frozen=True, kw_only=True):
    """`text`: what the lock screen says. `lines`: what each changed field would say alone; two or more of them are one
    general sentence. `devices`: how many are told."""

    shows: Shows
    text: str
    lines: tuple[str, ...]
    changes: tuple[str, ...]
    devices: Count
    warnings: tuple[Warned, ...]


class ExampleShape(Struct, frozen=True, kw_only=True):
    """`passes`: of those that were looked at."""

    shows: Shows
    text: str
    passes: Count
    pass_id: UUID


class CampaignForecastShape(Struct, frozen=True, kw_only=True):
    """Passes by what their phones would show. `sampled`: not all were looked at, and the numbers are what the sample
    stands for."""

    passes: Count
    sampled: bool
    looked_at: Count
    devices: Count
    text: Count
    generic: Count
    silent: Count
    unchanged: Count
    examples: tuple[ExampleShape, ...]
    warnings: tuple[Warned, ...]


def warned(found: Iterable[Unsupported]) -> tuple[Warned, ...]:
    return tuple(Warned(path=one.path, message=one.message, fix=one.fix) for one in found)


def post_pass_forecast(kind: CampaignType, request: HttpRequest, campaign_id: str, pass_id: str) -> HttpResponse:
    """What phones that hold the pass would show after a `PATCH` with the same body. It is refused as that would be;
    nothing is written, and no version moves."""
    campaign = campaign_of(kind, request, campaign_id).campaign
    wanted_id = id_of(pass_id, "Pass")
    told = foretell_update(
        campaign=campaign, pass_id=wanted_id, wanted=sent_pass(kind, request, campaign), now=datetime.now(UTC)
    )
    return answer(
        PassForecastShape(
            shows=told.forecast.shows,
            text=told.forecast.text,
            lines=told.forecast.lines,
            changes=tuple(change.path for change in told.forecast.changes),
            devices=told.devices,
            warnings=warned(told.warnings),
        )
    )


def post_merge_forecast(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """What phones would show after a merge with the same body. Of up to 2,000 passes each is looked at, of more a
    random sample of 1,000."""
    organization, wanted, now = organization_of(request), id_of(campaign_id, "Campaign"), datetime.now(UTC)
    change = partial(
        merge_campaign,
        organization=organization,
        style=kind.style,
        campaign_id=wanted,
        message=sent_push(request).message,
        now=now,
    )
    campaign = found(campaigns.campaign(organization, kind.style, wanted), "Campaign")
    return answer(shape(foretell_campaign(change, campaign=campaign, now=now)))


def post_push_forecast(kind: CampaignType, request: HttpRequest, campaign_id: str) -> HttpResponse:
    """What phones would show after a push with the same body. Of up to 2,000 passes each is looked at, of more a
    random sample of 1,000."""
    organization, wanted, now = organization_of(request), id_of(campaign_id, "Campaign"), datetime.now(UTC)
    sent = sent_push(request)
    change = partial(
        push_campaign,
        organization=organization,
        style=kind.style,
        campaign_id=wanted,
        message=sent.message,
        reset=sent.reset,
        now=now,
    )
    campaign = found(campaigns.campaign(organization, kind.style, wanted), "Campaign")
    return answer(shape(foretell_campaign(change, campaign=campaign, now=now)))


def shape(told: CampaignForecast) -> CampaignForecastShape:
    return CampaignForecastShape(
        passes=told.passes,
        sampled=told.sampled,
        looked_at=told.looked_at,
        devices=told.devices,
        text=told.counts[Shows.TEXT],
        generic=told.counts[Shows.GENERIC],
        silent=told.counts[Shows.SILENT],
        unchanged=told.counts[Shows.UNCHANGED],
        examples=tuple(
            ExampleShape(shows=one.shows, text=one.text, passes=one.passes, pass_id=one.pass_id)
            for one in told.examples
        ),
        warnings=warned(told.warnings),
    )


def add_routes(router: Router, kind: CampaignType) -> None:
    add, name = partial(add_route, router, kind), kind.root
    add(
        "POST",
        "/{campaign_id}/passes/{pass_id}/forecast",
        post_pass_forecast,
        f"Foretell an update of a pass of a {kind.noun}",
        **documented(name=f"forecast_{name}_pass", answer=PassForecastShape, body=pass_body(), refusals=(404, 422)),
    )
    add(
        "POST",
        "/{campaign_id}/merge/forecast",
        post_merge_forecast,
        f"Foretell a merge of a {kind.noun}",
        **documented(
            name=f"forecast_{name}_merge", answer=CampaignForecastShape, body=push_body(name), refusals=(404, 422)
        ),
    )
    add(
        "POST",
        "/{campaign_id}/push/forecast",
        post_push_forecast,
        f"Foretell a push of all passes of a {kind.noun}",
        **documented(
            name=f"forecast_{name}_push",
            answer=CampaignForecastShape,
            body=push_body(name, resets=True),
            refusals=(404, 422),
        ),
    )


router = Router()
for each in TYPES:
    add_routes(router, each)
