"""Links with a password."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from passwright.interfaces.public import refusals
from passwright.interfaces.public.answers import refused
from passwright.queries.distributions import PublicCampaign


def asks_for_password(request: HttpRequest, campaign: PublicCampaign) -> HttpResponse | None:
    """What stands before a page of the link's until its password was given; None if nothing does."""
    return refused(refusals.locked(campaign), campaign) if campaign.link.password_hash else None
