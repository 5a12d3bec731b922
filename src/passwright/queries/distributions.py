"""The links of campaigns, and what the public pages ask: the campaign behind a link, whole, in one statement."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection
from django.db.models import QuerySet
from msgspec import Struct

from passwright.data.models import Campaign, Distribution
from passwright.passes.content import AfterCreate, Marks, Revision


class PublicCampaign(Struct, frozen=True, kw_only=True):
    """A campaign as its link shows it: the newest revision and the settings of its pages."""

    campaign_id: UUID
    distribution_id: UUID
    distribution_token: str
    state: str
    """``published``, ``paused`` or ``archived``: the stricter of the campaign's and the link's."""
    issuer: str
    """The organization's name as the campaign gives it."""
    revision: Revision
    marks: Marks
    epoch: int
    code_width: int
    user_info: dict[str, Any]
    expiration_date: datetime | None
    relevant_date: datetime | None
    updated_at: datetime
    certificate_expires_at: datetime
    development: bool
    """Signed by the development chain, which no phone trusts."""
    og: bool
    og_description: str
    javascript: str | None
    stylesheet: str | None
    render_on_short_url: bool
    remote_form_url: str | None
    allow_update: bool
    allow_delete: bool
    allow_transfer: bool
    after_create: AfterCreate
    confirm_by_email: bool
    time_zone: str
    link: LinkRules


class LinkRules(Struct, frozen=True, kw_only=True):
    """What a link demands of who comes through it."""

    name: str
    pass_limit: int | None
    issued_count: int
    starts_at: datetime | None
    ends_at: datetime | None
    password_hash: str | None
    returning: str
    distinct_key: str | None
    captcha: bool
    claims_per_hour: int | None
    embed_origins: tuple[str, ...]

    def __repr__(self) -> str:
        return f"LinkRules({self.name!r})"


SELECT = """
SELECT campaign.id, link.id, link.token, campaign.state, link.state, owner.locked_at IS NOT NULL, owner.name,
       revision.content, campaign.marks, campaign.epoch, campaign.code_width, campaign.user_info::text,
       campaign.expiration_date, campaign.relevant_date, campaign.updated_at,
       certificate.expires_at, certificate.development,
       campaign.og, campaign.og_description, campaign.javascript, campaign.stylesheet,
       campaign.render_on_short_url, campaign.remote_form_url,
       campaign.allow_update, campaign.allow_delete, campaign.allow_transfer, campaign.after_create,
       campaign.confirm_by_email, campaign.time_zone,
       link.name, link.pass_limit, link.issued_count, link.starts_at, link.ends_at, link.password_hash, link.returning,
       link.distinct_key, link.captcha, link.claims_per_hour, link.embed_origins
FROM distribution AS link
JOIN campaign ON campaign.id = link.campaign_id AND campaign.deleted_at IS NULL
JOIN organization AS owner ON owner.id = campaign.organization_id
JOIN certificate ON certificate.id = campaign.certificate_id
JOIN LATERAL (
    SELECT content FROM campaign_revision WHERE campaign_id = campaign.id ORDER BY epoch DESC LIMIT 1
) AS revision ON true
WHERE link.token = %s
"""
NOT_DELETED = " AND link.deleted_at IS NULL"


def listing(campaign: Campaign) -> QuerySet[Distribution]:
    """The campaign's links, the first of them first."""
    return Distribution.objects.filter(campaign=campaign, deleted_at=None).order_by("created_at", "id")


def distribution(campaign: Campaign, distribution_id: UUID) -> Distribution | None:
    """One link of the campaign; None if there is none with that id."""
    return Distribution.objects.filter(campaign=campaign, id=distribution_id, deleted_at=None).first()


def campaign_of_link(token: str) -> PublicCampaign | None:
    """The campaign that a link distributes; None if there is no such link or its campaign is gone."""
    return found(SELECT + NOT_DELETED, token)


def campaign_of_any_link(token: str) -> PublicCampaign | None:
    """The same also of a link that was deleted: the pages of passes that were made through it stay where they are."""
    return found(SELECT, token)


def found(statement: str, token: str) -> PublicCampaign | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [token])
        row = cursor.fetchone()
    return public_campaign(row) if row else None


def link_token(distribution_id: UUID) -> str | None:
    """Of a link by its id; None if it is gone."""
    return Distribution.objects.filter(id=distribution_id).values_list("token", flat=True).first()


def campaign_of_pass(pass_id: UUID) -> PublicCampaign | None:
    """The campaign of a pass, by its first link; None if there is no such pass or its campaign is gone."""
    links = Distribution.objects.filter(campaign__passes=pass_id, deleted_at=None).order_by("created_at", "id")
    token = links.values_list("token", flat=True).first()
    return campaign_of_link(token) if token else None


def public_campaign(row: tuple[Any, ...]) -> PublicCampaign:
    campaign_id, link_id, token, campaign_state, link_state, locked, owner, content, marks, *rest = row
    revision = msgspec.json.decode(content, type=Revision)
    return PublicCampaign(
        campaign_id=campaign_id,
        distribution_id=link_id,
        distribution_token=token,
        state="paused" if locked else stricter(campaign_state, link_state),
        issuer=revision.organization_name or owner,
        revision=revision,
        marks=msgspec.json.decode(marks, type=Marks),
        epoch=rest[0],
        code_width=rest[1],
        user_info=msgspec.json.decode(rest[2]) or {},
        expiration_date=rest[3],
        relevant_date=rest[4],
        updated_at=rest[5],
        certificate_expires_at=rest[6],
        development=rest[7],
        og=rest[8],
        og_description=rest[9],
        javascript=rest[10],
        stylesheet=rest[11],
        render_on_short_url=rest[12],
        remote_form_url=rest[13],
        allow_update=rest[14],
        allow_delete=rest[15],
        allow_transfer=rest[16],
        after_create=AfterCreate(rest[17]),
        confirm_by_email=rest[18],
        time_zone=rest[19],
        link=LinkRules(
            name=rest[20],
            pass_limit=rest[21],
            issued_count=rest[22],
            starts_at=rest[23],
            ends_at=rest[24],
            password_hash=rest[25],
            returning=rest[26],
            distinct_key=rest[27],
            captcha=rest[28],
            claims_per_hour=rest[29],
            embed_origins=tuple(msgspec.json.decode(rest[30])),
        ),
    )


def stricter(one_state: str, other_state: str) -> str:
    for state in ("archived", "paused"):
        if state in (one_state, other_state):
            return state
    return "published"
