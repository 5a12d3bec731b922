"""An organization with certificates and pictures, and the campaign of the toy town that tests issue passes of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from passwright.data.models import Asset, Campaign, Certificate, Organization, Pass
from passwright.operations.campaign_content import CampaignWanted
from passwright.operations.create_campaign import create_campaign
from passwright.operations.create_organization import create_organization
from passwright.operations.issue_pass import issue_pass
from passwright.operations.merge_campaign import merge_campaign
from passwright.operations.pass_content import PassWanted
from passwright.operations.push_campaign import push_campaign
from passwright.operations.push_pass import push_pass
from passwright.operations.undo_reset import undo_reset
from passwright.operations.update_campaign import update_campaign
from passwright.operations.update_pass import update_pass
from passwright.passes.changes import SentField
from passwright.passes.content import Barcode, BarcodeFormat, Behaviour, Content, ImageSlot, Position, Style
from passwright.queries.passes import content_of

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)

TOY_FIELDS = (
    SentField(key="member", position=Position.PRIMARY, behaviour=Behaviour.DYNAMIC),
    SentField(key="subtitle", position=Position.SECONDARY, label="MEMBER SINCE"),
    SentField(key="level", position=Position.AUXILIARY, label="LEVEL"),
    SentField(key="favorite", position=Position.AUXILIARY, label="FAVORITE TOY"),
)


def toy_maker(name: str = "Toys") -> Organization:
    """With a public certificate for every style."""
    for style in Style:
        if not Certificate.objects.filter(organization=None, pass_type=style).exists():
            certificate(style=style)
    return create_organization(name=name, now=NOW).organization


def certificate(
    organization: Organization | None = None,
    *,
    style: Style | None = None,
    identifier: str = "pass.example.toys",
    **parts: Any,
) -> Certificate:
    return Certificate.objects.create(
        organization=organization,
        pass_type=style,
        pass_type_identifier=identifier,
        team_identifier="TEAM123456",
        issued_to="Toys",
        not_before=NOW - timedelta(days=1),
        expires_at=parts.pop("expires_at", NOW + timedelta(days=365)),
        leaf_pem="",
        intermediate_pem="",
        key_encrypted=b"",
        created_at=NOW,
        **parts,
    )


def picture(organization: Organization, slot: ImageSlot = ImageSlot.ICON, digest: str = "aa") -> UUID:
    return Asset.objects.create(
        organization=organization, asset_type=slot, digest=digest, width=1, height=1, created_at=NOW
    ).id


def toy_town(organization: Organization, style: Style = Style.GENERIC, **wanted: Any) -> Campaign:
    """The campaign of the v2 contract's generic example."""
    asked: dict[str, Any] = {
        "name": "Toy Town Generic Passes!",
        "fields": TOY_FIELDS,
        "barcode": Barcode(format=BarcodeFormat.PDF417),
        "logo_text": "Toy Town",
        "text_color": "#ffffff",
        "background_color": "#c51f1f",
    }
    if "template_id" not in wanted and "images" not in wanted:
        asked["images"] = {ImageSlot.ICON: picture(organization)}
    if "template_id" in wanted:
        for name in ("logo_text", "text_color", "background_color"):
            del asked[name]
    return create_campaign(organization=organization, style=style, wanted=CampaignWanted(**asked | wanted), now=NOW)


def change(campaign: Campaign, now: datetime = LATER, **wanted: Any) -> Campaign:
    return update_campaign(
        organization=campaign.organization,
        style=Style(campaign.style),
        campaign_id=campaign.id,
        wanted=CampaignWanted(**wanted),
        now=now,
    )


def issue(campaign: Campaign, **wanted: Any) -> Pass:
    return issue_pass(campaign=campaign, wanted=PassWanted(**wanted), now=NOW)


def patch(campaign: Campaign, row: Pass, now: datetime = LATER, **wanted: Any) -> Pass:
    return update_pass(campaign=campaign, pass_id=row.id, wanted=PassWanted(**wanted), now=now)


def named(campaign: Campaign, now: datetime) -> dict[str, Any]:
    """How an operation is told which campaign is meant."""
    return {
        "organization": campaign.organization,
        "style": Style(campaign.style),
        "campaign_id": campaign.id,
        "now": now,
    }


def merge(campaign: Campaign, message: str = "", now: datetime = LATER) -> Campaign:
    return merge_campaign(**named(campaign, now), message=message).campaign


def push(campaign: Campaign, message: str = "", *, reset: bool = True, now: datetime = LATER) -> Campaign:
    return push_campaign(**named(campaign, now), message=message, reset=reset).campaign


def undo(campaign: Campaign, now: datetime = LATER) -> Campaign:
    return undo_reset(**named(campaign, now))


def tell(campaign: Campaign, row: Pass, message: str = "", now: datetime = LATER) -> Pass:
    """Push one pass."""
    return push_pass(campaign=campaign, pass_id=row.id, message=message, now=now)


def sent(key: str, position: Position, **parts: Any) -> SentField:
    return SentField(key=key, position=position, **parts)


def values(content: Content) -> dict[str, str | None]:
    return {field.key: field.value for field in content.fields}


def shown(campaign: Campaign, row: Pass) -> dict[str, str | None]:
    """What the pass shows now, both read again."""
    campaign.refresh_from_db()
    row.refresh_from_db()
    return values(content_of(campaign, row))
