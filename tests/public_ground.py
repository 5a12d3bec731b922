"""Ground for tests of the public side: an organization with pictures, and campaigns and passes of it."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from PIL import Image

from passwright import secrets
from passwright.data.models import Campaign, Certificate, DevelopmentAuthority, Organization, Pass
from passwright.operations.campaign_content import CampaignWanted
from passwright.operations.create_campaign import create_campaign
from passwright.operations.create_organization import create_organization
from passwright.operations.issue_pass import issue_pass
from passwright.operations.make_development_certificates import make_development_certificates
from passwright.operations.pass_content import PassWanted
from passwright.operations.upload_asset import upload_asset
from passwright.passes.changes import SentField
from passwright.passes.content import Barcode, BarcodeFormat, Behaviour, ImageSlot, Position, Style

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1"
ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36"
DESKTOP = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36"

NAME = SentField(key="member", position=Position.PRIMARY, label="MEMBER", value="Johnny Appleseed")
LEVEL = SentField(key="level", position=Position.AUXILIARY, label="LEVEL", value="Explorer")
BACK = SentField(key="terms", position=Position.BACK, label="Terms", value="One card a child.")
ASKED = SentField(key="member", position=Position.PRIMARY, label="Child’s name", behaviour=Behaviour.DYNAMIC)
ASKED_OPTIONALLY = SentField(
    key="toy", position=Position.AUXILIARY, label="Favourite toy", behaviour=Behaviour.DYNAMIC, required=False
)


LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def now() -> datetime:
    return datetime.now(UTC)


def certificates() -> None:
    """One a style. Their keys cost a second: made once a process, and written again for each test's database."""
    if not kept_chain:
        make_development_certificates(now=now())
        Certificate.objects.update(not_before=LONG_AGO)  # tests that travel in time use them too
        kept_chain.extend([*DevelopmentAuthority.objects.all(), *Certificate.objects.all()])
    elif not Certificate.objects.exists():
        for row in kept_chain:
            row.save(force_insert=True)


kept_chain: list[DevelopmentAuthority | Certificate] = []


def organization(name: str = "Toy Town") -> Organization:
    certificates()
    return create_organization(name=name, now=now()).organization


def png(width: int, height: int, colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, "PNG")
    return file.getvalue()


def asset(owner: Organization, slot: ImageSlot, colour: str = "#ffd166") -> UUID:
    size = {ImageSlot.THUMBNAIL: (270, 270), ImageSlot.LOGO: (150, 150)}.get(slot, (114, 114))
    return upload_asset(organization=owner, content=png(*size, colour), asset_type=slot, now=now()).id


def campaign(
    owner: Organization, *fields: SentField, style: Style = Style.GENERIC, name: str = "Club card", **settings: Any
) -> Campaign:
    """A published campaign with an icon; by default with nothing to ask a visitor for."""
    wanted = CampaignWanted(
        name=name,
        fields=fields or (NAME, LEVEL, BACK),
        images={ImageSlot.ICON: asset(owner, ImageSlot.ICON)},
        barcode=Barcode(format=BarcodeFormat.QRCODE),
        background_color="#c51f1f",
        text_color="#ffffff",
        **settings,
    )
    return create_campaign(organization=owner, style=style, wanted=wanted, now=now())


def link_of(made: Campaign) -> str:
    return made.distributions.get().token


def issued(of: Campaign, *fields: SentField, **wanted: Any) -> Pass:
    return issue_pass(campaign=of, wanted=PassWanted(fields=fields, **wanted), now=now())


def page_of(row: Pass) -> str:
    return f"/p/{link_of(row.campaign)}/{secrets.page_token(row.id)}"
