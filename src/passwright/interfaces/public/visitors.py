"""Who is looking: a person or a program, with which device, and did the form come from our own page?"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.http import HttpRequest

from passwright.settings import PUBLIC_URL

LOOKERS = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|preview|facebookexternalhit|facebot|whatsapp|telegram|twitter|slack|discord"
    r"|linkedin|skype|embedly|pinterest|vkshare|monitor|uptime|pingdom|lighthouse|validator|scanner|feed",
    re.IGNORECASE,
)
"""User agents that fetch whatever is linked, for nobody: link previews, search engines, monitors."""
LIBRARIES = re.compile(r"curl|wget|python|httpx|okhttp|go-http|java/|ruby|php|postman", re.IGNORECASE)
"""User agents of programs that fetch what somebody has told them to."""

METADATA_MOST_BYTES = 2048
METADATA_MOST_ENTRIES = 20
METADATA_LONGEST = 256


def is_person(request: HttpRequest) -> bool:
    """A GET that somebody sees: no HEAD, no prefetch or prerender, no part of another page, no known program."""
    agent = request.headers.get("User-Agent", "")
    return bool(agent) and is_shown(request) and not LOOKERS.search(agent) and not LIBRARIES.search(agent)


def is_shown(request: HttpRequest) -> bool:
    purpose = request.headers.get("Sec-Purpose", "") or request.headers.get("Purpose", "")
    if request.method != "GET" or "prefetch" in purpose.lower() or "preview" in purpose.lower():
        return False
    return request.headers.get("Sec-Fetch-Dest", "document") in ("document", "iframe")


def asks_for_a_file(request: HttpRequest) -> bool:
    """A GET that may make a pass: by a person's click or a program that was told to, and not because another page
    has it as a picture, a frame or the next address of its script. Browsers say which (Fetch Metadata)."""
    if not is_shown(request) or LOOKERS.search(request.headers.get("User-Agent", "")):
        return False
    if request.headers.get("Sec-Fetch-Dest", "document") != "document":
        return False
    by_hand = request.headers.get("Sec-Fetch-User") == "?1"
    return by_hand or request.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin")


def device_of(request: HttpRequest) -> str:
    """``phone`` (iPhone: Apple Wallet, first and alone), ``android``, or ``computer``."""
    agent = request.headers.get("User-Agent", "")
    if "iPhone" in agent or "iPod" in agent:
        return "phone"
    return "android" if "Android" in agent else "computer"


def comes_from_elsewhere(request: HttpRequest, *, sandboxed: bool) -> bool:
    """Whether another site sent this form. No cookie with authority is at stake; a visitor's pass is his decision.

    A page in a sandbox has no origin: its own form says ``null`` and ``cross-site``. So does that of another page in a
    sandbox, which a visitor would see leave for this link: no more than any website can do that has a link to it.
    """
    origin = request.headers.get("Origin", "")
    if sandboxed and origin == "null":
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
        usable = 0 < len(key) <= METADATA_LONGEST and len(text) <= METADATA_LONGEST and "\0" not in key + text
        if usable and size <= room and len(kept) < METADATA_MOST_ENTRIES:
            kept[key] = text
            room -= size
    return kept
