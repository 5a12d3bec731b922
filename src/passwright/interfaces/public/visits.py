"""One browser, one pass: what lets a visitor who comes again, or clicks twice, find the pass he already has.

A visit is a random number. The page's form carries it, and after the first pass a cookie does. The id of a visitor's
pass is computed from the visit, the link and what he typed, so the same visitor with the same answers means the same
row, and two clicks at once meet at its primary key. Nothing is written down before there is a pass, and the cookie
opens nothing: whoever copies it gets at most the pass that its owner was given.

A form makes one pass, however often it is sent; what a browser gets that comes again is the link's to say. The cookie
of 24 hours speaks for whoever fetches the file of a link at once, without a form. Where a link knows its visitors again
(one pass each, or the choice), another cookie says for a year which pass this browser was given.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets as random
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from msgspec import Struct

from passwright import secrets
from passwright.data.models import Pass
from passwright.queries.distributions import PublicCampaign
from passwright.settings import PUBLIC_URL

LIFETIME = timedelta(hours=24)
COOKIE = "passwright_visit_"
YEAR = timedelta(days=365)
HIS_PASS = "passwright_pass_"
"""The cookie, and the purpose under which the id in it is sealed."""
MAC_SIZE = 16


class Visit(Struct, frozen=True):
    """``since``: seconds since the epoch at which the pass was made, or the form was shown."""

    number: str
    since: int


def new_visit(at: datetime) -> Visit:
    return Visit(random.token_hex(16), int(at.timestamp()))


def sealed(visit: Visit, link: str) -> str:
    """The visit as a cookie or a form carries it; only this link accepts it."""
    return f"{visit.number}.{visit.since}.{mac(visit, link)}"


def opened(text: str, link: str, at: datetime) -> Visit | None:
    """The visit in a sealed text; None if it is forged, another link's, or older than 24 hours."""
    number, _, rest = text.partition(".")
    since, _, given = rest.partition(".")
    if not (since.isascii() and since.isdigit() and len(since) < 12 and given.isascii()):
        return None
    visit = Visit(number, int(since))
    if not hmac.compare_digest(given, mac(visit, link)):
        return None
    return visit if 0 <= at.timestamp() - visit.since < LIFETIME.total_seconds() else None


def mac(visit: Visit, link: str) -> str:
    message = f"{visit.number}.{visit.since}.{link}".encode()
    digest = hmac.digest(secrets.derived_key("visit"), message, hashlib.sha256)[:MAC_SIZE]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def visit_of(request: HttpRequest, link: str, at: datetime) -> Visit:
    """The visit that the browser brings, from its cookie before its form; a new one otherwise."""
    for text in (request.COOKIES.get(COOKIE + link, ""), request.POST.get("visit", "")):
        if visit := opened(text, link, at):
            return visit
    return new_visit(at)


def form_of(request: HttpRequest, link: str, at: datetime) -> Visit:
    """The visit that the form brings, and no other: another form is another pass, also in the same browser."""
    return opened(request.POST.get("visit", ""), link, at) or new_visit(at)


def made_here(request: HttpRequest, campaign: PublicCampaign, row: Pass) -> bool:
    """Whether this browser made the pass of a smart link."""
    cookie = request.COOKIES.get(HIS_PASS + of_smart_link(campaign.distribution_token, row.id), "")
    return secrets.opened_id(cookie, HIS_PASS) == row.id


def of_smart_link(link: str, pass_id: UUID) -> str:
    """One browser may open several smart links of a link."""
    return f"{link}_{pass_id.hex[:8]}"


def his_pass(request: HttpRequest, campaign: PublicCampaign) -> Pass | None:
    """The pass that this browser was given through this link, if it is still his."""
    pass_id = secrets.opened_id(request.COOKIES.get(HIS_PASS + campaign.distribution_token, ""), HIS_PASS)
    if pass_id is None:
        return None
    his = Pass.objects.filter(id=pass_id, campaign_id=campaign.campaign_id, link_id=None)
    row = his.filter(distribution_id=campaign.distribution_id).first()
    return None if row is None or row.given_up else row


def pass_id_of(visit: Visit, distribution_id: UUID, answers: Mapping[str, str]) -> UUID:
    """The id of the pass that this visitor gets for these answers."""
    message = distribution_id.bytes + visit.number.encode() + msgspec.json.encode(answers, order="sorted")
    return UUID(bytes=hmac.digest(secrets.derived_key("visitor's pass"), message, hashlib.sha256)[:16], version=4)


def remember_pass(response: HttpResponse, pass_id: UUID, link: str) -> None:
    """Let the browser know for a year which pass it was given here."""
    response.set_cookie(
        HIS_PASS + link,
        secrets.sealed_id(pass_id, HIS_PASS),
        max_age=YEAR,
        httponly=True,
        samesite="Lax",
        secure=PUBLIC_URL.startswith("https://"),
    )


def remember(response: HttpResponse, visit: Visit, link: str, at: datetime) -> None:
    """Let the browser bring the visit again for 24 hours from now."""
    response.set_cookie(
        COOKIE + link,
        sealed(Visit(visit.number, int(at.timestamp())), link),
        max_age=LIFETIME,
        httponly=True,
        samesite="Lax",
        secure=PUBLIC_URL.startswith("https://"),
    )
