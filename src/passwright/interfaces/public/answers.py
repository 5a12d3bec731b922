"""How the public side answers: pages under a strict policy, pass files, pictures, refusals that explain."""

from __future__ import annotations

import hashlib
import re
import secrets as random
import unicodedata
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language, get_language_bidi, override
from msgspec import Struct
from msgspec.structs import replace

from passwright.apple.archive import MEDIA_TYPE
from passwright.interfaces.public import addresses
from passwright.interfaces.public.words import _, said
from passwright.passes.content import Language
from passwright.queries.distributions import PublicCampaign

PRIVATE = "private, no-store"
POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
SCRIPTED_POLICY = f"{POLICY}; script-src 'nonce-{{nonce}}'; connect-src 'self'"
"""For pages with a script of ours, and none beside it: files of campaigns come from the same host."""
SANDBOXED_POLICY = (
    f"{POLICY}; script-src 'self'; sandbox allow-scripts allow-forms allow-downloads allow-popups"
    " allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
)
"""For pages with a campaign's own script: they run without an origin, so the script reaches nothing but its page."""
PICTURE_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox"
LONGEST_FILE_NAME = 80


class Host(Struct, frozen=True, kw_only=True):
    """Whose page it is, for its top and its foot."""

    name: str
    icon: str | None
    stylesheet: str | None
    javascript: str | None
    language: Language
    """In which its pages speak."""


class Act(Struct, frozen=True):
    """One thing a refused visitor can do."""

    text: str
    href: str | None = None


class Guard(Struct, frozen=True, kw_only=True):
    """An input that tells people from programs: one to be left empty, or (with a ``challenge``) one for a script."""

    name: str
    label: str
    challenge: str = ""
    idle: str = ""
    busy: str = ""
    done: str = ""
    without_script: str = ""


class Again(Struct, frozen=True, kw_only=True):
    """A form that was sent, to be sent once more as it was."""

    kept: tuple[tuple[str, str], ...]
    guards: tuple[Guard, ...]
    button: str


class Refusal(Struct, frozen=True, kw_only=True):
    """A page that says no: the reason as its title, what one can do, and a word for the staff."""

    status: int
    heading: str
    text: str
    acts: tuple[Act, ...]
    reason: str
    retry_seconds: int | None = None
    """When it is no longer so."""
    again: Again | None = None


def host_of(campaign: PublicCampaign) -> Host:
    return Host(
        name=campaign.issuer,
        icon=addresses.icon(campaign),
        stylesheet=addresses.own_file(campaign, "css", campaign.stylesheet),
        javascript=addresses.own_file(campaign, "js", campaign.javascript),
        language=spoken(campaign.revision.language),
    )


def unscripted_host_of(campaign: PublicCampaign) -> Host:
    """For pages with what no script of the campaign's may see: a password, the token with which a holder edits."""
    return replace(host_of(campaign), javascript=None)


def spoken(language: str) -> Language:
    """A language that the pages speak; English for one that they do not."""
    return next((one for one in Language if one == language), Language.ENGLISH)


def page(template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page from a template. ``host`` in the context decides in which language, and whether it runs in the sandbox."""
    host: Host | None = context.get("host")
    language = host.language if host else spoken(get_language() or "en")
    nonce = random.token_urlsafe(16)
    with override(language):
        spoken_in = {"language": language, "right_to_left": get_language_bidi()}
        html = render_to_string(template, {**context, **spoken_in, "nonce": nonce})
    response = HttpResponse(html, status=status)
    if host is not None and host.javascript is not None:
        guard(response, SANDBOXED_POLICY)
    else:
        guard(response, SCRIPTED_POLICY.format(nonce=nonce) if nonce in html else POLICY)
        # Whoever opened it gets no hold of its window. (A page in a sandbox may not say so.)
        response["Cross-Origin-Opener-Policy"] = "same-origin"
    return response


def guard(response: HttpResponse, policy: str, cache: str = PRIVATE) -> None:
    response["Content-Security-Policy"] = policy
    response["X-Content-Type-Options"] = "nosniff"
    response["X-Frame-Options"] = "DENY"
    # Addresses of passes open them: nobody is told more than the host, not even the next page, which may run a script
    # of its campaign.
    response["Referrer-Policy"] = "strict-origin"
    response["Cache-Control"] = cache


def refused(refusal: Refusal, campaign: PublicCampaign | None = None, picture: str | None = None) -> HttpResponse:
    context = {
        "title": said(_("{heading} · {issuer}"), heading=refusal.heading, issuer=campaign.issuer)
        if campaign
        else refusal.heading,
        "style": campaign.revision.style if campaign else None,
        "private": True,
        "host": host_of(campaign) if campaign else None,
        "picture": picture,
        "heading": refusal.heading,
        "text": refusal.text,
        "acts": refusal.acts,
        "reason": refusal.reason,
        "again": refusal.again,
        "guards": refusal.again.guards if refusal.again else (),
    }
    response = page("public/refused.html", context, status=refusal.status)
    if refusal.retry_seconds is not None:
        response["Retry-After"] = str(refusal.retry_seconds)
    return response


def redirect(location: str, status: int) -> HttpResponse:
    response = HttpResponse(status=status)
    response["Location"] = location
    guard(response, POLICY)
    return response


def wrong_method(*allowed: str) -> HttpResponse:
    return HttpResponseNotAllowed(allowed)


def pass_file(content: bytes, name: str) -> HttpResponse:
    """A ``.pkpass``, under a name that people recognise in their downloads."""
    response = HttpResponse(content, content_type=MEDIA_TYPE)
    response["Content-Disposition"] = disposition(name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = PRIVATE
    return response


def picture(request: HttpRequest, content: bytes, media_type: str, *, cache: str = "private, no-cache") -> HttpResponse:
    """A picture that is asked for again only to hear that it is the same."""
    response = HttpResponse(content, content_type=media_type)
    guard(response, PICTURE_POLICY, cache)
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    response["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response) or response


def own_file(content: str, media_type: str) -> HttpResponse:
    """A campaign's stylesheet or script, for its own pages alone."""
    response = HttpResponse(content, content_type=f"{media_type}; charset=utf-8")
    guard(response, "default-src 'none'; sandbox", "public, max-age=31536000, immutable")
    return response


@lru_cache(maxsize=1024)
def disposition(name: str) -> str:
    """``attachment`` with a plain ASCII name and, where that says less, the whole one (RFC 6266, RFC 8187).

    Letters, digits, spaces, dots, dashes and underscores remain; all else could mean something to a header,
    a shell or a file system.
    """
    whole = file_name(name) or "pass"
    plain = file_name(unicodedata.normalize("NFKD", whole).encode("ascii", "ignore").decode()) or "pass"
    value = f'attachment; filename="{plain}.pkpass"'
    return value if plain == whole else f"{value}; filename*=UTF-8''{quote(whole)}.pkpass"


def file_name(text: str) -> str:
    words = re.sub(r"[^\w. -]+", " ", text)
    return " ".join(words.split())[:LONGEST_FILE_NAME].strip(" .-_")
