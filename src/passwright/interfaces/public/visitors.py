"""Who is looking: a person or a program, with which device, and did the form come from our own page?"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.http import HttpRequest

from passwright.settings import PUBLIC_URL

PROGRAMS = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|preview|facebookexternalhit|facebot|whatsapp|telegram|twitter|slack|discord"
    r"|linkedin|skype|embedly|pinterest|vkshare|curl|wget|python|httpx|okhttp|go-http|java/|ruby|php|postman"
    r"|monitor|uptime|pingdom|lighthouse|validator|scanner|feed",
    re.IGNORECASE,
)
"""User agents that fetch pages for nobody: link previews, search engines, libraries, monitors."""

EMBEDDED = "embed"
"""Says how the page looks, and nothing about who looks."""
METADATA_MOST_BYTES = 2048
METADATA_MOST_ENTRIES = 20
METADATA_LONGEST = 256


def is_person(request: HttpRequest) -> bool:
    """A GET that somebody sees: no HEAD, no prefetch or prerender, no known program."""
    purpose = request.headers.get("Sec-Purpose", "") or request.headers.get("Purpose", "")
    if request.method != "GET" or "prefetch" in purpose.lower() or "preview" in purpose.lower():
        return False
    agent = request.headers.get("User-Agent", "")
    return bool(agent) and not PROGRAMS.search(agent)


def device_of(request: HttpRequest) -> str:
    """``phone`` (iPhone: Apple Wallet, first and alone), ``android``, or ``computer``."""
    agent = request.headers.get("User-Agent", "")
    if "iPhone" in agent or "iPod" in agent:
        return "phone"
    return "android" if "Android" in agent else "computer"


def comes_from_elsewhere(request: HttpRequest, *, sandboxed: bool) -> bool:
    """Whether another site sent this form. No cookie with authority is at stake; a visitor's pass is his decision.

    A page in a sandbox has no origin: its own form says ``null`` and ``cross-site``.
    """
    origin = request.headers.get("Origin", "")
    if sandboxed and origin in ("", "null"):
        return False
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return True
    return bool(origin) and host_of(origin) not in (request.get_host(), urlsplit(PUBLIC_URL).netloc)


def host_of(origin: str) -> str | None:
    """Host and port of an origin; None for what is no address at all, such as ``http://[``."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def metadata_of(request: HttpRequest) -> dict[str, str]:
    """The page's query string, kept with the pass that is made there. What goes beyond the limits is left out."""
    kept: dict[str, str] = {}
    room = METADATA_MOST_BYTES
    for key, value in request.GET.items():
        text = str(value)
        size = len(key.encode()) + len(text.encode())
        usable = (
            key != EMBEDDED
            and 0 < len(key) <= METADATA_LONGEST
            and len(text) <= METADATA_LONGEST
            and "\0" not in key + text
        )
        if key != EMBEDDED and usable and size <= room and len(kept) < METADATA_MOST_ENTRIES:
            kept[key] = text
            room -= size
    return kept
