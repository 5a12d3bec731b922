"""The addresses of the public pages. Inside a page they carry no host, so that they work behind any name."""

from __future__ import annotations

import hashlib
from urllib.parse import quote, urlencode, urlsplit

from django.http import HttpRequest

from passwright import addresses
from passwright.passes.content import ImageSlot
from passwright.queries.distributions import PublicCampaign
from passwright.settings import PUBLIC_URL

ROOT = urlsplit(PUBLIC_URL).path
HOST = PUBLIC_URL.removesuffix(ROOT) if ROOT else PUBLIC_URL


def absolute(path: str) -> str:
    return HOST + path


def link_page(link: str, metadata: dict[str, str] | None = None) -> str:
    return ROOT + addresses.link_page(link) + (f"?{urlencode(metadata, quote_via=quote)}" if metadata else "")


def begun(link: str, visit: str) -> str:
    """Where a form says that somebody has begun to fill it in, and which form it is."""
    return f"{ROOT}/p/{link}/begun?visit={visit}"


def smart_link_page(link: str, sealed: str) -> str:
    return ROOT + addresses.smart_link_page(link, sealed)


def same_query(request: HttpRequest, path: str, **more: str) -> str:
    """The path with the parameters with which this page was opened."""
    query = request.GET.copy()
    for name, value in more.items():
        query[name] = value
    return f"{path}?{query.urlencode()}" if query else path


def pass_page(link: str, token: str) -> str:
    return ROOT + addresses.pass_page(link, token)


def edit_page(token: str, part: str = "") -> str:
    return ROOT + addresses.edit_page(token, part)


def icon(campaign: PublicCampaign) -> str | None:
    """The campaign's icon, which stands for its organization on top of a page."""
    picture = campaign.revision.look.images.get(ImageSlot.ICON)
    return f"{ROOT}/uploads/asset/{picture.asset_id}/original.png" if picture else None


def own_file(campaign: PublicCampaign, suffix: str, content: str | None) -> str | None:
    """The campaign's stylesheet or script, under a name that changes with it."""
    if not content or not content.strip():
        return None
    return f"{ROOT}/p/{campaign.distribution_token}.{suffix}?v={hashlib.sha256(content.encode()).hexdigest()[:12]}"
