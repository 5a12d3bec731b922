"""What keeps programs from taking passes by the thousand, and bothers nobody who wants one.

Asked before a pass is made, in the order of what it costs us: an input that no person sees, how many passes the same
address has taken, and, where the link wants it, a proof (`proofs`). A form that was let in is let in again, so that a
double click costs nothing: it leads to the same pass (`visits`).

There is no shortest time for filling in a form: browsers that know the answers are as fast as programs.
"""

from __future__ import annotations

import hashlib
import math
from datetime import datetime, timedelta

import msgspec
from django.http import HttpRequest

from passwright.interfaces.client_address import sender
from passwright.interfaces.public import proofs, visits
from passwright.interfaces.public.answers import Act, Again, Guard, Refusal
from passwright.interfaces.public.words import _, said, several
from passwright.metrics import REFUSED_CLAIMS
from passwright.operations.attempts import attempt
from passwright.queries.attempts import window_ends_at
from passwright.queries.distributions import PublicCampaign
from passwright.settings import ENVIRONMENT

TRAP = "homepage"
"""An input that people do not meet: not on the page, not by keyboard, not read aloud, not filled in by browsers."""
HOUR = timedelta(hours=1)


TRAPPED = Refusal(
    status=403,
    heading=_("Nothing was created"),
    text=_("The form came as programs send it: a question that people do not see was answered."),
    acts=(Act(_("Open the link again and send the form once more, without a program that fills in everything.")),),
    reason=_("the hidden input of the form was filled in"),
)


def inputs(campaign: PublicCampaign, at: datetime) -> list[Guard]:
    """What stands in the form beside its questions (``_guards.html``)."""
    trap = Guard(name=TRAP, label=_("Leave this empty"))
    return [trap, proof(campaign, at)] if campaign.link.captcha else [trap]


def proof(campaign: PublicCampaign, at: datetime) -> Guard:
    return Guard(
        name=proofs.NAME,
        label=_("Check against programs"),
        challenge=proofs.challenge(campaign.distribution_token, at),
        idle=_("When you send the form, your browser does a small sum. It shows that no program sends thousands."),
        busy=_("One moment: your browser does a small sum. The form is then sent by itself."),
        done=_("Your browser has done its sum."),
        without_script=_(
            "This form can only be sent by a browser that runs JavaScript. Turn it on for this page and load it again, "
            "or ask whoever gave you the link for another way."
        ),
    )


def refusal_of_sender(request: HttpRequest, campaign: PublicCampaign, at: datetime) -> Refusal | None:
    """Why this form makes no pass, whatever its answers; None if it may. Each form that may is counted once."""
    if request.POST.get(TRAP):
        return trapped(request, campaign, at)
    form = digest_of_form(request, campaign.distribution_token, at)
    if form and was_let_in(form, at):
        return None
    if refusal := refusal_of_crowd(request, campaign, at):
        return refusal
    if campaign.link.captcha and not proofs.take(request.POST.get(proofs.NAME, ""), campaign.distribution_token, at):
        REFUSED_CLAIMS.labels("proof").inc()
        return unproved(request, campaign, at)
    if form:
        attempt(who=form, limit=1, within=HOUR, now=at)
    return None


def trapped(request: HttpRequest, campaign: PublicCampaign, at: datetime) -> Refusal:
    """Counted as the making of a pass is: who sends many is soon sent away for less."""
    REFUSED_CLAIMS.labels("trap").inc()
    return refusal_of_crowd(request, campaign, at) or TRAPPED


def refusal_of_crowd(request: HttpRequest, campaign: PublicCampaign, at: datetime) -> Refusal | None:
    """Counts one more pass of the address, at the link and altogether; why it gets none if that is too many."""
    address, link = sender(request.META), campaign.distribution_token
    here = campaign.link.claims_per_hour or ENVIRONMENT.claims_per_hour
    everywhere = max(here, ENVIRONMENT.all_claims_per_hour)
    for who, limit in ((f"claim {link} {address}", here), (f"claim {address}", everywhere)):
        if not attempt(who=who.encode(), limit=limit, within=HOUR, now=at):
            REFUSED_CLAIMS.labels("crowd").inc()
            return crowded(limit, (window_ends_at(who=who.encode(), within=HOUR) or at + HOUR) - at)
    return None


def digest_of_form(request: HttpRequest, link: str, at: datetime) -> bytes | None:
    """The same for the same form sent by the same browser, and for nothing else; None for what no page of ours sent.

    Whatever a pass depends on is in it: one form that was let in makes one pass.
    """
    cookie = visits.opened(request.COOKIES.get(visits.COOKIE + link, ""), link, at)
    shown = visits.opened(request.POST.get("visit", ""), link, at) if request.method == "POST" else cookie
    if shown is None or request.FILES:
        return None
    said = [shown.number, cookie.number if cookie else "", request.get_full_path(), sorted(request.POST.lists())]
    return b"form " + hashlib.sha256(link.encode() + msgspec.json.encode(said)).digest()


def was_let_in(form: bytes, at: datetime) -> bool:
    until = window_ends_at(who=form, within=HOUR)
    return until is not None and until > at


def crowded(limit: int, wait: timedelta) -> Refusal:
    minutes = max(1, math.ceil(wait / timedelta(minutes=1)))
    return Refusal(
        status=429,
        heading=_("Too many at once"),
        text=_("Many forms have come from your network, and nothing more is created for it now. Nothing is lost."),
        acts=(
            Act(several("Try again in one minute.", "Try again in {number} minutes.", minutes)),
            Act(_("Or open the link over another network, such as your phone’s own.")),
        ),
        reason=said(_("the limit of passes per hour and address is reached ({limit})"), limit=limit),
        retry_seconds=max(1, math.ceil(wait.total_seconds())),
    )


def unproved(request: HttpRequest, campaign: PublicCampaign, at: datetime) -> Refusal:
    """The answers are kept in the page, which asks for nothing but the proof."""
    left_out = {TRAP, proofs.NAME}
    kept = tuple((name, value) for name, values in request.POST.lists() if name not in left_out for value in values)
    return Refusal(
        status=403,
        heading=_("Please send it once more"),
        text=_("Nothing was created yet: the check that no program sends this form was not done, or is too long ago."),
        acts=(Act(_("Send the form again with the button. Your answers are kept.")),),
        reason=_("the proof of work is missing, wrong, used already, or older than ten minutes"),
        again=Again(kept=kept, guards=tuple(inputs(campaign, at)), button=_("Send it again")),
    )
