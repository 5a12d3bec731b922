"""The form of a link in a page of somebody else's, where the link names that website."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse

from passwright.interfaces.public import addresses, refusals
from passwright.interfaces.public.answers import own_file, refused
from passwright.queries.distributions import PublicCampaign, campaign_of_link

NOBODY = "frame-ancestors 'none'"
FIRST_HEIGHT = 640
LARGEST_HEIGHT = 20_000
SHORT_LIVED = "public, max-age=300"

SCRIPT = """(function () {
  "use strict";
  var script = document.currentScript;
  if (!script || !script.parentNode) { return; }
  var frame = document.createElement("iframe");
  frame.src = %(address)s;
  frame.title = %(title)s;
  frame.style.cssText = "display:block;width:100%%;height:%(first)dpx;border:0";
  window.addEventListener("message", function (event) {
    if (event.source !== frame.contentWindow || event.origin !== %(origin)s) { return; }
    var said = event.data;
    var height = said && said.passwright === "height" ? Number(said.height) : 0;
    if (height > 0 && height <= %(largest)d) { frame.style.height = Math.ceil(height) + "px"; }
  });
  script.parentNode.insertBefore(frame, script.nextSibling);
}());
"""
"""Puts the form where the script stands, and follows its height. It believes its own frame alone, and leaves no name
behind in the page."""


def in_frame(request: HttpRequest, campaign: PublicCampaign) -> bool:
    return request.GET.get("embed") == "1" and bool(campaign.link.embed_origins)


def parent_of(request: HttpRequest, campaign: PublicCampaign) -> str | None:
    """The origin of the page around this one, which alone is told its height; None for a page that stands by itself.

    Of several websites that may show the link it is the one that the browser names.
    """
    if not in_frame(request, campaign):
        return None
    origins = campaign.link.embed_origins
    try:
        parts = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return origins[0]
    named = f"{parts.scheme}://{parts.netloc}"
    return named if named in origins else origins[0]


def framed(request: HttpRequest, campaign: PublicCampaign, response: HttpResponse) -> HttpResponse:
    """The page as it may be shown within the websites that the link names; any other page within none."""
    if in_frame(request, campaign) and "Content-Security-Policy" in response:
        ancestors = f"frame-ancestors {' '.join(campaign.link.embed_origins)}"
        response["Content-Security-Policy"] = response["Content-Security-Policy"].replace(NOBODY, ancestors)
        if "X-Frame-Options" in response:
            del response["X-Frame-Options"]
    return response


def embed_script(request: HttpRequest, link: str) -> HttpResponse:
    """``/p/{link}/embed.js``."""
    campaign = campaign_of_link(link)
    if campaign is None or not campaign.link.embed_origins:
        return refused(refusals.UNKNOWN)
    content = SCRIPT % {
        "address": quoted(addresses.absolute(addresses.link_page(link, {"embed": "1"}))),
        "title": quoted(campaign.revision.name),
        # A page with a campaign's own script has no origin.
        "origin": quoted("null" if campaign.javascript else addresses.HOST),
        "first": FIRST_HEIGHT,
        "largest": LARGEST_HEIGHT,
    }
    response = own_file(content, "text/javascript")
    response["Cache-Control"] = SHORT_LIVED
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def quoted(text: str) -> str:
    """As a script writes it, also one that is pasted into a page."""
    return json.dumps(text).replace("<", "\\u003c")
