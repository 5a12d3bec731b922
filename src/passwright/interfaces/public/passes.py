"""The page of one pass: what it looks like, and the way into the wallet."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from passwright import secrets
from passwright.apple.archive import MEDIA_TYPE
from passwright.data.models import Pass
from passwright.interfaces.public import addresses, frames, makers, pictures, refusals
from passwright.interfaces.public.answers import (
    Host,
    host_of,
    page,
    pass_file,
    picture,
    redirect,
    refused,
    wrong_method,
)
from passwright.interfaces.public.visitors import device_of, is_person
from passwright.interfaces.public.words import _, day, said
from passwright.operations.deliver import CertificateExpired, PassNotFound, deliver_pass
from passwright.operations.held_pass import May, why_not
from passwright.operations.leave_mail import confirms
from passwright.operations.record_view import record_view
from passwright.passes.content import Content, Style
from passwright.passes.preview import accessible_name, spoken_back
from passwright.queries.answers import mail_address_of
from passwright.queries.distributions import PublicCampaign, campaign_of_any_link, campaign_of_pass
from passwright.queries.passes import by_page_token, content_of

NEW_VERSION = 2
"""Of a pass and its campaign together, see `data.models.Pass`."""


def pass_page(request: HttpRequest, token: str, link: str) -> HttpResponse:
    """``/p/{link}/{token}``."""
    if request.method not in ("GET", "HEAD"):
        return wrong_method("GET", "HEAD")
    there = find(token, link)
    if isinstance(there, HttpResponse):
        return there
    row, campaign = there
    at = timezone.now()
    if is_person(request):
        record_view(campaign_id=row.campaign_id, pass_id=row.id, at=at)
    return frames.framed(request, campaign, show(request, row, campaign, at))


def short_pass_page(request: HttpRequest, token: str) -> HttpResponse:
    """``/p/{token}``: leads to the page, or is the page where the campaign wants it so."""
    if request.method not in ("GET", "HEAD"):
        return wrong_method("GET", "HEAD")
    there = find(token, None)
    if isinstance(there, HttpResponse):
        return there
    campaign = there.campaign
    if campaign.render_on_short_url:
        return pass_page(request, token, campaign.distribution_token)
    return redirect(addresses.pass_page(campaign.distribution_token, token), 302)


def pass_pkpass(request: HttpRequest, token: str, link: str | None = None) -> HttpResponse:
    """``/p/{link}/{token}.pkpass`` and ``/p/{token}.pkpass``: signed now."""
    if request.method not in ("GET", "HEAD"):
        return wrong_method("GET", "HEAD")
    opened_by = secrets.read_page_token(token)
    if opened_by is None:
        return refused(refusals.UNKNOWN)
    if request.method == "HEAD":
        there = find(token, link)
        return there if isinstance(there, HttpResponse) else HttpResponse(content_type=MEDIA_TYPE)
    return signed_file(opened_by, link, timezone.now())


def pass_picture(request: HttpRequest, token: str, link: str | None = None) -> HttpResponse:
    """``….png`` and ``….svg``, the front; ``?side=back`` the back, ``&dark=1`` in dark."""
    if request.method not in ("GET", "HEAD"):
        return wrong_method("GET", "HEAD")
    there = find(token, link)
    if isinstance(there, HttpResponse):
        return there
    row = there.row
    content = content_of(row.campaign, row)
    if request.GET.get("side") == "back":
        svg = pictures.back(content, dark=request.GET.get("dark") == "1")
    else:
        svg = pictures.front(content, timezone.now())
    if request.path.endswith(".svg"):
        return picture(request, svg.encode(), "image/svg+xml")
    return picture(request, pictures.as_png(svg), "image/png")


def pass_qrcode(request: HttpRequest, token: str, link: str | None = None) -> HttpResponse:
    """``….qrcode``: the address of the pass's page as a code."""
    if request.method not in ("GET", "HEAD"):
        return wrong_method("GET", "HEAD")
    there = find(token, link)
    if isinstance(there, HttpResponse):
        return there
    address = addresses.absolute(addresses.pass_page(there.campaign.distribution_token, token))
    return pictures.qrcode(request, address, cache="private, max-age=3600")


class There(NamedTuple):
    """A pass and its campaign, as the link shows it."""

    row: Pass
    campaign: PublicCampaign


def find(token: str, link: str | None) -> There | HttpResponse:
    """The pass that the token opens, and its campaign; or the page that says why there is none to be seen: also where
    the link is another campaign's."""
    row = by_page_token(token)
    if row is None:
        return refused(refusals.UNKNOWN)
    campaign = campaign_of_any_link(link) if link else campaign_of_pass(row.id)
    if campaign is None or campaign.campaign_id != row.campaign_id:
        return refused(refusals.UNKNOWN)
    return refused(refusals.given_up(campaign), campaign) if row.given_up else There(row, campaign)


def signed_file(opened_by: UUID, link: str | None, at: datetime) -> HttpResponse:
    """The pass, signed at ``at``; a page that explains if it cannot be."""
    try:
        delivery = deliver_pass(pass_id=opened_by, link=link, at=at)
    except PassNotFound:
        there = find(secrets.page_token(opened_by), link)
        return there if isinstance(there, HttpResponse) else refused(refusals.UNKNOWN)
    except CertificateExpired:
        there = find(secrets.page_token(opened_by), link)
        if isinstance(there, HttpResponse):
            return there
        return refused(refusals.certificate_expired(there.campaign), there.campaign)
    return pass_file(delivery.pkpass, delivery.file_name)


def show(request: HttpRequest, row: Pass, campaign: PublicCampaign, at: datetime) -> HttpResponse:
    token = secrets.page_token(row.opened_by)
    path = addresses.pass_page(campaign.distribution_token, token)
    content = content_of(row.campaign, row)
    style = content.style
    host = host_of(campaign)
    standing = standing_of(row, campaign, style, at)
    version = f"updated_at={int(row.updated_at.timestamp())}.{row.campaign.version}"
    pkpass = f"{path}.pkpass" if counts(row, at) and campaign.certificate_expires_at > at else None
    return page(
        "public/pass.html",
        {
            "title": said(_("{heading} · {issuer}"), heading=standing["heading"], issuer=host.name),
            "private": True,
            "host": host,
            "style": style,
            "embed": frames.parent_of(request, campaign),
            "card": card(campaign, host, path, content, version),
            "picture": {"src": f"{path}.svg?{version}", "alt": accessible_name(content)},
            "back": back(path, version, spoken_back(content)),
            "standing": standing,
            "device": device_of(request),
            "pkpass": pkpass,
            "download": pkpass if request.GET.get("download") == "1" else None,
            "png": f"{path}.png?{version}",
            "qrcode": f"{path}.qrcode",
            "notes": notes(campaign, style, at) if counts(row, at) else [],
            "change": change_link(request, row, at),
            "mailed_to": mailed_to(request, row, at),
        },
    )


def change_link(request: HttpRequest, row: Pass, at: datetime) -> str | None:
    """Where he who has just made the pass changes it. Who comes with the link alone is not told, and nobody where the
    campaign's own script would read it too."""
    if (row.campaign.javascript or "").strip():
        return None
    if not makers.is_maker(request, row.opened_by, at) or why_not(row.campaign, row, May.UPDATE, at):
        return None
    return addresses.edit_page(secrets.edit_token(row.opened_by))


def mailed_to(request: HttpRequest, row: Pass, at: datetime) -> str | None:
    """Where the links of the pass go when it was made, for him who has just made it alone, and until it changes."""
    is_new = row.version + row.campaign.version == NEW_VERSION
    if not is_new or not confirms(row.campaign, "page") or not makers.is_maker(request, row.opened_by, at):
        return None
    return mail_address_of(row.campaign, row)


def counts(row: Pass, at: datetime) -> bool:
    """Whether the pass is good for anything: neither voided nor expired. Only such a one is offered."""
    return not row.voided and not (row.expiration_date and row.expiration_date <= at)


def back(path: str, version: str, text: str) -> dict[str, str] | None:
    """The pictures of the back; None if nothing stands there."""
    if not text:
        return None
    source = f"{path}.svg?side=back&{version}"
    return {"light": source, "dark": f"{source}&dark=1", "alt": said(_("The back. {text}"), text=text)}


def standing_of(row: Pass, campaign: PublicCampaign, style: Style, at: datetime) -> dict[str, str]:
    """Where the pass stands, as badge, heading and sentence."""
    if row.voided:
        return {
            "mark": "stop",
            "badge": _("Voided"),
            "heading": said(_("This {noun} no longer counts"), style),
            "lead": said(
                _("{issuer} has voided it. Phones that have it show it greyed out."), style, issuer=campaign.issuer
            ),
        }
    if row.expiration_date and row.expiration_date <= at:
        return {
            "mark": "",
            "badge": said(_("Expired {day}"), day=day(row.expiration_date)),
            "heading": said(_("This {noun} has expired"), style),
            "lead": _("Phones that have it show it as expired."),
        }
    if row.redeemed_count:
        return {
            "mark": "live",
            "badge": _("Redeemed"),
            "heading": said(_("Your {noun} has been redeemed"), style),
            "lead": _("It stays in the wallet of the phone that has it."),
        }
    return {
        "mark": "live",
        "badge": said(_("{Noun} created"), style),
        "heading": said(_("Your {noun} is ready"), style),
        "lead": said(_("Add the {noun} to the wallet of the phone that you carry."), style),
    }


def notes(campaign: PublicCampaign, style: Style, at: datetime) -> list[dict[str, str]]:
    """What a visitor has to know before he tries."""
    if campaign.certificate_expires_at <= at:
        return [
            {
                "kind": "bad",
                "title": said(_("This {noun} cannot be added to a phone at the moment"), style),
                "text": said(
                    _(
                        "The certificate that {issuer} signs with expired on {day}. Phones that have the {noun} "
                        "already keep it."
                    ),
                    style,
                    issuer=campaign.issuer,
                    day=day(campaign.certificate_expires_at),
                ),
            }
        ]
    if campaign.development:
        return [
            {
                "kind": "warn",
                "title": said(_("For trying out: a real iPhone refuses this {noun}"), style),
                "text": _(
                    "It is signed with this installation’s own development certificate, which Apple has not "
                    "issued. Everything else works; with a pass type certificate from Apple, phones accept it too."
                ),
            }
        ]
    return []


def card(campaign: PublicCampaign, host: Host, path: str, content: Content, version: str) -> dict[str, Any] | None:
    """What a link preview shows (Open Graph); None where the campaign wants none."""
    if not campaign.og:
        return None
    return {
        "title": campaign.revision.name,
        "description": campaign.og_description
        or said(_("Your {noun} from {issuer}."), content.style, issuer=host.name),
        "url": addresses.absolute(path),
        "image": addresses.absolute(f"{path}.png?{version}"),
        "alt": content.description,
    }
