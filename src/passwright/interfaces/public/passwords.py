"""The password of a link: asked once a session, and never so often that it is found out by trying."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password
from django.http import HttpRequest, HttpResponse

from passwright import secrets
from passwright.interfaces.client_address import sender
from passwright.interfaces.public import addresses, link_refusals
from passwright.interfaces.public.answers import page, plain_host_of, redirect, refused
from passwright.interfaces.public.words import _, said
from passwright.operations.attempts import attempt, take_back
from passwright.queries.distributions import PublicCampaign
from passwright.settings import PUBLIC_URL

PASSWORD, PROOF = "password", "opened"
"""Names of inputs: what was typed, and that it was right before."""
COOKIE = "passwright_open_"
LIFETIME = timedelta(hours=24)
TRIES, WITHIN = 20, timedelta(minutes=10)
"""Wrong ones, of one address at one link."""
LONGEST = 200


def behind_password(
    request: HttpRequest,
    campaign: PublicCampaign,
    at: datetime,
    inside: Callable[[], HttpResponse],
    first: Callable[[dict[str, str]], HttpResponse],
    *,
    path: str | None = None,
) -> HttpResponse:
    """``inside`` for who knows the password, else the page that asks for it. Who has just typed it right sees
    ``first``, a form that proves it when it is sent: in a frame no cookie does."""
    password_hash = campaign.link.password_hash
    if password_hash is None or is_known(request, campaign, at):
        return inside()
    if request.method != "POST" or PASSWORD not in request.POST:
        return asking(request, campaign, path, status=403 if request.method == "POST" else 200)
    who = f"password {campaign.distribution_token} {sender(request.META)}".encode()
    if not attempt(who=who, limit=TRIES, within=WITHIN, now=at):
        return refused(link_refusals.too_many_tries(campaign), campaign)
    if not check_password(request.POST[PASSWORD][:LONGEST], password_hash):
        return asking(request, campaign, path, status=403, wrong=True)
    take_back(who=who)
    proof = sealed(campaign, int(at.timestamp()))
    response = first({PROOF: proof})
    response.set_cookie(
        COOKIE + campaign.distribution_token,
        proof,
        httponly=True,
        samesite="Lax",
        secure=PUBLIC_URL.startswith("https://"),
    )
    return response


def is_let_in(request: HttpRequest, campaign: PublicCampaign, at: datetime) -> bool:
    """Whether nobody has to be asked."""
    return campaign.link.password_hash is None or is_known(request, campaign, at)


def is_known(request: HttpRequest, campaign: PublicCampaign, at: datetime) -> bool:
    """Whether this browser, or this form, has said this very password before."""
    return bool(proof_of(request, campaign, at))


def proof_of(request: HttpRequest, campaign: PublicCampaign, at: datetime) -> str | None:
    for text in (request.COOKIES.get(COOKIE + campaign.distribution_token, ""), request.POST.get(PROOF, "")):
        since = text.partition(".")[0]
        if since.isascii() and since.isdigit() and len(since) < 12 and text.isascii():
            right = hmac.compare_digest(text, sealed(campaign, int(since)))
            if right and 0 <= at.timestamp() - int(since) < LIFETIME.total_seconds():
                return text
    return None


def sealed(campaign: PublicCampaign, since: int) -> str:
    """Of no use at another link, nor once the password is another."""
    message = f"{since}.{campaign.distribution_token}.{campaign.link.password_hash}".encode()
    digest = hmac.digest(secrets.derived_key("password of a link"), message, hashlib.sha256)[:16]
    return f"{since}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def asking(
    request: HttpRequest, campaign: PublicCampaign, path: str | None, *, status: int, wrong: bool = False
) -> HttpResponse:
    style, name = campaign.revision.style, campaign.revision.name
    return page(
        "public/password.html",
        {
            "title": said(_("Not finished: {name}"), name=name) if wrong else name,
            "private": True,
            "host": plain_host_of(campaign),
            "style": style,
            "embed": request.GET.get("embed") == "1" and bool(campaign.link.embed_origins),
            "heading": name,
            "lead": said(
                _("{issuer} gives out this {noun} to those who know the password."), style, issuer=campaign.issuer
            ),
            "action": path or addresses.same_query(request, addresses.link_page(campaign.distribution_token)),
            "wrong": wrong,
            "longest": LONGEST,
        },
        status=status,
    )


def asks_for_password(request: HttpRequest, campaign: PublicCampaign, at: datetime, path: str) -> HttpResponse | None:
    """What stands before the page at ``path``, which is not the link's own, until its password was given; None if
    nothing does."""
    if is_let_in(request, campaign, at):
        return None

    def inside() -> HttpResponse:
        return redirect(path, 303)

    return behind_password(request, campaign, at, inside, lambda _proof: inside(), path=path)
