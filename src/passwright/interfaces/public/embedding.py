"""Pages within a page of the organization's own: without a top and a foot, as high as what they hold."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest

from passwright.queries.distributions import PublicCampaign


def embedded_in(request: HttpRequest, campaign: PublicCampaign) -> str | None:
    """The origin of the page around this one, which alone is told its height; None for a page that stands by itself.

    Of several origins that may embed the link it is the one that the browser names.
    """
    origins = campaign.link.embed_origins
    if request.GET.get("embed") != "1" or not origins:
        return None
    try:
        parts = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return origins[0]
    named = f"{parts.scheme}://{parts.netloc}"
    return named if named in origins else origins[0]
